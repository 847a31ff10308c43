import { useLive } from './console.ts';
import { useNow } from './now.ts';

/** Seconds between two drawings of the ages in a list. */
const STEP = 10;

/**
 * Milliseconds since 1970 by the database's clock, in steps of ten seconds: ages are measured by the clock that wrote
 * the times, and a list is drawn anew only when they can have changed.
 */
export function useDatabaseClock(): number {
  // Rounded, so that the way of a refresh over the network draws nothing.
  const ahead = useLive(({ snapshot, receivedAt }) =>
    snapshot === undefined || receivedAt === undefined
      ? 0
      : Math.round((snapshot.takenAt - receivedAt) / 5_000) * 5_000,
  );
  const step = STEP * 1000;
  return Math.floor((useNow(STEP) + ahead) / step) * step;
}
