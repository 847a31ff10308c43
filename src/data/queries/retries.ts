import { type KeptOutcome, type RetryState, retryState } from '../../model/review.ts';
import type { Database, QueryOptions } from '../database.ts';
import { newestOutcomes } from '../state/outcomes.ts';
import { ifThere } from '../state/tables.ts';
import type { Source } from './expressions.ts';
import { reviewRowsOf } from './review-rows.ts';

/** Lines of the list: half a thousand is what a person still looks through. */
export const MOST_RETRIES = 500;

/**
 * - `again`: handed on once more since
 * - `gone`: handed on, and the row is not there any more
 */
export type RetryStanding = RetryState | 'again' | 'gone' | Exclude<KeptOutcome['outcome'], 'queued'>;

/** What one retry made of one row, and how that stands now. */
export interface RetryLine extends KeptOutcome {
  readonly standing: RetryStanding;
}

/**
 * The newest retries of all operators, newest first; none before the first change.
 * @param change the id of the change that retries
 * @throws Problem
 */
export async function readRetries(
  database: Database,
  source: Source,
  change: string,
  options: QueryOptions,
): Promise<readonly RetryLine[]> {
  const lines = await ifThere(newestOutcomes(database, source.appointments.table, change, MOST_RETRIES, options));
  const handed = lines.filter(({ outcome }) => outcome === 'queued');
  const rows = await reviewRowsOf(database, source, [...new Set(handed.map(({ pk }) => pk))], options);
  const seen = new Set<string>();
  return lines.map((line): RetryLine => {
    if (line.outcome !== 'queued') return { ...line, standing: line.outcome };
    const row = rows.get(line.pk);
    const standing = seen.has(line.pk) ? 'again' : row === undefined ? 'gone' : retryState(line, row);
    seen.add(line.pk);
    return { ...line, standing };
  });
}
