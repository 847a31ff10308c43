import { describe, expect, test } from 'vitest';
import { ENGINES, type PlantedRow } from '../engines/engines.ts';
import { openOn } from './on-database.ts';

const MISPLACED: PlantedRow = { id: 512, source: 'cal.com', calcom_v2_booking_id: '8212577' };

/** From Ids into the only row of the class under the cursor. */
async function toRow(open: Awaited<ReturnType<typeof openOn>>, ...moves: readonly string[]): Promise<void> {
  const { console } = open;
  await console
    .press('2')
    .sees('misplaced')
    .press(...moves, 'enter')
    .sees('row 1 of 1 ')
    .press('enter')
    .sees('the move:');
}

for (const engine of ENGINES) {
  describe(`one row on ${engine.name}`, () => {
    test('every column with its real name, type and value, null and empty told apart', async () => {
      await using open = await openOn(engine, [{ ...MISPLACED, source: '' }], { rows: 40, columns: 100 });
      const { console } = open;
      await toRow(open);
      await console.sees(/id +\S*int\S* .*512/i, /company_id .*NULL/, /source .*\(empty text\)/, /deleted_at .*NULL/);
      await console.sees('column 1 of 24').press('G').sees('column 24 of 24 · deleted_at');
    });

    test.each([
      [
        'misplaced',
        [],
        { calcom_v2_booking_id: '8212577' },
        /booking_id +NULL +→ +'8212577'/,
        /v2\S* +'8212577' +→ +NULL/,
      ],
      [
        'duplicate',
        ['j'],
        { calcom_booking_id: 7, calcom_v2_booking_id: '7' },
        /booking_id +'7' +stays/,
        /v2\S* +'7' +→ +NULL/,
      ],
      ['conflict', ['j', 'j'], { calcom_booking_id: 7, calcom_v2_booking_id: '8' }, /'7' +stays/, /v2\S* +'8' +stays/],
      ['review', ['j', 'j', 'j'], { calcom_v2_booking_id: '12 ' }, /booking_id +NULL +stays/, /v2\S* +'12 ' +stays/],
    ])('says what the move would do to a row of class %s', async (name, moves, values, v1, v2) => {
      await using open = await openOn(engine, [{ id: 1, ...values }]);
      await toRow(open, ...moves);
      await open.console.sees(`${name}: `, v1, v2);
    });

    test('a long message in full, line by line, with what a terminal would obey shown', async () => {
      const message = `begin\u001b[31m\n漢字 \u202e${'{"key": "value"} '.repeat(600)}the end`;
      await using open = await openOn(engine, [{ ...MISPLACED, sync_error_message: message }]);
      const { console } = open;
      await toRow(open);
      await console.press('/').sees('there is no list of rows here');
      for (let column = 1; column < 17; column += 1) await console.press('l');
      await console.sees(
        '· sync_error_message',
        'begin␛[31m␊',
        '漢字 ⟪U+202E⟫',
        `${[...message].length.toLocaleString('en-US')} characters`,
      );
      await console
        .press('l')
        .sees(/› sync_error_code/, 'the end')
        .press('h')
        .sees('· sync_error_message');
      await console.press('pagedown', 'y').sees(`copied sync_error_message: ${[...message].length} characters`);
      expect(console.terminal.sent).toContain(Buffer.from(message).toString('base64'));
      expect(console.hasNoRawEscapes()).toBe(true);
    });

    test('follows the row while the application changes it, and keeps the place', async () => {
      await using open = await openOn(engine, [MISPLACED]);
      const { console, db, live } = open;
      await toRow(open);
      await console.press('l', 'l', 'l').sees(/› staff_id/);
      await console.after(() => db.execute("UPDATE appointments SET source = 'phone', calcom_booking_id = 8"));
      await console.after(() => live.refresh()).sees(/source .*phone/, 'conflict: ', /› staff_id/);
    });

    test('says when the row is gone, and still shows what it was', async () => {
      await using open = await openOn(engine, [MISPLACED]);
      const { console, db, live } = open;
      await toRow(open);
      await console.after(() => db.execute('DELETE FROM appointments')).after(() => live.refresh());
      await console.sees('this row is gone: somebody deleted it; these were its values', /source .*cal\.com/);
      await console.press('escape').sees('no row is like this now');
    });

    test('times are UTC with an age beside them, or local', async () => {
      const starts = new Date(Date.now() + 2.5 * 86_400_000).toISOString().slice(0, 19).replace('T', ' ');
      await using open = await openOn(engine, [{ ...MISPLACED, starts_at: starts }]);
      await toRow(open);
      await open.console
        .sees(new RegExp(`starts_at .*${starts}Z {2}in 2 d`))
        .press('z')
        .seesNot(`${starts}Z`);
    });

    test.each([
      [200, 50],
      [40, 15],
      [12, 5],
    ])('draws within %i columns and %i rows', async (columns, rows) => {
      await using open = await openOn(engine, [{ ...MISPLACED, sync_error_message: '漢字'.repeat(500) }]);
      const { console } = open;
      await toRow(open);
      await console.resize(columns, rows).sees('512').press('G').sees('column 24');
      expect((await console.terminal.lines()).every((line) => line.length <= columns)).toBe(true);
    });
  });
}
