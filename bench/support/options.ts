import { parseArgs } from 'node:util';

/** How much is measured. */
export interface Options {
  /** Names of measures; all of them when none is given. */
  readonly names: readonly string[];
  /** Rows of the large table. */
  readonly rows: number;
  /** Minutes for each measure that watches a console; undefined leaves that to the measure. */
  readonly minutes: number | undefined;
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} ${text}: give a number above 0`);
  return value;
}

/** Reads `NAME… [--rows N] [--minutes M]`. */
export function readOptions(args: readonly string[], known: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { rows: { type: 'string' }, minutes: { type: 'string' } },
  });
  const stranger = positionals.find((name) => !known.includes(name));
  if (stranger !== undefined) throw new Error(`there is no measure "${stranger}": ${known.join(', ')}`);
  return {
    names: positionals.length === 0 ? known : positionals,
    rows: Math.round(positive('rows', values.rows) ?? 1_000_000),
    minutes: positive('minutes', values.minutes),
  };
}
