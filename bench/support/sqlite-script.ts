import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { installed } from './programs.ts';
import { runToExit } from './runs.ts';

/** Statements as one file for SQLite's own client. */
export interface SqliteScript {
  readonly name: string;
  /** Milliseconds from start to exit. */
  run(): Promise<number>;
}

/** What `sqlite3` knows from 3.43 on, and apptop asks for. */
const NEW_WORDS = "SELECT unixepoch('2000-01-01', 'subsec') + octet_length('x') IS NOT NULL";

/**
 * A `sqlite3` that is too old for the statements runs as many trivial ones, and better-sqlite3 alone runs the statements
 * in this process: the two times are added.
 * @returns undefined where there is no `sqlite3`
 */
export async function sqliteScript(
  path: string,
  statements: readonly string[],
  folder: string,
): Promise<SqliteScript | undefined> {
  if (!installed('sqlite3')) return undefined;
  const knows = (await runToExit(['sqlite3', ':memory:', NEW_WORDS])).stdout.trim() === '1';
  const file = join(folder, 'checks.sql');
  writeFileSync(file, statements.map((statement) => `${knows ? statement : 'SELECT 1'};\n`).join(''));
  const client = async () => (await runToExit(['sqlite3', '-readonly', path, `.read ${file}`])).ms;
  const alone = () => {
    const began = performance.now();
    const database = new Sqlite(path, { readonly: true });
    for (const statement of statements) database.prepare(statement).raw().all();
    database.close();
    return performance.now() - began;
  };
  return knows
    ? { name: 'sqlite3', run: client }
    : { name: 'sqlite3 + better-sqlite3', run: async () => (await client()) + alone() };
}
