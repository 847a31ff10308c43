import { sql } from 'kysely';
import type { Context } from '../config/context.ts';
import type { Statement } from '../data/connection.ts';
import type { Database, Lane, QueryOptions } from '../data/database.ts';
import { Problem } from '../model/problem.ts';
import type { Check, CheckResult, CheckVerdict, Finding, NotApplicable } from './check.ts';
import { type Common, lacking, RecordingGround, TableCache } from './ground.ts';

/** Checks that read whole tables take this lane, one after the other; the rest share the others. */
const SCANS: Lane = 'check 0';
const PROBES: readonly Lane[] = ['check 1', 'check 2', 'check 3'];

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly onStart?: (check: Check) => void;
  readonly onResult?: (result: CheckResult) => void;
}

/** What does not depend on the check: the shape of the appointments and the server's clock. */
async function commonOf(database: Database, context: Context, options: QueryOptions): Promise<Common> {
  const appointments = await database.appointments(options);
  const [clock] = await database.query(sql`SELECT ${database.dialect.now()} AS now`, options);
  return { context, database, appointments, now: Number(clock?.['now']), tables: new TableCache() };
}

const isFinding = (outcome: Finding | NotApplicable): outcome is Finding => 'violations' in outcome;

/** One check's outcome, from whichever world it looks into. */
async function lookAt(check: Check, ground: () => Promise<RecordingGround>, signal: AbortSignal) {
  if ('lookOutside' in check) return check.lookOutside(signal);
  const own = await ground();
  const lack = await lacking(check, own);
  return lack === undefined ? check.look(own) : { notApplicable: lack };
}

async function runOne(common: Promise<Common>, check: Check, lane: Lane, signal: AbortSignal): Promise<CheckResult> {
  const statements: Statement[] = [];
  const began = performance.now();
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
    const ground = async () => new RecordingGround(await common, { lane, signal }, statements);
    const outcome = await lookAt(check, ground, signal);
    if (!isFinding(outcome)) return result('not-applicable', {}, outcome.notApplicable);
    return result(outcome.violations === 0 ? 'pass' : 'fail', outcome);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return result('could-not-tell', {}, `${error.message}; ${error.remedy}`);
  }
}

/**
 * Runs checks within a limit of four connections, each check with its own timeouts. A check that fails to look, is slow or broken holds
 * up no other; full scans never run side by side.
 * @returns the results in the order of the checks; without a database every check of it could not be told
 */
export async function runChecks(
  database: Database,
  context: Context,
  checks: readonly Check[],
  { signal, onStart, onResult }: RunOptions,
): Promise<readonly CheckResult[]> {
  const common = commonOf(database, context, { lane: SCANS, signal });
  // Each check of the database tells of a failure by itself; there may be none.
  common.catch(() => undefined);
  const results = new Map<Check, CheckResult>();
  const work = async (lane: Lane, queue: Check[]) => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      onStart?.(check);
      const result = await runOne(common, check, lane, signal);
      results.set(check, result);
      onResult?.(result);
    }
  };
  const scans = checks.filter((check) => check.scans !== undefined);
  const probes = checks.filter((check) => check.scans === undefined);
  await Promise.all([work(SCANS, scans), ...PROBES.map((lane) => work(lane, probes))]);
  return checks.flatMap((check) => results.get(check) ?? []);
}
