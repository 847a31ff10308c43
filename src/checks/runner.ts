import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Context } from '../config/context.ts';
import type { Statement } from '../data/connection.ts';
import type { Database, Lane, QueryOptions } from '../data/database.ts';
import { Problem } from '../model/problem.ts';
import {
  asksDatabase,
  type Check,
  type CheckResult,
  type CheckVerdict,
  type Finding,
  type NotApplicable,
} from './check.ts';
import { type Common, lacking, Once, RecordingGround } from './ground.ts';

const LANES: readonly Lane[] = ['check 0', 'check 1', 'check 2', 'check 3'];

/**
 * Milliseconds after which one session is not enough. Where nothing is slow the whole catalogue is through by then, and
 * another session would only cost: on SQLite a process, 50 ms of a core.
 */
const PATIENCE_MS = 250;

export interface RunOptions {
  /** Milliseconds that each statement may take, where that is not what the config says. */
  readonly timeoutMs?: number | undefined;
  /** Where another run has the usual ones. */
  readonly lanes?: readonly Lane[];
  readonly signal: AbortSignal;
  /**
   * Called before any result of a check that asks the database, when none of them can: it can't be reached, or lets nobody
   * in. Each could then not tell, for this reason.
   */
  readonly onAway?: (problem: Problem) => void;
  readonly onStart?: (check: Check) => void;
  readonly onResult?: (result: CheckResult) => void;
}

/** What does not depend on the check: the shape of the appointments and the server's clock. */
async function askCommon(database: Database, context: Context, options: QueryOptions): Promise<Common> {
  const appointments = await database.appointments(options).catch((error: unknown) => {
    if (error instanceof Problem && error.kind === 'missing') return error;
    throw error;
  });
  const [clock] = await database.query(sql`SELECT ${database.dialect.now()} AS now`, options);
  return { context, database, appointments, now: Number(clock?.['now']), tables: new Once(), answers: new Once() };
}

/** The same. The connections of an earlier run may have broken since: then it asks once more, on new ones. */
async function commonOf(database: Database, context: Context, lanes: readonly Lane[], options: QueryOptions) {
  try {
    return await askCommon(database, context, options);
  } catch (error) {
    database.renew(lanes);
    if (!(error instanceof Problem && error.kind === 'lost')) throw error;
    return askCommon(database, context, options);
  }
}

const isFinding = (outcome: Finding | NotApplicable): outcome is Finding => 'violations' in outcome;

/** One check's outcome, from whichever world it looks into. */
async function lookAt(check: Check, ground: () => Promise<RecordingGround>, signal: AbortSignal) {
  if (!asksDatabase(check)) return check.lookOutside(signal);
  const own = await ground();
  const lack = await lacking(check, own);
  return lack === undefined ? check.look(own) : { notApplicable: lack };
}

async function runOne(
  common: Promise<Common>,
  check: Check,
  { onLost, ...options }: QueryOptions & { readonly signal: AbortSignal; readonly onLost: () => void },
): Promise<CheckResult> {
  const statements: Statement[] = [];
  let began = performance.now();
  const result = (verdict: CheckVerdict, { violations = 0, sample = [], figure }: Partial<Finding>, note?: string) => ({
    check,
    verdict,
    violations,
    sample,
    figure,
    note,
    statements,
    durationMs: performance.now() - began,
    at: Date.now(),
  });
  try {
    const ground = async () => {
      const ready = await common;
      // What all checks wait for is not this one's time.
      began = performance.now();
      return new RecordingGround(ready, options, statements);
    };
    const outcome = await lookAt(check, ground, options.signal);
    if (!isFinding(outcome)) return result('not-applicable', {}, outcome.notApplicable);
    return result(outcome.violations === 0 ? 'pass' : 'fail', outcome);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const lost = error.kind === 'lost';
    if (lost) onLost();
    return { ...result('could-not-tell', {}, `${error.message}; ${error.remedy}`), lost };
  }
}

/**
 * Runs checks, each with its own timeouts: those that read no table in full first, all of them in one session while that
 * is quick, else in up to four. A check that fails to look, is slow or broken holds up no other; full scans never run side
 * by side.
 * @returns the results in the order of the checks; without a database every check of it could not be told
 */
export async function runChecks(
  database: Database,
  context: Context,
  checks: readonly Check[],
  { signal, timeoutMs, onAway, onStart, onResult, lanes = LANES }: RunOptions,
): Promise<readonly CheckResult[]> {
  const [usual = 'check 0', ...others] = lanes;
  const common = commonOf(database, context, lanes, { lane: usual, signal });
  // First of all that wait for it. What else it may be, the checks of the database throw; there may be none.
  common.catch((error: unknown) => {
    if (error instanceof Problem && !signal.aborted && checks.some(asksDatabase)) onAway?.(error);
  });
  let lost = false;
  const onLost = () => {
    lost = true;
  };
  const results = new Map<Check, CheckResult>();
  const scans = checks.filter((check) => check.scans !== undefined);
  const probes = checks.filter((check) => check.scans === undefined);
  let scanning = false;
  const run = async (check: Check, lane: Lane) => {
    onStart?.(check);
    const result = await runOne(common, check, { lane, signal, timeoutMs, onLost });
    results.set(check, result);
    onResult?.(result);
  };
  const work = async (lane: Lane) => {
    for (let probe = probes.shift(); probe !== undefined; probe = probes.shift()) await run(probe, lane);
    if (scanning) return;
    scanning = true;
    for (const scan of scans) await database.scans.take(() => run(scan, lane));
  };
  const over = new AbortController();
  const patience = common.then(() => sleep(PATIENCE_MS, undefined, { signal: over.signal })).catch(() => undefined);
  const helpers = others.map((lane) => patience.then(() => work(lane)));
  await work(usual);
  over.abort();
  await Promise.all(helpers);
  // The other connections went with it, and would only say so in the next run.
  if (lost) database.renew(lanes);
  return checks.flatMap((check) => results.get(check) ?? []);
}
