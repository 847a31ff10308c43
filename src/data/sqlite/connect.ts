import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Target } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
import type { Connection, Row, Server, Statement } from '../connection.ts';
import { problemOf } from './problems.ts';
import { OPENING, type Request, type Response } from './protocol.ts';

/** Beside this file in the source, beside the bundle in a build. */
const driverFile = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './driver.ts' : './sqlite-driver.js', import.meta.url),
);

interface Waiting {
  readonly resolve: (rows: readonly Row[]) => void;
  readonly reject: (problem: Problem) => void;
}

/** One driver process and the statement that it works on. */
class Driver {
  readonly #process: ChildProcess;
  readonly #path: string;
  readonly opened: Promise<unknown>;
  #waiting = new Map<number, Waiting>();
  #lastId = OPENING;
  #alive = true;
  /** What the waiting statements are told when the process ends. */
  #ending = new Problem('lost', 'the process that reads the SQLite file ended', 'look at the memory of this machine');

  constructor(path: string) {
    this.#path = path;
    // An empty environment: no secret and no NODE_OPTIONS of ours reaches it.
    this.#process = fork(driverFile, [path], { serialization: 'advanced', execArgv: [], env: {}, stdio: 'inherit' });
    this.opened = new Promise((resolve, reject) => this.#waiting.set(OPENING, { resolve, reject }));
    this.#process.on('message', (response: Response) => this.#settle(response));
    this.#process.on('error', (error) =>
      this.#end(new Problem('lost', error.message, 'check that Node may start processes')),
    );
    this.#process.on('exit', () => this.#end(this.#ending));
  }

  get alive(): boolean {
    return this.#alive;
  }

  query(statement: Statement): Promise<readonly Row[]> {
    const request: Request = { id: ++this.#lastId, ...statement };
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject });
      // A statement in flight keeps the event loop alive; an idle driver does not.
      this.#process.ref();
      this.#process.channel?.ref();
      this.#process.send(request);
    });
  }

  /** Ends the process at once; SQLite's locks end with it. */
  kill(reason: Problem): void {
    this.#alive = false;
    this.#ending = reason;
    this.#process.kill('SIGKILL');
  }

  #settle(response: Response): void {
    const waiting = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    if (this.#waiting.size === 0) this.#unref();
    if ('error' in response) waiting?.reject(problemOf(response.error, this.#path));
    else waiting?.resolve(response.rows);
  }

  #end(reason: Problem): void {
    this.#alive = false;
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }

  #unref(): void {
    this.#process.channel?.unref();
    this.#process.unref();
  }
}

class SqliteConnection implements Connection {
  readonly server: Server;
  readonly #path: string;
  #driver: Driver;
  #busy = false;

  constructor(path: string, driver: Driver, version: string) {
    this.#path = path;
    this.#driver = driver;
    this.server = { product: 'SQLite', version, database: path, user: undefined, role: undefined };
  }

  async query(statement: Statement, timeoutMs: number): Promise<readonly Row[]> {
    // Cancelling ends the process, so the statement after it starts another one.
    if (!this.#driver.alive) this.#driver = await start(this.#path);
    const driver = this.#driver;
    const timer = setTimeout(() => {
      driver.kill(
        new Problem('timeout', `the statement took over ${timeoutMs / 1000} s`, 'raise statementTimeoutSeconds'),
      );
    }, timeoutMs);
    this.#busy = true;
    try {
      return await driver.query(statement);
    } finally {
      clearTimeout(timer);
      this.#busy = false;
    }
  }

  async cancel(): Promise<void> {
    if (this.#busy) this.#driver.kill(new Problem('cancelled', 'the statement was cancelled', 'press R to ask again'));
  }

  async close(): Promise<void> {
    this.#driver.kill(new Problem('cancelled', 'the connection was closed', 'open it again'));
  }
}

async function start(path: string): Promise<Driver> {
  const driver = new Driver(path);
  await driver.opened;
  return driver;
}

/**
 * Opens a SQLite file read-only, in a process of its own.
 * @throws Problem missing or refused
 */
export async function connect(target: Target): Promise<Connection> {
  if (target.engine !== 'sqlite') throw new Error(`the SQLite engine was given a ${target.engine} target`);
  const path = resolve(target.path);
  if (!existsSync(path)) throw new Problem('missing', `there is no file ${path}`, 'check the path in the connection');
  if (statSync(path).isDirectory()) throw new Problem('missing', `${path} is a folder`, 'name the database file in it');
  const driver = await start(path);
  const [row] = await driver.query({ sql: 'SELECT sqlite_version() AS version', parameters: [] });
  return new SqliteConnection(path, driver, row?.version ?? '');
}
