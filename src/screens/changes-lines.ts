import type { ChangeKind, Gate, Parameters } from '../changes/change.ts';
import type { Look } from '../changes/guarded-path.ts';
import { isIdle, type Plan } from '../changes/plan.ts';
import { type Standing, standingOf } from '../changes/progress.ts';
import { type ChangesState, type Looked, lookKey, parametersFor } from '../changes/store-state.ts';
import type { Context } from '../config/context.ts';
import type { Server } from '../data/connection.ts';
import { duration } from '../model/format.ts';
import { isOpen, type Run } from '../model/run.ts';
import { gateWords, shareWords, titleOf } from './changes-words.ts';

/** How a change stands before somebody runs it, or while somebody does. */
export type ChangeStanding =
  | Standing
  | 'beginning'
  | 'looking'
  | 'ready'
  | 'blocked'
  | 'nothing'
  | 'unknown'
  | 'not looked';

/** A change in the list. */
export interface ChangeLine {
  readonly kind: ChangeKind;
  readonly standing: ChangeStanding;
  /** Rows that it would change; undefined when nobody knows. */
  readonly rows: number | undefined;
  /** Why it stands like this. */
  readonly why: string;
  /** What to do about that; empty when nothing has to be done. */
  readonly remedy: string;
}

/** Where a change would be made. */
export interface Ground {
  readonly context: Context;
  readonly server: Server | undefined;
}

/** The run that has not ended, if there is one. */
export const openRun = ({ runs }: Pick<ChangesState, 'runs'>): Run | undefined =>
  runs?.find(({ state }) => isOpen(state));

/** Why nothing at all can be changed here. */
export function closedBecause({
  context,
  server,
}: Ground): { readonly why: string; readonly remedy: string } | undefined {
  if (context.access !== 'operate') {
    return {
      why: 'this context only reads',
      remedy: `set contexts.${context.name}.access to "operate" in the config`,
    };
  }
  return server?.role === 'replica' ? { why: 'this server is a replica', remedy: 'connect to the primary' } : undefined;
}

/** What an earlier look found; undefined when nobody looked. */
export const lookedAt = ({ looks }: ChangesState, change: string, parameters: Parameters): Looked | undefined =>
  looks.get(lookKey(change, parameters));

const reds = ({ gates }: Look): readonly Gate[] => gates.filter(({ state }) => state === 'red');

/** Whether running a plan would do nothing at all. */
export const doesNothing = (kind: ChangeKind, plan: Plan): boolean => isIdle(plan, kind.with(plan.parameters));

const NONE = { rows: undefined, why: '', remedy: '' } as const;

/** What the last look at a change says of it. */
function lookLine(kind: ChangeKind, { look, problem, looking }: Looked): Omit<ChangeLine, 'kind'> {
  if (problem !== undefined) {
    // What the path itself refuses to plan: there is nothing to take back, or to clean up.
    const standing = problem.kind === 'blocked' ? 'nothing' : 'unknown';
    return { ...NONE, standing, why: problem.message, remedy: problem.remedy };
  }
  if (look === undefined) return { ...NONE, standing: looking ? 'looking' : 'not looked', why: kind.purpose };
  const { plan } = look;
  const [first, ...more] = reds(look);
  if (doesNothing(kind, plan)) return { rows: 0, standing: 'nothing', why: 'there is nothing to do', remedy: '' };
  if (first !== undefined) {
    const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
    return { rows: plan.rows, standing: 'blocked', why: `${gateWords(first)}${others}`, remedy: first.remedy };
  }
  return { rows: plan.rows, standing: 'ready', why: `about ${duration(plan.seconds)}, ${plan.rollback}`, remedy: '' };
}

/** What a run that has not ended keeps others from. */
const isFirst = (run: Run, { kinds, lease }: ChangesState): string =>
  `run ${run.id} (${titleOf(kinds, run.change)}) is ${standingOf(run, lease)}`;

/** A change as the list shows it. */
export function changeLine(kind: ChangeKind, state: ChangesState, ground: Ground): ChangeLine {
  const { own, lease } = state;
  const run = openRun(state);
  if (run?.change === kind.id) {
    return {
      kind,
      rows: run.planned,
      standing: standingOf(run, lease),
      why: run.reason ?? shareWords(run),
      remedy: '',
    };
  }
  if (own?.change === kind.id && own.run === undefined) {
    return { ...NONE, kind, standing: 'beginning', why: 'gates, backup and record' };
  }
  const looked = lookedAt(state, kind.id, parametersFor(state, kind.id));
  const line =
    looked === undefined
      ? { ...NONE, standing: 'not looked' as const, why: kind.purpose, remedy: 'R looks at every change' }
      : lookLine(kind, looked);
  const closed = closedBecause(ground);
  if (closed === undefined && run !== undefined && (line.standing === 'blocked' || line.standing === 'ready')) {
    // However it stood when somebody last looked.
    return { kind, rows: line.rows, standing: 'blocked', why: isFirst(run, state), remedy: 'it has to end first' };
  }
  if (closed === undefined || line.standing === 'nothing') return { kind, ...line };
  return { kind, rows: line.rows, standing: 'blocked', ...closed };
}

/** Why nothing can be begun now, whatever it is; undefined when it can be tried. */
export function busyBecause(state: ChangesState, ground: Ground): string | undefined {
  const closed = closedBecause(ground);
  if (closed !== undefined) return `${closed.why}: ${closed.remedy}`;
  if (state.own !== undefined) return 'this console changes the database already';
  const run = openRun(state);
  return run && `${isFirst(run, state)}: it has to end first`;
}

/** Why a change can't be run now; undefined when it can be tried. */
export function notNow(
  kind: ChangeKind,
  parameters: Parameters,
  state: ChangesState,
  ground: Ground,
): string | undefined {
  const busy = busyBecause(state, ground);
  const looked = lookedAt(state, kind.id, parameters);
  if (busy !== undefined || looked === undefined) return busy;
  const { standing, why, remedy } = lookLine(kind, looked);
  if (standing !== 'blocked' && standing !== 'nothing') return undefined;
  return `${why}${remedy === '' ? '' : `: ${remedy}`}`;
}
