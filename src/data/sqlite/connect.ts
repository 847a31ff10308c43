import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Target } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
import type { Connection, Row, Server, Statement } from '../connection.ts';
import { cancelled, closed, Turns, tooLong } from '../turns.ts';
import { problemOf } from './problems.ts';
import type { Request, Response } from './protocol.ts';

/** Beside this file in the source, beside the bundle in a build. */
const driverFile = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './driver.ts' : './sqlite-driver.js', import.meta.url),
);

interface Waiting {
  readonly resolve: (rows: readonly Row[]) => void;
  readonly reject: (problem: Problem) => void;
}

/** One driver process, and whoever waits for its next answer. */
class Driver {
  readonly #process: ChildProcess;
  readonly #path: string;
  #waiting: Waiting | undefined;
  #alive = true;

  private constructor(path: string) {
    this.#path = path;
    // An empty environment: no secret and no NODE_OPTIONS of ours reaches it. Nothing it might say reaches the screen.
    this.#process = fork(driverFile, [path], {
      serialization: 'advanced',
      execArgv: [],
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#process.on('message', (response: Response) => {
      if ('error' in response) this.#waiting?.reject(problemOf(response.error, this.#path));
      else this.#waiting?.resolve(response.rows);
    });
    const lost = (what: string, remedy: string) => this.kill(new Problem('lost', what, remedy));
    this.#process.on('error', (error) =>
      lost(`the process that reads ${path} failed: ${error.message}`, 'check that Node may start processes'),
    );
    this.#process.on('exit', () => lost(`the process that reads ${path} ended`, 'look at the memory of this machine'));
  }

  static async start(path: string, timeoutMs: number): Promise<Driver> {
    const driver = new Driver(path);
    const what = `${path} does not open in time`;
    const late = new Problem('timeout', what, 'check the disk or the network that the file is on');
    try {
      await driver.#answer(timeoutMs, late);
      return driver;
    } catch (error) {
      driver.kill(late);
      throw error;
    }
  }

  get alive(): boolean {
    return this.#alive;
  }

  get busy(): boolean {
    return this.#waiting !== undefined;
  }

  /** One statement, one at a time. */
  query({ sql, parameters }: Statement, timeoutMs: number): Promise<readonly Row[]> {
    const answer = this.#answer(timeoutMs, tooLong(timeoutMs));
    const request: Request = { sql, parameters };
    this.#process.send(request);
    return answer;
  }

  /** Ends the process at once; SQLite's locks end with it. */
  kill(reason: Problem): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#process.kill('SIGKILL');
    this.#waiting?.reject(reason);
  }

  async #answer(timeoutMs: number, late: Problem): Promise<readonly Row[]> {
    const timer = setTimeout(() => this.kill(late), timeoutMs);
    // A statement in flight keeps the event loop alive; an idle driver does not.
    this.#process.ref();
    this.#process.channel?.ref();
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting = { resolve, reject };
      });
    } finally {
      clearTimeout(timer);
      this.#waiting = undefined;
      this.#process.channel?.unref();
      this.#process.unref();
    }
  }
}

class SqliteConnection implements Connection {
  readonly server: Server;
  #driver: Driver;
  #closed = false;
  readonly #turns = new Turns();

  constructor(path: string, driver: Driver, version: string) {
    this.#driver = driver;
    this.server = { product: 'SQLite', version, database: path, user: undefined, role: undefined };
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

  async #run(statement: Statement, timeoutMs: number): Promise<readonly Row[]> {
    // Cancelling ends the process, so the statement after it starts another one.
    if (!this.#driver.alive && !this.#closed) this.#driver = await Driver.start(this.server.database, timeoutMs);
    if (this.#closed) {
      this.#driver.kill(closed());
      throw closed();
    }
    return await this.#driver.query(statement, timeoutMs);
  }
}

/**
 * Opens a SQLite file read-only, in a process of its own.
 * @throws Problem missing, refused or timeout
 */
export async function connect(target: Target, timeoutMs: number): Promise<Connection> {
  if (target.engine !== 'sqlite') throw new Error(`the SQLite engine was given a ${target.engine} target`);
  const path = resolve(target.path);
  if (!existsSync(path)) throw new Problem('missing', `there is no file ${path}`, 'check the path in the connection');
  if (statSync(path).isDirectory()) throw new Problem('missing', `${path} is a folder`, 'name the database file in it');
  const driver = await Driver.start(path, timeoutMs);
  const [row] = await driver.query({ sql: 'SELECT sqlite_version() AS version', parameters: [] }, timeoutMs);
  return new SqliteConnection(path, driver, row?.['version'] ?? '');
}
