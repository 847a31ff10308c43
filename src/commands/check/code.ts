import { resolve } from 'node:path';
import type { Check } from '../../checks/check.ts';
import type { CodeScan, Place } from '../../checks/phantom-columns/scan.ts';
import { Problem } from '../../model/problem.ts';
import { fit, visible } from '../../model/text.ts';
import { tabbed } from './lines.ts';

/** The check that looks into source code when it is told where. */
const CHECK = 'schema/phantom-columns';

/** Checks of which one searches source code, and what it has seen; undefined until then. */
export interface CodeSearch {
  readonly checks: readonly Check[];
  readonly scan: () => CodeScan | undefined;
}

/**
 * Has the check of phantom columns search the source code below a folder instead of the config's list.
 * @throws Problem usage, when that check is not among those selected
 */
export function searching(checks: readonly Check[], folder: string): CodeSearch {
  if (!checks.some(({ id }) => id === CHECK)) {
    throw new Problem('usage', `--code is for the check ${CHECK}`, 'select that one too, or leave --code out');
  }
  let scan: CodeScan | undefined;
  const look: Extract<Check, { look: unknown }>['look'] = async (ground) => {
    const { phantomColumnsInCode } = await import('../../checks/phantom-columns/finding.ts');
    const finding = await phantomColumnsInCode(ground, resolve(folder));
    scan = finding.scan;
    return finding;
  };
  return {
    checks: checks.map((check) => (check.id === CHECK && 'look' in check ? { ...check, look } : check)),
    scan: () => scan,
  };
}

const at = ({ file, line }: Place): string => `${file}:${line}`;

/** Every place, for a program a line `phantom` or `mention`, place and column; for a person under two titles. */
export function placeLines({ phantoms, references }: CodeScan, columns: number | undefined): readonly string[] {
  if (columns === undefined) {
    const told = (what: string) => (place: Place) => tabbed(what, at(place), place.column);
    return [...phantoms.map(told('phantom')), ...references.map(told('mention'))];
  }
  const list = (title: string, places: readonly Place[]) => {
    const width = Math.max(0, ...places.map((place) => visible(at(place)).length));
    const lines = places.map((place) => `  ${fit(at(place), width)}  ${visible(place.column)}`);
    return places.length === 0 ? [] : ['', title, ...lines];
  };
  return [...list('Written and not in the table', phantoms), ...list('Mentions of the id columns', references), ''];
}

/** The same in the document of `check --json`. */
export const codeDocument = ({ phantoms, references, files, skipped }: CodeScan) => ({
  phantoms,
  mentions: references,
  files,
  skipped,
});
