import { expect, test } from 'vitest';
import { openConsole } from '../terminal/console.ts';
import { arrayScreen, row, storeScreen } from './list-screen.tsx';
import { memoryRows, memoryServices } from './memory.ts';

const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => row(String(from + at)));

/** The line with the cursor. */
const selected = (pk: string) => new RegExp(`^›.${pk}( |$)`, 'm');

test('keys move through a list that is longer than the screen', async () => {
  await using console = await openConsole(await memoryServices(), {}, arrayScreen(numbered(1, 1000)));
  await console.sees(selected('1'), 'row 1 of 1,000').press('j', 'down', 'k').sees(selected('2'));
  await console.press('G').sees(selected('1000'), 'row 1,000 of 1,000').press('pageup').sees(selected('984'));
  await console.press('g').sees(selected('1')).type('jjjj').sees(selected('5'));
});

test('Enter opens a row, and Esc comes back to it', async () => {
  await using console = await openConsole(await memoryServices(), {}, arrayScreen(numbered(1, 50)));
  await console.press('j', 'j', 'enter').sees('all of row 3', '› row 3').press('escape').sees(selected('3'));
});

test('a refresh moves rows, but not the cursor away from its row', async () => {
  const store = memoryRows(numbered(10, 60));
  await using console = await openConsole(await memoryServices({ openRows: () => store }), {}, storeScreen());
  await console.press('j', 'j').sees(selected('12'));
  store.set({ rows: numbered(5, 60), total: 56 });
  await console.sees(selected('12'), 'row 8 of 56');
  store.set({ rows: numbered(5, 60).filter(({ pk }) => pk !== '12'), total: 55 });
  await console.sees(selected('13'), 'row 8 of 55');
});

test('marks hold the rows, and a mark on a row that is gone goes with it', async () => {
  const store = memoryRows(numbered(1, 20));
  await using console = await openConsole(await memoryServices({ openRows: () => store }), {}, storeScreen());
  await console.sees(selected('1')).press('space', 'space', 'space').sees('held: 3 marked', /^ ✓1$/m, selected('4'));
  expect(store.getView().held).toBe(true);
  store.set({ rows: numbered(2, 20), total: 19 });
  await console.sees('held: 2 marked').press('ctrl-\\').sees(selected('4')).seesNot('marked');
  expect(store.getView().held).toBe(false);
});

test('v marks a range, which shrinks as the cursor comes back', async () => {
  await using console = await openConsole(await memoryServices(), {}, arrayScreen(numbered(1, 20)));
  await console.press('v', 'j', 'j', 'j').sees('held: 4 marked').press('k').sees('held: 3 marked', 'range: v ends it');
  await console.press('v').seesNot('range').press('j', 'j').sees('held: 3 marked');
});

test('less important columns make room, and come when the cursor goes there', async () => {
  const rows = [row('1', { source: 'phone', branch_id: 'b-1', sync_error_message: 'HTTP 401' })];
  await using console = await openConsole(await memoryServices(), { columns: 60 }, arrayScreen(rows));
  await console.sees('source', 'HTTP 401').seesNot('b-1').press('l', 'l').sees('b-1').seesNot('HTTP 401');
});

test('s sorts by the column under the cursor, S reverses, and another column says why not', async () => {
  await using console = await openConsole(await memoryServices(), {}, arrayScreen([row('10'), row('9'), row('100')]));
  await console
    .press('S')
    .sees('not sorted yet')
    .press('s')
    .sees(/id▲[^]* 9\n[^]* 10\n[^]* 100\n/);
  await console
    .press('S')
    .sees(/id▼[^]* 100\n[^]* 10\n[^]* 9\n/)
    .press('l', 'l', 's')
    .sees("rows can't be sorted by branch");
});

test('the filter keeps what contains its text, ! what does not, and Esc clears it', async () => {
  const rows = [row('1', { source: 'phone' }), row('2', { source: 'cal.com' }), row('3', { source: 'Telephone' })];
  await using console = await openConsole(await memoryServices(), {}, arrayScreen(rows));
  await console.press('/').type('PHONE').press('enter').sees('row 1 of 2').seesNot('cal.com');
  await console.press('/', 'ctrl-u').type('!phone').press('enter').sees('row 1 of 1', 'cal.com').seesNot('Telephone');
  await console.press('escape').sees('of 3', 'Telephone');
});

test.each([
  [80, 24],
  [40, 15],
])('a filter that is set is shown at %ix%i', async (columns, rows) => {
  const items = [row('1', { source: 'LINE1' }), row('2', { source: '\u202eLINE2' }), row('3', { source: 'LINE1' })];
  await using console = await openConsole(await memoryServices(), { columns, rows }, arrayScreen(items));
  await console.press('/').type('LINE1').press('enter').sees('filter "LINE1": row 1 of 2 · Esc clears');
  await console.press('space').sees('filter "LINE1": row 2 of 2 · held: 1').press('ctrl-\\');
  await console.press('/', 'ctrl-u').type('!LINE1').press('enter').sees('not "LINE1": row 1 of 1 · Esc clears');
  await console.press('/', 'ctrl-u').type('\u202e').press('enter').sees('filter "⟪U+202E⟫": row 1 of 1');
  await console.press('/', 'ctrl-u').type('!e').press('enter').sees('no row is without "e"');
  await console
    .press('/', 'ctrl-u')
    .type('L'.repeat(22))
    .press('enter')
    .sees(/no row is with\s+"LLL/);
  await console.press('escape').sees('row 1 of 3').seesNot('filter "', 'Esc clears');
});

test('an empty list says why and what to do', async () => {
  await using console = await openConsole(await memoryServices(), {}, arrayScreen([]));
  await console.sees('no rows: make some').press('enter').sees('Open the row: the list is empty');
});
