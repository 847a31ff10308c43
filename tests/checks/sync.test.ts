import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SYNC_CHECKS } from '../../src/checks/sync/checks.ts';
import type { Context } from '../../src/config/context.ts';
import { DEFAULT_THRESHOLDS } from '../../src/model/thresholds.ts';
import { ENGINES, type PlantedRow, type TestEngine } from '../engines/engines.ts';
import { ago, CheckedDatabase } from './checked-database.ts';

const name = (check: string) => `sync/${check}`;
const unixAgo = (seconds: number): number => Math.floor(Date.now() / 1000) - seconds;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Case {
  readonly check: string;
  readonly about: string;
  /** Planted beside the healthy rows, the violating ones with the keys in `finds`. */
  readonly rows: readonly PlantedRow[];
  readonly finds: readonly string[];
  readonly figure?: string;
}

const synced = (id: number, origin: string, more: PlantedRow = {}): PlantedRow => ({
  id,
  sync_origin: origin,
  calcom_sync_status: 'synced',
  created_at: ago(2 * HOUR),
  sync_initiated_at: ago(30 * MINUTE),
  sync_verified_at: ago(30 * MINUTE - 4),
  sync_attempt_count: 1,
  sync_job_id: `job-${id}`,
  calcom_booking_id: 8_000_000 + id,
  ...more,
});

/** One healthy row of each origin, one that never took part in the sync, and one that is gone. */
const HEALTHY: readonly PlantedRow[] = [
  synced(1, 'retell'),
  synced(2, 'admin'),
  synced(3, 'api'),
  synced(4, 'system'),
  synced(5, 'calcom', { sync_job_id: null, sync_attempt_count: 0, sync_initiated_at: null }),
  { id: 6, source: 'phone', created_at: ago(30 * DAY) },
  synced(7, 'calcom', { requires_manual_review: true, calcom_booking_id: null, deleted_at: ago(MINUTE) }),
];

const FAILED = { calcom_sync_status: 'failed', sync_verified_at: null } as const;
const FLAGGED = { ...FAILED, requires_manual_review: true, sync_error_code: 'HTTP_401' } as const;

