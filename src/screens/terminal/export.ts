import { createWriteStream, openSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { csvLine } from '../../model/csv.ts';
import { count, counted } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import type { Export, Prompt } from '../contract.ts';

type Format = 'csv' | 'json';

const formatOf = (path: string): Format | undefined =>
  path.endsWith('.csv') ? 'csv' : path.endsWith('.json') ? 'json' : undefined;

async function* csvOf({ columns, read }: Export, signal: AbortSignal): AsyncGenerator<string> {
  yield csvLine(columns);
  for await (const rows of read(signal)) yield rows.map(csvLine).join('');
}

async function* jsonOf({ columns, read }: Export, signal: AbortSignal): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const rows of read(signal)) {
    for (const row of rows) {
      yield `${separator}${JSON.stringify(Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null])))}`;
      separator = ',\n';
    }
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

/** `12 of 128 rows`, as far as the numbers are known. */
function rowsOfRows({ rows, of }: Pick<Export, 'rows' | 'of'>): string {
  if (rows === undefined) return 'all filtered rows';
  return of === undefined || of === rows ? `all ${counted(rows, 'row')}` : `${count(rows)} of ${counted(of, 'row')}`;
}

/** A new file, or a text that says why not. */
function create(path: string): number | string {
  try {
    return openSync(path.replace(/^~(?=\/)/, homedir()), 'wx', 0o600);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return 'that file exists already: nothing is overwritten';
    if (code === 'ENOENT') return 'there is no such folder';
    return `can't be written: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function write(rows: Export, path: string, fd: number, format: Format): Promise<string> {
  const signal = new AbortController().signal;
  let written = 0;
  const watched: Export = {
    ...rows,
    read: async function* (abort) {
      for await (const batch of rows.read(abort)) {
        written += batch.length;
        yield batch;
      }
    },
  };
  try {
    const lines = format === 'csv' ? csvOf(watched, signal) : jsonOf(watched, signal);
    await pipeline(Readable.from(lines), createWriteStream(path, { fd }));
    return `${path} has ${counted(written, 'row')}`;
  } catch (error) {
    await unlink(path);
    if (!(error instanceof Problem) && !(error instanceof Error && 'code' in error)) throw error;
    return `the export failed and left no file: ${error.message}`;
  }
}

/** Asks for the path of an export; its ending says the format, and Tab changes it. Never overwrites a file. */
export function exportPrompt(rows: Export, notify: (text: string) => void): Prompt {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return {
    label: `export ${rowsOfRows(rows)} to`,
    initial: `./${rows.name}-${stamp}.csv`,
    note: 'Tab: CSV or JSON',
    complete: (path) =>
      formatOf(path) === 'csv' ? path.replace(/\.csv$/, '.json') : `${path.replace(/\.json$/, '')}.csv`,
    submit: (path) => {
      const format = formatOf(path);
      if (format === undefined) return 'the name has to end in .csv or .json';
      const fd = create(path);
      if (typeof fd === 'string') return fd;
      notify(`writing ${rowsOfRows(rows)} to ${path}`);
      void write(rows, path, fd, format).then(notify);
      return undefined;
    },
  };
}
