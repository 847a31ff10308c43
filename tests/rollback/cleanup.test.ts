import { describe, expect, test } from 'vitest';
import { DEFAULT_CHANGE_RULES } from '../../src/config/changes.ts';
import { operated, row } from '../changes/guarded.ts';
import { ENGINES } from '../engines/engines.ts';

const ROWS = [row(1, null, '101'), row(2, null, null)];
const UID = 'kDm3nC8TqV5xY7zA2bE4fG';
const NO_WINDOW = { ...DEFAULT_CHANGE_RULES, monitorHours: 0 };

for (const engine of ENGINES) {
  describe(`cleaning up on ${engine.name}`, () => {
    test('is refused while the monitor window lasts, and says until when', async () => {
      await using on = await operated(engine, ROWS);
      await on.run('move-booking-ids');
      const { plan, gates } = await on.look('cleanup-booking-ids');
      expect(plan).toMatchObject({ rows: 1, loses: [expect.stringContaining('no rollback is possible')] });
      const red = gates.filter(({ state }) => state === 'red');
      expect(red).toMatchObject([{ id: 'monitor-window', detail: expect.stringMatching(/ends in (23|24) h/) }]);
      await expect(on.run('cleanup-booking-ids')).rejects.toThrow('monitor window');
    });

    test('is refused while an id is misplaced', async () => {
      await using on = await operated(engine, ROWS, { context: { changes: NO_WINDOW } });
      await on.run('move-booking-ids');
      await engine.insert(on.db, 'appointments', [row(9, null, '109')]);
      await expect(on.run('cleanup-booking-ids')).rejects.toThrow('No V1 id is in the V2 column');
    });

    test('what the application wrote since the move is no loss, and what is lost is one', async () => {
      const ids = [1, 2, 3].map((id) => row(id, null, String(100 + id)));
      await using on = await operated(engine, [...ids, row(4, null, UID)], { context: { changes: NO_WINDOW } });
      await on.run('move-booking-ids');
      await on.db.execute('UPDATE appointments SET calcom_booking_id = 999 WHERE id = 1');
      await on.db.execute(`UPDATE appointments SET calcom_v2_booking_id = 'otherUid1234' WHERE id = 4`);
      await on.db.execute(
        `UPDATE appointments SET calcom_booking_id = NULL, updated_at = '2037-01-01 00:00:00' WHERE id = 2`,
      );
      await engine.insert(on.db, 'appointments', [row(9, null, '109')]);
      expect(await on.run('move-booking-ids')).toMatchObject({ run: { state: 'done' }, failed: [] });
      const conserved = async () =>
        (await on.look('cleanup-booking-ids')).gates.find(({ id }) => id === 'check booking-ids/conservation');
      expect(await conserved()).toMatchObject({
        state: 'green',
        detail: '5 originals = 2 moved + 0 uids kept + 3 changed since by somebody',
      });
      await on.db.execute('UPDATE appointments SET calcom_booking_id = NULL WHERE id = 3');
      expect(await conserved()).toMatchObject({
        state: 'red',
        detail: '5 originals = 1 moved + 0 uids kept + 3 changed since by somebody + 1 in neither column',
      });
      await on.db.execute('UPDATE appointments SET calcom_booking_id = 103 WHERE id = 3');
      expect(await on.run('cleanup-booking-ids')).toMatchObject({ run: { state: 'done' } });
    });

    test('drops the backup column and the ledger, after which nothing can be taken back', async () => {
      await using on = await operated(engine, ROWS, { context: { changes: NO_WINDOW } });
      await on.run('move-booking-ids');
      expect(await on.run('cleanup-booking-ids')).toMatchObject({ run: { state: 'done' } });
      await expect(on.db.execute('SELECT _migration_backup_v2_id FROM appointments')).rejects.toThrow(
        '_migration_backup_v2_id',
      );
      await expect(on.db.execute('SELECT pk FROM apptop_ledger')).rejects.toThrow('apptop_ledger');
      expect(await on.ids()).toMatchObject({ 1: ['101', null, null] });
      await expect(on.look('rollback-booking-ids')).rejects.toThrow('nothing to take back');
      await expect(on.look('cleanup-booking-ids')).rejects.toThrow('no backup column');
      // Another migration begins anew.
      await engine.insert(on.db, 'appointments', [row(9, null, '109')]);
      expect(await on.run('move-booking-ids')).toMatchObject({ run: { state: 'done', counts: { changed: 1 } } });
    });

    test('keeps the ledger where the config says so', async () => {
      await using on = await operated(engine, ROWS, { context: { changes: { ...NO_WINDOW, ledger: 'keep' } } });
      await on.run('move-booking-ids');
      await on.run('cleanup-booking-ids');
      expect(await on.db.execute('SELECT pk FROM apptop_ledger')).toEqual([{ pk: '1' }]);
    });
  });
}
