import { describe, expect, test } from 'vitest';
import { ENGINES } from '../engines/engines.ts';
import { operated, row } from './guarded.ts';

const UID = 'kDm3nC8TqV5xY7zA2bE4fG';

for (const engine of ENGINES) {
  describe(`an operator's decisions on ${engine.name}`, () => {
    test('are done row by row, each with a line in the ledger, and can be taken back', async () => {
      const rows = [row(1, '5', '6'), row(2, '5', '6'), row(3, '5', '6'), row(4, '0', UID), row(5, null, '0123')];
      await using on = await operated(engine, rows);
      const before = await on.ids();
      const decisions = { 1: 'keep-v1', 2: 'keep-v2', 3: 'skip', 4: 'keep-v2', 5: 'keep-v1' };
      const { plan } = await on.look('move-booking-ids', { decisions });
      expect(plan).toMatchObject({ rows: 4, counts: { conflict: 3, review: 2, decided: 4 } });
      const end = await on.run('move-booking-ids', { decisions });
      expect(end?.run.counts).toMatchObject({ changed: 4, decided: 4 });
      expect(await on.ids()).toEqual({
        1: ['5', null, '6'],
        2: ['6', null, '6'],
        3: ['5', '6', '6'],
        4: [null, UID, UID],
        5: [null, null, '0123'],
      });
      await on.run('rollback-booking-ids');
      expect(await on.ids()).toEqual({ ...before, 3: ['5', '6', '6'] });
    });

    test('are final, shown as such, and one that changes nothing leaves no trace', async () => {
      await using on = await operated(engine, [row(1, '-5', '7000'), row(2, null, '0123'), row(3, null, '05')], {
        appointments: engine.name === 'mysql' ? { types: { calcom_booking_id: 'bigint NULL' } } : {},
      });
      const decisions = { 1: 'keep-v2', 2: 'keep-v2' };
      const { plan } = await on.look('move-booking-ids', { decisions });
      expect(plan).toMatchObject({ rows: 1, counts: { decided: 1 }, loses: [expect.stringMatching(/^1 id /)] });
      expect(plan.sample).toMatchObject([{ pk: '1', action: 'decide', after: { v1: '7000', v2: null } }]);
      expect(plan.summary).toEqual(
        expect.arrayContaining(['leaves 1 row as it is, as you decided', 'leaves 0 conflicts and 1 for review to you']),
      );
      const end = await on.run('move-booking-ids', { decisions });
      expect(end?.run.counts).toMatchObject({ changed: 1, decided: 1, moved: 0 });
      expect(await on.db.execute('SELECT pk, pass_number FROM apptop_ledger')).toEqual([{ pk: '1', pass_number: '0' }]);
      expect(await on.ids()).toMatchObject({ 1: ['7000', null, '7000'], 2: [null, '0123', '0123'] });
      // A ledger of before may have lines that changed nothing.
      await on.db.execute("UPDATE apptop_ledger SET old_v1 = '7000', old_v2 = NULL");
      expect((await on.look('rollback-booking-ids')).plan.counts).toMatchObject({ restore: 0, already: 1 });
    });

    test('for an id that a unique index gives to another row are told before they are set aside', async () => {
      const rows = [row(1, '6', null), row(2, null, '6'), row(3, '5', '8'), row(4, '7', '8')];
      await using on = await operated(engine, rows);
      await on.db.execute('CREATE UNIQUE INDEX only_one ON appointments (calcom_booking_id)');
      const decisions = { 2: 'keep-v2', 3: 'keep-v2', 4: 'keep-v2' };
      const { plan } = await on.look('move-booking-ids', { decisions });
      expect(plan).toMatchObject({ rows: 1, counts: { conflict: 3, decided: 1 } });
      expect(plan.notes).toEqual([
        "row 2 can't have 6, which calcom_booking_id holds once: row 1 has it. It will be set aside",
        "row 4 can't have 8, which calcom_booking_id holds once: row 3 has it. It will be set aside",
      ]);
      const end = await on.run('move-booking-ids', { decisions });
      expect(end?.run.counts).toMatchObject({ changed: 1, decided: 1, aside: 2 });
    });

    test('reach a row whose V2 column is empty, which a move has nothing else to do with', async () => {
      await using on = await operated(engine, [row(1, '0', null), row(2, '0', null), row(3, null, null)]);
      const end = await on.run('move-booking-ids', { decisions: { 2: 'keep-v2' } });
      expect(end?.run.counts).toMatchObject({ scanned: 3, changed: 1, decided: 1, backedUp: 0 });
      expect(await on.ids()).toEqual({ 1: ['0', null, null], 2: [null, null, null], 3: [null, null, null] });
    });

    test('about a row that needs none, or is not there, are refused', async () => {
      await using on = await operated(engine, [row(1, null, '101')]);
      const look = (decisions: object) => on.look('move-booking-ids', { decisions });
      await expect(look({ 1: 'keep-v1' })).rejects.toThrow('row 1 is misplaced: there is nothing to decide');
      await expect(look({ 9: 'keep-v1' })).rejects.toThrow('there is no row 9');
      await expect(async () => look({ 1: 'drop' })).rejects.toThrow('"drop" is no decision');
    });
  });
}
