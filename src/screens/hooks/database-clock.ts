import { useLive } from './console.ts';
import { useNow } from './now.ts';

/** Seconds between two drawings of the ages in a list, and of what is under way. */
const STEP = 10;
const LIVE_STEP = 1;

/** Milliseconds by which a timer may come too early. */
const EARLY_MS = 20;

/**
 * Milliseconds since 1970 by the database's clock, rounded up to ten seconds, or to one for what is under way: ages are
 * measured by the clock that wrote the times, a list is drawn anew only when they can have changed, and what was just
 * written is not in the future.
 */
export function useDatabaseClock(underWay = false): number {
  // Rounded, so that the way of a refresh over the network draws nothing.
  const ahead = useLive(({ snapshot, receivedAt }) =>
    snapshot === undefined || receivedAt === undefined ? 0 : Math.ceil((snapshot.takenAt - receivedAt) / 5_000) * 5_000,
  );
  const seconds = underWay ? LIVE_STEP : STEP;
  const step = seconds * 1000;
  // Up to the end of the step that begins now: the next drawing comes no earlier.
  return (Math.floor((useNow(seconds) + ahead + EARLY_MS) / step) + 1) * step;
}
