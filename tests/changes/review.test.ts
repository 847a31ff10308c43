import { describe, expect, test } from 'vitest';
import type { Context } from '../../src/config/context.ts';
import type { RetryStrategy } from '../../src/model/review.ts';
import { ENGINES, type PlantedRow, type TestDatabase } from '../engines/engines.ts';
import { createQueueTables, failedRow, jobRow, payloadOf, uuidOf } from '../laravel/queue-stand.ts';
import { type Operated, operated, row } from './guarded.ts';

/** A row that waits for review after three attempts. */
const flagged = (id: number, other: PlantedRow = {}): PlantedRow => ({
  ...row(id, null, null),
  sync_origin: 'retell',
  calcom_sync_status: 'failed',
  sync_job_id: `job-${id}`,
  sync_attempt_count: 3,
  sync_error_code: 'HTTP_401',
  sync_error_message: 'HTTP 401 from Cal.com',
  requires_manual_review: 1,
  manual_review_flagged_at: '2026-01-31 09:00:00',
  last_sync_attempt_at: '2026-01-31 09:00:00',
  ...other,
});

const ALL = { filter: { includesDeleted: false }, columns: [] };

const byStrategy = (strategy: RetryStrategy, more: object = {}): { context: Partial<Context> } => ({
  context: {
    retry: {
      strategy,
      laravel: { connections: ['database'], jobs: undefined, appointment: undefined },
      command: undefined,
      calcomApi: undefined,
      ...more,
    },
  },
});

/** Whether each row waits for review, by primary key. */
async function waiting(db: TestDatabase) {
  const rows = await db.execute('SELECT id, requires_manual_review AS waits FROM appointments ORDER BY id');
  return Object.fromEntries(rows.map(({ id, waits }) => [id, waits === '1' || waits === 'true' || waits === 't']));
}

/** What is on record about each row, by primary key and run. */
async function outcomes({ db }: Operated) {
  const rows = await db.execute('SELECT pk, outcome, detail FROM apptop_outcome ORDER BY run, pk');
  return rows.map(({ pk, outcome, detail }) => [pk, outcome, detail]);
}

