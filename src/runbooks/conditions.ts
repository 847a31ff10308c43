import { checksOf } from '../checks/all.ts';
import type { Check, CheckResult } from '../checks/check.ts';
import { Results } from '../checks/results.ts';
import { runChecks } from '../checks/runner.ts';
import type { Context } from '../config/context.ts';
import type { Mask } from '../config/mask.ts';
import { stateFile } from '../config/state.ts';
import type { Database, Lane } from '../data/database.ts';
import { counted } from '../model/format.ts';
import type { RunbookRecord } from '../model/runbook-run.ts';
import { type CheckEvidence, ofCheck, readEvidence } from './evidence.ts';
import type { Metric, Runbook, StopCondition } from './runbook.ts';
import { isDone, type Standing } from './standing.ts';

/** Beside those of a refresh and of the screen Checks. */
const LANES: readonly Lane[] = ['check 4', 'check 5'];

/** What runs the checks that a runbook names. */
export interface CheckGround {
  readonly context: Context;
  readonly database: Database;
  readonly signal: AbortSignal;
  /** What takes secrets out of whatever is kept. */
  readonly mask: Mask;
}

/** A result as it may be kept: programs, logs and rows may hold a secret. */
const masked = ({ figure, note, sample, ...result }: CheckResult, mask: Mask): CheckResult => ({
  ...result,
  figure: figure === undefined ? undefined : mask(figure),
  note: note === undefined ? undefined : mask(note),
  sample: sample.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : mask(value)])),
  ),
});

/** What comes of some of the checks that there are. */
export async function resultsOf(
  { context, database, signal, mask }: CheckGround,
  chosen: (check: Check) => boolean,
  onResult?: (result: CheckResult) => void,
): Promise<readonly CheckResult[]> {
  const checks = (await checksOf(context)).filter(chosen);
  if (checks.length === 0) return [];
  const found = await runChecks(database, context, checks, { signal, lanes: LANES, ...(onResult && { onResult }) });
  const results = found.map((result) => masked(result, mask));
  // The screen Checks and the report of the database know of it too.
  const told = signal.aborted ? results.filter(({ verdict }) => verdict !== 'could-not-tell') : results;
  new Results(stateFile(context, 'checks')).add(told);
  return results;
}

/** A stop condition that holds. */
export interface Held {
  readonly condition: StopCondition;
  /** How much of it: violating rows, or the number of the attempt that failed. A decision accepts up to that. */
  readonly measure: number;
  readonly checks: readonly CheckEvidence[];
  /** In words. */
  readonly text: string;
}

/** Conditions that hold, in a line. */
export const heldText = (held: readonly Held[]): string =>
  held.map(({ condition, text }) => `${condition.title} (${text})`).join('; ');

/** Up to what each stop condition was accepted by a decision. */
function accepted({ entries }: RunbookRecord): ReadonlyMap<string, number> {
  const decisions = entries.filter(({ kind }) => kind === 'decision');
  return new Map(decisions.flatMap(({ evidence }) => Object.entries(readEvidence(evidence).accepts ?? {})));
}

const failedText = ({ check, violations, figure }: CheckResult): string =>
  `${check.id}: ${figure ?? counted(violations, 'violation')}`;

/** The steps of a condition whose last attempt failed. */
function failedSteps({ steps }: StopCondition, { entries }: RunbookRecord): Held['measure'] | undefined {
  const failed = steps.flatMap((id) => {
    const last = entries.findLast(({ kind, subject }) => kind === 'step' && subject === id);
    if (last?.state !== 'failed') return [];
    const { undone, run, checks } = readEvidence(last.evidence);
    const byPerson = run?.state === 'paused' || run?.state === 'cancelled';
    // What could not be told, or does not apply, is no violation.
    const untold = run === undefined && checks !== undefined && !checks.some(({ verdict }) => verdict === 'fail');
    return undone === true || byPerson || untold ? [] : [last.seq];
  });
  return failed.length === 0 ? undefined : Math.max(...failed);
}

/**
 * The stop conditions of a run that hold and that nobody has accepted. One that could not be told does not stop: what
 * is done next needs the same database, and says so.
 * @param asks whether checks are run; otherwise only the steps are looked at
 */
export async function heldConditions(
  runbook: Runbook,
  record: RunbookRecord,
  ground: CheckGround,
  asks: boolean,
): Promise<readonly Held[]> {
  const ids = new Set(asks ? runbook.stop.flatMap(({ checks }) => checks) : []);
  const results = await resultsOf(ground, ({ id }) => ids.has(id));
  const limits = accepted(record);
  return runbook.stop.flatMap((condition): readonly Held[] => {
    const failed = results.filter(({ check, verdict }) => condition.checks.includes(check.id) && verdict === 'fail');
    const step = failedSteps(condition, record);
    const violations = failed.reduce((sum, { violations }) => sum + Math.max(1, violations), 0);
    const measure = Math.max(violations, step ?? 0);
    if (measure === 0 || measure <= (limits.get(condition.id) ?? 0)) return [];
    const text = failed.length > 0 ? failed.map(failedText).join('; ') : 'a step of it has failed';
    return [{ condition, measure, checks: failed.map(ofCheck), text }];
  });
}

/** How a success metric stands. */
export interface MetricStanding {
  readonly metric: Metric;
  readonly state: 'holds' | 'fails' | 'not-applicable' | 'could-not-tell' | 'open';
  readonly text: string;
  /** Of the check that says so. */
  readonly check: CheckEvidence | undefined;
}

const VERDICTS = {
  pass: 'holds',
  fail: 'fails',
  'not-applicable': 'not-applicable',
  'could-not-tell': 'could-not-tell',
} as const;

/** How the success metrics of a run stand now. */
export async function metricStandings(
  runbook: Runbook,
  standing: Standing,
  ground: CheckGround,
): Promise<readonly MetricStanding[]> {
  const ids = new Set(runbook.metrics.flatMap(({ check }) => check ?? []));
  const results = await resultsOf(ground, ({ id }) => ids.has(id));
  return runbook.metrics.map((metric): MetricStanding => {
    const result = results.find(({ check }) => check.id === metric.check);
    if (result !== undefined) {
      const { verdict, figure, note, violations } = result;
      const text = figure ?? note ?? (verdict === 'fail' ? counted(violations, 'violation') : verdict);
      return { metric, state: VERDICTS[verdict], text, check: ofCheck(result) };
    }
    const step = standing.steps.find((one) => one.step.id === metric.step);
    const by = step?.last?.name ?? step?.last?.operator ?? '';
    if (step !== undefined && isDone(step) && step.state !== 'skipped') {
      return {
        metric,
        state: 'holds',
        text: `${step.step.id} ${step.state}${by === '' ? '' : ` by ${by}`}`,
        check: undefined,
      };
    }
    const state = step?.state === 'failed' ? 'fails' : 'open';
    return { metric, state, text: `${metric.step ?? ''} is ${step?.state ?? 'not there'}`, check: undefined };
  });
}
