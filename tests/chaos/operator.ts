import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { poll } from '../support.ts';
import type { Order, Told } from './order.ts';

const HOST = fileURLToPath(new URL('host.ts', import.meta.url));

/** What a process that ended by itself said last. */
export type Last = Extract<Told, { readonly kind: 'end' | 'problem' }>;

/** An operator in a process of its own, and in a group of its own with the process that holds a SQLite file. */
export class OperatorProcess {
  readonly told: Told[] = [];
  readonly #process: ChildProcess;
  readonly #exit: Promise<unknown>;
  #errors = '';

  /** @param finished hears how to end it: in a test beside others, that test's own */
  constructor(order: Order, finished: (end: () => void) => void = onTestFinished) {
    this.#process = fork(HOST, { detached: true, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
    this.#exit = once(this.#process, 'exit');
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString();
    });
    this.#process.on('message', (told: Told) => this.told.push(told));
    this.#process.send(order);
    finished(() => this.kill('group'));
  }

  get ended(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Waits until everything is loaded and the run begins. */
  async ready(): Promise<void> {
    await poll(() => this.told.length > 0 || this.ended, { deadlineMs: 20_000, what: 'an operator at work' });
  }

  /** Waits for its end. @returns what it said last; undefined when it was killed */
  async end(): Promise<Last | undefined> {
    if (!this.ended) await this.#exit;
    const last = this.told.findLast((told): told is Last => told.kind === 'end' || told.kind === 'problem');
    if (last === undefined && this.#process.signalCode === null)
      throw new Error(`the operator failed: ${this.#errors}`);
    return last;
  }

  /** Kills it at once: alone, or together with what it started, as a service manager or a lack of memory does. */
  kill(what: 'alone' | 'group'): void {
    this.signal('SIGKILL', what);
  }

  signal(name: NodeJS.Signals, what: 'alone' | 'group' = 'alone'): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    try {
      process.kill(what === 'alone' ? pid : -pid, name);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}
