import { sql } from 'kysely';
import type { Database, QueryOptions } from '../database.ts';
import { named } from '../state/tables.ts';
import { secondsOf } from './failed-jobs.ts';
import { columnOf, type JobStretch, own, type QueueTable, readPayloads } from './laravel-queue.ts';

/** Rows that are read at once. */
const STRETCH = 500;

export interface Backlog {
  readonly jobs: number;
  /** Jobs that a worker has taken. */
  readonly reserved: number;
  /** Seconds by the database's clock since the oldest was put there; undefined where there is none. */
  readonly oldestSeconds: number | undefined;
}

export interface QueueBacklog extends Backlog {
  readonly queue: string;
}

/**
 * What waits in the table of jobs, as a whole and by queue, the longest first.
 * @throws Problem
 */
export async function readBacklog(
  database: Database,
  jobs: QueueTable,
  options: QueryOptions,
): Promise<Backlog & { readonly queues: readonly QueueBacklog[] }> {
  const { dialect } = database;
  const created = dialect.epoch(columnOf(jobs, 'created_at'));
  const rows = await database.query(
    sql`SELECT queue_name, COUNT(*) AS n, COUNT(reserved) AS reserved, ${dialect.now()} - MIN(created) AS oldest
      FROM (SELECT ${dialect.shortText(own(jobs, 'queue'), 255)} AS queue_name, ${own(jobs, 'reserved_at')} AS reserved,
        ${created} AS created FROM ${named(jobs.table)}) AS waiting
      GROUP BY queue_name ORDER BY COUNT(*) DESC, queue_name`,
    options,
  );
  const queues = rows.map((row) => ({
    queue: row['queue_name'] ?? '',
    jobs: Number(row['n']),
    reserved: Number(row['reserved']),
    oldestSeconds: secondsOf(row['oldest']),
  }));
  const sum = (name: 'jobs' | 'reserved') => queues.reduce((total, queue) => total + queue[name], 0);
  const ages = queues.flatMap(({ oldestSeconds }) => oldestSeconds ?? []);
  return {
    jobs: sum('jobs'),
    reserved: sum('reserved'),
    oldestSeconds: ages.length === 0 ? undefined : Math.max(...ages),
    queues,
  };
}

/** A job that waits or runs. */
export interface QueuedJob {
  readonly id: string;
  readonly queue: string;
  readonly uuid: string | undefined;
  /** What runs. */
  readonly class: string | undefined;
  /** Whether a worker has taken it. */
  readonly reserved: boolean;
  /** How often one has. */
  readonly attempts: number;
}

/**
 * Jobs in the queue by the appointments that they are about; the table is read as a whole. Those of which only the
 * application knows what they are about are not among them.
 * @throws Problem
 */
export async function queuedAppointments(
  database: Database,
  jobs: QueueTable,
  wanted: Pick<JobStretch, 'appointments' | 'appointmentClass'>,
  options: QueryOptions,
): Promise<ReadonlyMap<string, readonly QueuedJob[]>> {
  const asked = wanted.appointments === undefined ? undefined : new Set(wanted.appointments);
  const queued = new Map<string, QueuedJob[]>();
  let after: string | undefined;
  for (;;) {
    const stretch = { ...wanted, after, limit: STRETCH };
    const found = await readPayloads(database, jobs, ['queue', 'reserved_at', 'attempts'], stretch, options);
    if (found.last === undefined) return queued;
    after = found.last;
    for (const { id, row, job } of found.jobs) {
      const entry = {
        id,
        queue: row['row_queue'] ?? '',
        uuid: job.uuid,
        class: job.class,
        reserved: row['row_reserved_at'] !== null,
        attempts: Number(row['row_attempts']),
      };
      for (const appointment of job.appointmentIds) {
        if (asked !== undefined && !asked.has(appointment)) continue;
        const known = queued.get(appointment);
        if (known === undefined) queued.set(appointment, [entry]);
        else known.push(entry);
      }
    }
  }
}
