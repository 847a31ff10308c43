import type { Context } from '../../config/context.ts';
import type { ReviewRow } from '../../data/queries/review-rows.ts';
import { age } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import { type KeptOutcome, RETRY_STRATEGIES, retryState } from '../../model/review.ts';
import { STUCK_AFTER_SECONDS } from '../../model/sync.ts';

/** Whose sync would send back to Cal.com what came from there. */
const LOOP_ORIGIN = 'calcom';

const LOOP_REFUSAL = 'its origin is calcom: a retry would send back what came from there, which is the loop';

/** Why a row may not be retried. */
export interface Hindrance {
  readonly refusal: string;
  /** What the retry that is under way was noted with, where that is why: a strategy may know that it has ended. */
  readonly handed?: { readonly detail: string | undefined };
}

/**
 * Why a row may not be retried by any strategy; undefined when it may.
 * @param kept what operators did about it, the newest first
 * @param now milliseconds since 1970 UTC by the database's clock
 */
export function hindranceOf(row: ReviewRow, kept: readonly KeptOutcome[], now: number): Hindrance | undefined {
  if (row.origin?.trim().toLowerCase() === LOOP_ORIGIN) return { refusal: LOOP_REFUSAL };
  const handed = kept.find(({ outcome }) => outcome === 'queued');
  if (row.status === 'synced') {
    if (!row.inReview) return { refusal: 'it is synced' };
    return { refusal: handed === undefined ? 'it is synced: dismiss it' : 'it is synced: settle it' };
  }
  if (!row.inReview) return { refusal: 'it does not wait for review' };
  if (handed === undefined || retryState(handed, row) !== 'retrying') return undefined;
  const seconds = (now - handed.at) / 1000;
  // Who was to do it may be gone.
  if (seconds > STUCK_AFTER_SECONDS) return undefined;
  return { refusal: `it is being retried since ${age(seconds)}`, handed: { detail: handed.detail } };
}

/** Where the config names no strategy, and what to write into it. */
export const noStrategy = ({ name }: Pick<Context, 'name'>): Problem =>
  new Problem(
    'config',
    'nothing says how a sync is retried',
    `add "retry": {"strategy": …} to contexts.${name} in the config: ${RETRY_STRATEGIES.join(', ')}`,
  );
