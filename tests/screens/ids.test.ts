import { describe, expect, test } from 'vitest';
import { seedRows } from '../../src/data/demo/seed-rows.ts';
import { ENGINES } from '../engines/engines.ts';
import { openOn } from './on-database.ts';

for (const engine of ENGINES) {
  describe(`Ids on ${engine.name}`, () => {
    test("the eight classes with shares, and the migration's own lines, which overlap", async () => {
      await using open = await openOn(engine, seedRows(Date.now()));
      const { console } = open;
      await console.press('2').sees('of 128', 'Overlapping lines', 'add up to 132 of 128');
      await console.sees(/misplaced +102 +█+ +79\.7 % +V1 id in the V2 column/, /none +23 .*18 %/, /both +2 .*1\.6 %/);
      await console.sees(/conflict +0 +0 %/, 'the move of misplaced: move the id to the V1 column');
      await console.sees(/ 2 +3 +102 +2 +23\n/);
      await console.press('j').sees('the move of duplicate: clear the V2 column');
    });

    test('from a class to its rows to one row and back', async () => {
      await using open = await openOn(engine, seedRows(Date.now()), { columns: 120 });
      const { console } = open;
      await console.press('2').sees('misplaced').press('enter').sees('› misplaced', 'row 1 of 102');
      await console.press('/').sees('Enter filters').type('8212577').press('enter').sees('row 1 of 1 ');
      await console.press('enter').sees('› row 512', 'misplaced: V1 id in the V2 column');
      await console.sees(/calcom_booking_id +NULL +→ +'8212577'/, /calcom_v2_booking_id +'8212577' +→ +NULL/);
      await console.press('escape').sees('row 1 of 1 ').press('escape').sees('row 1 of 102');
      await console.press('escape').sees('Overlapping lines');
    });

    test('by source and by tenant, and Enter opens their rows', async () => {
      await using open = await openOn(engine, seedRows(Date.now()));
      const { console } = open;
      await console.press('2').sees('By source', /cal\.com +101 +101 /, /phone +9 +0 +0 /, /By tenant/);
      await console.press('tab').sees('› cal.com').press('j', 'enter').sees('› source phone', 'row 1 of 9');
      await console
        .press('escape')
        .sees('› phone')
        .press('tab')
        .sees(/› 1 +69 /);
      await console.press('enter').sees('› tenant 1', 'row 1 of 69');
    });

    test('tenants are counted only while somebody looks', async () => {
      await using open = await openOn(engine, seedRows(Date.now()));
      const { console, database, live } = open;
      await console.sees('128');
      expect(live.getState().snapshot?.tenants).toBeUndefined();
      await console.press('2').sees(/By tenant[^]*69 /);
      await console.press('8').sees('company_id').press('R').sees('read again');
      const groupings = () => database.log.filter(({ sql }) => sql.includes('GROUP BY')).length;
      const before = groupings();
      await console.after(() => live.refresh()).sees('Columns');
      await expect.poll(groupings).toBeGreaterThan(before);
      await expect.poll(() => live.getState().snapshot?.tenants).toBeUndefined();
    });

    test('rows without a source, and sources that a filter finds', async () => {
      const sources = [null, null, '', 'walk-in', 'phone', '\u001b[31mred', '電話'];
      await using open = await openOn(
        engine,
        sources.map((source) => ({ source, company_id: 7 })),
        {
          rows: 40,
        },
      );
      const { console } = open;
      await console.press('2').sees(/\(no source\) +2 +0 /, /'' +1 /, '␛[31mred', '電話');
      await console.press('tab').sees('› (no source)').press('enter').sees('› source (no source)', 'row 1 of 2');
      await console.press('escape', '/').type('walk').press('enter').sees('› walk-in').seesNot('電話');
      await console.press('escape').sees('電話');
      expect(console.hasNoRawEscapes()).toBe(true);
    });

    test('a table without the columns for it says what it needs', async () => {
      const without = ['source', 'company_id', 'deleted_at'];
      await using open = await openOn(engine, [{ calcom_booking_id: 5 }], { appointments: { without } });
      await open.console.press('2').sees('needs column source', 'needs column company_id', /v1 +1 .*100 %/);
    });

    test('an empty table, and no share of nothing', async () => {
      await using open = await openOn(engine, []);
      await open.console
        .press('2')
        .sees('of 0', /misplaced +0 +0 %/, 'no rows yet')
        .press('enter');
      await open.console.sees('no row is like this now');
    });

    test('numeric ids by design are counted as right, and the screen says so', async () => {
      const extra = ['calcom_v2_booking_uid varchar(50)'];
      const right = { calcom_v2_booking_id: '8212577', calcom_v2_booking_uid: 'hAkp6sZzGbUr2YQ5nWvTxE' };
      await using open = await openOn(engine, [right, { calcom_v2_booking_id: '8212578' }], {
        appointments: { extra },
      });
      const { console } = open;
      await console.press('2').sees('numeric by design: 1 row', /both +1 .*50 %/, /misplaced +1 .*50 %/);
      await console.press('G', 'g', 'j', 'j', 'j', 'j', 'enter').sees('row 1 of 1 ').press('enter');
      await console.sees(
        'numeric by design: the uid has a column of its own',
        /calcom_v2_booking_id +'8212577' +stays/,
      );
    });

    test('the cursor stays with its source when another overtakes it', async () => {
      const rows = ['phone', 'phone', 'test'].map((source) => ({ source, company_id: 1 }));
      await using open = await openOn(engine, rows);
      const { console, live, insert } = open;
      await console.press('2').sees('By source').press('tab').sees('› phone').press('j').sees('› test');
      const more = Array.from({ length: 5 }, () => ({ source: 'test', company_id: 1 }));
      await console.after(() => insert(more)).after(() => live.refresh());
      await console.sees(/› test +6 /);
    });

    test.each([
      [200, 50],
      [40, 15],
      [20, 6],
    ])('draws within %i columns and %i rows', async (columns, rows) => {
      await using open = await openOn(engine, seedRows(Date.now()), { columns, rows });
      const { console } = open;
      await console.press('2').sees('misplaced', '102').press('tab').sees('By source', 'cal.com');
      expect((await console.terminal.lines()).every((line) => line.length <= columns)).toBe(true);
    });
  });
}
