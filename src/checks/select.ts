import { PHASES, type Phase, SEVERITIES, type Severity, SYSTEMS, type System } from '../model/check-words.ts';
import { nearest } from '../model/nearest.ts';
import { Problem } from '../model/problem.ts';
import type { Check } from './check.ts';

/** Which checks to run: every part that is given must hold. */
export interface Selection {
  /** Whole ids; none means all. */
  readonly ids: readonly string[];
  readonly system?: string | undefined;
  readonly phase?: string | undefined;
  /** This one and the more severe ones. */
  readonly severity?: string | undefined;
}

/** One of the words that there are, or a Problem that names the nearest. */
function oneOf<Word extends string>(what: string, word: string | undefined, words: readonly Word[]): Word | undefined {
  if (word === undefined) return undefined;
  const found = words.find((candidate) => candidate === word);
  if (found !== undefined) return found;
  const near = nearest(word, words);
  const remedy = `${near === undefined ? '' : `did you mean ${near}? `}it is one of ${words.join(', ')}`;
  throw new Problem('usage', `there is no ${what} "${word}"`, remedy);
}

/**
 * The checks that a selection names, in their order.
 * @throws Problem usage, for a word that names nothing, and when nothing is selected
 */
export function select(checks: readonly Check[], { ids, ...words }: Selection): readonly Check[] {
  const system = oneOf<System>('system', words.system, SYSTEMS);
  const phase = oneOf<Phase>('phase', words.phase, PHASES);
  const severity = oneOf<Severity>('severity', words.severity, SEVERITIES);
  const known = checks.map(({ id }) => id);
  for (const id of ids) {
    if (known.includes(id)) continue;
    const near = nearest(id, known);
    const remedy = near === undefined ? 'apptop check --list shows them all' : `did you mean ${near}?`;
    throw new Problem('usage', `there is no check "${id}"`, remedy);
  }
  const selected = checks.filter(
    (check) =>
      (ids.length === 0 || ids.includes(check.id)) &&
      (system === undefined || check.system === system) &&
      (phase === undefined || check.phases.includes(phase)) &&
      (severity === undefined || SEVERITIES.indexOf(check.severity) <= SEVERITIES.indexOf(severity)),
  );
  // Without one to run, cron would hear that all is well.
  if (selected.length === 0)
    throw new Problem('usage', 'no check is all of that', 'apptop check --list shows them all');
  return selected;
}
