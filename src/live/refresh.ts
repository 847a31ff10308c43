import type { Context } from '../config/context.ts';
import type { Database } from '../data/database.ts';
import { takeSnapshot } from '../data/queries/snapshot.ts';
import { Problem } from '../model/problem.ts';
import { type History, sampleOf } from './history.ts';
import type { LiveState, LiveStore } from './store.ts';

/** The console takes at most a twentieth of the database's time for itself. */
const REST_FOR_WORK = 20;

/** Seconds between refreshes that `+` and `-` walk through. */
const STEPS = [1, 2, 5, 10, 30, 60, 120, 300, 600] as const;

/** Milliseconds before the first try after a failure; doubled each time up to the longest. */
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/** Seconds between refreshes that cost this much. */
const secondsFor = (queryMs: number | undefined, wanted: number): number =>
  Math.max(wanted, Math.ceil(((queryMs ?? 0) * REST_FOR_WORK) / 1000));

class RefreshLoop implements LiveStore {
  readonly #database: Database;
  readonly #context: Context;
  readonly #history: History;
  readonly #listeners = new Set<() => void>();
  readonly #companions = new Set<(signal: AbortSignal) => Promise<void>>();
  #state: LiveState;
  #timer: NodeJS.Timeout | undefined;
  #running: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  /** Something changed during a refresh that the next one must not wait for. */
  #again = false;
  #started = false;
  #failures = 0;
  /** Whether the last refresh kept the database busy for longer than a statement may take. */
  #overran = false;
  #byTenant = false;

  constructor(database: Database, context: Context, history: History) {
    this.#database = database;
    this.#context = context;
    this.#history = history;
    this.#state = {
      phase: 'connecting',
      server: undefined,
      snapshot: undefined,
      receivedAt: undefined,
      problem: undefined,
      nextAt: undefined,
      paused: false,
      refreshingSince: undefined,
      queryMs: undefined,
      interval: { seconds: context.refreshSeconds, wanted: context.refreshSeconds },
      includesDeleted: false,
      history: history.samples,
    };
  }

  getState(): LiveState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    this.#started = true;
    this.refresh();
  }

  async stop(): Promise<void> {
    this.#started = false;
    clearTimeout(this.#timer);
    this.cancel();
    await this.#running?.done;
  }

  refresh(): void {
    if (!this.#started) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    const abort = new AbortController();
    this.#running = { abort, done: this.#refresh(abort.signal) };
  }

  cancel(): void {
    this.#again = false;
    this.#running?.abort.abort();
  }

  setPaused(paused: boolean): void {
    if (paused) clearTimeout(this.#timer);
    this.#set({ paused, nextAt: undefined });
    if (!paused) this.refresh();
  }

  faster(): void {
    this.#setWanted(STEPS.findLast((step) => step < this.#state.interval.wanted) ?? STEPS[0]);
  }

  slower(): void {
    this.#setWanted(STEPS.find((step) => step > this.#state.interval.wanted) ?? this.#state.interval.wanted);
  }

  setIncludesDeleted(includesDeleted: boolean): void {
    this.#set({ includesDeleted });
    this.refresh();
  }

  refreshWith(work: (signal: AbortSignal) => Promise<void>): () => void {
    this.#companions.add(work);
    return () => this.#companions.delete(work);
  }

  setByTenant(wanted: boolean): void {
    this.#byTenant = wanted;
    if (wanted && this.#state.snapshot?.tenants === undefined) this.refresh();
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const spentBefore = this.#database.spentMs;
    this.#overran = false;
    let counts = true;
    this.#set({ refreshingSince: Date.now(), nextAt: undefined });
    const scope = { includesDeleted: this.#state.includesDeleted, byTenant: this.#byTenant };
    try {
      const snapshot = await takeSnapshot(this.#database, this.#context, scope, { lane: 'figures', signal });
      if (!scope.includesDeleted) this.#history.add(sampleOf(snapshot));
      this.#failures = 0;
      this.#set({
        phase: 'live',
        problem: undefined,
        server: this.#database.server,
        snapshot,
        receivedAt: Date.now(),
        history: this.#history.samples,
      });
      await Promise.all([...this.#companions].map((work) => work(signal)));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // Waiting for a lock costs the database nothing, and what was cut off does not tell what a refresh costs.
      this.#overran = error.kind === 'timeout' && this.#database.spentMs > spentBefore;
      counts = this.#overran;
      if (error.kind !== 'cancelled') this.#fail(error);
    } finally {
      this.#running = undefined;
      this.#finish(counts ? this.#database.spentMs - spentBefore : this.#state.queryMs);
    }
  }

  #fail(problem: Problem): void {
    this.#failures += 1;
    this.#set({ phase: this.#state.snapshot === undefined ? 'connecting' : 'stale', problem });
  }

  /** Sets the interval by what a refresh costs, as far as that is known, and plans the next one. */
  #finish(queryMs: number | undefined): void {
    const { wanted } = this.#state.interval;
    this.#set({ refreshingSince: undefined, queryMs, interval: { seconds: secondsFor(queryMs, wanted), wanted } });
    if (this.#again) {
      this.#again = false;
      this.refresh();
    } else {
      this.#plan();
    }
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (!this.#started || this.#state.paused) return;
    const delay = this.#delay();
    this.#set({ nextAt: Date.now() + delay });
    this.#timer = setTimeout(() => this.refresh(), delay);
  }

  /** Milliseconds to the next refresh: soon after a loss, but never sooner than the database's share allows. */
  #delay(): number {
    const regular = this.#state.interval.seconds * 1000;
    if (this.#failures === 0) return regular;
    const retry = Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), LONGEST_RETRY_MS);
    return this.#overran ? Math.max(retry, regular) : retry;
  }

  #setWanted(wanted: number): void {
    this.#set({ interval: { seconds: secondsFor(this.#state.queryMs, wanted), wanted } });
    if (this.#running === undefined) this.#plan();
  }

  #set(change: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** The refresh loop of one database; `start` begins it. */
export function createLiveStore(database: Database, context: Context, history: History): LiveStore {
  return new RefreshLoop(database, context, history);
}