const cases: readonly Case[] = [
  {
    check: 'loop-prevention',
    about: 'rows from Cal.com with a sync job or an attempt',
    rows: [
      synced(10, 'calcom', { sync_attempt_count: 0 }),
      synced(11, 'calcom', { sync_job_id: null }),
      synced(12, 'calcom', { sync_job_id: null, sync_attempt_count: null }),
    ],
    finds: ['10', '11'],
  },
  {
    check: 'success-24h',
    about: 'what is not synced, when it is too much',
    rows: [
      synced(10, 'retell', { ...FAILED, created_at: ago(3 * HOUR) }),
      synced(11, 'admin', { calcom_sync_status: null, created_at: ago(HOUR) }),
      synced(12, 'calcom', FAILED),
      synced(13, 'api', { ...FAILED, created_at: ago(25 * HOUR) }),
    ],
    finds: ['11', '10'],
    figure: '66.7 % synced in 24 h, target > 95 %',
  },
  {
    check: 'success-7d',
    about: 'what is not synced of a week',
    rows: [
      synced(10, 'api', { ...FAILED, created_at: ago(6 * DAY) }),
      synced(11, 'api', { ...FAILED, created_at: ago(8 * DAY) }),
    ],
    finds: ['10'],
    figure: '80 % synced in 7 d, target > 98 %',
  },
  {
    check: 'pending-and-failed',
    about: 'rows in both statuses, latest first',
    rows: [
      synced(10, 'retell', { ...FAILED, created_at: ago(3 * HOUR) }),
      synced(11, 'admin', { ...FAILED, calcom_sync_status: 'pending', created_at: ago(HOUR) }),
      synced(12, 'admin', { calcom_sync_status: 'orphaned_local' }),
      synced(13, 'system', { ...FAILED, created_at: ago(2 * DAY) }),
    ],
    finds: ['11', '10'],
    figure: '28.6 % pending or failed (14.3 % and 14.3 %) in 24 h, target < 5 %',
  },
  {
    check: 'latency-average',
    about: 'the slow syncs of the hour, slowest first',
    rows: [
      synced(10, 'retell', { sync_initiated_at: ago(20 * MINUTE), sync_verified_at: ago(20 * MINUTE - 20) }),
      synced(11, 'retell', { sync_initiated_at: ago(20 * MINUTE), sync_verified_at: ago(20 * MINUTE - 44) }),
      synced(12, 'retell', { sync_initiated_at: ago(2 * HOUR), sync_verified_at: ago(HOUR) }),
      synced(13, 'retell', { sync_initiated_at: ago(5 * MINUTE), sync_verified_at: ago(HOUR) }),
    ],
    finds: ['11', '10'],
    figure: '13 s on average in 1 h, target < 10 s',
  },
  {
    check: 'latency-max',
    about: 'a sync over the limit',
    rows: [synced(10, 'retell', { sync_initiated_at: ago(20 * MINUTE), sync_verified_at: ago(20 * MINUTE - 31) })],
    finds: ['10'],
    figure: '4 s to 31 s in 1 h, target < 30 s',
  },
  {
    check: 'review-queue',
    about: 'flagged rows, latest first',
    rows: [
      synced(10, 'retell', { ...FLAGGED, manual_review_flagged_at: ago(3 * HOUR + MINUTE) }),
      synced(11, 'retell', { ...FLAGGED, manual_review_flagged_at: ago(HOUR) }),
    ],
    finds: ['11', '10'],
    figure: '2 in review, oldest 3 h, target 0',
  },
  {
    check: 'stuck-pending',
    about: 'rows whose sync began over ten minutes ago, oldest first',
    rows: [
      synced(10, 'retell', { calcom_sync_status: 'pending', sync_initiated_at: ago(11 * MINUTE) }),
      synced(11, 'retell', { calcom_sync_status: 'pending', sync_initiated_at: ago(9 * MINUTE) }),
      synced(12, 'retell', { calcom_sync_status: 'pending', sync_initiated_at: ago(DAY) }),
    ],
    finds: ['12', '10'],
    figure: '2 pending for over 10 min, target 0',
  },
  {
    check: 'exhausted-flagged',
    about: 'rows with three attempts that nobody was told of',
    rows: [
      synced(10, 'retell', { ...FAILED, sync_attempt_count: 3 }),
      synced(11, 'retell', { ...FLAGGED, sync_attempt_count: 3 }),
      synced(12, 'retell', { ...FAILED, sync_attempt_count: 2 }),
      synced(13, 'retell', { sync_attempt_count: 3 }),
      synced(14, 'retell', { calcom_sync_status: null, sync_attempt_count: 4 }),
      synced(15, 'retell', { ...FAILED, sync_attempt_count: 3, manual_review_flagged_at: ago(DAY) }),
    ],
    finds: ['10', '14'],
  },
  {
    check: 'flagged-with-error',
    about: 'flagged rows without code and message',
    rows: [
      synced(10, 'retell', { ...FLAGGED, sync_error_code: null }),
      synced(11, 'retell', { ...FLAGGED, sync_error_code: '', sync_error_message: '' }),
      synced(12, 'retell', { ...FLAGGED, sync_error_code: null, sync_error_message: 'timed out' }),
      synced(13, 'retell', FLAGGED),
    ],
    finds: ['10', '11'],
  },
  {
    check: 'synced-with-id',
    about: 'synced rows with neither id',
    rows: [
      synced(10, 'retell', { calcom_booking_id: null }),
      synced(11, 'retell', { calcom_booking_id: null, calcom_v2_booking_id: '' }),
      synced(12, 'retell', { calcom_booking_id: null, calcom_v2_booking_id: 'aB3dE5fG7hJ9kL1mN3pQ5r' }),
    ],
    finds: ['10', '11'],
  },
  {
    check: 'synced-not-flagged',
    about: 'synced rows in review',
    rows: [synced(10, 'retell', { requires_manual_review: true }), synced(11, 'retell', FLAGGED)],
    finds: ['10'],
  },
  {
    check: 'one-row-per-booking',
    about: 'rows with one id, in the same or in different columns',
    rows: [
      { id: 10, calcom_booking_id: 5 },
      { id: 11, calcom_booking_id: 5 },
      { id: 12, calcom_booking_id: 7 },
      { id: 13, calcom_v2_booking_id: '7' },
      { id: 14, calcom_booking_id: 8, calcom_v2_booking_id: '8' },
      { id: 15, calcom_v2_booking_id: 'aB3dE5fG7hJ9kL1mN3pQ5r' },
      { id: 16, calcom_v2_booking_id: 'Ab3dE5fG7hJ9kL1mN3pQ5r' },
      { id: 17, calcom_booking_id: 8, deleted_at: ago(MINUTE) },
      { id: 18, calcom_v2_booking_id: '' },
      { id: 19, calcom_v2_booking_id: '' },
      { id: 20, calcom_v2_booking_id: 'cC3dE5fG7hJ9kL1mN3pQ5r' },
      { id: 21, calcom_v2_booking_id: 'cC3dE5fG7hJ9kL1mN3pQ5r' },
    ],
    finds: ['10', '11', '12', '13', '20', '21'],
  },
  {
    check: 'origin-set',
    about: 'rows without an origin that are new or were synced, latest first',
    rows: [
      { id: 10, created_at: ago(DAY) },
      { id: 11, created_at: ago(8 * DAY) },
      { id: 12, created_at: ago(9 * DAY), calcom_sync_status: 'failed' },
      { id: 13, created_at: ago(HOUR), sync_origin: 'retell' },
    ],
    finds: ['10', '12'],
  },
];

