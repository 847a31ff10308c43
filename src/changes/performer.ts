import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../model/problem.ts';
import { isOpen, type Lease, type Run } from '../model/run.ts';
import type { RunEnd } from './execute.ts';
import type { GuardedPath, RunOptions } from './guarded-path.ts';
import { type RunFollower, withRun } from './run-follower.ts';
import type { Shared } from './store-parts.ts';
import { DECIDED, type Ending } from './store-state.ts';

/** Milliseconds between two pictures of a run of this process: a batch takes 100. */
const SHOW_MS = 200;

/** Does one thing to the database at a time, and leaves it at the end of a batch when told to. */
export class Performer {
  readonly #shared: Shared;
  readonly #path: () => Promise<GuardedPath>;
  readonly #follower: RunFollower;
  readonly #onEnded: () => void;
  #performing: { readonly leave: AbortController; readonly done: Promise<Ending> } | undefined;
  #showing: NodeJS.Timeout | undefined;
  /** Seen since the last picture. */
  #newer: Run | undefined;

  constructor(shared: Shared, path: () => Promise<GuardedPath>, follower: RunFollower, onEnded: () => void) {
    this.#shared = shared;
    this.#path = path;
    this.#follower = follower;
    this.#onEnded = onEnded;
  }

  /** Begins some work as soon as `first` is over; how it goes and ends is in the state, too. */
  perform(
    what: Pick<Ending, 'change' | 'parameters'>,
    work: (path: GuardedPath, options: RunOptions) => Promise<RunEnd | undefined>,
    first?: Promise<void>,
  ): Promise<Ending> {
    if (this.#performing !== undefined) throw new Error('this process changes the database already');
    const leave = new AbortController();
    this.#shared.set({ own: { change: what.change, run: undefined, leaving: false }, ending: undefined });
    const perform = async (): Promise<Omit<Ending, 'at'>> => {
      const options = { leave: leave.signal, onProgress: (run: Run) => this.#saw(run) };
      try {
        await first;
        return { ...what, end: await work(await this.#path(), options), problem: undefined };
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        return { ...what, end: undefined, problem: error };
      }
    };
    const done = perform().then((ended) => this.#ended({ ...ended, at: Date.now() }));
    this.#performing = { leave, done };
    return done;
  }

  /** Pauses what is under way and waits until it stands still, or so many milliseconds have passed. */
  async leave(ms: number): Promise<void> {
    if (this.#performing === undefined) return;
    const { leave, done } = this.#performing;
    leave.abort();
    const { own } = this.#shared.get();
    if (own !== undefined) this.#shared.set({ own: { ...own, leaving: true } });
    const late = new AbortController();
    await Promise.race([done, sleep(ms, undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
  }

  #saw(run: Run): void {
    const rate = this.#follower.rateOf(run);
    this.#newer = run;
    if (this.#showing !== undefined) return;
    this.#show(rate);
    this.#showing = setTimeout(() => {
      this.#showing = undefined;
      if (this.#newer !== undefined) this.#saw(this.#newer);
    }, SHOW_MS);
  }

  #show(rate: number | undefined): void {
    const { own, runs, lease } = this.#shared.get();
    const run = this.#newer;
    this.#newer = undefined;
    if (own === undefined || run === undefined) return;
    // Who works on it holds the lease; when it was taken the next look tells.
    const mine = lease?.token === run.token ? lease : leaseOf(run);
    this.#shared.set({ own: { ...own, run }, runs: withRun(runs, run), lease: mine, rate });
    if (mine !== lease) void this.#follower.reread();
  }

  #ended(ending: Ending): Ending {
    clearTimeout(this.#showing);
    [this.#performing, this.#showing, this.#newer] = [undefined, undefined, undefined];
    const { runs, decisions, own, lease } = this.#shared.get();
    const run = ending.end?.run;
    this.#shared.set({
      own: undefined,
      // It was let go.
      lease: lease?.token === own?.run?.token ? undefined : lease,
      ending,
      rate: undefined,
      // What was known of every change is out of date.
      looks: new Map(),
      ...(run !== undefined && { runs: withRun(runs, run) }),
      // What was decided is done.
      decisions: run?.change === DECIDED && !isOpen(run.state) ? {} : decisions,
    });
    void this.#follower.reread();
    this.#onEnded();
    return ending;
  }
}

/** The lease under which a run of this process works, as far as that is known without a look. */
const leaseOf = ({ token, operator, id, updatedAt }: Run): Lease => ({
  token,
  holder: operator,
  run: id,
  since: updatedAt,
  expiresAt: updatedAt,
  expired: false,
});
