import type { Context } from '../../config/context.ts';
import type { Database, QueryOptions } from '../../data/database.ts';
import type { Source } from '../../data/queries/expressions.ts';
import { sourceOf } from '../../data/queries/read-rows.ts';
import { type ReviewRow, reviewRowsOf } from '../../data/queries/review-rows.ts';
import { outcomesOfRun } from '../../data/state/outcomes.ts';
import { ifThere } from '../../data/state/tables.ts';
import { type RetryState, retryState } from '../../model/review.ts';
import type { RunEnd } from '../execute.ts';
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

/** Rows that a run has handed on, a stretch of them by primary key. */
interface Handed {
  /** The key to go on behind; undefined at the end. */
  readonly last: string | undefined;
  /** Those that are still there, each with how its retry stands. */
  readonly rows: readonly { readonly row: ReviewRow; readonly state: RetryState }[];
}

/** The next rows that a run has handed on to somebody else. @throws Problem */
export async function handedRows(
  database: Database,
  source: Source,
  { run, after }: { readonly run: number; readonly after: string | undefined },
  options: QueryOptions,
): Promise<Handed> {
  const stretch = { after, limit: STRETCH, outcomes: ['queued'] as const };
  const lines = await ifThere(outcomesOfRun(database, source.appointments, run, stretch, options));
  const there = await reviewRowsOf(
    database,
    source,
    lines.map(({ pk }) => pk),
    options,
  );
  const rows = lines.flatMap((line) => {
    const row = there.get(line.pk);
    return row === undefined ? [] : [{ row, state: retryState(line, row) }];
  });
  return { last: lines.length < STRETCH ? undefined : lines.at(-1)?.pk, rows };
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
    const { last, rows } = await handedRows(database, source, { run, after }, options);
    for (const { state } of rows) {
      if (state === 'retrying') standing.retrying += 1;
      else if (state === 'succeeded') standing.succeeded += 1;
      else standing.failedAgain += 1;
    }
    if (last === undefined) return standing;
    after = last;
  }
}

/**
 * Takes off the queue what retries have synced: a part of the retry that a person has confirmed.
 * @param pks only these rows; all that are synced by default
 * @returns undefined when there was nothing to do
 * @throws Problem
 */
export async function settle(
  path: GuardedPath,
  leave: AbortSignal,
  pks?: readonly string[],
): Promise<RunEnd | undefined> {
  const { plan } = await path.look('settle-review', pks === undefined ? {} : { ids: pks }, leave);
  return plan.rows === 0 ? undefined : path.run(plan, { phrase: '', reason: undefined }, { leave });
}
