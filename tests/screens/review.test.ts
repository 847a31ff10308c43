import { describe, expect, test } from 'vitest';
import { ENGINES, type PlantedRow } from '../engines/engines.ts';
import { openOn } from './on-database.ts';

const ERRORS = [
  ['HTTP_401', 'Cal.com rejected the booking'],
  ['RuntimeException', 'Cal.com API v2 request failed: HTTP 401'],
  ['timeout', 'cURL error 28: Operation timed out'],
  [null, 'nobody knows'],
] as const;

const minutesAgo = (minutes: number): string =>
  new Date(Date.now() - minutes * 60_000).toISOString().slice(0, 19).replace('T', ' ');

/** Rows in review, the one with the highest id flagged last; errors in turn. */
const queue = (count: number): readonly PlantedRow[] =>
  Array.from({ length: count }, (_, index) => {
    const [sync_error_code, sync_error_message] = ERRORS[index % ERRORS.length] ?? [null, null];
    return {
      id: index + 1,
      requires_manual_review: true,
      manual_review_flagged_at: minutesAgo(count - index + 0.5),
      sync_origin: 'retell',
      calcom_sync_status: 'failed',
      sync_attempt_count: 3,
      sync_error_code,
      sync_error_message,
    };
  });

for (const engine of ENGINES) {
  describe(`Review on ${engine.name}`, () => {
    test('the queue newest first, with age, code, likely cause and message', async () => {
      await using open = await openOn(engine, [...queue(4), { id: 9 }], { columns: 160 });
      const { console } = open;
      await console
        .sees('4 Review•')
        .press('4')
        .sees('4 appointments wait for review, the oldest for 4 min', '[Queue 4]');
      await console.sees(/› +4 .*Z 1 min ago +retell +failed +3 +nobody knows/);
      await console.sees(/ 3 .* timeout +network +cURL error 28/, / 2 .* RuntimeExce… +invalid API key /);
      await console.press('enter').sees('› row 4').press('escape').sees('row 1 of 4');
    });

    test('thousands of rows: to the end, back to the start, page by page', async () => {
      await using open = await openOn(engine, queue(3_000));
      const { console } = open;
      await console
        .sees('Review•')
        .press('4')
        .sees('3,000 appointments wait', /› 3000 /, 'row 1 of 3,000');
      await console.press('G').sees(/› +1 /, 'row 3,000 of 3,000').press('k').sees('row 2,999 of 3,000');
      await console
        .press('pageup', 'pageup')
        .sees(/row 2,9[5-8]\d of/)
        .press('g')
        .sees(/› 3000 /, 'row 1 of 3,000');
      for (let page = 0; page < 30; page += 1) await console.press('pagedown').sees(`row ${1 + 14 * (page + 1)} of`);
      await console.press('G').sees('row 3,000 of 3,000').resize(100, 40).sees(/› +1 /).resize(80, 24).sees(/› +1 /);
    });

    test('errors in groups with cause and remedy; Enter shows the rows of one, Esc all again', async () => {
      await using open = await openOn(engine, queue(10));
      const { console } = open;
      await console.sees('Review•').press('4').sees('row 1 of 10').press('tab').sees('[By error 4]');
      await console.sees(/HTTP_401 +3 +█+ +30 % +invalid API key/, /\(no code\) +2 .*no rule knows this error/);
      await console.press('g').sees('renew the Cal.com API key').type('jj').press('G');
      await console
        .sees(/› \(no code\)|› timeout/)
        .press('g', 'enter')
        .sees('[Queue 10, only HTTP_401]', 'row 1 of 3');
      await console.sees('invalid API key: renew the Cal.com API key').press('escape').sees('row 1 of 10');
    });

    test('the group of errors without a code', async () => {
      await using open = await openOn(engine, queue(4).slice(3));
      const { console } = open;
      await console.sees('Review•').press('4').sees('1 appointment waits').press('tab').sees('› (no code)');
      await console.press('enter').sees('only (no code)', 'no rule knows this error', 'row 1 of 1 ');
    });

    test('a filter and an order of its own', async () => {
      await using open = await openOn(engine, queue(12));
      const { console } = open;
      await console.sees('Review•').press('4').sees('row 1 of 12').press('/').type('cURL').press('enter');
      await console
        .sees('row 1 of 3', /› +11 /)
        .press('s')
        .sees('id▲', /› +3 /)
        .press('S')
        .sees(/› +11 /);
      await console.press('escape').sees('row 1 of 12').press('space', 'space').sees('held: 2 marked');
    });

    test('rows that are flagged meanwhile come in at the top and do not move the selection', async () => {
      await using open = await openOn(engine, queue(6));
      const { console, live, insert } = open;
      await console.sees('Review•').press('4').sees('row 1 of 6').press('j', 'j').sees(/› +4 /);
      const flagged = { requires_manual_review: true, manual_review_flagged_at: minutesAgo(0) };
      await console.after(() => insert([{ id: 77, ...flagged }])).after(() => live.refresh());
      await console
        .sees('row 4 of 7', /› +4 /, '[Queue 7]')
        .press('g')
        .sees(/› +77 /);
    });

    test('an empty queue says why it is empty', async () => {
      await using open = await openOn(engine, [{ id: 1 }]);
      const { console } = open;
      await console.sees('4 Review ').press('4').sees('nothing waits for review', 'requires_manual_review');
      await console
        .press('tab')
        .sees('[By error 0]', 'nothing waits for review')
        .press('enter')
        .sees('the list is empty');
    });

    test('a table without the column says what is needed', async () => {
      await using open = await openOn(engine, [{ id: 1 }], { appointments: { without: ['requires_manual_review'] } });
      await open.console.sees('4 Review ').press('4').sees('needs column requires_manual_review');
    });

    test('a table that has the flag and nothing else', async () => {
      const names = ['sync_error_code', 'sync_error_message', 'manual_review_flagged_at', 'sync_origin'];
      const without = [...names, 'calcom_sync_status', 'sync_attempt_count'];
      await using open = await openOn(engine, [{ id: 8, requires_manual_review: true }], { appointments: { without } });
      const { console } = open;
      await console.sees('Review•').press('4').sees('1 appointment waits for review', /› +8/).press('tab');
      await console.sees('(no code)').press('enter').sees('row 1 of 1 ');
    });

    test('hostile messages are shown, never sent', async () => {
      const hostile = { sync_error_code: '\u001b]0;x\u0007', sync_error_message: '\u009b31m\u202e\r\n漢字' };
      const rows = queue(2).map((row) => ({ ...row, ...hostile }));
      await using open = await openOn(engine, rows, { columns: 160 });
      const { console } = open;
      await console
        .sees('Review•')
        .press('4')
        .sees('␛]0;x␇', '⟪U+009B⟫31m⟪U+202E⟫␍␊漢字')
        .press('tab')
        .sees('› ␛]0;x␇');
      await console.press('enter').sees('only ␛]0;x␇', 'row 1 of 2');
      expect(console.hasNoRawEscapes()).toBe(true);
    });
  });
}
