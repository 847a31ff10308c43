import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { DriverError, Request, Response } from './protocol.ts';

/** Milliseconds that a statement waits for somebody else's lock; less than a connection may take, so that it is named. */
const BUSY_TIMEOUT_MS = 2_000;

function asText(value: unknown): string | null {
  if (value === null) return null;
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  return String(value);
}

function describe(error: unknown): DriverError {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
  return { code, message };
}

function open(path: string): Database.Database {
  const database = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  database.defaultSafeIntegers(true);
  // Opening reads nothing: a first look finds a file that is no database.
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
  return database;
}

function answer(database: Database.Database, { sql, parameters }: Request): Response {
  try {
    // A PRAGMA that switches it off does so while it is prepared, even when it is refused.
    database.pragma('query_only = ON');
    const statement = database.prepare<unknown[], unknown[]>(sql);
    if (!statement.reader) return { error: { code: 'SQLITE_READONLY', message: 'not a query' } };
    const names = statement.columns().map(({ name }) => name);
    const rows = statement.raw().all(...parameters);
    return { rows: rows.map((row) => Object.fromEntries(names.map((name, index) => [name, asText(row[index])]))) };
  } catch (error) {
    return { error: describe(error) };
  }
}

/** Milliseconds between two looks at whether the parent still lives. */
const LOOK_MS = 1_000;

/** Ends this process when its parent is gone; from another thread, as this one notices nothing while it is in a statement. */
function watchParent(): void {
  const look = `if (process.ppid !== ${process.ppid}) process.kill(process.pid, 'SIGKILL');`;
  new Worker(`setInterval(() => { ${look} }, ${LOOK_MS})`, { eval: true }).unref();
}

/**
 * The process that holds a SQLite file open for reading. better-sqlite3 is synchronous and can't be interrupted: a
 * thread stuck in a statement can be neither terminated nor exited past, a process can be killed. See
 * docs/decisions/0001-sqlite-in-a-process.md.
 */
function serve(path: string): void {
  const send = (response: Response) => process.send?.(response);
  // The parent decides when this process ends; Ctrl-C reaches the whole group.
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => process.exit(0));
  try {
    const database = open(path);
    process.on('message', (request: Request) => send(answer(database, request)));
    send({ rows: [] });
    watchParent();
  } catch (error) {
    send({ error: describe(error) });
  }
}

const [, , path] = process.argv;
if (process.send && path !== undefined) serve(path);
