import Database from 'better-sqlite3';
import { type DriverError, OPENING, type Request, type Response } from './protocol.ts';

/** Milliseconds that a statement waits for somebody else's write lock. */
const BUSY_TIMEOUT_MS = 5_000;

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
  database.pragma('query_only = ON');
  // Opening reads nothing: a first look finds a file that is no database.
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
  return database;
}

function answer(database: Database.Database, request: Request): Response {
  try {
    const statement = database.prepare<unknown[], Record<string, unknown>>(request.sql);
    if (!statement.reader) return { id: request.id, error: { code: 'SQLITE_READONLY', message: 'not a query' } };
    const rows = statement
      .all(...request.parameters)
      .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asText(value)])));
    return { id: request.id, rows };
  } catch (error) {
    return { id: request.id, error: describe(error) };
  }
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
    send({ id: OPENING, rows: [] });
  } catch (error) {
    send({ id: OPENING, error: describe(error) });
  }
}

const [, , path] = process.argv;
if (process.send && path !== undefined) serve(path);
