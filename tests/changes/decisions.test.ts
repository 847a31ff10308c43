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
