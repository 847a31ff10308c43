import type { Context } from '../config/context.ts';
import type { Database, QueryOptions } from '../data/database.ts';
import { sourceOf } from '../data/queries/read-rows.ts';
import { Problem, type ProblemKind } from '../model/problem.ts';
import { isOpen } from '../model/run.ts';
import type { GuardedPath } from './guarded-path.ts';
import type { Shared } from './store-parts.ts';
import type { Ending, Settled } from './store-state.ts';

/** Retries and rows of them that one refresh looks at: the others have their turn with the next. */
const MOST_RUNS = 10;
const MOST_LOOKED = 2_000;

/** Rows that are settled at once: one batch, which no pause can part. */
const MOST_ROWS = 500;

/** What the next refresh may find gone. */
const PASSING: ReadonlySet<ProblemKind> = new Set(['blocked', 'lost', 'unreachable', 'busy', 'locked', 'cancelled']);

/** What a retry of this process has handed on, and up to where it was looked at. */
interface Watched {
  readonly after: string | undefined;
  /** Whether a row that still waits was seen since its first row was looked at. */
  readonly waits: boolean;
}

/**
 * Takes rows off the review queue whose retry has succeeded: the application's job does not. It does so only for retries
 * that this process has run, as whoever confirmed them confirmed that too.
 */
export class Settler {
  readonly #shared: Shared;
  readonly #database: Database;
  readonly #context: Context;
  readonly #path: () => Promise<GuardedPath>;
  readonly #onEnded: () => void;
  readonly #watched = new Map<number, Watched>();
  #settling: Promise<void> | undefined;

  constructor(
    shared: Shared,
    database: Database,
    context: Context,
    host: { readonly path: () => Promise<GuardedPath>; readonly onEnded: () => void },
  ) {
    this.#shared = shared;
    this.#database = database;
    this.#context = context;
    this.#path = host.path;
    this.#onEnded = host.onEnded;
  }

  /** Remembers what this process has handed on. */
  watch({ end }: Ending): void {
    if (end?.run.change !== 'retry-review' || end.run.counts.queued === 0) return;
    this.#watched.set(end.run.id, { after: undefined, waits: false });
  }

  /** Waits until nothing is being settled: what is wanted then finds nobody in its way. */
  async quiet(): Promise<void> {
    await this.#settling;
  }

  /** Looks at what was handed on, and begins to settle what is synced. What goes wrong is in the state. */
  async refreshed(signal: AbortSignal): Promise<void> {
    if (this.#watched.size === 0 || this.#settling !== undefined || !this.#mayWrite()) return;
    try {
      const pks = await this.#synced({ lane: 'figures', signal });
      // Somebody may have begun something meanwhile.
      if (pks.length > 0 && this.#mayWrite()) {
        this.#settling = this.#settle(pks).finally(() => {
          this.#settling = undefined;
        });
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  #mayWrite(): boolean {
    const { own, lease, runs = [] } = this.#shared.get();
    if (this.#context.access !== 'operate' || this.#database.server?.role === 'replica') return false;
    return own === undefined && lease === undefined && !runs.some(({ state }) => isOpen(state));
  }

  /** Rows that were handed on by this process, are synced, and still wait. */
  async #synced(options: QueryOptions): Promise<readonly string[]> {
    const { handedRows } = await import('./review/standing.ts');
    const source = await sourceOf(this.#database, this.#context, options);
    const synced: string[] = [];
    let looked = 0;
    for (const run of [...this.#watched.keys()].slice(0, MOST_RUNS)) {
      const watched = this.#watched.get(run) ?? { after: undefined, waits: false };
      if (looked >= MOST_LOOKED || synced.length >= MOST_ROWS) break;
      const { last, rows } = await handedRows(this.#database, source, { run, after: watched.after }, options);
      const waiting = rows.filter(({ row }) => row.inReview);
      synced.push(...waiting.filter(({ state }) => state === 'succeeded').map(({ row }) => row.pk));
      looked += rows.length;
      const waits = watched.waits || waiting.length > 0;
      // It comes last with the next refresh, and no more when none of its rows waits.
      this.#watched.delete(run);
      if (last !== undefined) this.#watched.set(run, { after: last, waits });
      else if (waits) this.#watched.set(run, { after: undefined, waits: false });
    }
    return [...new Set(synced)].slice(0, MOST_ROWS);
  }

  async #settle(pks: readonly string[]): Promise<void> {
    try {
      const { settle } = await import('./review/standing.ts');
      // It takes one batch, and is not left half way.
      const end = await settle(await this.#path(), new AbortController().signal, pks);
      if (end === undefined) return;
      const { id, state, counts, reason = '' } = end.run;
      const problem =
        state === 'done' ? undefined : `run ${id}, which takes retries off the queue, is ${state}: ${reason}`;
      if (problem !== undefined) this.#watched.clear();
      this.#say({ rows: counts.succeeded, problem });
      this.#onEnded();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** What does not pass by itself is said once: each further refresh would meet it again. */
  #failed(error: unknown): void {
    if (!(error instanceof Problem)) throw error;
    if (PASSING.has(error.kind)) return;
    this.#watched.clear();
    this.#say({ rows: 0, problem: `retries that succeed stay in the queue: ${error.message}: ${error.remedy}` });
  }

  #say(settled: Omit<Settled, 'at'>): void {
    this.#shared.set({ settled: { ...settled, at: Date.now() } });
  }
}
