import type Database from 'better-sqlite3';
import { find, open, Refusal, type Serving } from './driver-values.ts';
import type { Ask, Each, Form, Sent } from './protocol.ts';

/** Milliseconds that a statement waits for somebody else's lock. */
const BUSY_MS = 5_000;
/** Statements that are kept prepared; a change takes about ten. */
const PREPARED = 100;

type Prepared = Database.Statement<unknown[], unknown[]>;

/** Reading and writing. The journal stays as the file has it. */
export function openToWrite(path: string): Serving {
  const database = open(path, false);
  database.pragma(`busy_timeout = ${BUSY_MS}`);
  // SQLite's own default. better-sqlite3 takes NORMAL for a write-ahead log, with which a power cut undoes commits; the
  // difference is one fsync a batch.
  database.pragma('synchronous = FULL');
  // As Laravel's connections have it, and better-sqlite3.
  database.pragma('foreign_keys = ON');
  // SQLite's own default. better-sqlite3 turns them on, and a trigger that sets updated_at would set itself off for ever.
  database.pragma('recursive_triggers = OFF');
  const prepare = preparing(database);
  return {
    database,
    answer(request) {
      if ('sql' in request) return run(database, request);
      if ('forms' in request) return { changes: changeEach(prepare, request) };
      throw new Refusal('not a statement');
    },
  };
}

function preparing(database: Database.Database): (sql: string) => Prepared {
  const kept = new Map<string, Prepared>();
  return (sql) => {
    // Nobody asks for the last rowid, which would be a BigInt each time: 2 % of a change.
    const statement = kept.get(sql) ?? database.prepare<unknown[], unknown[]>(sql).safeIntegers(false);
    if (kept.size >= PREPARED) kept.clear();
    kept.set(sql, statement);
    return statement;
  };
}

function run(database: Database.Database, { sql, parameters }: Ask): Sent {
  const statement = database.prepare<unknown[], unknown[]>(sql);
  const values = parameters.map(asBound);
  if (!statement.reader) return { changes: statement.run(...values).changes };
  const found = find(statement, values);
  // Of a RETURNING; a SELECT changes none.
  return { found, changes: found.cells.length / found.names.length };
}

/** better-sqlite3 binds 5 as 5.0, which a column of texts keeps as '5.0', and takes no truth values. */
function asBound(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
}

/** Changes many rows, each by its form, and says how many still were what they should be. */
function changeEach(prepare: (sql: string) => Prepared, { forms, cells }: Each): number {
  const changes = forms.map((form) => new Change(prepare, form));
  for (let at = 0; at < cells.length; ) {
    const change = changes[Number(cells[at])];
    if (change === undefined) throw new Error(`there is no form ${cells[at]}`);
    at = change.row(cells, at + 1);
  }
  for (const change of changes) change.finish();
  return changes.reduce((sum, { changed }) => sum + changed, 0);
}

/** Rows that are changed alike; the lines about them are written together. */
class Change {
  changed = 0;
  readonly #width: number;
  readonly #places: readonly number[];
  readonly #parameters: unknown[];
  readonly #update: Prepared;
  readonly #one: Prepared | undefined;
  readonly #several: Prepared | undefined;
  readonly #full: number;
  #lines: unknown[] = [];

  constructor(prepare: (sql: string) => Prepared, { width, update, line }: Form) {
    this.#width = width;
    this.#places = update.places;
    this.#parameters = update.places.map(() => null);
    this.#update = prepare(update.sql);
    this.#one = line && prepare(line.one);
    this.#several = line && prepare(line.several);
    this.#full = width * (line?.many ?? 0);
  }

  /** Changes the row whose values stand from `first` on; returns where the next one stands. */
  row(cells: readonly unknown[], first: number): number {
    const next = first + this.#width;
    let index = 0;
    for (const place of this.#places) this.#parameters[index++] = cells[first + place];
    const { changes } = this.#update.run(this.#parameters);
    if (changes > 1) throw new Error(`${changes} rows have the same id`);
    if (changes === 0) return next;
    this.changed += 1;
    if (this.#one === undefined) return next;
    for (let at = first; at < next; at += 1) this.#lines.push(cells[at]);
    if (this.#lines.length < this.#full) return next;
    this.#several?.run(this.#lines);
    this.#lines = [];
    return next;
  }

  finish(): void {
    for (let at = 0; at < this.#lines.length; at += this.#width) {
      this.#one?.run(this.#lines.slice(at, at + this.#width));
    }
    this.#lines = [];
  }
}
