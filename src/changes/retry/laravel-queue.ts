import { DEFAULT_LARAVEL, type LaravelRetry } from '../../config/retry.ts';
import { readFailedJobs } from '../../data/queries/failed-jobs.ts';
import { findLaravelQueue } from '../../data/queries/laravel-queue.ts';
import { type QueuedJob, queuedAppointments } from '../../data/queries/queued-jobs.ts';
import type { ReviewRow } from '../../data/queries/review-rows.ts';
import { type QueueTables, requeue } from '../../data/state/requeue.ts';
import { counted } from '../../model/format.ts';
import { type FailedJob, refusalOf } from '../../model/laravel-job.ts';
import { Problem } from '../../model/problem.ts';
import type { RowOutcome } from '../../model/review.ts';
import type { ChangeGround } from '../change.ts';
import { examineForRetry, type MakeStrategy, type RetryItem } from './strategy.ts';

/** Rows of a batch: so many jobs go in five statements. */
const MOST = 500;
/** Failed jobs of one look: of 1,000 the payloads and what is made of them take 15 MB more. */
const STRETCH = 100;
/** As many appointments are looked for by the server; for more of them all payloads are read, once. */
const FEW = 50;

/** A row with the job that failed. */
interface JobItem extends RetryItem {
  readonly job: FailedJob | undefined;
}

/** What stands in Laravel's tables about appointments, by primary key. */
interface Queue {
  readonly failed: ReadonlyMap<string, readonly FailedJob[]>;
  readonly queued: ReadonlyMap<string, readonly QueuedJob[]>;
}

async function tablesOf({ database, source, options }: ChangeGround): Promise<QueueTables> {
  const { jobs, failed } = await findLaravelQueue(database, source.appointments.table, options);
  const lack = jobs.ok ? (failed.ok ? undefined : failed.error) : jobs.error;
  if (lack !== undefined || !jobs.ok || !failed.ok) {
    const remedy = 'choose another strategy under retry in the config: the queue is not in this database';
    throw new Problem('blocked', `the strategy laravel-queue ${lack ?? ''}`, remedy);
  }
  return { jobs: jobs.value, failed: failed.value };
}

/** Reads what is queued and what failed; of some appointments, or of all. */
async function readQueue(
  { database, options }: ChangeGround,
  { jobs, failed }: QueueTables,
  appointments: readonly string[] | undefined,
  { jobs: classes, appointment: appointmentClass }: LaravelRetry,
): Promise<Queue> {
  const wanted = { appointments, appointmentClass };
  const isWanted = (name: string | undefined): boolean =>
    classes === undefined || (name !== undefined && classes.includes(name));
  const found = new Map<string, FailedJob[]>();
  for (let after: string | undefined; ; ) {
    const stretch = await readFailedJobs(database, failed, { ...wanted, after, limit: STRETCH }, options);
    for (const job of stretch.jobs) {
      if (!isWanted(job.job.class)) continue;
      for (const pk of job.job.appointmentIds) {
        const known = found.get(pk);
        if (known === undefined) found.set(pk, [job]);
        else known.push(job);
      }
    }
    if (stretch.last === undefined) break;
    after = stretch.last;
  }
  const waiting = await queuedAppointments(database, jobs, wanted, options);
  const queued = new Map([...waiting].map(([pk, all]) => [pk, all.filter((job) => isWanted(job.class))] as const));
  return { failed: found, queued };
}

