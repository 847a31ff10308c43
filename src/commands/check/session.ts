import type { Check, CheckResult } from '../../checks/check.ts';
import type { Results } from '../../checks/results.ts';
import { type RunOptions, runChecks } from '../../checks/runner.ts';
import { type ChecksWord, summarise } from '../../checks/summary.ts';
import type { Context } from '../../config/context.ts';
import type { Database } from '../../data/database.ts';
import { EXIT, type ExitCode } from '../command.ts';
import type { Interruption } from '../interruption.ts';

/** All that selected checks are run with. */
export interface Session {
  readonly context: Context;
  readonly database: Database;
  readonly checks: readonly Check[];
  readonly results: Results;
  readonly interruption: Interruption;
}

const CODES: Readonly<Record<ChecksWord, ExitCode>> = {
  HEALTHY: EXIT.healthy,
  DEGRADED: EXIT.warning,
  STOP: EXIT.critical,
  UNKNOWN: EXIT.unknown,
};

/** The exit code of a run; who lost the connection in the middle did not see it all, whatever was found before. */
export const codeOf = (results: readonly CheckResult[]): ExitCode =>
  results.some(({ lost }) => lost) ? EXIT.unknown : CODES[summarise(results)];

/** Runs the checks once and remembers what they told; one that was stopped told nothing. */
export async function runOnce(
  { context, database, checks, results, interruption: { signal } }: Session,
  { onAway = () => undefined, onResult = () => undefined }: Pick<RunOptions, 'onAway' | 'onResult'> = {},
): Promise<readonly CheckResult[]> {
  const all = await runChecks(database, context, checks, {
    signal,
    onAway,
    onResult: (result) => {
      if (!signal.aborted) onResult(result);
    },
  });
  results.add(signal.aborted ? all.filter(({ verdict }) => verdict !== 'could-not-tell') : all);
  return all;
}
