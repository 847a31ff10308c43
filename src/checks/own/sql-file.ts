import { readFileSync, statSync } from 'node:fs';
import { PHASES, type Phase, SEVERITIES, type Severity } from '../../model/check-words.ts';
import { nearest } from '../../model/nearest.ts';
import { Problem } from '../../model/problem.ts';
import { queryOf } from '../../model/query.ts';

/** A user's check as its file says it. */
export interface SqlFile {
  readonly path: string;
  /** `own/<id>`: by its header, or else by its file name. */
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly phases: readonly Phase[];
  readonly reason: string | undefined;
  readonly remedy: string | undefined;
  /** One SELECT, in the engine's own words, without the semicolon at its end. */
  readonly sql: string;
}

const HEADERS = ['id', 'title', 'severity', 'phase', 'expect', 'reason', 'remedy'] as const;
type Header = (typeof HEADERS)[number];

/** The only expectation that there is. */
const ZERO_ROWS = 'zero-rows';

/** What `-- key: value` lines before the statement say. */
function headersOf(text: string, path: string): ReadonlyMap<Header, string> {
  const headers = new Map<Header, string>();
  for (const line of text.split('\n')) {
    const bare = line.trim();
    if (bare !== '' && !bare.startsWith('--')) break;
    const [, key, value] = /^--\s*([a-z]+):\s*(.*)$/.exec(bare) ?? [];
    if (key === undefined || value === undefined) continue;
    const header = HEADERS.find((name) => name === key);
    if (header === undefined) throw unknown(path, 'header', key, HEADERS);
    headers.set(header, value);
  }
  return headers;
}

function unknown(path: string, what: string, word: string, words: readonly string[]): Problem {
  const near = nearest(word, words);
  const remedy = `${near === undefined ? '' : `did you mean ${near}? `}it is one of ${words.join(', ')}`;
  return new Problem('config', `${path}: there is no ${what} "${word}"`, remedy);
}

function wordOf<Word extends string>(path: string, what: string, word: string, words: readonly Word[]): Word {
  const found = words.find((candidate) => candidate === word);
  if (found === undefined) throw unknown(path, what, word, words);
  return found;
}

/**
 * Reads a user's check.
 * @throws Problem config, with the file's path
 */
export function readSqlFile(path: string): SqlFile {
  const text = read(path);
  const headers = headersOf(text, path);
  const fileName = path.replace(/^.*[/\\]/, '').replace(/\.sql$/, '');
  const id = headers.get('id') ?? fileName;
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(id)) {
    throw new Problem('config', `${path}: "${id}" can't be an id`, 'use letters, digits, dots, dashes and underscores');
  }
  const expect = headers.get('expect') ?? ZERO_ROWS;
  if (expect !== ZERO_ROWS) throw unknown(path, 'expectation', expect, [ZERO_ROWS]);
  const phases = (headers.get('phase') ?? 'monitor').split(/[\s,]+/);
  return {
    path,
    id: `own/${id}`,
    title: headers.get('title') ?? id,
    severity: wordOf(path, 'severity', headers.get('severity') ?? 'error', SEVERITIES),
    phases: phases.map((phase) => wordOf(path, 'phase', phase, PHASES)),
    reason: headers.get('reason'),
    remedy: headers.get('remedy'),
    sql: queryOf(text, path, 'write one SELECT that returns the violating rows'),
  };
}

function read(path: string): string {
  try {
    // Reading a pipe waits for somebody who writes to it, and nothing can stop that.
    if (!statSync(path).isFile()) throw new Error('it is no file');
    // Editors of some systems begin a file with a byte order mark, which two of the servers take for a word.
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem('config', `${path} can't be read: ${why}`, 'check the file and the right to read it');
  }
}
