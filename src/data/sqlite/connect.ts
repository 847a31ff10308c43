import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Target } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
import type { Connection, Row, Server, Statement } from '../connection.ts';
import { cancelled, closed, Turns, tooLong } from '../turns.ts';
import { DriverProcess } from './driver-process.ts';
import { problemOf } from './problems.ts';

class SqliteConnection implements Connection {
  readonly server: Server;
  #driver: DriverProcess;
  #closed = false;
  readonly #turns = new Turns();

  constructor(path: string, driver: DriverProcess, version: string) {
    this.#driver = driver;
    this.server = serverOf(path, version);
  }

  query(statement: Statement, timeoutMs: number): Promise<readonly Row[]> {
    return this.#turns.take(() => this.#run(statement, timeoutMs));
  }

  async cancel(): Promise<void> {
    if (this.#driver.busy) this.#driver.kill(cancelled());
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#driver.kill(closed());
  }

  async #run({ sql, parameters }: Statement, timeoutMs: number): Promise<readonly Row[]> {
    // Cancelling ends the process, so the statement after it starts another one.
    if (!this.#driver.alive && !this.#closed) this.#driver = await start(this.server.database, timeoutMs);
    if (this.#closed) {
      this.#driver.kill(closed());
      throw closed();
    }
    return (await this.#driver.ask({ sql, parameters }, timeoutMs, tooLong(timeoutMs))).rows;
  }
}

const start = (path: string, timeoutMs: number): Promise<DriverProcess> =>
  DriverProcess.start({ path, mode: 'read', problemOf }, timeoutMs);

export const serverOf = (path: string, version: string): Server => ({
  product: 'SQLite',
  version,
  database: path,
  user: undefined,
  role: undefined,
});

/** The version of SQLite in a process. */
export async function versionIn(driver: DriverProcess, timeoutMs: number): Promise<string> {
  const request = { sql: 'SELECT sqlite_version() AS version', parameters: [] };
  const { rows } = await driver.ask(request, timeoutMs, tooLong(timeoutMs));
  return rows[0]?.['version'] ?? '';
}

/** The file of a target. @throws Problem missing */
export function fileOf(target: Target): string {
  if (target.engine !== 'sqlite') throw new Error(`the SQLite engine was given a ${target.engine} target`);
  const path = resolve(target.path);
  if (!existsSync(path)) throw new Problem('missing', `there is no file ${path}`, 'check the path in the connection');
  if (statSync(path).isDirectory()) throw new Problem('missing', `${path} is a folder`, 'name the database file in it');
  return path;
}

/**
 * Opens a SQLite file read-only, in a process of its own.
 * @throws Problem missing, refused or timeout
 */
export async function connect(target: Target, timeoutMs: number): Promise<Connection> {
  const path = fileOf(target);
  const driver = await start(path, timeoutMs);
  return new SqliteConnection(path, driver, await versionIn(driver, timeoutMs));
}
