import { sourceFiles } from './files.ts';
import { sqlWrites } from './sql.ts';
import { joinedTexts } from './texts.ts';
import { type Language, tokenize } from './tokens.ts';
import { codeWrites } from './writes.ts';

/** A column's name somewhere in source code. File names and columns may hold any character. */
export interface Place {
  /** From the folder, with slashes. */
  readonly file: string;
  /** From 1 on. */
  readonly line: number;
  readonly column: string;
}

export interface CodeScan {
  /** Columns that are written and that the table lacks, in the order of the files. */
  readonly phantoms: readonly Place[];
  /** Every line that names one of the id columns, in comments too. */
  readonly references: readonly Place[];
  /** Files that were read, and those that were not: too large, binary or not readable. */
  readonly files: number;
  readonly skipped: number;
}

/** The table that the code is searched for. */
export interface SearchedTable {
  readonly name: string;
  /** The names of its columns. */
  readonly columns: readonly string[];
  /** The columns whose every mention is wanted. */
  readonly ids: readonly string[];
}

const LANGUAGES: readonly (readonly [ending: RegExp, Language])[] = [
  [/\.php$/i, 'php'],
  [/\.(?:[cm]?[jt]s|[jt]sx|vue|svelte)$/i, 'script'],
  [/\.py$/i, 'python'],
];

/** Turns offsets into line numbers. */
function linesOf(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

interface Written {
  readonly column: string;
  readonly at: number;
}

/** Everything that a file writes to the table. */
function writesOf(path: string, text: string, table: string, knows: (column: string) => boolean): readonly Written[] {
  if (/\.sql$/i.test(path)) return sqlWrites(text, table);
  const language = LANGUAGES.find(([ending]) => ending.test(path))?.[1];
  if (language === undefined) return [];
  const tokens = tokenize(text, language);
  const inCode = codeWrites(tokens, table, knows).map(({ column, token }) => ({ column, at: token.at }));
  const inTexts = joinedTexts(text, tokens).flatMap(({ value, from }) =>
    sqlWrites(value, table).map(({ column, at }) => ({ column, at: from + at })),
  );
  return [...inCode, ...inTexts].toSorted((a, b) => a.at - b.at);
}

const escaped = (name: string): string => name.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);

function referencesIn(
  file: string,
  text: string,
  ids: readonly string[],
  lineOf: (offset: number) => number,
): readonly Place[] {
  const pattern = new RegExp(String.raw`(?<!\w)(?:${ids.map(escaped).join('|')})(?!\w)`, 'g');
  return [...text.matchAll(pattern)].map(({ 0: column, index }) => ({ file, line: lineOf(index), column }));
}

/** Each place once. */
const once = (places: readonly Place[]): readonly Place[] => [
  ...new Map(places.map((place) => [`${place.line} ${place.column}`, place])).values(),
];

/**
 * Searches the source code below a folder for columns that it writes and a table lacks (PHP, JavaScript, TypeScript,
 * Python, and SQL in any of them), and for every mention of the id columns in any text file.
 * @throws Problem usage, when there is no such folder; cancelled
 */
export async function scanCode(folder: string, table: SearchedTable, signal: AbortSignal): Promise<CodeScan> {
  const columns = new Set(table.columns.map((name) => name.toLowerCase()));
  // Libraries for JavaScript write startsAt for starts_at.
  const knows = (name: string): boolean =>
    columns.has(name.toLowerCase()) || columns.has(name.replace(/(?<=[a-z0-9])[A-Z]/g, '_$&').toLowerCase());
  const [phantoms, references]: [Place[], Place[]] = [[], []];
  let [files, skipped] = [0, 0];
  for await (const { path: file, text } of sourceFiles(folder, signal)) {
    if (text === undefined) {
      skipped += 1;
      continue;
    }
    files += 1;
    const lineOf = linesOf(text);
    const written = writesOf(file, text, table.name, knows).filter(({ column }) => !knows(column));
    phantoms.push(...once(written.map(({ column, at }) => ({ file, line: lineOf(at), column }))));
    references.push(...once(referencesIn(file, text, table.ids, lineOf)));
  }
  return { phantoms, references, files, skipped };
}
