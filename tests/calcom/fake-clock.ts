import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/changes/retry/calcom-api/clock.ts';

/** Time that passes at once: whoever sleeps longest away wakes up as soon as nothing else can happen before. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  /** How long each sleep was to be, in milliseconds. */
  readonly slept: number[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms);
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { at: this.#now + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake);
    });
  }

  /** Lets time pass until some work is done, none of which waits for anything but this clock. */
  async until<Value>(work: Promise<Value>): Promise<Value> {
    let over = false;
    const ended = () => {
      over = true;
    };
    work.then(ended, ended);
    for (;;) {
      // Whatever can happen without time, happens.
      for (let turn = 0; turn < 2; turn++) await setImmediate();
      if (over) return work;
      const [next] = [...this.#sleepers].sort((a, b) => a.at - b.at);
      if (next === undefined) throw new Error('nobody sleeps, and the work is not done');
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
  }
}

/** The real time, but for waits: they are over at once, and count as if they had not been. */
export class HurriedClock implements Clock {
  readonly slept: number[] = [];
  #skipped = 0;

  now(): number {
    return performance.now() + this.#skipped;
  }

  async sleep(ms: number): Promise<void> {
    this.slept.push(ms);
    await setImmediate();
    this.#skipped += ms;
  }
}
