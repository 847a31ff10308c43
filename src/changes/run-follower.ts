import type { Context } from '../config/context.ts';
import type { Database, QueryOptions } from '../data/database.ts';
import { Problem } from '../model/problem.ts';
import { isOpen, type Lease, type Run } from '../model/run.ts';
import { isWaiting, standingOf } from './progress.ts';
import { RecentRate } from './rate.ts';
import { RunsReader } from './runs-reader.ts';
import type { Shared } from './store-parts.ts';

/** Milliseconds between two looks at a run that is under way. */
const FOLLOW_MS = 1_000;

/** Runs with one of them as it is known better. */
export function withRun(runs: readonly Run[] | undefined, run: Run): readonly Run[] {
  if (runs === undefined) return [run];
  return runs.some(({ id }) => id === run.id) ? runs.map((each) => (each.id === run.id ? run : each)) : [run, ...runs];
}

/** The same object where nothing changed: whoever looks at it need not draw again. */
const kept = <Value>(before: Value, now: Value, contentOf: (value: Value) => string): Value =>
  contentOf(before) === contentOf(now) ? before : now;

/** When a lease runs out changes with each renewal and is nobody's business. */
const leaseContent = (lease: Lease | undefined): string => JSON.stringify({ ...lease, expiresAt: 0 });

/** Keeps runs and lease as the database has them: read when asked, and each second while a run is under way anywhere. */
export class RunFollower {
  readonly #shared: Shared;
  readonly #reader: RunsReader;
  #reading: Promise<void> | undefined;
  #next: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Of the run that was last seen under way. */
  #rate: { readonly run: number; readonly recent: RecentRate } | undefined;

  constructor(shared: Shared, database: Database, context: Context) {
    this.#shared = shared;
    this.#reader = new RunsReader(database, context);
  }

  reread(signal?: AbortSignal): Promise<void> {
    // With a refresh on its connection, by itself on one that a person seldom waits for.
    const options: QueryOptions = signal === undefined ? { lane: 'row' } : { lane: 'figures', signal };
    this.#reading ??= this.#read(options).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#next);
  }

  /** Rows a second, with how far the run is now. */
  rateOf(run: Run): number | undefined {
    if (this.#rate?.run !== run.id) this.#rate = { run: run.id, recent: new RecentRate() };
    this.#rate.recent.saw(run.counts.scanned, isWaiting(run));
    return this.#rate.recent.perSecond;
  }

  async #read(options: QueryOptions): Promise<void> {
    clearTimeout(this.#next);
    try {
      const found = await this.#reader.read(options);
      const { own, runs: before, lease, rate, ceremonies } = this.#shared.get();
      const mine = own?.run;
      const runs = kept(before, mine === undefined ? found.runs : withRun(found.runs, mine), JSON.stringify);
      const open = runs?.find(({ state }) => isOpen(state));
      this.#shared.set({
        runs,
        lease: kept(lease, found.lease, leaseContent),
        ceremonies: kept(ceremonies, found.ceremonies, JSON.stringify),
        rate: open === undefined ? undefined : open.id === mine?.id ? rate : this.rateOf(open),
        problem: undefined,
      });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.kind !== 'cancelled') this.#shared.set({ problem: error });
    }
    const { runs = [], lease } = this.#shared.get();
    if (this.#stopped || !runs.some((run) => standingOf(run, lease) === 'running')) return;
    this.#next = setTimeout(() => void this.reread(), FOLLOW_MS);
  }
}
