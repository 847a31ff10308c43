import { afterEach, describe, expect, inject, test } from 'vitest';
import { existingAppointments } from '../../src/data/queries/failed-jobs.ts';
import { queuedAppointments } from '../../src/data/queries/queued-jobs.ts';
import type { WritingSession } from '../../src/data/writing.ts';
import { type FailedJob, refusalOf } from '../../src/model/laravel-job.ts';
import { whenFree } from '../data/writing-stand.ts';
import { ENGINES, type TestEngine } from '../engines/engines.ts';
import { Application } from './application.ts';
import { OPTIONS, QueueStand } from './queue-stand.ts';

const php = inject('php');

const ID = 512;

interface Stand {
  readonly app: Application;
  readonly queue: QueueStand;
}

for (const engine of ENGINES) {
  describe.runIf(php)(`a Laravel application on ${engine.name}`, () => {
    const open: QueueStand[] = [];
    afterEach(async () => {
      for (const made of open.splice(0)) await made.close();
    });

    /** The application with one appointment, and apptop beside it. */
    async function stand(of: TestEngine = engine): Promise<Stand> {
      let app: Application | undefined;
      const queue = await QueueStand.open(of, {
        migrate: async ({ target }) => {
          app = new Application(php ?? '', target);
          await app.migrate();
        },
      });
      open.push(queue);
      await of.insert(queue.db, 'appointments', [{ id: ID, sync_origin: 'retell', calcom_sync_status: 'pending' }]);
      if (app === undefined) throw new Error('nothing was migrated');
      return { app, queue };
    }

    /** The same with a job that failed at all of its attempts. */
    async function failing(reason?: string): Promise<Stand> {
      const made = await stand();
      await made.app.dispatch('SyncAppointment', [ID], reason);
      await made.app.work(401);
      return made;
    }

    const status = ({ queue }: Stand) =>
      queue.db.execute('SELECT calcom_sync_status AS status, sync_attempt_count AS attempts FROM appointments');

    test('runs a job to success that apptop took out of the failed ones', async () => {
      const made = await failing();
      const { app, queue } = made;
      expect(await status(made)).toEqual([{ status: 'failed', attempts: '3' }]);
      expect(await queue.rows('jobs')).toEqual([]);
      const jobs = await queue.failed({ appointments: [String(ID)] });
      expect(jobs).toMatchObject([
        { connection: 'database', queue: 'calcom-sync', job: { class: 'App\\Jobs\\SyncAppointment', readable: true } },
      ]);
      expect(jobs.map((job) => refusalOf(job))).toEqual([undefined]);
      expect(await queue.requeue(jobs)).toMatchObject({ moved: [jobs[0]?.id] });
      await app.work();
      expect(await status(made)).toEqual([{ status: 'synced', attempts: '1' }]);
      expect([...(await queue.rows('jobs')), ...(await queue.rows('failed_jobs'))]).toEqual([]);
    });

    test.each(['plain', 'Zürich 💈 "/"'])(
      'finds the row that its own retry writes, column by column: %s',
      async (reason) => {
        const { app, queue } = await failing(reason);
        const [failed] = await queue.rows('failed_jobs');
        const clock = await queue.now();
        await app.artisan(['queue:retry', failed?.['uuid'] ?? '']);
        const [theirs] = await queue.rows('jobs');
        expect(await queue.rows('failed_jobs')).toEqual([]);
        await queue.db.execute('DELETE FROM jobs');
        await engine.insert(queue.db, 'failed_jobs', failed === undefined ? [] : [failed]);

        await queue.requeue(await queue.failed());
        const [ours] = await queue.rows('jobs');
        expect(await queue.rows('failed_jobs')).toEqual([]);
        const times = ['available_at', 'created_at'];
        for (const name of times) {
          for (const row of [ours, theirs]) expect(Math.abs(Number(row?.[name]) - clock)).toBeLessThan(30);
        }
        const rest = (row: typeof ours) =>
          Object.entries(row ?? {}).filter(([name]) => !['id', 'payload', ...times].includes(name));
        expect(rest(ours)).toEqual(rest(theirs));
        expect(ours?.['payload']).toBe(failed?.['payload']);
        // Laravel encodes the payload anew, by which letters that are not ASCII get another spelling.
        const compared = (text: string | null | undefined) => (reason === 'plain' ? text : JSON.parse(text ?? ''));
        expect(compared(ours?.['payload'])).toEqual(compared(theirs?.['payload']));
        expect(Object.keys(ours ?? {})).toEqual(Object.keys(theirs ?? {}));
      },
    );

    test('queues a listener, which is known by its own name and retried as well', async () => {
      const made = await stand();
      await made.app.cancel(ID);
      const { jobs } = await made.queue.tables();
      const queued = await queuedAppointments(made.queue.database, jobs, { appointments: [String(ID)] }, OPTIONS);
      expect([...queued]).toMatchObject([
        [String(ID), [{ class: 'App\\Listeners\\SyncOnCancelled', reserved: false }]],
      ]);
      await made.app.work(401);
      const failed = await made.queue.failed({ appointments: [String(ID)] });
      expect(failed).toMatchObject([
        { job: { class: 'App\\Listeners\\SyncOnCancelled', appointmentIds: [String(ID)] } },
      ]);
      expect(await made.queue.requeue(failed)).toMatchObject({ moved: [failed[0]?.id] });
      await made.app.work();
      expect(await status(made)).toEqual([{ status: 'synced', attempts: '1' }]);
    });

    test.each([
      ['SyncSecretly', [], 'its command is encrypted: only the application can read it'],
      [
        'SyncUntil',
        [String(ID)],
        'it may be tried until a moment only (retryUntil), which the application has to set anew',
      ],
    ] as const)('retries %s by the command that apptop names', async (job, appointmentIds, reason) => {
      const made = await stand();
      await made.app.dispatch(job, [ID]);
      await made.app.work(401);
      const [failed] = await made.queue.failed();
      expect(failed?.job).toMatchObject({ appointmentIds, readable: job === 'SyncUntil' });
      const refusal = failed && refusalOf(failed);
      expect(refusal).toEqual({ reason, command: `php artisan queue:retry ${failed?.uuid}` });
      await made.app.artisan(refusal?.command.split(' ').slice(2) ?? []);
      await made.app.work();
      expect(await status(made)).toMatchObject([{ status: 'synced' }]);
    });

    test('may be faster: what it retried and ran meanwhile is not queued again', async () => {
      const made = await failing();
      const read = await made.queue.failed();
      await made.app.artisan(['queue:retry', read[0]?.uuid ?? '']);
      await made.app.work();
      expect(await made.queue.requeue(read)).toEqual({ moved: [], queued: [], changed: [read[0]?.id] });
      expect(await made.queue.rows('jobs')).toEqual([]);
    });

    test('may have put a job into the queue that still stands among the failed ones', async () => {
      const made = await failing('Zürich');
      const [failed] = await made.queue.rows('failed_jobs');
      await made.app.artisan(['queue:retry', failed?.['uuid'] ?? '']);
      await engine.insert(made.queue.db, 'failed_jobs', failed === undefined ? [] : [failed]);
      const read = await made.queue.failed();
      expect(await made.queue.requeue(read)).toEqual({ moved: [], queued: [read[0]?.id], changed: [] });
      expect(await made.queue.rows('jobs')).toHaveLength(1);
    });

    test('runs each job once that two operators put back while its worker takes them', async () => {
      const made = await stand();
      const { app, queue } = made;
      const ids = Array.from({ length: 40 }, (_, index) => index + 1);
      await engine.insert(
        queue.db,
        'appointments',
        ids.map((id) => ({ id })),
      );
      await app.dispatch('SyncAppointment', ids);
      expect(await app.work(401)).toEqual([]);
      const read = await queue.failed();
      const other = await queue.another();
      const moved: string[] = [];
      const operator = async (session: WritingSession, jobs: readonly FailedJob[]) => {
        for (let from = 0; from < jobs.length; from += 5) {
          const batch = jobs.slice(from, from + 5);
          moved.push(...(await whenFree(() => queue.requeue(batch, session))).moved);
        }
      };
      const processed: string[] = [];
      const over = new AbortController();
      const worker = async () => {
        while (!over.signal.aborted) processed.push(...(await app.work()));
      };
      const working = worker();
      await Promise.all([operator(queue.session, read), operator(other, read.toReversed())]);
      over.abort();
      await working;
      processed.push(...(await app.work()));
      await other.close();
      expect(moved.sort()).toEqual(read.map(({ id }) => id).sort());
      expect(processed.sort()).toEqual(read.map(({ uuid }) => uuid).sort());
      expect([...(await queue.rows('jobs')), ...(await queue.rows('failed_jobs'))]).toEqual([]);
    });

    test('has a failed job whose appointment is gone, and one whose appointment is only soft-deleted', async () => {
      const made = await failing();
      const { database } = made.queue;
      const source = await made.queue.source();
      const ids = (await made.queue.failed()).flatMap(({ job }) => job.appointmentIds);
      await made.queue.db.execute("UPDATE appointments SET deleted_at = '2026-01-01 00:00:00'");
      expect(await existingAppointments(database, source, ids, OPTIONS)).toEqual(new Set([String(ID)]));
      await made.queue.requeue(await made.queue.failed());
      await made.app.work();
      expect(await status(made)).toEqual([{ status: 'synced', attempts: '1' }]);
      await made.queue.db.execute('DELETE FROM appointments');
      expect(await existingAppointments(database, source, ids, OPTIONS)).toEqual(new Set());
    });
  });
}
