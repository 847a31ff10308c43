import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAppointments } from '../../src/changes/retry/calcom-api/appointment.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { type Database, openDatabase } from '../../src/data/database.ts';
import { sourceOf } from '../../src/data/queries/read-rows.ts';
import { Problem } from '../../src/model/problem.ts';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';

const HUGE = '9007199254740993';
const UID = 'bLaC6kqLB9aZHbjNZqpTNw';
const SELECT = `SELECT a.id AS pk, s.event_type_id, c.name AS attendee_name, c.email AS attendee_email, c.phone AS attendee_phone,
  'Europe/Berlin' AS time_zone, 'de' AS language, NULL AS length_minutes
  FROM appointments a JOIN customers c ON c.id = a.company_id JOIN services s ON s.id = a.company_id -- by tenant`;

for (const engine of ENGINES) {
  describe(`what a retry reads on ${engine.name}`, () => {
    let db: TestDatabase;
    let database: Database;
    beforeAll(async () => {
      db = await engine.database();
      await engine.createAppointments(db, { extra: ['calcom_v2_booking_uid varchar(64)'] });
      await db.execute('CREATE TABLE customers (id bigint, name varchar(200), email varchar(200), phone varchar(50))');
      await db.execute('CREATE TABLE services (id bigint, event_type_id bigint)');
      await engine.insert(db, 'customers', [
        { id: 1, name: 'Ada', email: 'ada@example.com', phone: null },
        { id: 2, name: "Eve'); DROP TABLE customers; --\u001b[2J", email: '', phone: '+49 30 1' },
        { id: 3, name: 'Twin', email: 'twin@example.com', phone: null },
        { id: 3, name: 'Twin', email: 'twin@example.com', phone: null },
      ]);
      const types = ['1', '2', '3'].map((id) => ({ id, event_type_id: '4294967297' }));
      await engine.insert(db, 'services', types);
      const start = { starts_at: '2026-11-21 12:00:00' };
      await engine.insert(db, 'appointments', [
        { id: HUGE, company_id: 1, sync_origin: 'admin', status: 'confirmed', calcom_v2_booking_id: UID, ...start },
        { id: '2', company_id: 2, sync_origin: 'calcom', status: 'cancelled', calcom_booking_id: '512', ...start },
        { id: '3', company_id: 3, calcom_v2_booking_id: '513' },
        { id: '4', company_id: 9, calcom_v2_booking_id: 'no uid!', deleted_at: '2026-11-01 00:00:00' },
        { id: '6', company_id: 1, calcom_booking_id: '7', calcom_v2_booking_id: '8' },
        { id: '5', company_id: 1, calcom_v2_booking_id: '514', calcom_v2_booking_uid: UID },
      ]);
      database = await openDatabase(defaultContext('test', db.target));
    });
    afterAll(async () => {
      await database.close();
      await db.drop();
    });

    const read = async (pks: readonly string[], select = SELECT) => {
      const options = { lane: 'change' } as const;
      const source = await sourceOf(database, defaultContext('test', db.target), options);
      return readAppointments(database, source, select, pks, options);
    };

    test('appointments come in the order of their keys, with what their bookings are made from', async () => {
      expect(await read(['2', HUGE, '99'])).toEqual([
        {
          pk: '2',
          origin: 'calcom',
          status: 'cancelled',
          deleted: false,
          start: Date.UTC(2026, 10, 21, 12),
          v1Id: '512',
          uid: undefined,
          unclearIds: false,
          details: {
            eventTypeId: '4294967297',
            name: "Eve'); DROP TABLE customers; --\u001b[2J",
            email: null,
            phone: '+49 30 1',
            timeZone: 'Europe/Berlin',
            language: 'de',
            lengthMinutes: null,
          },
        },
        expect.objectContaining({
          pk: HUGE,
          origin: 'admin',
          uid: UID,
          v1Id: undefined,
          details: expect.objectContaining({ name: 'Ada', email: 'ada@example.com' }),
        }),
      ]);
    });

    test('ids are told apart in whichever column they stand', async () => {
      const [misplaced, strange, byDesign, conflict] = await read(['3', '4', '5', '6']);
      expect(conflict).toMatchObject({ unclearIds: true });
      expect(misplaced).toMatchObject({ v1Id: '513', uid: undefined, unclearIds: false, start: undefined });
      expect(strange).toMatchObject({ v1Id: undefined, uid: undefined, unclearIds: true, deleted: true });
      expect(byDesign).toMatchObject({ v1Id: '514', uid: UID, unclearIds: false });
    });

    test('no row and two rows of the SELECT are told of the appointment', async () => {
      const [twice, none] = await read(['3', '4']);
      expect(twice?.details).toBe('retry.calcomApi.sql has more than one row for it');
      expect(none?.details).toBe('retry.calcomApi.sql has no row for it');
    });

    test('many keys are asked for in more than one query', async () => {
      const keys = Array.from({ length: 1_200 }, (_, n) => String(n + 1));
      expect((await read(keys)).map(({ pk }) => pk)).toEqual(['2', '3', '4', '5', '6']);
    });

    test('a SELECT that lacks a column says where it stands and what it must answer', async () => {
      const failure = await read(['2'], 'SELECT id AS pk FROM appointments').catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Problem);
      expect(failure).toMatchObject({
        message: expect.stringContaining('retry.calcomApi.sql: '),
        remedy: expect.stringContaining('it must answer pk, event_type_id, attendee_name'),
      });
    });
  });
}
