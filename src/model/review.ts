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

/** The same with how the row stood, for what others are to see to. */
export interface NotedOutcome extends RowOutcome {
  /** A `seenOf`; undefined where the row was made anew by the retry itself. */
  readonly seen?: string | undefined;
}

/** The same as the database remembers it. */
export interface KeptOutcome extends NotedOutcome {
  readonly run: number;
  /** Milliseconds since 1970 UTC by the database's clock. */
  readonly at: number;
  /** Who held the run. */
  readonly operator: string;
}

/** The sync columns that say how an appointment stands; moments are milliseconds since 1970 UTC. */
export interface SyncState {
  readonly status: string | null;
  readonly attempts: string | null;
  readonly errorCode: string | null;
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

/** All that an attempt changes: two rows that stand alike have had none in between. */
export const seenOf = ({ status, attempts, errorCode, flaggedAt, attemptedAt, verifiedAt }: SyncState): string =>
  [status, attempts, attemptedAt, flaggedAt, verifiedAt, errorCode]
    .map((value) => value ?? '')
    .join('|')
    .slice(0, 255);

/**
 * How a retry that was handed on stands: by what differs from the row as it was then, as the application's clock may be off
 * by an hour.
 */
export function retryState({ seen }: Pick<NotedOutcome, 'seen'>, state: SyncState): RetryState {
  if (state.status === 'synced') return 'succeeded';
  if (state.status === 'pending') return 'retrying';
  return seen === seenOf(state) ? 'retrying' : 'failed-again';
}

/** What operators did about a row that waits for review, and what came of it. */
export interface RowStanding {
  /** Of the newest retry: how it stands, or how it ended; `left` where a bulk retry left the row alone. */
  readonly retry: RetryState | 'begun' | 'failed' | 'unknown' | 'left' | undefined;
  /** Seconds since it was handed on; undefined when nobody is retrying it. */
  readonly seconds: number | undefined;
  /** How often it was retried since it came to the queue. */
  readonly retries: number;
  /** The operator who sees to it. */
  readonly takenBy: string | undefined;
  /** The newest remark. */
  readonly noted: string | undefined;
  /** Whether it was taken off the queue before, and came back. */
  readonly dismissed: boolean;
}

const OFF: readonly Outcome[] = ['dismissed', 'succeeded'];
const TRIED: readonly Outcome[] = ['begun', 'queued', 'failed', 'unknown'];

/**
 * How a row stands by what is on record about it. What was done before it last left the queue is over.
 * @param kept the newest first
 * @param state undefined where the row is gone
 * @param now milliseconds since 1970 UTC by the database's clock
 */
export function rowStanding(kept: readonly KeptOutcome[], state: SyncState | undefined, now: number): RowStanding {
  const off = kept.findIndex(({ outcome }) => OFF.includes(outcome));
  const since = off === -1 ? kept : kept.slice(0, off);
  const tries = since.filter(({ outcome }) => TRIED.includes(outcome));
  const [newest] = tries;
  const retry = retryOf(newest, state) ?? (since[0]?.outcome === 'refused' ? 'left' : undefined);
  const claim = since.find(({ outcome }) => outcome === 'taken' || outcome === 'released');
  return {
    retry,
    seconds:
      retry === 'retrying' && newest !== undefined ? Math.max(0, Math.floor((now - newest.at) / 1000)) : undefined,
    retries: tries.length,
    takenBy: claim?.outcome === 'taken' ? claim.operator : undefined,
    noted: since.find(({ outcome }) => outcome === 'noted')?.detail,
    dismissed: kept[off]?.outcome === 'dismissed',
  };
}

function retryOf(newest: KeptOutcome | undefined, state: SyncState | undefined): RowStanding['retry'] {
  if (newest === undefined) return undefined;
  const { outcome } = newest;
  if (outcome === 'queued') return state === undefined ? undefined : retryState(newest, state);
  return outcome === 'begun' || outcome === 'failed' ? outcome : 'unknown';
}
