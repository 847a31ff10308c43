import type { Lease, Run, RunState } from '../model/run.ts';

/** How a run stands: `interrupted` is one that is running by its own word, and that nobody works on any more. */
export type Standing = RunState | 'interrupted';

/** @param lease who holds it now; undefined when nobody does */
export const standingOf = (run: Run, lease: Lease | undefined): Standing =>
  run.state === 'running' && lease?.token !== run.token ? 'interrupted' : run.state;

/** Whether a run waits for others: time that says nothing of how fast it is. */
export const isWaiting = ({ state, reason }: Run): boolean => state !== 'running' || reason !== undefined;

/** How the reason of a run begins whose connection is gone. */
export const AWAY = 'connection lost';

/** Whether it is known how fast a run goes on: not while it has no connection. */
export const isMoving = ({ reason }: Pick<Run, 'reason'>): boolean => reason?.startsWith(AWAY) !== true;

/** How far a run is through the rows that it looks at. */
export interface Progress {
  /** From 0 to 1; undefined before the first row, and for a change that works through none. */
  readonly share: number | undefined;
  /** Rows that are still to be looked at in the first pass. */
  readonly left: number;
  /** Seconds that these take; undefined while no rate is known. */
  readonly seconds: number | undefined;
}

/** @param rate rows that were looked at in a second, of late */
export function progressOf({ pass, total, counts, state }: Run, rate: number | undefined): Progress {
  // The passes after the first one only look for what was written meanwhile.
  const left = pass > 0 || state === 'done' ? 0 : Math.max(0, total - counts.scanned);
  const share = counts.scanned === 0 || total === 0 ? undefined : 1 - left / total;
  return { share, left, seconds: rate === undefined || rate <= 0 ? undefined : left / rate };
}
