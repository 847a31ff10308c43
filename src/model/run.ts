/** Runs of guarded changes, as the database remembers them. */

/**
 * - `running`: its holder works on it; with a lease that has run out the holder is gone, and it can be resumed
 * - `paused`: it goes on when somebody says so
 * - `halted`: a stop condition; it waits for a person's decision
 * - `cancelled`, `done`: it ended, and what it did can be rolled back
 * - `failed`: it ended, but what it left behind did not pass its checks
 */
export const RUN_STATES = ['running', 'paused', 'halted', 'cancelled', 'done', 'failed'] as const;
export type RunState = (typeof RUN_STATES)[number];

/** Whether a run still can go on, and so keeps others from beginning. */
export const isOpen = (state: RunState): boolean => state === 'running' || state === 'paused' || state === 'halted';

/** What somebody asked of a run from another terminal; its holder does it at the next batch. */
export type RunRequest = 'pause' | 'cancel';

/** What a run has done so far; every figure counts rows. */
export interface RunCounts {
  /** Rows looked at. */
  readonly scanned: number;
  /** Rows changed, each with a line in the ledger. */
  readonly changed: number;
  /** Of the changed: the id moved to its column; the copy in the V2 column cleared; as an operator decided. */
  readonly moved: number;
  readonly cleared: number;
  readonly decided: number;
  /** Originals copied to the backup column of rows that stay as they are. */
  readonly backedUp: number;
  /** Rows that somebody else changed between reading and writing; looked at again by the sweep. */
  readonly raced: number;
  /** Rows set aside with a reason, because the database refused them. */
  readonly aside: number;
  /** Of a retry: rows handed to somebody who will do it, done with success, and tried in vain. */
  readonly queued: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Of an action on the review queue: rows that were left alone, with a reason. */
  readonly left: number;
  /** Of a rollback: rows that were back already, that somebody changed since, that are gone. */
  readonly already: number;
  readonly conflicts: number;
  readonly deleted: number;
  /** Rows changed in the present pass. */
  readonly inPass: number;
}

export const NO_COUNTS: RunCounts = {
  scanned: 0,
  changed: 0,
  moved: 0,
  cleared: 0,
  decided: 0,
  backedUp: 0,
  raced: 0,
  aside: 0,
  queued: 0,
  succeeded: 0,
  failed: 0,
  left: 0,
  already: 0,
  conflicts: 0,
  deleted: 0,
  inPass: 0,
};

/** One run, as its row in `apptop_run` says. Moments are milliseconds since 1970 UTC by the database's clock. */
export interface Run {
  readonly id: number;
  /** The change's id: `move-booking-ids`. */
  readonly change: string;
  readonly state: RunState;
  readonly request: RunRequest | undefined;
  /** Why it stands still or is slow, in words: `throttled: replica lag 2.1 s`, `V1 ids are still being written`. */
  readonly reason: string | undefined;
  readonly digest: string;
  /** What the change was told, as JSON. */
  readonly parameters: string;
  /** How many passes over the table are behind it, and where in the present one it is; undefined at its beginning. */
  readonly pass: number;
  readonly cursor: string | undefined;
  /** The largest primary key of the present pass; undefined until it is frozen. */
  readonly until: string | undefined;
  /** The fence: only who holds the lease with this token may go on. */
  readonly token: number;
  readonly counts: RunCounts;
  /** Rows that the next batch looks at. */
  readonly batchSize: number;
  /** Rows that the plan expected to change, and to look at. */
  readonly planned: number;
  readonly total: number;
  readonly operator: string;
  readonly ticket: string | undefined;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly endedAt: number | undefined;
  /** Milliseconds of work so far, without pauses and throttling. */
  readonly workedMs: number;
}

/** Who may work on a database now. */
export interface Lease {
  readonly token: number;
  readonly holder: string;
  readonly run: number | undefined;
  readonly since: number;
  /** When it runs out unless it is renewed. */
  readonly expiresAt: number;
  /** Whether it has run out, by the database's clock. */
  readonly expired: boolean;
}
