import type { Database, QueryOptions } from '../database.ts';
import type { Source } from './expressions.ts';
import { type ExceptionSummary, type JobSummary, summariseExceptions, summariseJobs } from './failed-jobs.ts';
import { findLaravelQueue } from './laravel-queue.ts';
import { type QueueBacklog, readBacklog } from './queued-jobs.ts';

/** What stands in Laravel's two tables; a text says what is lacking: `needs table jobs`. */
export interface JobsSummary {
  readonly waiting: readonly QueueBacklog[] | string;
  readonly failed: { readonly exceptions: ExceptionSummary; readonly jobs: JobSummary } | string;
}

/**
 * Sums up what waits in Laravel's queue and what failed: reads both tables as a whole.
 * @throws Problem
 */
export async function readJobsSummary(
  database: Database,
  source: Source,
  options: QueryOptions & { readonly appointmentClass?: string | undefined },
): Promise<JobsSummary> {
  const { jobs, failed } = await findLaravelQueue(database, source.appointments.table, options);
  return {
    waiting: jobs.ok ? (await readBacklog(database, jobs.value, options)).queues : jobs.error,
    failed: failed.ok
      ? {
          exceptions: await summariseExceptions(database, failed.value, options),
          jobs: await summariseJobs(database, failed.value, source, options),
        }
      : failed.error,
  };
}
