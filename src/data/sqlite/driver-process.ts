import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Problem } from '../../model/problem.ts';
import type { Row } from '../connection.ts';
import { rowMaker } from '../row-maker.ts';
import { closed } from '../turns.ts';
import type { DriverError, Mode, Request, Response, Sent } from './protocol.ts';

/** Beside this file in the source, beside the bundle in a build. */
const driverFile = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './driver.ts' : './sqlite-driver.js', import.meta.url),
);

/** Milliseconds for a process to close its file, which may move a write-ahead log into it. */
const END_MS = 10_000;

/** What came of a request. */
export interface Answer {
  readonly rows: readonly Row[];
  /** How many rows were changed. */
  readonly changes: number;
}

function rowsOf({ found }: Sent): readonly Row[] {
  if (found === undefined) return [];
  const { names, cells } = found;
  const rowOf = rowMaker(names);
  return Array.from({ length: cells.length / names.length }, (_, row) => rowOf(cells, row * names.length));
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (problem: Problem) => void;
}

interface Opening {
  readonly path: string;
  readonly mode: Mode;
  /** What a failure in the process means to a person. */
  readonly problemOf: (error: DriverError, path: string) => Problem;
}

/** One driver process, and whoever waits for its next answer. */
export class DriverProcess {
  readonly #process: ChildProcess;
  #waiting: Waiting | undefined;
  #ended: Problem | undefined;
  #inTransaction = false;

  private constructor({ path, mode, problemOf }: Opening) {
    // An empty environment: no secret and no NODE_OPTIONS of ours reaches it. Nothing it might say reaches the screen.
    this.#process = fork(driverFile, mode === 'read' ? [path] : [path, mode], {
      serialization: 'advanced',
      execArgv: [],
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#process.on('message', (response: Response) => {
      this.#inTransaction = response.inTransaction;
      if ('error' in response) this.#waiting?.reject(problemOf(response.error, path));
      else this.#waiting?.resolve({ rows: rowsOf(response), changes: response.changes });
    });
    const what = `the process that ${mode === 'write' ? 'writes' : 'reads'} ${path}`;
    this.#process.on('error', ({ message }) =>
      this.kill(new Problem('lost', `${what} failed: ${message}`, 'check that Node may start processes')),
    );
    this.#process.on('exit', () =>
      this.kill(new Problem('lost', `${what} ended`, 'look at the memory of this machine')),
    );
  }

  /** Starts a process and waits until the file is open. @throws Problem */
  static async start(opening: Opening, timeoutMs: number): Promise<DriverProcess> {
    const driver = new DriverProcess(opening);
    const what = `${opening.path} does not open in time`;
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
    return this.#ended === undefined;
  }

  get busy(): boolean {
    return this.#waiting !== undefined;
  }

  /** As of the last answer. */
  get inTransaction(): boolean {
    return this.#inTransaction;
  }

  /**
   * One request, one at a time.
   * @param late after the timeout the process is killed, and this is why
   */
  async ask(request: Request, timeoutMs: number, late: Problem): Promise<Answer> {
    if (this.#ended) throw this.#ended;
    const answer = this.#answer(timeoutMs, late);
    this.#process.send(request);
    return await answer;
  }

  /** Ends the process at once; SQLite's locks end with it. */
  kill(reason: Problem): void {
    if (this.#ended) return;
    this.#ended = reason;
    this.#process.kill('SIGKILL');
    this.#waiting?.reject(reason);
  }

  /** Lets the process close its file, which undoes an open transaction. It must be idle. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = closed();
    const gone = once(this.#process, 'exit');
    this.#process.ref();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), END_MS);
    if (this.#process.connected) this.#process.disconnect();
    await gone;
    clearTimeout(timer);
  }

  async #answer(timeoutMs: number, late: Problem): Promise<Answer> {
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
