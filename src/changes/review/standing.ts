import type { Context } from '../../config/context.ts';
import type { Database, QueryOptions } from '../../data/database.ts';
import { sourceOf } from '../../data/queries/read-rows.ts';
import { lastSelected, readReviewRows } from '../../data/queries/review-rows.ts';
import { outcomesOfRun } from '../../data/state/outcomes.ts';
import { retryState } from '../../model/review.ts';
import type { RunEnd } from '../execute.ts';
import { ifThere } from '../gates.ts';
import type { GuardedPath } from '../guarded-path.ts';

/** Rows of one look. */
const STRETCH = 1_000;

/** How the rows of a retry stand by what the database says now. */
export interface Standing {
  readonly retrying: number;
  /** Handed on and synced since; those that are still flagged can be settled. */
  readonly succeeded: number;
  readonly failedAgain: number;
}

/** How the rows stand that a run has handed on to somebody else. @throws Problem */
export async function standingOf(
  database: Database,
  context: Context,
  run: number,
  options: QueryOptions,
): Promise<Standing> {
  const source = await sourceOf(database, context, options);
  const standing = { retrying: 0, succeeded: 0, failedAgain: 0 };
  for (let after: string | undefined; ; ) {
    const stretch = { after, limit: STRETCH, outcomes: ['queued'] as const };
    const handed = await ifThere(outcomesOfRun(database, source.appointments, run, stretch, options));
    const at = new Map(handed.map((line) => [line.pk, line.at] as const));
    const selection = { ids: [...at.keys()] };
    const until = at.size === 0 ? undefined : await lastSelected(database, source, selection, options);
    const rows =
      until === undefined
        ? []
        : await readReviewRows(database, source, selection, { after: undefined, until, limit: STRETCH }, options);
    for (const row of rows) {
      const state = retryState(at.get(row.pk) ?? 0, row);
      if (state === 'retrying') standing.retrying += 1;
      else if (state === 'succeeded') standing.succeeded += 1;
      else standing.failedAgain += 1;
    }
    if (handed.length < STRETCH) return standing;
    after = handed.at(-1)?.pk;
  }
}

/**
 * Takes off the queue what retries have synced: a part of the retry that a person has confirmed.
 * @returns undefined when there was nothing to do
 * @throws Problem
 */
export async function settle(path: GuardedPath, leave: AbortSignal): Promise<RunEnd | undefined> {
  const { plan } = await path.look('settle-review', {}, leave);
  return plan.rows === 0 ? undefined : path.run(plan, { phrase: '', reason: undefined }, { leave });
}
