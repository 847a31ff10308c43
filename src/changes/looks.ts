import { Problem } from '../model/problem.ts';
import type { Parameters } from './change.ts';
import type { GuardedPath } from './guarded-path.ts';
import type { Shared } from './store-parts.ts';
import { type Looked, lookKey } from './store-state.ts';

const NOT_LOOKED: Looked = { look: undefined, problem: undefined, looking: false, at: undefined };

/** Looks at changes, each at most once at a time. */
export class Looks {
  readonly #shared: Shared;
  readonly #path: () => Promise<GuardedPath>;
  readonly #under = new Map<string, Promise<Looked>>();
  #abort = new AbortController();

  constructor(shared: Shared, path: () => Promise<GuardedPath>) {
    this.#shared = shared;
    this.#path = path;
  }

  look(change: string, parameters: Parameters): Promise<Looked> {
    const key = lookKey(change, parameters);
    const under = this.#under.get(key);
    if (under !== undefined) return under;
    const looking = this.#look(key, change, parameters).finally(() => this.#under.delete(key));
    this.#under.set(key, looking);
    return looking;
  }

  /** One after the other, until they are cancelled. */
  async all(changes: readonly string[], parametersOf: (change: string) => Parameters): Promise<void> {
    const { signal } = this.#abort;
    for (const change of changes) {
      if (signal.aborted) return;
      await this.look(change, parametersOf(change));
    }
  }

  cancel(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  async #look(key: string, change: string, parameters: Parameters): Promise<Looked> {
    const { signal } = this.#abort;
    const before = this.#shared.get().looks.get(key) ?? NOT_LOOKED;
    this.#set(key, { ...before, looking: true });
    try {
      const path = await this.#path();
      const look = await path.look(change, parameters, signal, this.#shared.get().backup);
      return this.#set(key, { look, problem: undefined, looking: false, at: Date.now() });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // That a person did not wait says nothing of the change.
      if (signal.aborted) return this.#set(key, before);
      return this.#set(key, { ...before, problem: error, looking: false, at: Date.now() });
    }
  }

  #set(key: string, looked: Looked): Looked {
    this.#shared.set({ looks: new Map(this.#shared.get().looks).set(key, looked) });
    return looked;
  }
}
