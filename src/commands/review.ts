import { Problem } from '../model/problem.ts';
import { planChange } from './change/plan.ts';
import { runChange } from './change/run.ts';
import { onPath, type Session } from './change/session.ts';
import { refuseOthers } from './change/taken.ts';
import type { ExitCode, ReviewOptions } from './command.ts';
import { type Chosen, filterOf, selectionFor } from './review/chosen.ts';

type Action = ReviewOptions['action'];

const FILTER = ['code', 'cause', 'origin', 'status', 'source', 'tenant', 'text', 'include-deleted'] as const;
const CHANGING = [...FILTER, 'all', 'dry-run', 'confirm', 'reason'] as const;

/** The options that each action has a use for. */
const TAKEN: Readonly<Record<Action, readonly string[]>> = {
  list: [...FILTER, 'limit'],
  retry: [...CHANGING, 'strategy', 'wait'],
  dismiss: CHANGING,
  take: CHANGING,
  release: CHANGING,
  note: CHANGING,
  settle: ['dry-run'],
  results: [],
};

function refuseStray(options: ReviewOptions): void {
  const { action, code, cause, origin, status, source, tenant, text, includeDeleted, all, dryRun } = options;
  const { confirm, reason, strategy, wait, limit } = options;
  const filter = { code, cause, origin, status, source, tenant, text, 'include-deleted': includeDeleted };
  const changing = { all, 'dry-run': dryRun, confirm, reason, strategy, wait };
  refuseOthers(
    `review ${action}`,
    { ...filter, ...changing, limit: limit === undefined ? undefined : String(limit) },
    TAKEN[action],
  );
}

/** Plans or runs what an action is, and waits for what came of a retry where that is asked for. */
async function change(session: Session, id: string, chosen: Chosen, options: ReviewOptions): Promise<ExitCode> {
  const { strategy, dryRun, wait } = options;
  const asked = { change: id, parameters: { ...chosen, ...(strategy !== undefined && { strategy }) } };
  if (dryRun) return planChange(session, asked, guarded(options));
  if (wait === undefined) return runChange(session, asked, guarded(options));
  const { retryAndWait } = await import('./review/wait.ts');
  return retryAndWait(session, asked, guarded(options), wait);
}

const guarded = (options: ReviewOptions) => ({
  ...options,
  out: undefined,
  plan: undefined,
  backup: undefined,
  noThrottle: false,
  tolerate: undefined,
});

/** What the command line asks for, before any database is asked. @throws Problem usage */
function workOf(options: ReviewOptions): (session: Session) => Promise<ExitCode> {
  const { action, ids } = options;
  if (action === 'list') {
    if (ids.length > 0)
      throw new Problem('usage', `review list takes no "${ids[0]}"`, 'filter with --text, or leave it out');
    const filter = filterOf(options);
    return async (session) => (await import('./review/list.ts')).listReview(session, filter, options.limit);
  }
  if (action === 'results') {
    return async (session) => (await import('./review/results.ts')).resultsOf(session, ids);
  }
  const id = `${action}-review`;
  const chosen = action === 'settle' && ids.length === 0 ? {} : selectionFor(options);
  return (session) => change(session, id, chosen, options);
}

/**
 * Lists the review queue and works on it.
 * @returns of a list 0; of the others as `change`
 * @throws Problem
 */
export async function run(options: ReviewOptions): Promise<ExitCode> {
  refuseStray(options);
  return onPath(options, workOf(options));
}
