import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openConsole } from '../terminal/console.ts';
import { arrayScreen, row, textScreen } from './list-screen.tsx';
import { memoryLive, memoryServices } from './memory.ts';

test('pasted text is never a command', async () => {
  const live = memoryLive();
  await using console = await openConsole(await memoryServices({ live }));
  await console.sees('Overview').paste('q\nRp+').sees('pasted text ignored');
  await console.type('quit everything now please, R R R').sees('pasted text ignored');
  expect(live.asked).not.toContain('refresh');
});

test('a text field takes every key, and what is under it hears none', async () => {
  await using console = await openConsole(await memoryServices(), {}, arrayScreen([row('1'), row('2')]));
  await console.press('/').type('qjR:?').sees('/ qjR:?').press('left', 'left', 'backspace').type('x').sees('/ qjx:?');
  await console.press('escape').sees('row 1 of 2');
});

test('Enter answers with every letter before it, however the keys arrive', async () => {
  const rows = [row('1', { source: 'abcdXYZ' }), row('2', { source: 'abcdXY' })];
  await using console = await openConsole(await memoryServices(), {}, arrayScreen(rows));
  await console.press('/').sees('Enter filters').type('a').sees('/ a').type('bcdXYZ\r').sees('row 1 of 1');
  await console.press('/', 'ctrl-u').sees('Enter filters').type('abcdXYZ').type('Q\u007f\r').sees('row 1 of 1');
  await console.press('escape').sees('row 1 of 2').press('/').sees('Enter filters').type('b');
  await console.type('cdXYZ\u0001a\u0005\u007f').sees('/ abcdXY').type('\r').sees('row 1 of 2');
  await console
    .press('E')
    .sees('Tab: CSV or JSON')
    .press('ctrl-u')
    .type('/')
    .type('nowhere/x.csv\r')
    .sees('no such folder');
});

test('a letter and Enter in one chunk run what the letters found, moves before Enter too', async () => {
  const live = memoryLive();
  await using console = await openConsole(await memoryServices({ live }));
  await console.press(':').sees('Show the keys').type('p').sees(': p').type('ause the re\r').sees('paused: p goes on');
  await console
    .press(':')
    .sees('Show the keys')
    .type('go to')
    .sees('› Go to Overview')
    .type('\t\t\t\r')
    .sees('[4 Review');
});

test('several keys in one chunk move as often as they were pressed', async () => {
  await using console = await openConsole(await memoryServices(), {}, [textScreen(30)]);
  await console.sees('line 1 of 30').type('jjjjj').sees('line 6 of 30').type('jjjkkk').sees('line 6 of 30');
});

test('the palette finds an action by a few letters and runs it', async () => {
  const live = memoryLive();
  await using console = await openConsole(await memoryServices({ live }));
  await console.press(':').type('pause').sees('› Pause the refresh').press('enter').sees('paused: p goes on');
  await console.press(':').type('zzz').sees('no action has these letters').press('escape').sees('misplaced');
});

test('Esc cancels a long query when nothing else is open', async () => {
  const live = memoryLive({ refreshingSince: Date.now() });
  await using console = await openConsole(await memoryServices({ live }));
  await console.press('?').sees('Keys of').press('escape').sees('misplaced');
  expect(live.asked).toEqual([]);
  await console.press('escape').sees('the refresh was cancelled');
  expect(live.asked).toEqual(['cancel']);
});

test('Y keeps a row on one line and y its value exact', async () => {
  const copied = (text: string) => `\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`;
  const message = 'HTTP 500\r\n\tat line 3\nagain';
  await using console = await openConsole(
    await memoryServices(),
    {},
    arrayScreen([row('7', { source: 'phone', sync_error_message: message })]),
  );
  await console.press('Y').sees('copied the row');
  expect(console.terminal.sent).toContain(copied('7\tphone\t\tHTTP 500  at line 3 again'));
  await console.press('l', 'l', 'l').sees('· message').press('y').sees('copied message');
  expect(console.terminal.sent).toContain(copied(message));
});

test('E writes all filtered rows, says how many of how many, and never over a file', async () => {
  const path = join(tmpdir(), `apptop-export-${process.pid}-${Date.now()}.csv`);
  const rows = [row('1', { source: 'phone, "fixed"' }), row('2', { source: 'cal.com' })];
  await using console = await openConsole(await memoryServices(), { columns: 120 }, arrayScreen(rows));
  await console.press('/').type('phone').press('enter').sees('row 1 of 1');
  await console
    .press('E')
    .sees('export 1 of 2 rows to', '.csv')
    .press('tab')
    .sees('.json')
    .press('ctrl-u')
    .type(path)
    .sees(path);
  await console.press('enter').sees('has 1 row');
  expect(await readFile(path, 'utf8')).toBe('id,source,branch_id,sync_error_message\r\n1,"phone, ""fixed""",,\r\n');
  await writeFile(path, 'mine');
  await console
    .press('E', 'ctrl-u')
    .type(path)
    .sees(path)
    .press('enter')
    .sees('that file exists already')
    .press('escape');
  expect(await readFile(path, 'utf8')).toBe('mine');
});
