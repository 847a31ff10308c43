import type { Change, ChangeKind } from '../changes/change.ts';
import { type Confirmation, needsReason, phraseOf } from '../changes/confirm.ts';
import type { RunEnd } from '../changes/execute.ts';
import type { GuardedPath, Look } from '../changes/guarded-path.ts';
import { isIdle, type Plan } from '../changes/plan.ts';
import { toldOf } from '../changes/unit.ts';
import { type CheckResult, readsLog } from '../checks/check.ts';
import { maskWords } from '../config/mask.ts';
import { failureOf, runProgram } from '../config/program.ts';
import { takeSnapshot } from '../data/queries/snapshot.ts';
import { SEVERITIES } from '../model/check-words.ts';
import { counted } from '../model/format.ts';
import { Problem } from '../model/problem.ts';
import { isOpen, type Run } from '../model/run.ts';
import type { RunbookEntry } from '../model/runbook-run.ts';
import { changeHere } from '../rollback/all.ts';
import { DRILLS, drillText, sweptText } from '../rollback/drills.ts';
import { BatchTrace } from './batch-trace.ts';
import { type CheckGround, resultsOf } from './conditions.ts';
import { type Evidence, ofCheck, ofDrill, ofPlan, ofProgram, ofRun } from './evidence.ts';
import { foundWords, logWords, looksAt, looksAtLogs } from './logs.ts';
import type { Step, Work } from './runbook.ts';

/** What came of a step. */
export interface Outcome {
  readonly state: Extract<RunbookEntry['state'], 'passed' | 'failed'>;
  /** What there is to say of it, in a line. */
  readonly note: string | undefined;
  readonly evidence: Evidence;
}

/** How a step is to be done. */
export interface StepOptions {
  /** Aborted when this process has to leave. */
  readonly leave: AbortSignal;
  /** Of a change: the plan that a person has read, and what they typed. */
  readonly confirmed?: { readonly plan: Plan; readonly confirmation: Confirmation } | undefined;
  /** Who answers for a step that is a person's, or that can't be looked at; of another it says nothing. */
  readonly name?: string | undefined;
  readonly note?: string | undefined;
  /** The path of a dump that the operator names. */
  readonly backup?: string | undefined;
  /** Why a change that halted may go on. */
  readonly decision?: string | undefined;
  readonly onProgress?: ((run: Run) => void | Promise<void>) | undefined;
  readonly onResult?: ((result: CheckResult) => void) | undefined;
}

/** A change of a step as it is planned now. */
export interface PlannedChange {
  readonly kind: ChangeKind;
  readonly look: Look;
  /** What has to be typed; empty where nothing has to be. */
  readonly phrase: string;
  readonly reasonNeeded: boolean;
  readonly idle: boolean;
  /** A run of it that has not ended: the step goes on with that one. */
  readonly open: Run | undefined;
}

type ChangeWork = Extract<Work, { kind: 'change' }>;

const changeOf = (path: GuardedPath, { change, parameters }: ChangeWork): { kind: ChangeKind; change: Change } => {
  const kind = changeHere(path.kinds, change);
  return { kind, change: kind.with(parameters) };
};

const openRun = async (path: GuardedPath, change: string): Promise<Run | undefined> =>
  (await path.runs()).find((run) => run.change === change && isOpen(run.state));

/** What a change of a step would do. @throws Problem */
export async function planChange(
  path: GuardedPath,
  work: ChangeWork,
  signal: AbortSignal,
  backup: string | undefined,
): Promise<PlannedChange> {
  const { kind, change } = changeOf(path, work);
  const look = await path.look(kind.id, change.parameters, signal, backup);
  const idle = isIdle(look.plan, change);
  return {
    kind,
    look,
    idle,
    phrase: idle ? '' : phraseOf(kind.tier, look.plan),
    reasonNeeded: !idle && needsReason(kind, look.plan),
    open: await openRun(path, kind.id),
  };
}

/** What a step is done with. */
export interface Hands extends CheckGround {
  readonly path: GuardedPath;
  /** Where commands run. */
  readonly folder: string;
}

