import type { Clock } from './clock.ts';
import { type RateLimit, RateWindow, type Sent } from './rate-limit.ts';

/** For how long Cal.com refuses a key that went over its limit. */
const BLOCK_MS = 60_000;
/** No timer runs for longer, as one of more than 24 days would end at once. */
const LONGEST_SLEEP_MS = 3_600_000;

/** A request that may go out. Exactly one of the two has to be called, once. */
export interface Turn {
  /**
   * @param stated what the answer said of its limits
   * @param refused whether it says that one was passed
   */
  answered(stated: readonly RateLimit[], refused: boolean): void;
  /** No answer came. */
  lost(): void;
}

/** Lets requests out so that no limit that the server states is passed, over all that go through it. */
export class Pace {
  readonly #clock: Clock;
  #windows = new Map([['assumed', RateWindow.assumed()]]);
  #told = false;
  #blockedUntil = Number.NEGATIVE_INFINITY;
  #underWay = 0;
  /** Grows with each request. */
  #sent = 0;
  readonly #sleepers = new Set<AbortController>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Waits until a request may go out.
   * @param tell how long that takes, in milliseconds; told again when it takes longer
   * @returns undefined when the signal was aborted first
   */
  async turn(signal: AbortSignal, tell: (ms: number) => void): Promise<Turn | undefined> {
    for (;;) {
      if (signal.aborted) return undefined;
      const ms = this.#wait();
      if (ms <= 0) return this.#send();
      // How long the first answers take can't be told.
      if (ms !== Number.POSITIVE_INFINITY) tell(ms);
      await this.#sleep(ms, signal);
    }
  }

  #wait(): number {
    const now = this.#clock.now();
    const waits = [...this.#windows.values()].map((window) => window.wait(now, this.#underWay));
    return Math.max(this.#blockedUntil - now, ...waits);
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const sleeper = new AbortController();
    this.#sleepers.add(sleeper);
    await this.#clock.sleep(Math.min(Math.ceil(ms), LONGEST_SLEEP_MS), AbortSignal.any([signal, sleeper.signal]));
    this.#sleepers.delete(sleeper);
  }

  #send(): Turn {
    const at = this.#clock.now();
    const first = this.#underWay === 0;
    this.#underWay += 1;
    this.#sent += 1;
    const number = this.#sent;
    for (const window of this.#windows.values()) window.sent();
    return {
      answered: (stated, refused) => {
        this.#underWay -= 1;
        this.#learn(stated, { at, alone: first && number === this.#sent });
        if (refused) this.#block(stated);
        this.#wake();
      },
      lost: () => {
        this.#underWay -= 1;
        this.#learn([], { at, alone: false });
        this.#wake();
      },
    };
  }

  #learn(stated: readonly RateLimit[], sent: Sent): void {
    const now = this.#clock.now();
    if (stated.length > 0 && !this.#told) {
      this.#told = true;
      this.#windows = new Map();
    }
    for (const limit of stated) {
      const window = this.#windows.get(limit.name) ?? new RateWindow(limit.limit, limit.remaining - this.#underWay);
      this.#windows.set(limit.name, window);
      window.learn(limit, sent, now, this.#underWay);
    }
    for (const [name, window] of this.#windows) {
      if (!stated.some((limit) => limit.name === name)) window.silent(now);
    }
  }

  #block(stated: readonly RateLimit[]): void {
    const resetMs = Math.max(0, ...stated.map(({ resetSeconds }) => resetSeconds * 1000));
    this.#blockedUntil = Math.max(this.#blockedUntil, this.#clock.now() + Math.max(BLOCK_MS, resetMs));
  }

  #wake(): void {
    for (const sleeper of this.#sleepers) sleeper.abort();
  }
}
