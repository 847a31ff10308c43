import type { Thresholds } from '../../model/thresholds.ts';
import type { Window } from '../../model/windows.ts';

/** The least share of synced rows that a window should have: the longer it is, the fewer excuses there are. */
export const successTarget = (limits: Thresholds, window: Window): number =>
  window === '1h' || window === '24h' ? limits.syncSuccess : limits.syncSuccess7d;
