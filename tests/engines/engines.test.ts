import { describe, expect, test } from 'vitest';
import { ENGINES } from './engines.ts';

for (const engine of ENGINES) {
  describe(`${engine.name} for tests`, () => {
    test('a fresh database takes the appointments table of the field and its rows', async () => {
      const db = await engine.database();
      await engine.createAppointments(db, { unique: true, extra: ['calcom_v2_booking_uid varchar(50)'] });
      await engine.insert(db, 'appointments', [
        { id: '9007199254740993', starts_at: '2026-01-31 08:00:00', requires_manual_review: true },
        { id: 7n, calcom_v2_booking_id: 'ünï\u001b', sync_origin: 'retell' },
      ]);
      const rows = await db.execute(
        'SELECT id, starts_at, calcom_v2_booking_id, sync_origin FROM appointments WHERE id > ? ORDER BY id',
        [1],
      );
      expect(rows).toEqual([
        { id: '7', starts_at: null, calcom_v2_booking_id: 'ünï\u001b', sync_origin: 'retell' },
        { id: '9007199254740993', starts_at: '2026-01-31 08:00:00', calcom_v2_booking_id: null, sync_origin: null },
      ]);
      await db.drop();
    });

    test('a table can lack columns, have another name, and other types', async () => {
      const db = await engine.database();
      const table = 'Order';
      await engine.createAppointments(db, {
        table,
        without: ['deleted_at'],
        types: { calcom_booking_id: 'varchar(30)' },
      });
      await engine.insert(db, table, [{ calcom_booking_id: '007' }]);
      const rows = await db.execute(`SELECT calcom_booking_id FROM ${engine.quoted(table)}`);
      expect(rows).toEqual([{ calcom_booking_id: '007' }]);
      await expect(db.execute(`SELECT deleted_at FROM ${engine.quoted(table)}`)).rejects.toThrow('deleted_at');
    });
  });
}
