import type { ChangeKind } from '../changes/change.ts';
import { runsOf } from '../changes/gates.ts';
import type { GuardedPath } from '../changes/guarded-path.ts';
import { checksOf } from '../checks/all.ts';
import type { Check, CheckResult } from '../checks/check.ts';
import { type Judgement, metricCheck } from '../checks/event-correlation/metrics.ts';
import { runChecks } from '../checks/runner.ts';
import type { Context } from '../config/context.ts';
import type { Metric } from '../config/metrics.ts';
import type { Database } from '../data/database.ts';
import { takeSnapshot } from '../data/queries/snapshot.ts';
import { count, counted, duration, percent } from '../model/format.ts';
import { Problem } from '../model/problem.ts';
import type { Run } from '../model/run.ts';
import type { SyncFigures } from '../model/snapshot.ts';
import { distance } from '../model/time.ts';
import { ROLL_CODE_BACK, ROLL_CODE_BACK_ID } from './roll-code-back.ts';
import { SWITCH_FLAGS, SWITCH_FLAGS_OFF } from './switch-flags.ts';

/** Source of the limits: the decision criteria of the move to correlation ids. */
const LIMITS = {
  /** How many times what is normal: incidents +50 %, response time +100 %. */
  webhookCascades: 1.5,
  processingSeconds: 2,
  /** Share of failed rows of the last 24 hours. */
  failures: 0.05,
  /** Milliseconds after which level 1 must have helped. */
  helpMs: 30 * 60_000,
  /** Rows of the last hour from which on none synced is a failure of everything. */
  rows: 5,
} as const;

/** Before any move each V1 id in the V2 column is one, and no reason to take anything back. */
const NEWLY_MISPLACED = 'booking-ids/none-newly-misplaced';

/** Errors of the database and of the integrity of its rows, whatever change is under way. */
const INTEGRITY: readonly string[] = [
  NEWLY_MISPLACED,
  'calendar-schema/unique-events',
  'calendar-schema/unique-bookings',
  'calendar-schema/no-orphans',
  'calendar-schema/end-after-start',
  'event-correlation/events-have-state',
  'event-correlation/ids-unique',
  'event-correlation/one-state',
  'schema/phantom-columns',
  'schema/no-long-locks',
  'sync/one-row-per-booking',
  'sync/synced-with-id',
];

/** Values that are not what the change left, or are gone. */
const CORRUPTION: readonly string[] = [
  'booking-ids/moved-equals-backup',
  'booking-ids/uids-unchanged',
  'booking-ids/backup-complete',
];
const LOSS: readonly string[] = ['booking-ids/conservation'];

/** When a level is called for, with what is so now. */
interface Criterion {
  readonly title: string;
  /** `unknown`: nothing says, and `value` says why. */
  readonly state: 'met' | 'not-met' | 'unknown';
  /** The live value, beside its limit where it has one. */
  readonly value: string;
}

/** One way back, from the cheapest. */
export interface Level {
  readonly number: 1 | 2 | 3;
  readonly title: string;
  /** The change that does it; undefined where people do. */
  readonly change: string | undefined;
  readonly criteria: readonly Criterion[];
  /** Whether one of them is met. */
  readonly met: boolean;
  /** What it takes. */
  readonly cost: string;
  readonly loses: readonly string[];
  /** Until when it is possible. */
  readonly until: string;
  /** How it is taken back itself; undefined where nothing says. */
  readonly undo: string | undefined;
  /** What would be done, a line each. */
  readonly does: readonly string[];
  /** Why it can't be done now, with what to do; undefined where it can. */
  readonly impossible: string | undefined;
}

export interface RollbackLevels {
  readonly levels: readonly Level[];
  /** The lowest one with a criterion that is met; undefined where none is. */
  readonly recommended: Level['number'] | undefined;
  /** How many criteria could not be told. */
  readonly unknown: number;
}

const judgement = (title: string, normal: number, times: number, word: (value: number) => string): Judgement => ({
  id: `rollback/${title.replaceAll(' ', '-')}`,
  title,
  severity: 'warn',
  reason: 'Level 1 of a rollback is called for by it.',
  remedy: 'Switch the feature flags off.',
  judge: (value) => ({
    violations: value > normal * times ? 1 : 0,
    sample: [],
    figure: `${word(value)}, normal ${word(normal)}, limit ${word(normal * times)}`,
  }),
});

