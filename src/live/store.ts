import type { Server } from '../data/connection.ts';
import type { Problem } from '../model/problem.ts';
import type { Sample } from '../model/sample.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** What the console knows right now. Old data stays when the database goes away; `problem` says so. */
export interface LiveState {
  /** `connecting` until the first snapshot; `stale` while the last attempt failed. */
  readonly phase: 'connecting' | 'live' | 'stale';
  readonly server: Server | undefined;
  readonly snapshot: Snapshot | undefined;
  /** Local milliseconds when the snapshot arrived: the age of the data is measured from here. */
  readonly receivedAt: number | undefined;
  readonly problem: Problem | undefined;
  /** Local milliseconds of the next attempt. */
  readonly nextAt: number | undefined;
  readonly paused: boolean;
  /** Since when a refresh is under way, in local milliseconds. */
  readonly refreshingSince: number | undefined;
  /** What one refresh took of the database's time, in milliseconds. */
  readonly queryMs: number | undefined;
  readonly interval: {
    /** Seconds between refreshes now. */
    readonly seconds: number;
    /** Seconds that the person or the config asked for. */
    readonly wanted: number;
  };
  readonly includesDeleted: boolean;
  /** Oldest first. */
  readonly history: readonly Sample[];
}

/** The refresh loop: the one place that asks the database for figures. */
export interface LiveStore {
  getState(): LiveState;
  subscribe(listener: () => void): () => void;
  start(): void;
  stop(): Promise<void>;
  /** Asks now, also while paused. */
  refresh(): void;
  /** Stops a refresh that is under way. */
  cancel(): void;
  setPaused(paused: boolean): void;
  faster(): void;
  slower(): void;
  setIncludesDeleted(included: boolean): void;
  /**
   * Adds work to every refresh, after its snapshot: its cost counts into the interval.
   * @returns takes the work out again
   */
  refreshWith(work: (signal: AbortSignal) => Promise<void>): () => void;
  /** Whether figures by tenant are on screen: they cost a wider grouping. */
  setByTenant(wanted: boolean): void;
}
