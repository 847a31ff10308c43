import { canonicalJson } from './canonical.ts';
import type { Link } from './chain.ts';
import type { AuditRecord } from './event.ts';
import { readRecord } from './record.ts';

/** What the database has made of an announced record. */
interface Noted {
  /** The number of the line that announced it. */
  readonly of: number;
  readonly database: { readonly seq: number; readonly hash: string };
}

/**
 * A line of the local file: a record that is announced before it goes to the database, or the word that it is there. `body`
 * is what the link's hash is over.
 */
export interface WholeLine extends Link {
  readonly record: AuditRecord | undefined;
  /** The record's text, which is that of the database's row too. */
  readonly recordText: string | undefined;
  readonly noted: Noted | undefined;
  /** Whether the record is meant for this file alone. */
  readonly local: boolean;
  /** Whether the line is, byte for byte, as apptop writes it. */
  readonly verbatim: boolean;
}

export interface LocalLine {
  /** From 1, as an editor counts. */
  readonly line: number;
  /** undefined for a line that is no link. */
  readonly whole: WholeLine | undefined;
  /** Whether it is the beginning of a line that a crash ended. */
  readonly torn: boolean;
}

const BEGINNING = '{"body":{';

/** A line that ended early: what is there is the beginning of one, or what a disk shows where nothing was written. */
const isTorn = (text: string): boolean =>
  parsed(text) === undefined && (text.startsWith(BEGINNING) || BEGINNING.startsWith(text) || /^\0+$/.test(text));

const split = (text: string): readonly string[] => {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
};

/** The lines of a file, with what they say. */
export const linesOf = (text: string): readonly LocalLine[] =>
  split(text).map((line, index) => ({ line: index + 1, whole: wholeLine(line), torn: isTorn(line) }));

/** What is behind a file's last whole line, without a look at all the others. */
export interface End {
  readonly last: WholeLine | undefined;
  /** By which records name the file; undefined while it holds none. */
  readonly id: string | undefined;
  /** Whether a line has begun that has no end. */
  readonly begun: boolean;
}

export function endOf(text: string): End {
  const lines = split(text);
  const last = lines.findLast((line) => wholeLine(line) !== undefined);
  const first = lines.find((line) => wholeLine(line)?.record !== undefined);
  return {
    last: last === undefined ? undefined : wholeLine(last),
    id: first === undefined ? undefined : wholeLine(first)?.record?.file,
    begun: text !== '' && !text.endsWith('\n'),
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isHash = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value);

function wholeLine(text: string): WholeLine | undefined {
  const value = parsed(text);
  if (!isObject(value) || !('body' in value && 'prev' in value && 'hash' in value)) return undefined;
  const { body, prev, hash } = value;
  if (!isObject(body) || !('seq' in body) || !isNumber(body.seq) || !isHash(prev) || !isHash(hash)) return undefined;
  const recordText = 'record' in body ? canonicalJson(body.record) : undefined;
  return {
    seq: body.seq,
    prev,
    hash,
    body: canonicalJson(body),
    record: recordText === undefined ? undefined : readRecord(recordText),
    recordText,
    noted: notedIn(body),
    local: 'local' in body && body.local === true,
    verbatim: canonicalJson(value) === text,
  };
}

function notedIn(body: object): Noted | undefined {
  if (!('of' in body && 'database' in body)) return undefined;
  const { of, database } = body;
  if (!isNumber(of) || !isObject(database) || !('seq' in database && 'hash' in database)) return undefined;
  const { seq, hash } = database;
  return isNumber(seq) && isHash(hash) ? { of, database: { seq, hash } } : undefined;
}
