import { useEffect, useReducer } from 'react';

interface Ticks {
  /** The seconds are counted anew when this changes. */
  readonly since?: unknown;
  /** Whether something else is about to draw anyway. */
  readonly skip?: () => boolean;
}

/** The local time in milliseconds, drawn anew every so many seconds. */
export function useNow(everySeconds = 1, { since, skip }: Ticks = {}): number {
  const [, tick] = useReducer((ticks: number) => ticks + 1, 0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (skip?.() !== true) tick();
    }, everySeconds * 1000);
    return () => clearInterval(timer);
  }, [everySeconds, since, skip]);
  return Date.now();
}
