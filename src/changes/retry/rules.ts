import type { Context } from '../../config/context.ts';
import type { ReviewRow } from '../../data/queries/review-rows.ts';
import { age } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import { type KeptOutcome, RETRY_STRATEGIES, retryState } from '../../model/review.ts';
import { STUCK_AFTER_SECONDS } from '../../model/sync.ts';

/** Whose sync would send back to Cal.com what came from there. */
const LOOP_ORIGIN = 'calcom';

const LOOP_REFUSAL = 'its origin is calcom: a retry would send back what came from there, which is the loop';

/**
 * Why a row may not be retried by any strategy; undefined when it may.
 * @param kept what operators did about it, the newest first
 * @param now milliseconds since 1970 UTC by the database's clock
 */
export function refusalOf(row: ReviewRow, kept: readonly KeptOutcome[], now: number): string | undefined {
  if (row.origin === LOOP_ORIGIN) return LOOP_REFUSAL;
  if (row.status === 'synced') return row.inReview ? 'it is synced: settle or dismiss it' : 'it is synced';
  const handed = kept.find(({ outcome }) => outcome === 'queued');
  if (handed === undefined || retryState(handed.at, row) !== 'retrying') return undefined;
  const seconds = (now - handed.at) / 1000;
  // Who was to do it may be gone.
  return seconds > STUCK_AFTER_SECONDS ? undefined : `it is being retried since ${age(seconds)}`;
}

/** Where the config names no strategy, and what to write into it. */
export const noStrategy = ({ name }: Pick<Context, 'name'>): Problem =>
  new Problem(
    'config',
    'nothing says how a sync is retried',
    `add "retry": {"strategy": …} to contexts.${name} in the config: ${RETRY_STRATEGIES.join(', ')}`,
  );