async function check(hands: Hands, work: Extract<Work, { kind: 'check' }>, options: StepOptions): Promise<Outcome> {
  const { ids, severity } = work;
  const results = await resultsOf(hands, (one) => looksAt(work, one), options.onResult);
  if (options.leave.aborted) throw new Problem('cancelled', 'the checks were stopped', 'run them again');
  const evidence = { checks: results.map(ofCheck) };
  const grave = (one: CheckResult) => SEVERITIES.indexOf(one.check.severity) <= SEVERITIES.indexOf(severity);
  const wrong = results.filter((one) => one.verdict === 'could-not-tell' || (one.verdict === 'fail' && grave(one)));
  if (wrong.length > 0) {
    const [first] = wrong;
    const what = first === undefined ? '' : foundWords(first);
    const more = wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : '';
    const logs = logWords(work, results).filter((words) => words !== what);
    // A person may answer for what can't be looked at, and for nothing that was found.
    const untold = results.filter(({ verdict }) => verdict === 'could-not-tell');
    const unlooked = untold.length < wrong.length ? {} : { unlooked: untold.map((one) => one.check.id) };
    return { state: 'failed', note: [`${what}${more}`, ...logs].join('; '), evidence: { ...evidence, ...unlooked } };
  }
  const logs = logWords(work, results);
  if (results.length === 0 && looksAtLogs(work)) {
    return { state: 'failed', note: logs.join('; '), evidence: { ...evidence, unlooked: [] } };
  }
  if (results.length === 0) return { state: 'failed', note: 'no check is all of that', evidence };
  // A log that is looked at as well makes up for no check that can't be.
  const named = work.logs ? results.filter((one) => !readsLog(one.check)) : results;
  const judged = named.length === 0 ? results : named;
  const applied = judged.filter(({ verdict }) => verdict !== 'not-applicable');
  const strays = judged.filter(({ verdict }) => verdict === 'not-applicable');
  // What a step names is what it is about; of a whole system that is looked at which there is.
  if (applied.length === 0 || (ids !== undefined && strays.length > 0)) {
    const [stray] = strays;
    const more = strays.length > 1 ? ` (and ${strays.length - 1} more)` : '';
    const note = [`${stray?.check.id} can't be looked at here: ${stray?.note}${more}`, ...logs].join('; ');
    return { state: 'failed', note, evidence: { ...evidence, unlooked: strays.map((one) => one.check.id) } };
  }
  const told = applied.filter(({ verdict }) => verdict === 'fail').length;
  const words = [
    counted(applied.length, 'check'),
    ...(told > 0 ? [`${told} of them told a warning`] : []),
    ...(strays.length > 0 ? [`${strays.length} not applicable`] : []),
  ];
  return { state: 'passed', note: [words.join(', '), ...logs].join('; '), evidence };
}

/** Rehearses a change: nothing of the database is touched, and so nobody has to confirm it. */
async function drill({ path, context }: Hands, work: ChangeWork, { leave }: StepOptions): Promise<Outcome> {
  const { id, drill: name } = changeHere(path.kinds, work.change);
  if (name === undefined) throw new Problem('usage', `${id} can't be rehearsed`, 'plan it');
  const report = await DRILLS[name](context, leave);
  const wrong = report.steps.flatMap(({ ok, title, detail }) => (ok ? [] : [`${title}: ${detail}`]));
  return {
    state: report.ok ? 'passed' : 'failed',
    note: [drillText(report), ...wrong, ...sweptText(report)].join('; '),
    evidence: { drill: ofDrill(name, report) },
  };
}

