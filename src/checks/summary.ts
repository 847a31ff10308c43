import type { CheckResult } from './check.ts';

/** The verdict over many checks. `UNKNOWN`: something could not be told and nothing worse is known. */
export type ChecksWord = 'HEALTHY' | 'DEGRADED' | 'STOP' | 'UNKNOWN';

/** Whether a result needs a person at once: a violated check of severity stop or error. */
const isCritical = ({ verdict, check }: CheckResult): boolean =>
  verdict === 'fail' && (check.severity === 'stop' || check.severity === 'error');

/** What the results mean together. Violations of severity info are told and change nothing. */
export function summarise(results: readonly CheckResult[]): ChecksWord {
  if (results.some(isCritical)) return 'STOP';
  if (results.some(({ verdict }) => verdict === 'could-not-tell')) return 'UNKNOWN';
  return results.some(({ verdict, check }) => verdict === 'fail' && check.severity === 'warn') ? 'DEGRADED' : 'HEALTHY';
}

/** How many results have each verdict. */
export function countVerdicts(results: readonly CheckResult[]): Readonly<Record<CheckResult['verdict'], number>> {
  const counts = { pass: 0, fail: 0, 'not-applicable': 0, 'could-not-tell': 0 };
  for (const { verdict } of results) counts[verdict] += 1;
  return counts;
}
