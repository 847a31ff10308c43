import { isOpenRun, type RunbookEntry, type RunbookRecord } from '../model/runbook-run.ts';
import { distance, stamp } from '../model/time.ts';
import { readEvidence } from './evidence.ts';
import { type Runbook, type RunbookPhase, type SignOff, type Step, stepsOf } from './runbook.ts';
import { begun } from './store.ts';

/** How the monitor window of the move of the booking ids stands. */
export interface MonitorWindow {
  readonly state: 'over' | 'open' | 'blocked';
  /** When it ends or ended; undefined where there is none. */
  readonly until: number | undefined;
  /** In words: `it ends in 3 h`. */
  readonly text: string;
}

/** A run of a change that took back what another one had done, or what a check had found. */
export interface TakenBack {
  /** The change or the check. */
  readonly of: string;
  /** In words: `run 9 (rollback-booking-ids) took it back`. */
  readonly text: string;
  readonly at: number;
}

/** What stands around a run, which time and others move on. */
export interface Around {
  readonly window: MonitorWindow | undefined;
  readonly takenBack: readonly TakenBack[];
}

const NOTHING_AROUND: Around = { window: undefined, takenBack: [] };

/** Why what was done before that moment is not done any more. */
interface Undoing {
  readonly text: string;
  readonly at: number;
}

/**
 * - `ready`: nothing stands in its way; `failed`: the same, after an attempt that did not do it
 * - `blocked`: something has to be done before; `waiting`: only time has to pass
 */
type StepState = 'ready' | 'failed' | 'blocked' | 'waiting' | 'running' | 'passed' | 'ticked' | 'skipped';

/** How one step of a run stands. Moments are milliseconds since 1970 UTC by the database's clock. */
export interface StepStanding {
  readonly step: Step;
  readonly phase: RunbookPhase;
  readonly state: StepState;
  /** All that was tried, oldest first. */
  readonly attempts: readonly RunbookEntry[];
  readonly last: RunbookEntry | undefined;
  /** What stands in its way, a line each. */
  readonly why: readonly string[];
  /** When a wait is or was over. */
  readonly until: number | undefined;
  /** What has undone it, or something that it needs; what was done before counts no more. */
  readonly undone: Undoing | undefined;
}

/** A role with its signature, and one that counts no more. */
interface SignedRole {
  readonly signOff: SignOff;
  /** Undefined while it is missing. */
  readonly entry: RunbookEntry | undefined;
  /** The newest one that counts no more, where there is none that does. */
  readonly withdrawn: RunbookEntry | undefined;
}

/** How a run stands. */
export interface Standing {
  readonly record: RunbookRecord;
  readonly steps: readonly StepStanding[];
  /** What comes next; undefined when every step is done. */
  readonly next: StepStanding | undefined;
  /** Steps that are not optional and not done. */
  readonly left: readonly StepStanding[];
  /** Those, and the optional ones that have to be done or left out before them. */
  readonly awaited: readonly StepStanding[];
  readonly signOffs: readonly SignedRole[];
  /** What was taken back of what its steps had done or found, the newest last: what was said of it before counts no more. */
  readonly takenBack: readonly TakenBack[];
  /** Stops that nobody has decided about yet. */
  readonly stops: readonly RunbookEntry[];
}

const HOUR_MS = 3_600_000;

type DoneState = 'passed' | 'ticked' | 'skipped';

export const isDone = <Stands extends { readonly state: string }>(
  standing: Stands,
): standing is Stands & { readonly state: DoneState } =>
  standing.state === 'passed' || standing.state === 'ticked' || standing.state === 'skipped';

/** Whether the checks of a step were tried and can't be looked at here, so that a person may answer for it. */
export const isUnlooked = ({ state, last }: Pick<StepStanding, 'state' | 'last'>): boolean =>
  state === 'failed' && last !== undefined && readEvidence(last.evidence).unlooked !== undefined;

/** Whether a person has to answer for a step: it is theirs, or its checks can't be looked at. */
export const wantsPerson = (standing: StepStanding): boolean =>
  standing.step.work.kind === 'manual' || isUnlooked(standing);

/** Whether an attempt goes on, as far as its claim says. */
export const isRunning = ({ state, expiresAt }: RunbookEntry, now: number): boolean =>
  state === 'running' && expiresAt > now;