async function change(hands: Hands, work: ChangeWork, options: StepOptions): Promise<Outcome> {
  const { path, signal } = hands;
  const trace = new BatchTrace();
  const onProgress = (run: Run) => {
    trace.saw(run);
    return options.onProgress?.(run);
  };
  const how = { leave: options.leave, onProgress };
  if (work.action === 'plan') {
    const { look, idle } = await planChange(path, work, signal, options.backup);
    const red = look.gates.filter(({ state }) => state === 'red');
    const note =
      red.length > 0 ? `it could not run now: ${red[0]?.title}: ${red[0]?.detail}` : look.plan.summary.join('; ');
    return {
      state: 'passed',
      note: idle ? 'there is nothing to do' : note,
      evidence: { plan: ofPlan(look.plan, look.gates) },
    };
  }
  const open = await openRun(path, work.change);
  if (open !== undefined) {
    const end = await path.resume(open.id, { ...how, decision: options.decision });
    return endOf(path, end, await after(hands, work, trace));
  }
  const planned = await planChange(path, work, signal, options.backup);
  const plan = ofPlan(planned.look.plan, planned.look.gates);
  if (planned.idle) return { state: 'passed', note: 'there is nothing to do', evidence: { plan } };
  const confirmed = options.confirmed ?? {
    plan: planned.look.plan,
    confirmation: { phrase: '', reason: options.note },
  };
  const end = await path.run(confirmed.plan, confirmed.confirmation, { ...how, backup: options.backup });
  if (end === undefined) return { state: 'passed', note: 'there is nothing to do', evidence: { plan } };
  return endOf(path, end, { plan, ...(await after(hands, work, trace)) });
}

/** Changes that take rows from one class to another. */
const OF_CLASSES: readonly string[] = ['move-booking-ids', 'rollback-booking-ids'];

/** What is kept of a run for the report. */
async function after(
  { database, context, signal }: Hands,
  { change }: ChangeWork,
  trace: BatchTrace,
): Promise<Pick<Evidence, 'batches' | 'classes'>> {
  const batches = trace.kept === undefined ? {} : { batches: trace.kept };
  if (!OF_CLASSES.includes(change)) return batches;
  try {
    const scope = { includesDeleted: true, byTenant: false };
    const { classes } = await takeSnapshot(database, context, scope, { lane: 'change', signal });
    return { ...batches, classes };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // The change is done whether its rows can be counted or not: then the report lacks these figures.
    return batches;
  }
}

function endOf({ kinds }: GuardedPath, end: RunEnd, more: Evidence): Outcome {
  const { run, failed } = end;
  const told = toldOf(kinds, run);
  const evidence = { ...more, run: ofRun(end, told), checks: failed.map(ofCheck) };
  if (run.state !== 'done') {
    const why = run.reason === undefined ? '' : `: ${run.reason}`;
    return { state: 'failed', note: `run ${run.id} is ${run.state}${why}`, evidence };
  }
  const [wrong] = failed;
  const note = `run ${run.id}: ${told}`;
  if (wrong !== undefined) return { state: 'failed', note: `${note}, and ${wrong.check.id} does not hold`, evidence };
  return { state: 'passed', note, evidence };
}

async function command(
  { folder, mask }: Hands,
  work: Extract<Work, { kind: 'command' }>,
  { leave }: StepOptions,
): Promise<Outcome> {
  const [program = ''] = work.command;
  const timeoutMs = work.timeoutSeconds * 1000;
  const remedy = 'look at the command of this step';
  const { stdout, stderr, ...how } = await runProgram(work.command, { folder, timeoutMs, signal: leave, remedy });
  // Before anything of it is cut: half a secret would not be known for one.
  const end = { ...how, stdout: mask(stdout), stderr: mask(stderr) };
  const failure = failureOf(program, end);
  return {
    state: failure === undefined ? 'passed' : 'failed',
    note: failure ?? `${program} ended with 0`,
    evidence: { command: ofProgram(maskWords(work.command, mask), end) },
  };
}

async function backup({ path }: Hands, options: StepOptions): Promise<Outcome> {
  const proof = await path.backup(options.backup, options.leave);
  return {
    state: 'passed',
    note: `${proof.file}, ${counted(proof.bytes, 'byte')}`,
    evidence: { backup: { ...proof } },
  };
}

/**
 * Does what a step says, of those that a machine does.
 * @throws Problem
 */
export async function perform(hands: Hands, { work, id }: Step, options: StepOptions): Promise<Outcome> {
  switch (work.kind) {
    case 'check':
      return check(hands, work, options);
    case 'change':
      return work.action === 'drill' ? drill(hands, work, options) : change(hands, work, options);
    case 'command':
      return command(hands, work, options);
    case 'backup':
      return backup(hands, options);
    case 'wait':
    case 'manual':
      throw new Problem('usage', `${id} is nothing that a machine does`, 'tick it, or wait');
    default:
      return work satisfies never;
  }
}
