import { type Check, type CheckResult, readsLog } from '../checks/check.ts';
import type { LogCheck } from '../config/own-checks.ts';
import { cut } from '../model/cut.ts';
import { counted } from '../model/format.ts';
import { type CheckGround, resultsOf } from './conditions.ts';
import { type Evidence, ofCheck } from './evidence.ts';
import type { Work } from './runbook.ts';

/** What is said where a step looks at the logs of a config that has none. */
const NO_LOG = 'no log is looked at: the config has no checks.logs';

/** Characters of a line of a log in a note; the evidence has more of it. */
const LINE = 160;

/** Whether a step looks at every log of the config. */
export const looksAtLogs = (work: Work): boolean => (work.kind === 'check' || work.kind === 'manual') && work.logs;

/** Whether a step looks at a check: it names it, or it looks at the logs and that is one. */
export function looksAt(work: Work, check: Check): boolean {
  if (looksAtLogs(work) && readsLog(check)) return true;
  if (work.kind !== 'check') return false;
  const { ids, system, phases } = work;
  if (ids !== undefined) return ids.includes(check.id);
  if (system === undefined && phases === undefined) return false;
  return (
    (system === undefined || check.system === system) &&
    (phases === undefined || phases.some((phase) => check.phases.includes(phase)))
  );
}

/** What a check has found, in a line; of a log with its newest line. */
export function foundWords({ check, figure, note, violations, sample }: CheckResult): string {
  const line = readsLog(check) ? sample.at(-1)?.['line'] : undefined;
  const last = typeof line === 'string' ? `, last: ${cut(line.trim(), LINE)}` : '';
  return `${check.id}: ${note ?? figure ?? counted(violations, 'violation')}${last}`;
}

/** What a step has seen in the logs, a line each; nothing where it does not look at them. */
export function logWords(work: Work, results: readonly CheckResult[]): readonly string[] {
  if (!looksAtLogs(work)) return [];
  const logs = results.filter(({ check }) => readsLog(check));
  return logs.length === 0 ? [NO_LOG] : logs.map(foundWords);
}

/** What a step will look for in the logs of a config, a line each. */
export function watchedWords(work: Work, logs: readonly LogCheck[]): readonly string[] {
  if (!looksAtLogs(work)) return [];
  if (logs.length === 0) return [NO_LOG];
  return logs.map(
    ({ name, severity, file, pattern, minutes, atMost }) =>
      `log ${name}, ${severity}: /${pattern.source}/ in ${file}, at most ${counted(atMost, 'line')} in ${minutes} min`,
  );
}

/** What the logs say while a person ticks a step: it fails nothing, they answer for it. */
export async function seenInLogs(
  ground: CheckGround,
  work: Work,
): Promise<{ readonly words: readonly string[]; readonly evidence: Evidence }> {
  if (!looksAtLogs(work)) return { words: [], evidence: {} };
  const results = await resultsOf(ground, readsLog);
  return { words: logWords(work, results), evidence: { checks: results.map(ofCheck) } };
}
