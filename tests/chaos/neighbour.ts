import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { TestEngine } from '../engines/engines.ts';
import { poll } from '../support.ts';

const HOST = fileURLToPath(new URL('neighbour-host.ts', import.meta.url));

/** What a row was given last, of the columns that were written: V1 and V2; null when it was deleted. */
export type Written = { readonly v1?: string; readonly v2?: string | null } | null;

/** What somebody else is to write to the appointments. */
export interface NeighbourOrder {
  readonly engine: TestEngine['name'];
  readonly url: string;
  /** `rewrite`: V1 and V2 of rows that there are, and deletes some; `add`: new rows with V1 ids in the V2 column. */
  readonly work: 'rewrite' | 'add';
  /** Keys from 1 on that there are. */
  readonly rows: number;
  /** Rows a second, where the database takes so many. */
  readonly perSecond: number;
  readonly seed: number;
}

/** What it tells. */
export type Heard =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'ended';
      readonly written: readonly (readonly [id: number, ids: Written])[];
      readonly writes: number;
      /** Transactions that the database undid. */
      readonly undone: number;
      readonly ms: number;
    };

/** Somebody else who writes, in a process of its own: it holds up nobody but by its locks. */
export class Neighbour {
  readonly #process: ChildProcess;
  readonly #heard: Heard[] = [];
  #errors = '';
  #begun = false;

  private constructor(order: NeighbourOrder) {
    this.#process = fork(HOST, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString();
    });
    this.#process.on('message', (heard: Heard) => this.#heard.push(heard));
    this.#process.send(order);
    onTestFinished(() => void this.#process.kill('SIGKILL'));
  }

  /** Loaded and connected, and still. */
  static async ready(order: NeighbourOrder): Promise<Neighbour> {
    const neighbour = new Neighbour(order);
    await poll(() => neighbour.#heard.length > 0 || neighbour.#process.exitCode !== null, {
      deadlineMs: 20_000,
      what: 'a neighbour',
    });
    return neighbour;
  }

  /** Begins to write; a second time does nothing. */
  begin(): void {
    if (!this.#begun) this.#process.send('go');
    this.#begun = true;
  }

  /** Lets it finish what it is in, and tells what it did. */
  async end(): Promise<Extract<Heard, { readonly kind: 'ended' }>> {
    // What it said last may be long, and arrives after its exit.
    const gone = this.#process.connected ? once(this.#process, 'disconnect') : undefined;
    if (this.#process.connected) this.#process.send('end');
    await gone;
    for (const heard of this.#heard) if (heard.kind === 'ended') return heard;
    throw new Error(`a neighbour failed: ${this.#errors}`);
  }
}