/** What is normal is what the thresholds say. */
const judgements = ({ thresholds }: Context): Readonly<Record<Metric, Judgement>> => ({
  webhookCascades: judgement('incidents +50 %', thresholds.webhookCascades, LIMITS.webhookCascades, (value) =>
    counted(value, 'incident'),
  ),
  processingSeconds: judgement(
    'response time +100 %',
    thresholds.processingSeconds,
    LIMITS.processingSeconds,
    duration,
  ),
});

const criterionOf = ({ check, verdict, figure, note, violations }: CheckResult): Criterion => ({
  title: check.title,
  state: verdict === 'fail' ? 'met' : verdict === 'pass' ? 'not-met' : 'unknown',
  value: figure ?? note ?? counted(violations, 'violation'),
});

/** What several checks say together: one line, for those that fail or for all. */
function together(title: string, results: readonly CheckResult[]): Criterion {
  const failed = results.filter(({ verdict }) => verdict === 'fail');
  const told = results.filter(({ verdict }) => verdict === 'fail' || verdict === 'pass');
  const untold = results.filter(({ verdict }) => verdict === 'could-not-tell');
  const first = untold[0];
  if (failed.length > 0) {
    const words = failed.map((one) => `${one.check.id}: ${one.figure ?? counted(one.violations, 'violation')}`);
    return { title, state: 'met', value: words.join('; ') };
  }
  if (first !== undefined)
    return { title, state: 'unknown', value: `${first.check.id}: ${first.note ?? 'could not tell'}` };
  if (told.length === 0) return { title, state: 'unknown', value: 'no check of it applies here' };
  return { title, state: 'not-met', value: `${counted(told.length, 'check')} found nothing` };
}

const failedOf = ({ statuses }: SyncFigures): number =>
  statuses.filter(({ status }) => status === 'failed').reduce((sum, { rows }) => sum + rows, 0);

function failures(day: SyncFigures | undefined): Criterion {
  const title = 'failures > 5 %';
  if (day === undefined) return { title, state: 'unknown', value: 'there are no sync columns' };
  if (day.rows === 0) return { title, state: 'not-met', value: 'nothing was pushed in 24 h' };
  const share = failedOf(day) / day.rows;
  const state = share > LIMITS.failures ? 'met' : 'not-met';
  return {
    title,
    state,
    value: `${percent(share)} of ${counted(day.rows, 'row')} in 24 h, limit ${percent(LIMITS.failures)}`,
  };
}

function completeFailure(hour: SyncFigures | undefined): Criterion {
  const title = 'complete failure';
  if (hour === undefined) return { title, state: 'unknown', value: 'there are no sync columns' };
  const state = hour.rows >= LIMITS.rows && hour.synced === 0 ? 'met' : 'not-met';
  return { title, state, value: `${count(hour.synced)} of ${counted(hour.rows, 'row')} synced in 1 h` };
}

/** Whether level 1 was taken and its criteria are met all the same. */
function didNotHelp(runs: readonly Run[], met: boolean, now: number): Criterion {
  const title = 'level 1 did not help within 30 min';
  const last = runs.find(({ change, state }) => change === SWITCH_FLAGS && state === 'done');
  if (last?.endedAt === undefined) return { title, state: 'not-met', value: 'level 1 was not taken here' };
  const ago = distance(last.endedAt, now);
  if (now - last.endedAt < LIMITS.helpMs) return { title, state: 'not-met', value: `taken ${ago}: give it 30 min` };
  return met
    ? { title, state: 'met', value: `taken ${ago}, and its criteria are met` }
    : { title, state: 'not-met', value: `taken ${ago}, and none of its criteria is met` };
}

const unconfigured = ({ unconfigured: words = ['', ''] }: ChangeKind): string => words.join('; ');

type Fixed = Pick<Level, 'number' | 'title' | 'cost' | 'until'> & { readonly kind: string };

/** A level with what its change would do, or why it can't. */
async function levelOf(
  path: GuardedPath,
  { kind, ...fixed }: Fixed,
  criteria: readonly Criterion[],
  signal: AbortSignal,
  by: { readonly missing: string; readonly steps?: readonly string[] },
): Promise<Level> {
  const common = { ...fixed, criteria, met: criteria.some(({ state }) => state === 'met') };
  const none = { change: undefined, loses: [], undo: undefined };
  if (by.steps !== undefined) return { ...common, ...none, does: by.steps, impossible: undefined };
  if (!path.kinds.some(({ id }) => id === kind)) return { ...common, ...none, does: [], impossible: by.missing };
  try {
    const { plan, gates } = await path.look(kind, {}, signal);
    // A backup is made, or named, when it runs.
    const closed = gates.find(({ state, id }) => state === 'red' && id !== 'backup');
    return {
      ...common,
      change: kind,
      loses: plan.loses,
      undo: plan.rollback,
      does: plan.summary,
      impossible: closed && `${closed.title}: ${closed.detail}; ${closed.remedy}`,
    };
  } catch (error) {
    if (!(error instanceof Problem && ['blocked', 'refused', 'missing'].includes(error.kind))) throw error;
    return { ...common, ...none, does: [], impossible: `${error.message}; ${error.remedy}` };
  }
}

