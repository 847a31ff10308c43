import { useLive } from './console.ts';
import { useNow } from './now.ts';

/** Seconds between two drawings of the ages in a list. */
const STEP = 10;

/** Milliseconds by which a timer may come too early. */
const EARLY_MS = 20;

/**
 * Milliseconds since 1970 by the database's clock, rounded up to ten seconds: ages are measured by the clock that wrote
 * the times, a list is drawn anew only when they can have changed, and what was just written is not in the future.
 */
export function useDatabaseClock(): number {
  // Rounded, so that the way of a refresh over the network draws nothing.
  const ahead = useLive(({ snapshot, receivedAt }) =>
    snapshot === undefined || receivedAt === undefined ? 0 : Math.ceil((snapshot.takenAt - receivedAt) / 5_000) * 5_000,
  );
  const step = STEP * 1000;
  // Up to the end of the step that begins now: the next drawing comes no earlier.
  return (Math.floor((useNow(STEP) + ahead + EARLY_MS) / step) + 1) * step;
}
