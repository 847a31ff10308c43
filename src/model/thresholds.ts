/** The limits that turn figures into verdicts. Rates are shares from 0 to 1, times are seconds. */
export interface Thresholds {
  /** Share of synced rows, by window: first day, over seven days. */
  readonly syncSuccess: number;
  readonly syncSuccess7d: number;
  /** Share of rows pending or failed. */
  readonly pendingAndFailed: number;
  readonly latencyAverage: number;
  readonly latencyMax: number;
  /** Rows in manual review: over the first is a warning, from the second on it is immediate. */
  readonly reviewQueue: number;
  readonly reviewQueueImmediate: number;
  readonly stuckPending: number;
}

/** Source: the success criteria of the sync rollout. */
export const DEFAULT_THRESHOLDS: Thresholds = {
  syncSuccess: 0.95,
  syncSuccess7d: 0.98,
  pendingAndFailed: 0.05,
  latencyAverage: 10,
  latencyMax: 30,
  reviewQueue: 0,
  reviewQueueImmediate: 5,
  stuckPending: 0,
};