for (const engine of ENGINES) {
  describe(`the review queue on ${engine.name}`, () => {
    test('rows are dismissed for a reason, and only those that wait', async () => {
      await using on = await operated(engine, [flagged(1), flagged(2), { ...flagged(3), requires_manual_review: 0 }]);
      const { plan } = await on.look('dismiss-review', { ids: ['1', '3', '9'] });
      expect(plan).toMatchObject({ rows: 1, total: 2, counts: { rows: 1, left: 1 } });
      expect(plan.notes).toEqual(['left alone: 1 row (3): it does not wait for review', '1 row is not there']);
      const end = await on.run('dismiss-review', { ids: ['1', '3', '9'] });
      expect(end?.run).toMatchObject({ state: 'done', counts: { changed: 1, left: 1 } });
      expect(await waiting(on.db)).toEqual({ 1: false, 2: true, 3: false });
      expect(await outcomes(on)).toEqual([
        ['1', 'dismissed', 'TEST-1'],
        ['3', 'refused', 'it does not wait for review'],
      ]);
      const [kept] = await on.db.execute(
        'SELECT sync_error_code AS code, updated_at AS at FROM appointments WHERE id = 1',
      );
      expect(kept).toEqual({ code: 'HTTP_401', at: expect.stringContaining('2026-01-31') });
    });

    test('a dismissal without a reason, and several without a Y, are refused', async () => {
      await using on = await operated(engine, [flagged(1), flagged(2)]);
      const { plan } = await on.look('dismiss-review', ALL);
      const leave = new AbortController().signal;
      const run = (phrase: string, reason: string | undefined) => on.path.run(plan, { phrase, reason }, { leave });
      await expect(run('y', 'why')).rejects.toThrow('"y" is not the phrase');
      await expect(run('Y', ' ')).rejects.toThrow('it needs a reason');
      expect(await waiting(on.db)).toEqual({ 1: true, 2: true });
      await run('Y', 'why');
      expect(await waiting(on.db)).toEqual({ 1: false, 2: false });
    });

    test('all that a filter shows, and nothing else', async () => {
      const rows = [
        flagged(1),
        flagged(2, { sync_error_code: 'HTTP_422' }),
        flagged(3),
        flagged(4, { deleted_at: '2026-02-01 00:00:00' }),
      ];
      await using on = await operated(engine, rows);
      const filter = { errorCode: 'HTTP_401', includesDeleted: false };
      await on.run('dismiss-review', { filter, columns: [] });
      expect(await waiting(on.db)).toEqual({ 1: false, 2: true, 3: false, 4: true });
      const text = { needle: '422', inverse: false };
      await on.run('dismiss-review', { filter: { text, includesDeleted: true }, columns: ['sync_error_code'] });
      expect(await waiting(on.db)).toEqual({ 1: false, 2: false, 3: false, 4: true });
    });

    test('who sees to a row, and what was noted, is on record and changes no appointment', async () => {
      await using on = await operated(engine, [flagged(1)]);
      const before = await on.db.execute('SELECT * FROM appointments');
      await on.run('take-review', { ids: ['1'] });
      await on.run('note-review', { ids: ['1'] });
      await on.run('release-review', { ids: ['1'] });
      expect(await on.db.execute('SELECT * FROM appointments')).toEqual(before);
      expect((await outcomes(on)).map(([, outcome]) => outcome)).toEqual(['taken', 'noted', 'released']);
    });

    test('a row that came from Cal.com is retried by no strategy', async () => {
      for (const strategy of ['mark-pending', 'command', 'laravel-queue'] as const) {
        const command = { command: ['true'], per: 'row', secrets: ['geheim'], folder: '/', timeoutMs: 5_000 };
        await using on = await operated(
          engine,
          [flagged(1, { sync_origin: 'calcom' })],
          byStrategy(strategy, { command }),
        );
        await createQueueTables(on.db);
        const { plan } = await on.look('retry-review', { ids: ['1'] });
        expect(plan.rows).toBe(0);
        expect(plan.notes.join()).toContain('its origin is calcom: a retry would send back what came from there');
        expect(await on.run('retry-review', { ids: ['1'] })).toBeUndefined();
        expect(await waiting(on.db)).toEqual({ 1: true });
      }
    });

    test('a table that does not tell what came from Cal.com is said to be one', async () => {
      await using on = await operated(engine, [flagged(1)], byStrategy('mark-pending'));
      await on.db.execute('ALTER TABLE appointments DROP COLUMN sync_origin');
      const { plan } = await on.look('retry-review', ALL);
      expect(plan.notes.join()).toContain('without a column sync_origin nothing tells rows that came from Cal.com');
    });

    test('mark-pending resets the sync columns, warns, and does not do it twice', async () => {
      await using on = await operated(
        engine,
        [flagged(1), flagged(2, { sync_origin: null })],
        byStrategy('mark-pending'),
      );
      const { plan } = await on.look('retry-review', ALL);
      expect(plan.notes).toContain('a worker must be polling for pending rows: without one nothing happens');
      await on.run('retry-review', ALL);
      const rows = await on.db.execute(
        'SELECT calcom_sync_status AS status, sync_job_id AS job, sync_error_code AS code, sync_attempt_count AS n FROM appointments ORDER BY id',
      );
      const fresh = { status: 'pending', job: null, code: null, n: '0' };
      expect(rows).toEqual([fresh, fresh]);
      expect((await on.look('retry-review', { ids: ['1', '2'] })).plan.rows).toBe(0);
    });

    test('a command is run for each row, its end is kept, and what it prints is shown', async () => {
      const script = 'test "$1" != 2 || { echo "no slot" >&2; exit 3; }; echo "queued $1 geheim"';
      const command = {
        command: ['sh', '-c', script, 'sh'],
        per: 'row',
        secrets: ['geheim'],
        folder: '/',
        timeoutMs: 5_000,
      };
      await using on = await operated(engine, [flagged(1), flagged(2), flagged(3)], byStrategy('command', { command }));
      const end = await on.run('retry-review', ALL);
      expect(end?.run.counts).toMatchObject({ changed: 3, queued: 2, failed: 1 });
      expect(await outcomes(on)).toEqual([
        ['1', 'queued', 'queued 1 ***'],
        ['2', 'failed', 'sh ended with 3: no slot'],
        ['3', 'queued', 'queued 3 ***'],
      ]);
      expect((await on.look('retry-review', ALL)).plan.notes.join()).toMatch(
        /2 rows \(1, 3\): it is being retried since/,
      );
    });

    test('a command that was begun when apptop ended is not run again', async () => {
      const command = {
        command: ['sh', '-c', 'exit 0', 'sh'],
        per: 'row',
        secrets: ['geheim'],
        folder: '/',
        timeoutMs: 5_000,
      };
      await using on = await operated(engine, [flagged(1), flagged(2)], byStrategy('command', { command }));
      await on.run('take-review', { ids: ['1'] });
      const { plan } = await on.look('retry-review', ALL);
      await on.db.execute(
        `INSERT INTO apptop_run SELECT 2, 'retry-review', 'paused', NULL, NULL, ?, ?, 0, NULL, '2', token, '{}', batch_size, 2, 2, operator, NULL, started_at, updated_at, NULL, 0 FROM apptop_run`,
        [plan.digest, JSON.stringify(ALL)],
      );
      await on.db.execute("INSERT INTO apptop_outcome (run, pk, outcome, at) VALUES (2, 1, 'begun', 0)");
      const { run: ended } = await on.resume(2);
      expect(ended).toMatchObject({ state: 'done', counts: { changed: 2, queued: 1, failed: 1 } });
      expect((await outcomes(on)).slice(1)).toEqual([
        ['1', 'unknown', expect.stringContaining('apptop was ended while the command ran')],
        ['2', 'queued', 'sh ended with 0'],
      ]);
    });

    test('laravel-queue moves the newest job of each row, and says why of the others', async () => {
      const rows = [1, 2, 3, 4, 5].map((id) => flagged(id));
      await using on = await operated(engine, rows, byStrategy('laravel-queue'));
      await createQueueTables(on.db);
      await engine.insert(on.db, 'failed_jobs', [
        failedRow(1),
        failedRow(3, { connection: 'redis' }),
        failedRow(5),
        failedRow(11, { payload: payloadOf(11, 'i:1;') }),
      ]);
      await engine.insert(on.db, 'jobs', [jobRow(4)]);
      const { plan } = await on.look('retry-review', ALL);
      expect(plan.rows).toBe(2);
      expect(plan.notes).toEqual([
        'a worker of the queue has to run: php artisan queue:work',
        'left alone: 1 row (2): no failed job is about it',
        expect.stringMatching(
          /\(3\): it came from the connection "redis", not from this database: run php artisan queue:retry/,
        ),
        'left alone: 1 row (4): its job waits in the queue already',
      ]);
      const end = await on.run('retry-review', ALL);
      expect(end?.run).toMatchObject({ state: 'done', counts: { changed: 2, queued: 2, left: 3 } });
      const jobs = await on.db.execute('SELECT payload, attempts, reserved_at FROM jobs ORDER BY id');
      expect(jobs.slice(1)).toEqual([
        { payload: payloadOf(5), attempts: '0', reserved_at: null },
        { payload: payloadOf(11, 'i:1;'), attempts: '0', reserved_at: null },
      ]);
      const left = await on.db.execute('SELECT uuid FROM failed_jobs ORDER BY id');
      expect(left.map(({ uuid }) => uuid)).toEqual([uuidOf(1), uuidOf(3)]);
      // It waits until the database says that it is synced.
      expect(await waiting(on.db)).toEqual({ 1: true, 2: true, 3: true, 4: true, 5: true });
      expect((await on.look('retry-review', ALL)).plan.rows).toBe(0);
    });

    test('two operators retry the same rows at the same moment: each job goes once', async () => {
      const rows = Array.from({ length: 40 }, (_, index) => flagged(index + 1));
      await using on = await operated(engine, rows, byStrategy('laravel-queue'));
      await createQueueTables(on.db);
      await engine.insert(
        on.db,
        'failed_jobs',
        rows.map((_, index) => failedRow(index + 1)),
      );
      await using other = await on.second();
      const ended = await Promise.allSettled([on.run('retry-review', ALL), other.run('retry-review', ALL)]);
      expect(ended.some(({ status }) => status === 'fulfilled')).toBe(true);
      const [jobs] = await on.db.execute('SELECT COUNT(*) AS n, COUNT(DISTINCT payload) AS d FROM jobs');
      expect(jobs).toEqual({ n: '40', d: '40' });
      expect(await on.db.execute('SELECT COUNT(*) AS n FROM failed_jobs')).toEqual([{ n: '0' }]);
    });

    test('what a retry has synced is settled, and nothing else', async () => {
      await using on = await operated(engine, [flagged(1), flagged(2), flagged(3)], byStrategy('laravel-queue'));
      await createQueueTables(on.db);
      await engine.insert(on.db, 'failed_jobs', [failedRow(1), failedRow(2)]);
      await on.run('retry-review', ALL);
      await on.db.execute("UPDATE appointments SET calcom_sync_status = 'synced' WHERE id IN (1, 3)");
      const { plan } = await on.look('settle-review');
      expect(plan).toMatchObject({ rows: 1, counts: { rows: 1, left: 1 } });
      await on.run('settle-review');
      expect(await waiting(on.db)).toEqual({ 1: false, 2: true, 3: true });
      expect(await on.run('settle-review')).toBeUndefined();
    });

    test('a table without a queue says so, and a config without a strategy', async () => {
      await using bare = await operated(engine, [], { appointments: { without: ['requires_manual_review'] } });
      await expect(bare.look('dismiss-review', { ids: ['1'] })).rejects.toThrow('there is no review queue');
      await using on = await operated(engine, [flagged(1)]);
      await expect(on.look('retry-review', ALL)).rejects.toThrow('nothing says how a sync is retried');
      await expect(on.look('retry-review', { ...ALL, strategy: 'later' })).rejects.toThrow('no strategy "later"');
      await expect(on.look('retry-review', { ...ALL, strategy: 'laravel-queue' })).rejects.toThrow('needs table jobs');
      await expect(on.look('dismiss-review', {})).rejects.toThrow('nothing says which rows are meant');
      expect(await on.run('dismiss-review', { ids: ['7'] })).toBeUndefined();
    });
  });
}