const latest = (undoings: readonly (Undoing | undefined)[]): Undoing | undefined =>
  undoings.filter((one) => one !== undefined).toSorted((one, other) => other.at - one.at)[0];

/** Whether a run of a change took back what a step had done or found. */
const takesBack = ({ of }: TakenBack, { work }: Step): boolean =>
  (work.kind === 'change' && work.action === 'run' && work.change === of) ||
  (work.kind === 'check' && work.ids?.includes(of) === true);

/** What has undone a step: a change that took its own back, or whatever has undone one that it needs. */
function undoingOf(
  step: Step,
  before: ReadonlyMap<string, StepStanding>,
  takenBack: readonly TakenBack[],
): Undoing | undefined {
  const own = takenBack.filter((one) => takesBack(one, step));
  const through = step.needs.map((id) => {
    const need = before.get(id);
    if (need?.state !== 'failed' || need.last === undefined) return need?.undone;
    return latest([need.undone, { text: `${id} has failed since`, at: need.last.beganAt }]);
  });
  return latest([...own, ...through]);
}

/** When a step was done; undefined where it is not. */
const doneAt = (standing: StepStanding | undefined): number | undefined => {
  if (standing === undefined || !isDone(standing)) return undefined;
  const { last, until, step } = standing;
  // A wait is over when it is, and not when somebody wrote that down.
  const over = step.work.kind === 'wait' && last !== undefined ? readEvidence(last.evidence).wait?.until : undefined;
  return over ?? last?.endedAt ?? until;
};

/** What stands in the way of a step: the steps before it. */
function blockers(step: Step, before: ReadonlyMap<string, StepStanding>): readonly string[] {
  return step.needs.flatMap((id) => {
    const need = before.get(id);
    if (need === undefined || isDone(need)) return [];
    if (need.state === 'failed') return [`${id} has failed: ${need.last?.note ?? need.step.title}`];
    if (need.state === 'running') return [`${id} is under way`];
    if (need.state === 'waiting') return [`${id}: ${need.why.join('; ')}`];
    return [`${id} is not done: ${need.step.title}`];
  });
}

/** What time says of a wait. */
function waitOf(
  step: Step,
  before: ReadonlyMap<string, StepStanding>,
  window: MonitorWindow | undefined,
  { now, run }: Pick<RunbookRecord, 'now' | 'run'>,
): Pick<StepStanding, 'state' | 'why' | 'until'> {
  if (step.work.kind !== 'wait') return { state: 'ready', why: [], until: undefined };
  if (step.work.hours === 'monitor-window') {
    if (window === undefined) return { state: 'waiting', why: ['nobody has looked yet'], until: undefined };
    if (window.state === 'over') return { state: 'passed', why: [window.text], until: window.until ?? now };
    return { state: window.state === 'open' ? 'waiting' : 'blocked', why: [window.text], until: window.until };
  }
  // One that needs nothing counts from the beginning.
  const ends = step.needs.map((id) => doneAt(before.get(id))).filter((end) => end !== undefined);
  const from = ends.length === 0 ? run.beganAt : Math.max(...ends);
  const until = from + step.work.hours * HOUR_MS;
  if (until <= now) return { state: 'passed', why: [`over since ${stamp(until, false)}`], until };
  return { state: 'waiting', why: [`until ${stamp(until, false)}, ${distance(until, now)}`], until };
}

function standingOf(
  step: Step,
  phase: RunbookPhase,
  record: RunbookRecord,
  before: ReadonlyMap<string, StepStanding>,
  { window, takenBack }: Around,
): StepStanding {
  const { entries, now } = record;
  const attempts = entries.filter(({ kind, subject }) => kind === 'step' && subject === step.id);
  const last = attempts.at(-1);
  const undone = undoingOf(step, before, takenBack);
  const common = { step, phase, attempts, last, undone };
  const as = (state: StepState, why: readonly string[] = [], until?: number): StepStanding => ({
    ...common,
    state,
    why,
    until,
  });
  if (last !== undefined) {
    if (isRunning(last, now)) return as('running', [`${last.operator} is at it since ${stamp(last.beganAt, false)}`]);
    const counts = undone === undefined || (last.endedAt ?? last.beganAt) > undone.at;
    if (counts && isDone(last)) return as(last.state);
  }
  const why = blockers(step, before);
  if (why.length > 0) return as('blocked', why);
  const waits = waitOf(step, before, window, record);
  if (step.work.kind === 'wait') return as(waits.state, waits.why, waits.until);
  if (last === undefined) return as('ready');
  if (isDone(last)) return as('ready', undone === undefined ? [] : [undone.text]);
  return last.state === 'running'
    ? as('failed', [`${last.operator} began it at ${stamp(last.beganAt, false)} and is gone`])
    : as('failed', last.note === undefined ? [] : [last.note]);
}

