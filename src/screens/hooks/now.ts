import { useEffect, useState } from 'react';
import { useRoot } from './console.ts';

interface Ticks {
  /** Local milliseconds that the ticks are counted from; the beginning of a second by default. */
  readonly since?: number | undefined;
  /** Whether something else is about to draw anyway. */
  readonly skip?: () => boolean;
}

const EARLY_MS = 20;

/** The local time in milliseconds, drawn anew every so many seconds; for a screen reader it stands still. */
export function useNow(everySeconds = 1, { since = 0, skip }: Ticks = {}): number {
  const { screenReader } = useRoot().draw;
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (screenReader) return undefined;
    const step = everySeconds * 1000;
    const untilNext = () => {
      const left = step - ((Date.now() - since) % step);
      // A timer may come a little early, and must not tick twice.
      return left < EARLY_MS ? left + step : left;
    };
    const tick = () => {
      if (skip?.() !== true) setNow(Date.now());
      timer = setTimeout(tick, untilNext());
    };
    let timer = setTimeout(tick, untilNext());
    return () => clearTimeout(timer);
  }, [screenReader, everySeconds, since, skip]);
  return Math.max(now, since);
}
