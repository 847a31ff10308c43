/** One point of the sparklines. Rates are shares from 0 to 1. */
export interface Sample {
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  readonly misplaced: number;
  readonly review: number | undefined;
  readonly synced: number | undefined;
  readonly pending: number | undefined;
  readonly failed: number | undefined;
  /** Average seconds. */
  readonly latency: number | undefined;
}
