import { setTimeout as sleep } from 'node:timers/promises';

/** What time it is and how it passes. Nothing here looks at the time of day, which may be wrong by an hour. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Comes back after so many milliseconds, or as soon as the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await sleep(ms, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};

/** A wait that a person may see. */
export interface Wait {
  readonly seconds: number;
  readonly why: 'rate limit' | 'next attempt';
}

/** `waits 12 s for the rate limit` */
export const waitWords = ({ seconds, why }: Wait): string => `waits ${Math.ceil(seconds)} s for the ${why}`;