/** Laravel's tables, as far as they matter. */
async function createQueue({ db }: CheckedDatabase): Promise<void> {
  await db.execute('CREATE TABLE migrations (id integer, migration varchar(255), batch integer)');
  await db.execute(`CREATE TABLE jobs (id integer, queue varchar(255), payload text, attempts integer,
    reserved_at integer, available_at integer, created_at integer)`);
  await db.execute(
    'CREATE TABLE failed_jobs (id integer, queue varchar(255), exception text, failed_at timestamp NULL)',
  );
}

const limits = (change: Partial<Context['thresholds']>): Partial<Context> => ({
  thresholds: { ...DEFAULT_THRESHOLDS, ...change },
});

async function emptyDatabase(engine: TestEngine): Promise<CheckedDatabase> {
  return new CheckedDatabase(engine, await engine.database(), SYNC_CHECKS);
}

for (const engine of ENGINES) {
  describe(`checks of the sync on ${engine.name}`, () => {
    let checked: CheckedDatabase;
    const plant = (table: string, ...rows: readonly PlantedRow[]) => engine.insert(checked.db, table, rows);

    beforeAll(async () => {
      checked = await emptyDatabase(engine);
      await engine.createAppointments(checked.db, {
        types: { calcom_sync_status: 'varchar(50)', sync_origin: 'varchar(50)' },
      });
      await createQueue(checked);
    });
    afterAll(() => checked.db.drop());
    beforeEach(async () => {
      for (const table of ['appointments', 'migrations', 'jobs', 'failed_jobs']) {
        await checked.db.execute(`DELETE FROM ${table}`);
      }
      await plant('appointments', ...HEALTHY);
    });

    test('all pass where all is well', async () => {
      await plant(
        'migrations',
        { migration: '2025_10_11_000000_add_calcom_sync_tracking_to_appointments' },
        { migration: '2025_10_13_160319_add_sync_orchestration_to_appointments' },
      );
      const now = unixAgo(0);
      await plant('jobs', { id: 1, queue: 'calcom-sync', attempts: 0, available_at: now, created_at: now });
      const results = await checked.results(SYNC_CHECKS.map(({ id }) => id));
      expect(results.map(({ check, verdict, note }) => [check.id, verdict, note])).toEqual(
        SYNC_CHECKS.map(({ id }) => [id, 'pass', undefined]),
      );
    });

    test.each(cases)('$check finds $about', async ({ check, rows, finds, figure }) => {
      await plant('appointments', ...rows);
      expect(await checked.finds(name(check))).toEqual(['fail', ...finds]);
      expect((await checked.result(name(check))).figure).toBe(figure);
    });

    test('status-known finds what the application does not know, to the letter', async () => {
      const statuses = ['error', 'manual_review_required', 'Synced', '', 'orphaned_calcom'];
      await plant(
        'appointments',
        ...statuses.map((status, index) => synced(10 + index, 'api', { calcom_sync_status: status })),
      );
      expect(await checked.finds(name('status-known'))).toEqual(['fail', '10', '11', '12', '13']);
    });

    test('targets are those of the context', async () => {
      await plant('appointments', synced(10, 'retell', FLAGGED));
      const lenient = limits({ syncSuccess: 0.79, pendingAndFailed: 0.21, reviewQueue: 1 });
      const results = await checked.results(['success-24h', 'pending-and-failed', 'review-queue'].map(name), lenient);
      expect(results.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass']);
      expect(results.map(({ figure }) => figure)).toEqual([
        '80 % synced in 24 h, target > 79 %',
        expect.stringContaining('target < 21 %'),
        '1 in review, target at most 1',
      ]);
      const strict = limits({ latencyAverage: 3, latencyMax: 3 });
      const { violations, figure } = await checked.result(name('latency-average'), strict);
      expect([violations, figure]).toEqual([4, '4 s on average in 1 h, target < 3 s']);
    });

    test('a time in which nothing happened misses no target', async () => {
      await checked.db.execute('DELETE FROM appointments');
      const ids = ['statuses', 'success-24h', 'success-7d', 'pending-and-failed', 'latency-average', 'latency-max'];
      const results = await checked.results([...ids, 'origins-healthy', 'error-codes'].map(name));
      expect(results.map(({ verdict, figure }) => [verdict, figure])).toEqual([
        ['pass', 'nothing created in 24 h to push'],
        ['pass', 'nothing created in 24 h to push'],
        ['pass', 'nothing created in 7 d to push'],
        ['pass', 'nothing created in 24 h to push'],
        ['pass', 'no sync verified in 1 h'],
        ['pass', 'no sync verified in 1 h'],
        ['pass', 'no origin in 24 h'],
        ['pass', 'nothing in review'],
      ]);
    });

    test('origins that are silent or do badly are named', async () => {
      await checked.db.execute("DELETE FROM appointments WHERE sync_origin = 'system'");
      await plant('appointments', synced(10, 'api', FAILED), synced(11, 'robot', FAILED));
      const seen = await checked.result(name('origins-seen'));
      expect([seen.violations, seen.sample]).toEqual([1, [{ origin: 'system', rows: '0' }]]);
      const healthy = await checked.result(name('origins-healthy'));
      expect(healthy.sample).toEqual([
        { origin: 'api', rows: '2', synced: '1', share: '50 %' },
        { origin: 'robot', rows: '1', synced: '0', share: '0 %' },
      ]);
      expect(healthy.figure).toContain('retell 100 % (1 of 1)');
    });

    test('errors are told by code and by the cause inside the message', async () => {
      const runtime = { ...FLAGGED, sync_error_code: 'RuntimeException' };
      await plant(
        'appointments',
        synced(10, 'retell', FLAGGED),
        synced(11, 'retell', { ...runtime, sync_error_message: 'sync failed: http 401 from Cal.com' }),
        synced(12, 'retell', { ...runtime, sync_error_message: 'sync failed: http 401' }),
        synced(13, 'retell', { ...runtime, sync_error_message: 'odd' }),
        synced(14, 'retell', { ...FAILED, sync_error_code: 'HTTP_422' }),
      );
      const { verdict, figure, sample } = await checked.result(name('error-codes'));
      expect([verdict, figure]).toEqual(['pass', 'invalid API key 3, unknown cause 1']);
      expect(sample[0]).toMatchObject({ code: 'RuntimeException', cause: 'invalid API key', rows: '2' });
    });

    test('the migrations that were not run are named', async () => {
      await plant('migrations', { migration: '2025_10_11_000000_add_calcom_sync_tracking_to_appointments' });
      const { violations, sample } = await checked.result(name('migrations'));
      expect([violations, sample]).toEqual([
        1,
        [{ migration: '2025_10_13_160319_add_sync_orchestration_to_appointments' }],
      ]);
    });

    test('failed jobs are told, the latest first, with the age of the oldest', async () => {
      const job = { queue: 'calcom-sync', exception: 'RuntimeException: HTTP 401' };
      await plant(
        'failed_jobs',
        { id: 1, ...job, failed_at: ago(4 * HOUR + 5) },
        { id: 2, ...job, failed_at: ago(60) },
      );
      expect(await checked.finds(name('failed-jobs'))).toEqual(['fail', '2', '1']);
      const { figure, sample } = await checked.result(name('failed-jobs'));
      expect(figure).toBe('2 failed jobs, oldest 4 h');
      expect(sample[0]).toMatchObject(job);
    });

    test('jobs that no worker takes, or that one holds for ever, are a backlog', async () => {
      const job = (id: number, available: number, reserved: number | null, created = available) => ({
        id,
        queue: 'default',
        attempts: 0,
        available_at: unixAgo(available),
        reserved_at: reserved === null ? null : unixAgo(reserved),
        created_at: unixAgo(created),
      });
      await plant(
        'jobs',
        job(1, 2 * HOUR, null),
        job(2, HOUR, HOUR),
        job(3, HOUR, 5),
        job(4, -HOUR, null, 3 * HOUR + 5),
      );
      expect(await checked.finds(name('queue-backlog'))).toEqual(['fail', '1', '2']);
      expect((await checked.result(name('queue-backlog'))).figure).toBe('4 jobs in the queue, oldest 3 h');
    });

    test('one booking on two rows is found where V1 ids are texts and uids are unique', async () => {
      const texts = await emptyDatabase(engine);
      await engine.createAppointments(texts.db, { unique: true, types: { calcom_booking_id: 'varchar(20)' } });
      await engine.insert(texts.db, 'appointments', [
        { id: 10, calcom_booking_id: '5' },
        { id: 11, calcom_booking_id: null, calcom_v2_booking_id: '5' },
        { id: 12, calcom_booking_id: '05', calcom_v2_booking_id: '05' },
      ]);
      expect(await texts.finds(name('one-row-per-booking'))).toEqual(['fail', '10', '11']);
      await texts.db.drop();
    });

    test('where the tables and columns are not there, checks say what they need', async () => {
      const bare = await emptyDatabase(engine);
      await engine.createAppointments(bare.db, { without: ['sync_origin', 'sync_job_id', 'requires_manual_review'] });
      const { violations, sample, figure } = await bare.result(name('columns'));
      expect([violations, figure]).toEqual([3, '8 of 11 columns']);
      expect(sample).toEqual([
        { column: 'sync_origin' },
        { column: 'sync_job_id' },
        { column: 'requires_manual_review' },
      ]);
      const results = await bare.results(SYNC_CHECKS.map(({ id }) => id));
      const notes = Object.fromEntries(
        results
          .filter(({ verdict }) => verdict === 'not-applicable')
          .map(({ check, note }) => [check.id.slice(5), note]),
      );
      const [origin, review] = ['needs column sync_origin', 'needs column requires_manual_review'];
      expect(notes).toEqual({
        migrations: 'needs table migrations',
        'loop-prevention': 'needs column sync_origin, sync_job_id',
        statuses: origin,
        'success-24h': origin,
        'success-7d': origin,
        'pending-and-failed': origin,
        'origins-seen': origin,
        'origins-healthy': origin,
        'review-queue': review,
        'error-codes': review,
        'failed-jobs': 'needs table failed_jobs',
        'queue-backlog': 'needs table jobs',
        'exhausted-flagged': review,
        'flagged-with-error': review,
        'synced-not-flagged': review,
        'origin-set': 'needs column sync_origin, sync_job_id',
      });
      await bare.db.drop();
    });
  });
}
