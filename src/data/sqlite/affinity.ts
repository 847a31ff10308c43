import type { Column } from '../connection.ts';

/** What SQLite takes for a number. */
const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
/** A whole number as SQLite would write it. */
const WHOLE = /^(0|-?[1-9]\d*)$/;

/** By SQLite's own rules: https://sqlite.org/datatype3.html#determination_of_column_affinity */
function affinityOf(type: string): 'whole' | 'real' | 'none' {
  if (/int/i.test(type)) return 'whole';
  if (type === '' || /char|clob|text|blob/i.test(type)) return 'none';
  return /real|floa|doub/i.test(type) ? 'real' : 'whole';
}

/**
 * Tells which texts a column keeps as they are: one of numbers makes 123 of '0123' and 1e+20 of twenty digits, which no
 * strictness of SQLite refuses. undefined where it keeps all.
 */
export function keeping({ type }: Column): ((text: string) => boolean) | undefined {
  const affinity = affinityOf(type);
  if (affinity === 'none') return undefined;
  return (text) => (affinity === 'whole' && WHOLE.test(text) && isInteger64(text)) || !NUMBER.test(text);
}

const isInteger64 = (text: string): boolean => text.length < 19 || BigInt.asIntN(64, BigInt(text)) === BigInt(text);
