/** What operators did about appointments in the review queue, and what came of it. */

/** How a sync that failed is tried again. */
export const RETRY_STRATEGIES = ['laravel-queue', 'calcom-api', 'command', 'mark-pending'] as const;
export type RetryStrategy = (typeof RETRY_STRATEGIES)[number];

/**
 * - `begun`: handed to another system, whose answer is not known yet; it stays so when apptop is killed meanwhile
 * - `queued`: handed to somebody who will do it; the database tells when that is done
 * - `succeeded`, `failed`: tried, with this result
 * - `unknown`: it may have been done; look before it is tried again
 * - `unwritten`: another system did it, and the database refused to note that in the row
 * - `refused`: not tried, and why
 * - `dismissed`: taken off the queue
 * - `taken`, `released`: an operator said that they see to it, or no longer do
 * - `noted`: a remark
 */
export const OUTCOMES = [
  'begun',
  'queued',
  'succeeded',
  'failed',
  'unknown',
  'unwritten',
  'refused',
  'dismissed',
  'taken',
  'released',
  'noted',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What one run made of one appointment. */
export interface RowOutcome {
  /** The primary key. */
  readonly pk: string;
  readonly outcome: Outcome;
  /** The job's uuid, the error, the reason, the remark; undefined when there is nothing to say. */
  readonly detail: string | undefined;
}

/** The same as the database remembers it. */
export interface KeptOutcome extends RowOutcome {
  readonly run: number;
  /** Milliseconds since 1970 UTC by the database's clock. */
  readonly at: number;
  /** Who held the run. */
  readonly operator: string;
}

/** The sync columns that say how an appointment stands; moments are milliseconds since 1970 UTC. */
export interface SyncState {
  readonly status: string | null;
  readonly inReview: boolean;
  readonly flaggedAt: number | undefined;
  readonly attemptedAt: number | undefined;
  readonly verifiedAt: number | undefined;
}

/**
 * How a retry stands by what the database says since:
 *
 * - `retrying`: nothing yet
 * - `succeeded`: it is synced
 * - `failed-again`: an attempt after it failed
 */
export type RetryState = 'retrying' | 'succeeded' | 'failed-again';

/**
 * How a retry that was handed on stands. An attempt counts from the second of the retry on: columns of timestamps have no
 * smaller parts.
 */
export function retryState(handedAt: number, { status, flaggedAt, attemptedAt, verifiedAt }: SyncState): RetryState {
  const since = Math.floor(handedAt / 1000) * 1000;
  const after = (moment: number | undefined): boolean => moment !== undefined && moment >= since;
  if (status === 'synced') return 'succeeded';
  if (status === 'pending') return 'retrying';
  return after(flaggedAt) || after(attemptedAt) || after(verifiedAt) ? 'failed-again' : 'retrying';
}
