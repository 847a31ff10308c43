import { readFileSync } from 'node:fs';
import { Problem } from '../../model/problem.ts';

/** Values with commas between them. @throws Problem usage, for an empty one */
export function listOf(text: string, option: string): readonly string[] {
  // Spaces may belong to a key that is a text; around a number they mean nothing.
  const values = text.split(',').map((value) => (/^\s*\d+\s*$/.test(value) ? value.trim() : value));
  if (values.some((value) => value.trim() === ''))
    throw new Problem('usage', `--${option} has an empty value`, `write --${option} 1,2`);
  return values;
}

/** The number of a run. @throws Problem usage */
export function runNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new Problem('usage', `"${text}" is no number of a run`, 'apptop change status shows the runs');
  }
  return Number(text);
}

/** Lines of a file without comments. */
function linesOf(file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    const remedy = 'write --decide 42=keep-v1,57=skip, or name a file with a decision a line';
    throw new Problem('usage', `--decide: cannot read ${file}`, remedy);
  }
  return text.split('\n').flatMap((line) => line.replace(/#.*/, '').trim() || []);
}

/**
 * Decisions by primary key, as they stand on the command line or in a file.
 * @param text `42=keep-v1,57=skip`, or the path of a file with one of these a line
 * @throws Problem usage
 */
export function decisionsIn(text: string): Readonly<Record<string, string>> {
  const written = text.includes('=') ? listOf(text, 'decide') : linesOf(text);
  const decisions = new Map<string, string>();
  for (const one of written) {
    const [, pk = '', decision = ''] = /^(.+)=([^=]+)$/.exec(one) ?? [];
    if (pk === '') throw new Problem('usage', `--decide: "${one}" is no decision`, 'write 42=keep-v1');
    if (decisions.has(pk)) throw new Problem('usage', `--decide: row ${pk} is decided twice`, 'decide it once');
    decisions.set(pk.trim(), decision.trim());
  }
  return Object.fromEntries(decisions);
}