/** The job to retry for an appointment, or why there is none. */
function jobFor(pk: string, { failed, queued }: Queue, { connections }: LaravelRetry): FailedJob | string {
  const waiting = queued.get(pk) ?? [];
  if (waiting.length > 0) {
    return waiting.some(({ reserved }) => reserved)
      ? 'a worker runs its job now'
      : 'its job waits in the queue already';
  }
  const jobs = failed.get(pk) ?? [];
  // The newest: those before it failed for the same appointment, and each would sync it once more.
  const newest = jobs.at(-1);
  if (newest === undefined) return 'no failed job is about it';
  const classes = [...new Set(jobs.map(({ job }) => job.class ?? 'unknown'))];
  if (classes.length > 1)
    return `failed jobs of several classes are about it (${classes.join(', ')}): name one in retry.laravel.jobs`;
  const refusal = refusalOf(newest, connections);
  if (refusal !== undefined) return `${refusal.reason}: run ${refusal.command}`;
  const others = newest.job.appointmentIds.length - 1;
  return others === 0
    ? newest
    : `its failed job is about ${counted(others, 'other appointment')} too: run php artisan queue:retry ${newest.uuid}`;
}

/** Puts the failed jobs of appointments back into Laravel's queue, as `queue:retry` does. */
export const laravelQueue: MakeStrategy<JobItem> = (ground) => {
  const { context, dialect } = ground;
  const rules = context.retry?.laravel ?? DEFAULT_LARAVEL;
  let [tables, everything]: [Promise<QueueTables> | undefined, Promise<Queue> | undefined] = [undefined, undefined];
  const found = () => (tables ??= tablesOf(ground));
  const about = async (rows: readonly ReviewRow[]): Promise<Queue> => {
    if (everything === undefined && rows.length <= FEW) {
      const pks = rows.map(({ pk }) => pk);
      return readQueue(ground, await found(), pks, rules);
    }
    everything ??= found().then((both) => readQueue(ground, both, undefined, rules));
    return everything;
  };
  return {
    action: {
      // Failed jobs are nobody's until they are retried, and workers take the oldest jobs first.
      nobodyWaits: true,
      most: MOST,
      async examine(rows) {
        const items = await examineForRetry(ground, rows);
        // Of a retry that is under way the queue may know that it has failed.
        const open = items.filter(({ refusal, handed }) => refusal === undefined || handed !== undefined);
        const queue = open.length === 0 ? undefined : await about(open.map(({ row }) => row));
        return items.map((item): JobItem => {
          const { handed } = item;
          const back =
            handed?.detail !== undefined &&
            queue?.failed.get(item.row.pk)?.some(({ uuid }) => uuid === handed.detail) === true;
          if ((item.refusal !== undefined && !back) || queue === undefined) return { ...item, job: undefined };
          const job = jobFor(item.row.pk, queue, rules);
          return typeof job === 'string'
            ? { ...item, refusal: job, job: undefined }
            : { ...item, refusal: undefined, job };
        });
      },
      expected: () => 'queued',
      async perform(session, items) {
        const jobs = items.flatMap(({ job }) => job ?? []);
        const { moved, queued } = await requeue(session, dialect, await found(), jobs);
        const [gone, waiting] = [new Set(moved), new Set(queued)];
        return items.map(({ row: { pk }, job }): RowOutcome => {
          if (job !== undefined && gone.has(job.id)) return { pk, outcome: 'queued', detail: job.uuid ?? undefined };
          const waits = job !== undefined && waiting.has(job.id);
          const detail = waits ? 'its job is in the queue already' : 'somebody moved or changed its job meanwhile';
          return { pk, outcome: 'refused', detail };
        });
      },
    },
    words: {
      does: (rows) => `puts ${counted(rows, 'failed job')} back into the queue, as php artisan queue:retry does`,
      sql: [
        'INSERT INTO jobs (queue, payload, attempts, reserved_at, available_at, created_at) SELECT queue, payload, 0, NULL, now, now FROM failed_jobs WHERE id IN (…)',
        'DELETE FROM failed_jobs WHERE id IN (…)',
      ],
      sample: ({ job }) => ({
        action: 'requeue',
        before: { failed_job: job?.uuid ?? null },
        after: { failed_job: null },
      }),
      notes: ['a worker of the queue has to run: php artisan queue:work'],
    },
  };
};
