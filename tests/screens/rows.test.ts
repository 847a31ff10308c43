import { describe, expect, test } from 'vitest';
import { seedRows } from '../../src/data/demo/seed-rows.ts';
import { ENGINES, type PlantedRow } from '../engines/engines.ts';
import { openOn } from './on-database.ts';

/** Rows without any booking id, so that they are all of the class `none`. */
const plain = (count: number, values: PlantedRow = {}): readonly PlantedRow[] =>
  Array.from({ length: count }, (_, index) => ({ id: index + 1, ...values }));

/** From Ids into the rows of the class `none`, the last one. */
const toRowsOfNone = ['G', 'enter'] as const;

const HOSTILE = [
  'evil\u001b[2J\u001b]0;title\u0007',
  'new\nline\r\ttab',
  '\u202egnp.exe\u2066 \u200bzero',
  '漢字テスト 電話',
  'e\u0301 ma\u0303o',
  'x'.repeat(10_000),
  '\u0301starts with a mark',
];

for (const engine of ENGINES) {
  describe(`rows on ${engine.name}`, () => {
    test('a filter, its inverse, and Esc that clears it', async () => {
      await using open = await openOn(engine, seedRows(Date.now()));
      const { console } = open;
      await console
        .press('2')
        .sees('misplaced')
        .press(...toRowsOfNone)
        .sees('row 1 of 23');
      await console.press('/').sees('Enter filters').type('phone').press('enter').sees('row 1 of 9', 'phone');
      await console
        .press('/', 'ctrl-u')
        .type('!phone')
        .press('enter')
        .sees('row 1 of 14')
        .seesNot(/ phone /);
      await console.press('escape').sees('row 1 of 23');
      await console.press('/').type('no such thing').press('enter').sees('no row is with "no such thing"');
    });

    test('sorts by the column under the cursor, and not by ids that are texts', async () => {
      await using open = await openOn(engine, seedRows(Date.now()), { columns: 140 });
      const { console } = open;
      await console.press('2').sees('misplaced').press('enter').sees('row 1 of 102', 'id▼');
      await console.press('s').sees('id▲').press('S').sees('id▼');
      await console.press('l', 'l').sees('· V2 column').press('s').sees("rows can't be sorted by V2 column");
      await console
        .press('l')
        .sees('· source')
        .press('s')
        .sees('source▲', /›.*cal\.com/)
        .press('S')
        .sees('source▼', /›.*calcom_import/);
    });

    test('hostile values are shown, and columns stay straight', async () => {
      const rows = HOSTILE.map((source, index) => ({ id: index + 1, source: source.slice(0, 255), status: 'END' }));
      // The terminal of the tests takes an emoji for one column, a person's for two.
      const emoji = { id: 98, source: '👩‍👧 🎉', status: 'PARTY' };
      // PostgreSQL takes no NUL in a text.
      const nul = engine.name === 'postgres' ? [] : [{ id: 99, source: 'nul\0here', status: 'END' }];
      await using open = await openOn(engine, [...rows, emoji, ...nul], { columns: 100 });
      const { console } = open;
      await console
        .press('2')
        .sees('misplaced')
        .press(...toRowsOfNone)
        .sees('evil␛[2J␛]0;title␇', 'new␊line␍␉tab');
      await console.sees('⟪U+202E⟫gnp', '漢字テスト', 'xxx…', '◌\u0301starts', '👩⟪U+200D⟫👧 🎉');
      if (nul.length > 0) await console.sees('nul␀here');
      const ends = await console.terminal.columnsOf('END');

      expect(ends).toHaveLength(rows.length + nul.length);
      expect(new Set(ends).size).toBe(1);
      expect(console.hasNoRawEscapes()).toBe(true);
    });

    test('rows that arrive at the top leave the selection where it is', async () => {
      await using open = await openOn(engine, plain(50));
      const { console, live, insert } = open;
      await console
        .press('2')
        .sees('misplaced')
        .press(...toRowsOfNone)
        .sees('row 1 of 50')
        .press('j', 'j', 'j');
      await console.sees(/› +47\b/, 'row 4 of 50');
      await console.after(() => insert([{ id: 60 }, { id: 61 }])).after(() => live.refresh());
      await console
        .sees('row 6 of 52', /› +47\b/)
        .press('g')
        .sees(/› +61\b/);
    });

    test('a row deleted under the cursor leaves it on the next one, and its mark goes', async () => {
      await using open = await openOn(engine, plain(20));
      const { console, live, db } = open;
      await console
        .press('2')
        .sees('misplaced')
        .press(...toRowsOfNone)
        .sees('row 1 of 20')
        .press('j', 'j');
      await console.sees(/› +18\b/).after(() => db.execute('DELETE FROM appointments WHERE id = 18'));
      await console.after(() => live.refresh()).sees('row 3 of 19', /› +17\b/);
    });

    test('marks hold the rows as they are, until they are taken away', async () => {
      await using open = await openOn(engine, plain(20));
      const { console, live, insert } = open;
      await console
        .press('2')
        .sees('misplaced')
        .press(...toRowsOfNone)
        .sees('row 1 of 20')
        .press('space', 'space');
      await console.sees('held: 2 marked').press('v', 'j', 'j').sees('range: v ends it', 'held: 5 marked').press('v');
      await console.after(() => insert([{ id: 30 }])).after(() => live.refresh());
      await expect.poll(() => live.getState().snapshot?.total).toBe(21);
      await console.sees('of 20 ', 'held: 5 marked').press('ctrl-\\').sees('of 21 ').seesNot('held');
    });

    test('times are UTC with an age, or local', async () => {
      const created = new Date(Date.now() - 3.5 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
      await using open = await openOn(engine, plain(1, { created_at: created }), { columns: 200 });
      const { console } = open;
      await console
        .press('2')
        .sees('misplaced')
        .press(...toRowsOfNone)
        .sees(`${created.slice(0, 16)}Z 3 h ago`);
      await console
        .press('z')
        .sees('times are local')
        .seesNot(`${created.slice(0, 16)}Z`);
    });

    test('an id beyond 2^53 and soft-deleted rows', async () => {
      const rows = [{ id: '9007199254740993' }, { id: 5, deleted_at: '2026-01-31 08:00:00' }];
      await using open = await openOn(engine, rows, { columns: 140 });
      const { console } = open;
      await console
        .press('2')
        .sees('misplaced')
        .press(...toRowsOfNone)
        .sees('› 9007199254740993', 'row 1 of 1 ');
      await console.press('D').sees('row 1 of 2', '2026-01-31').press('j', 'enter').sees('› row 5');
    });

    test('a table with the names of reserved words', async () => {
      const appointments = { table: 'order', extra: [`${engine.quoted('order')} varchar(20)`] };
      const context = { table: { schema: undefined, name: 'order' } };
      await using open = await openOn(engine, [{ id: 1, order: 'first' }], { appointments, context });
      const { console } = open;
      await console
        .press('2')
        .sees('misplaced')
        .press(...toRowsOfNone)
        .sees('row 1 of 1 ')
        .press('enter');
      await console
        .sees('column 1 of 25')
        .press('G')
        .sees(/› order .*first/);
    });
  });
}
