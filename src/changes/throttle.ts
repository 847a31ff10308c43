import type { Context } from '../config/context.ts';
import type { Database } from '../data/database.ts';
import type { Load } from '../data/writing.ts';
import { loadWriting } from '../data/writing.ts';
import { duration } from '../model/format.ts';
import { Problem } from '../model/problem.ts';
import { BATCH_MS } from './pace.ts';

/** Milliseconds between two looks at what else the server does. */
const LOOK_MS = 1_000;

/** A replica further behind than this pauses the run, until it is less than that behind; in seconds. */
const LAG_SECONDS = 1.5;
const CAUGHT_UP_SECONDS = 1;

/** A batch that took so many times what it aims at waited for somebody. */
const WAITED = 5;

/** What the throttle says: go on, wait, or stop for good. */
export type Advice =
  | { readonly kind: 'go' }
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'halt'; readonly reason: string };

const GO: Advice = { kind: 'go' };

/** The limits on running sessions; the second one, seen twice, ends the run. */
export interface ThrottleLimits {
  readonly runningThreads: number;
  readonly criticalThreads: number;
}

/** Slows a run down for everybody else's sake, and says why. */
export class Throttle {
  readonly #look: () => Promise<Load>;
  readonly #limits: ThrottleLimits;
  readonly #everyMs: number;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #load: Load = { runningThreads: undefined, replicaLagSeconds: undefined };
  #lagging = false;
  #criticalSeen = 0;

  /**
   * @param look asks the server what it has to do
   * @param everyMs milliseconds between two looks
   */
  constructor(look: () => Promise<Load>, limits: ThrottleLimits, everyMs: number = LOOK_MS) {
    this.#look = look;
    this.#limits = limits;
    this.#everyMs = everyMs;
  }

  /**
   * Whether the next batch may begin.
   * @param lastMs how long the last batch took
   */
  async advise(lastMs: number): Promise<Advice> {
    if (performance.now() - this.#lookedAt >= this.#everyMs) await this.#lookAgain();
    const { runningThreads = 0, replicaLagSeconds = 0 } = this.#load;
    if (this.#criticalSeen >= 2) {
      return { kind: 'halt', reason: `${runningThreads} running threads, critical at ${this.#limits.criticalThreads}` };
    }
    if (this.#lagging) return { kind: 'wait', reason: `throttled: replica lag ${replicaLagSeconds.toFixed(1)} s` };
    if (runningThreads > this.#limits.runningThreads) {
      return { kind: 'wait', reason: `throttled: ${runningThreads} running threads` };
    }
    if (lastMs > WAITED * BATCH_MS) {
      return { kind: 'wait', reason: `throttled: our own statements wait, ${duration(lastMs / 1000)} a batch` };
    }
    return GO;
  }

  async #lookAgain(): Promise<void> {
    this.#load = await this.#look();
    this.#lookedAt = performance.now();
    const { runningThreads = 0, replicaLagSeconds = 0 } = this.#load;
    this.#lagging = replicaLagSeconds > (this.#lagging ? CAUGHT_UP_SECONDS : LAG_SECONDS);
    this.#criticalSeen = runningThreads >= this.#limits.criticalThreads ? this.#criticalSeen + 1 : 0;
  }
}

/** A throttle that looks at a context's server through the reading session. */
export function throttleOf(database: Database, context: Context): Throttle {
  const look = async (): Promise<Load> => {
    const writing = await loadWriting(context.target.engine);
    try {
      return await database.introspect({ lane: 'change' }, (_, connection) =>
        writing.load(connection, database.dialect),
      );
    } catch (error) {
      // What the server does not tell holds up nobody; whether it is there at all the batches find out.
      if (error instanceof Problem) return { runningThreads: undefined, replicaLagSeconds: undefined };
      throw error;
    }
  };
  return new Throttle(look, context.changes.throttle);
}
