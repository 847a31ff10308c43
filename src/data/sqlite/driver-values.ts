import type * as Crypto from 'node:crypto';
import { createRequire } from 'node:module';
import Database from 'better-sqlite3';
import { DIGEST, type Found, type Request, type Sent } from './protocol.ts';

/** A file that is open, and what is made of requests. */
export interface Serving {
  readonly database: Database.Database;
  answer(request: Request): Sent | Promise<Sent>;
}

/** What this process was not started for. */
export class Refusal extends Error {
  readonly code = 'SQLITE_READONLY';
}

/** Milliseconds that opening waits for somebody else's lock; less than a connection may take, so that it is named. */
const OPENING_BUSY_MS = 2_000;

/** Opens a file that is there. Integers arrive as BigInt: a number holds them up to 2^53 only. */
export function open(path: string, readonly: boolean): Database.Database {
  const database = new Database(path, { readonly, fileMustExist: true, timeout: OPENING_BUSY_MS });
  database.defaultSafeIntegers(true);
  database.function(DIGEST, { deterministic: true, directOnly: true }, digestOf);
  // Opening reads nothing: a first look finds a file that is no database.
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
  return database;
}

function asText(value: unknown): string | null {
  if (value === null) return null;
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  return String(value);
}

const require = createRequire(import.meta.url);

/** Few statements want it, and node:crypto takes 7 ms to load. */
function digestOf(value: unknown): string | null {
  if (value === null) return null;
  const { createHash }: typeof Crypto = require('node:crypto');
  return createHash('sha256')
    .update(Buffer.isBuffer(value) ? value : String(value))
    .digest('hex');
}

/** The rows of a statement that gives some. */
export function find(statement: Database.Statement<unknown[], unknown[]>, parameters: readonly unknown[]): Found {
  const names = statement.columns().map(({ name }) => name);
  const cells: (string | null)[] = [];
  for (const row of statement.raw().all(...parameters)) for (const value of row) cells.push(asText(value));
  return { names, cells };
}