/**
 * The three ways back, each with when it is called for and what is so now; nothing is changed.
 * @throws Problem
 */
export async function rollbackLevels(
  path: GuardedPath,
  context: Context,
  database: Database,
  signal: AbortSignal,
): Promise<RollbackLevels> {
  const own = (await checksOf(context)).filter(
    ({ id, system, severity, phases }) =>
      [...INTEGRITY, ...CORRUPTION, ...LOSS].includes(id) ||
      (system === 'own' && phases.includes('monitor') && (severity === 'error' || severity === 'stop')),
  );
  const judged = judgements(context);
  const metrics: readonly Check[] = [
    metricCheck('webhookCascades', context, judged.webhookCascades),
    metricCheck('processingSeconds', context, judged.processingSeconds),
  ];
  const options = { lane: 'row', signal } as const;
  const results = await runChecks(database, context, [...own, ...metrics], { signal });
  const scope = { includesDeleted: false, byTenant: false };
  const snapshot = await takeSnapshot(database, context, scope, options).catch((error: unknown) => {
    // A database of calendars has no appointments, and flags all the same.
    if (error instanceof Problem && error.kind === 'missing') return undefined;
    throw error;
  });
  const runs = await runsOf({ context, database, dialect: database.dialect, options });
  const moved =
    snapshot?.migration === 'migrated' ||
    runs.some(({ change, counts }) => change === 'move-booking-ids' && counts.changed > 0);
  const telling = moved ? results : results.filter(({ check }) => check.id !== NEWLY_MISPLACED);
  const of = (ids: readonly string[]) => telling.filter(({ check }) => ids.includes(check.id));
  const first = [
    ...of([judged.webhookCascades.id]).map(criterionOf),
    failures(snapshot?.sync?.['24h']),
    ...of([judged.processingSeconds.id]).map(criterionOf),
  ];
  const helpless = didNotHelp(
    runs,
    first.some(({ state }) => state === 'met'),
    snapshot?.takenAt ?? Date.now(),
  );
  const others = results.filter(({ check }) => check.system === 'own');
  const second = [together('database errors or integrity problems', [...of(INTEGRITY), ...others]), helpless];
  const third = [
    together('severe corruption', of(CORRUPTION)),
    together('data loss', of(LOSS)),
    completeFailure(snapshot?.sync?.['1h']),
  ];
  const { code } = context.rollback;
  const levels = [
    await levelOf(
      path,
      {
        number: 1,
        title: 'feature flags',
        kind: SWITCH_FLAGS,
        cost: 'seconds; what the new code can do is off',
        until: 'at any time',
      },
      first,
      signal,
      { missing: unconfigured(SWITCH_FLAGS_OFF) },
    ),
    await levelOf(
      path,
      {
        number: 2,
        title: 'code',
        kind: ROLL_CODE_BACK_ID,
        cost: 'a deployment; the schema stays as it is',
        until: 'as long as that code bears the schema',
      },
      second,
      signal,
      {
        missing: unconfigured(ROLL_CODE_BACK),
        ...(code !== undefined && 'steps' in code && { steps: code.steps }),
      },
    ),
    await levelOf(
      path,
      {
        number: 3,
        title: 'database',
        kind: 'rollback-booking-ids',
        cost: 'every row that was moved is written again',
        until: 'until the cleanup drops the originals',
      },
      third,
      signal,
      { missing: 'there is no rollback' },
    ),
  ];
  const unknown = levels.flatMap(({ criteria }) => criteria).filter(({ state }) => state === 'unknown').length;
  return { levels, recommended: levels.find(({ met }) => met)?.number, unknown };
}

/** Where no level is called for, in words. @param unknown how many criteria could not be told */
export const notCalledFor = (unknown: number): string =>
  unknown === 0
    ? 'no level is called for'
    : `no level is called for, as far as that is known: ${counted(unknown, 'criterion', 'criteria')} could not be told`;
