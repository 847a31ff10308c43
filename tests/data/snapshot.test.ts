import { afterEach, describe, expect, test } from 'vitest';
import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { type Database, openDatabase } from '../../src/data/database.ts';
import { manyRows } from '../../src/data/demo/many-rows.ts';
import { seedRows } from '../../src/data/demo/seed-rows.ts';
import type { Scope } from '../../src/data/queries/grouping.ts';
import { takeSnapshot } from '../../src/data/queries/snapshot.ts';
import { classOfRow, kindOfValue, ROW_CLASSES } from '../../src/model/booking-id.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { type AppointmentsOptions, ENGINES, type PlantedRow, type TestDatabase } from '../engines/engines.ts';

const LIVE: Scope = { includesDeleted: false, byTenant: true };

/** `YYYY-MM-DD HH:MM:SS` in UTC, so many seconds before now. */
const ago = (seconds: number): string =>
  new Date(Date.now() - seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');

for (const engine of ENGINES) {
  describe(`a snapshot on ${engine.name}`, () => {
    let db: TestDatabase | undefined;
    let database: Database | undefined;
    afterEach(async () => {
      await database?.close();
      await db?.drop();
    });

    async function snapshotOf(
      rows: readonly PlantedRow[],
      {
        change = {},
        scope = LIVE,
        ...options
      }: AppointmentsOptions & { change?: Partial<Context>; scope?: Scope } = {},
    ): Promise<Snapshot> {
      db = await engine.database();
      await engine.createAppointments(db, options);
      await engine.insert(db, options.table ?? 'appointments', rows);
      const context = { ...defaultContext('test', db.target), ...change };
      database = await openDatabase(context);
      return takeSnapshot(database, context, scope, { lane: 'figures' });
    }

    test('tells the figures of the field: 102 of 128 ids misplaced', async () => {
      const { total, classes, lines, sources, migration } = await snapshotOf(seedRows(Date.now()), { unique: true });
      expect(total).toBe(128);
      expect(classes).toEqual({
        none: 23,
        v1: 0,
        v2: 1,
        both: 2,
        misplaced: 102,
        duplicate: 0,
        conflict: 0,
        review: 0,
      });
      expect(lines).toEqual({ v1InV1Column: 2, v2InV2Column: 3, v1InV2Column: 102, both: 2, none: 23 });
      expect(sources?.map(({ value, rows, withIds }) => [value, rows, withIds])).toEqual(
        expect.arrayContaining([
          ['cal.com', 101, 101],
          ['phone', 9, 0],
        ]),
      );
      expect(migration).toBe('not-started');
    });

    test('agrees with the classifier on rows of every class, by source and by tenant', async () => {
      const rows = [...manyRows(3_000, Date.now())].filter((row) => row.deleted_at === null);
      const { classes, sources, tenants, review } = await snapshotOf(rows);
      const classOf = (row: PlantedRow) => {
        const [v1, v2] = [row.calcom_booking_id, row.calcom_v2_booking_id].map((id) =>
          id === null ? null : String(id),
        );
        const kinds = { v1: kindOfValue(v1 ?? null), v2: kindOfValue(v2 ?? null) };
        return classOfRow({ ...kinds, equal: v1 !== null && v1 === v2, taken: false, byDesign: false });
      };
      const expected = Object.groupBy(rows, classOf);
      for (const name of ROW_CLASSES) expect([name, classes[name]]).toEqual([name, expected[name]?.length ?? 0]);
      for (const [breakdown, column] of [
        [sources, 'source'],
        [tenants, 'company_id'],
      ] as const) {
        const counts = Map.groupBy(rows, (row) => row[column]);
        expect(new Map(breakdown?.map((entry) => [entry.value, entry.rows]))).toEqual(
          new Map([...counts].map(([value, own]) => [value, own.length])),
        );
      }
      expect(review?.rows).toBe(rows.filter((row) => row.requires_manual_review === '1').length);
    });

    test('counts success in each window over the origins that are pushed', async () => {
      const row = (seconds: number, origin: string, status: string) => ({
        created_at: ago(seconds),
        sync_origin: origin,
        calcom_sync_status: status,
      });
      const { sync } = await snapshotOf([
        row(60, 'retell', 'synced'),
        row(7_200, 'admin', 'failed'),
        row(100_000, 'api', 'pending'),
        row(1_000_000, 'system', 'synced'),
        row(60, 'calcom', 'synced'),
      ]);
      const figures = Object.entries(sync ?? {}).map(([window, { rows, synced }]) => [window, rows, synced]);
      expect(figures).toEqual([
        ['1h', 1, 1],
        ['24h', 2, 1],
        ['7d', 3, 1],
        ['all', 4, 2],
      ]);
      expect(sync?.['1h'].origins.map(({ origin }) => origin).toSorted()).toEqual(['calcom', 'retell']);
    });

    test('measures latency to the second and knows what is stuck', async () => {
      const verified = Array.from({ length: 20 }, (_, index) => ({
        sync_initiated_at: ago(1_000),
        sync_verified_at: ago(1_000 - index - 1),
      }));
      const { latency, stuckPending } = await snapshotOf([
        ...verified,
        { sync_initiated_at: ago(5_000), sync_verified_at: ago(4_000) },
        { sync_initiated_at: ago(500), sync_verified_at: ago(900) },
        { sync_initiated_at: ago(700), calcom_sync_status: 'pending' },
        { sync_initiated_at: ago(300), calcom_sync_status: 'pending' },
      ]);
      expect(latency?.['1h'].rows).toBe(20);
      expect(latency?.['1h'].average).toBeCloseTo(10.5, 0);
      expect([18, 19, 20]).toContain(latency?.['1h'].p95);
      expect(latency?.['24h'].rows).toBe(21);
      expect(latency?.['24h'].max).toBeGreaterThanOrEqual(999);
      expect(stuckPending).toBe(1);
    });

    test('groups the review queue by code and by the cause inside the message', async () => {
      const flagged = { requires_manual_review: 1, manual_review_flagged_at: ago(10_800) };
      const { review } = await snapshotOf([
        { ...flagged, sync_error_code: 'HTTP_401', sync_error_message: 'Unauthorized' },
        { ...flagged, sync_error_code: 'RuntimeException', sync_error_message: 'sync failed: http 401 from Cal.com' },
        { ...flagged, sync_error_code: 'Odd', sync_error_message: null },
        { sync_error_code: 'HTTP_422', sync_error_message: 'not in the queue' },
      ]);
      expect(review?.rows).toBe(3);
      expect(review?.oldestSeconds).toBeGreaterThanOrEqual(10_800);
      expect(review?.oldestSeconds).toBeLessThan(10_900);
      expect(new Set(review?.errors.map(({ code, cause }) => `${code} ${cause}`))).toEqual(
        new Set(['HTTP_401 http-401', 'RuntimeException http-401', 'Odd null']),
      );
    });

    test('leaves soft-deleted rows out unless they are wanted', async () => {
      const rows = [{ calcom_v2_booking_id: '8212577' }, { calcom_v2_booking_id: '8212578', deleted_at: ago(60) }];
      expect((await snapshotOf(rows)).classes.misplaced).toBe(1);
      await database?.close();
      await db?.drop();
      const all = await snapshotOf(rows, { scope: { includesDeleted: true, byTenant: false } });
      expect([all.classes.misplaced, all.tenants]).toEqual([2, undefined]);
    });

    test('counts numeric ids as right where a third column holds the uid, unless the config says otherwise', async () => {
      const extra = ['calcom_v2_booking_uid varchar(50)'];
      const rows = [
        { calcom_v2_booking_id: '8212577', calcom_v2_booking_uid: 'aB3dE5fG7hJ9kL1mN3pQ5r' },
        { calcom_v2_booking_id: '8212578', calcom_v2_booking_uid: null },
      ];
      const detected = await snapshotOf(rows, { extra });
      expect([detected.byDesign, detected.classes.both, detected.classes.misplaced]).toEqual([1, 1, 1]);
      await database?.close();
      await db?.drop();
      const separate = {
        ...defaultContext('test', { engine: 'sqlite', path: '' }).bookingIds,
        layout: 'separate-columns' as const,
      };
      const told = await snapshotOf(rows, { extra, change: { bookingIds: separate } });
      expect([told.byDesign, told.classes.misplaced]).toEqual([0, 2]);
    });

    test('calls a move onto a taken id under a unique index a conflict', async () => {
      db = await engine.database();
      await engine.createAppointments(db);
      await db.execute('CREATE UNIQUE INDEX v1_unique ON appointments (calcom_booking_id)');
      await engine.insert(db, 'appointments', [
        { calcom_booking_id: '8212577', deleted_at: ago(60) },
        { calcom_v2_booking_id: '8212577' },
        { calcom_v2_booking_id: '8212578' },
      ]);
      const context = defaultContext('test', db.target);
      database = await openDatabase(context);
      const { classes } = await takeSnapshot(database, context, LIVE, { lane: 'figures' });
      expect([classes.conflict, classes.misplaced]).toEqual([1, 1]);
    });

    test('works on a table of three columns, empty or not, and says what is missing', async () => {
      db = await engine.database();
      const name = (text: string) => engine.quoted(text);
      await db.execute(
        `CREATE TABLE ${name('ORDER')} (${name('Key')} bigint, ${name('select')} bigint, ${name('V2 "id"')} varchar(255))`,
      );
      const plain = defaultContext('test', db.target);
      const columns = { ...plain.columns, id: 'Key', calcom_booking_id: 'select', calcom_v2_booking_id: 'V2 "id"' };
      const context = { ...plain, table: { schema: undefined, name: 'ORDER' }, columns };
      database = await openDatabase(context);
      expect((await takeSnapshot(database, context, LIVE, { lane: 'figures' })).total).toBe(0);
      await engine.insert(db, 'ORDER', [{ Key: '9007199254740993', select: null, 'V2 "id"': '12' }]);
      const { classes, sync, review, sources, missing } = await takeSnapshot(database, context, LIVE, {
        lane: 'figures',
      });
      expect(classes.misplaced).toBe(1);
      expect([sync, review, sources]).toEqual([undefined, undefined, undefined]);
      expect(missing).toContain('calcom_sync_status');
    });

    test('names the nearest column when one in the config is not there', async () => {
      db = await engine.database();
      await engine.createAppointments(db);
      const plain = defaultContext('test', db.target);
      const context = { ...plain, columns: { ...plain.columns, sync_origin: 'sync_orign' } };
      database = await openDatabase(context);
      const attempt = takeSnapshot(database, context, LIVE, { lane: 'figures' });
      await expect(attempt).rejects.toThrow(/has no column "sync_orign"; the nearest is "sync_origin"/);
    });

    test('names the nearest table when the one in the config is not there', async () => {
      db = await engine.database();
      await engine.createAppointments(db, { table: 'appointment' });
      const context = defaultContext('test', db.target);
      database = await openDatabase(context);
      const attempt = takeSnapshot(database, context, LIVE, { lane: 'figures' });
      await expect(attempt).rejects.toThrow(/there is no table "appointments" .*the nearest is "appointment"/);
    });
  });
}
