/** The limits that turn figures into verdicts. Rates are shares from 0 to 1, times are seconds, the rest counts rows. */
export interface Thresholds {
  /** Least share of synced rows of those created in 24 h, and in 7 d. */
  readonly syncSuccess: number;
  readonly syncSuccess7d: number;
  /** Least share of calendar events synced of those created in 24 h. */
  readonly correlationSync: number;
  /** Largest share of rows pending or failed of those created in 24 h. */
  readonly pendingAndFailed: number;
  /** Largest latencies of the last hour. */
  readonly latencyAverage: number;
  readonly latencyMax: number;
  /** Rows in manual review that are normal, and those from which on it is a warning. */
  readonly reviewQueue: number;
  readonly reviewQueueWarning: number;
  /** Rows pending for over ten minutes that are normal. */
  readonly stuckPending: number;
  /** Seconds for which a lock may be held. */
  readonly lockSeconds: number;
  /** Webhook cascades that are normal. */
  readonly webhookCascades: number;
  /** Largest average time of processing a webhook, in seconds. */
  readonly processingSeconds: number;
}

/**
 * Source: the targets of the sync's monitoring queries and its success criteria for the first day and the first week;
 * for webhooks and calendar events the success criteria of the move to correlation ids.
 */
export const DEFAULT_THRESHOLDS: Thresholds = {
  syncSuccess: 0.95,
  syncSuccess7d: 0.98,
  correlationSync: 0.995,
  pendingAndFailed: 0.05,
  latencyAverage: 10,
  latencyMax: 30,
  reviewQueue: 0,
  reviewQueueWarning: 5,
  stuckPending: 0,
  lockSeconds: 60,
  webhookCascades: 0,
  processingSeconds: 3,
};

/** Whether a share is above the least that is wanted; all of them is always enough. */
export const isAbove = (share: number, least: number): boolean => share > least || share === 1;

/** Whether a share or a time is below its limit; none is always little enough. */
export const isBelow = (value: number, limit: number): boolean => value < limit || value === 0;