/** Steps in an order in which each one's needs come before it. */
function ordered(steps: readonly { readonly step: Step; readonly phase: RunbookPhase }[]) {
  const left = [...steps];
  const done = new Set<string>();
  const sorted: (typeof left)[number][] = [];
  while (left.length > 0) {
    const index = left.findIndex(({ step }) => step.needs.every((id) => done.has(id)));
    const [next] = left.splice(Math.max(0, index), 1);
    if (next === undefined) break;
    done.add(next.step.id);
    sorted.push(next);
  }
  return sorted;
}

/** Steps that are not done, and that others wait for; these too. */
function awaitedFor(waiting: readonly StepStanding[], known: ReadonlyMap<string, StepStanding>): ReadonlySet<string> {
  const awaited = new Set<string>();
  const add = ({ step }: StepStanding): void => {
    if (awaited.has(step.id)) return;
    awaited.add(step.id);
    for (const id of step.needs) {
      const need = known.get(id);
      if (need !== undefined && !isDone(need)) add(need);
    }
  };
  waiting.forEach(add);
  return awaited;
}

/** How a run of a runbook stands at the moment of its record. */
export function standOf(runbook: Runbook, record: RunbookRecord, around: Around): Standing {
  const placed = runbook.phases.flatMap((phase) => phase.steps.map((step) => ({ step, phase })));
  const known = new Map<string, StepStanding>();
  for (const { step, phase } of ordered(placed)) known.set(step.id, standingOf(step, phase, record, known, around));
  const steps = stepsOf(runbook).flatMap(({ id }) => known.get(id) ?? []);
  const open = steps.filter((standing) => !isDone(standing));
  const left = open.filter(({ step }) => !step.optional);
  const ids = awaitedFor(left, known);
  const awaited = open.filter(({ step }) => ids.has(step.id));
  const { entries } = record;
  // What was signed for before something was taken back is signed for no more.
  const takenBack = around.takenBack
    .filter((one) => one.at >= record.run.beganAt && steps.some(({ step }) => takesBack(one, step)))
    .toSorted((one, other) => one.at - other.at);
  const since = takenBack.at(-1)?.at ?? 0;
  const decided = entries.findLast(({ kind }) => kind === 'decision')?.seq ?? 0;
  const can = ({ state }: StepStanding) => state === 'ready' || state === 'failed';
  return {
    record,
    steps,
    next: isOpenRun(record.run) ? (awaited.find(can) ?? awaited[0] ?? open[0]) : undefined,
    left,
    awaited,
    signOffs: runbook.signOff.map((signOff) => {
      const last = entries.findLast(({ kind, subject }) => kind === 'sign-off' && subject === signOff.role);
      const counts = last !== undefined && last.beganAt > since;
      return { signOff, entry: counts ? last : undefined, withdrawn: counts ? undefined : last };
    }),
    takenBack,
    stops: entries.filter(({ kind, seq }) => kind === 'stop' && seq > decided),
  };
}

/** Why what was said or found at a moment counts no more; undefined where it does. */
export const voidText = (standing: Pick<Standing, 'takenBack'> | undefined, at: number): string | undefined =>
  standing?.takenBack.find((one) => one.at >= at)?.text;

/** How a runbook stands before its first step, were it begun now. */
export function planOf(runbook: Runbook): Standing {
  const now = Date.now();
  return standOf(
    runbook,
    { run: begun({ ...runbook, runbook: runbook.id }, 0, now, ''), entries: [], now },
    NOTHING_AROUND,
  );
}
