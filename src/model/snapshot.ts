import type { RowClass, SummaryLines } from './booking-id.ts';
import type { KnownColumn } from './columns.ts';
import type { Window } from './windows.ts';

/** What is true in the table at one moment: everything that the panels, `status` and `metrics` read. */
export interface Snapshot {
  /** Milliseconds since 1970 UTC by the database's clock. */
  readonly takenAt: number;
  /** Rows in scope. */
  readonly total: number;
  /** Whether soft-deleted rows are counted. */
  readonly includesDeleted: boolean;
  readonly classes: Readonly<Record<RowClass, number>>;
  readonly lines: SummaryLines;
  /** Rows with the numeric id in the V2 column on purpose; counted as right. */
  readonly byDesign: number;
  /** By `source`, most rows first; undefined when the table has no such column. */
  readonly sources: readonly ClassesOf[] | undefined;
  /** By tenant, most rows first; undefined when not asked for or when the table has no such column. */
  readonly tenants: readonly ClassesOf[] | undefined;
  /** undefined when the table lacks the columns in `missing`. */
  readonly sync: Readonly<Record<Window, SyncFigures>> | undefined;
  readonly latency: Readonly<Record<Window, Latency>> | undefined;
  readonly review: ReviewFigures | undefined;
  /** Pending rows whose sync began over ten minutes ago; undefined without the columns. */
  readonly stuckPending: number | undefined;
  /** Rows waiting in Laravel's `failed_jobs` and `jobs`; undefined where there is no such table. */
  readonly failedJobs: number | undefined;
  readonly queuedJobs: number | undefined;
  /** The state of the id migration as the database shows it. */
  readonly migration: MigrationState;
  /** Known columns that the table lacks. */
  readonly missing: readonly KnownColumn[];
}

/** The classes of the rows that share one value of `source` or tenant. */
export interface ClassesOf {
  readonly value: string | null;
  readonly rows: number;
  /** Rows with any id in either column. */
  readonly withIds: number;
  readonly classes: Readonly<Record<RowClass, number>>;
}

/** Sync statuses of rows created in a window. */
export interface SyncFigures {
  /** Rows of the pushed origins. */
  readonly rows: number;
  readonly synced: number;
  /** By status over the pushed origins, most rows first. */
  readonly statuses: readonly { readonly status: string | null; readonly rows: number }[];
  /** Every origin with rows in the window, `calcom` and unknown ones included, most rows first. */
  readonly origins: readonly OriginFigures[];
}

export interface OriginFigures {
  readonly origin: string | null;
  readonly rows: number;
  readonly synced: number;
  readonly pending: number;
  readonly failed: number;
}

/** Seconds from `sync_initiated_at` to `sync_verified_at`, of the rows whose sync began in a window. */
export interface Latency {
  readonly rows: number;
  readonly average: number | undefined;
  /** The smallest bound that 95 % of the rows stay within: exact to the second up to a minute, coarser above. */
  readonly p95: number | undefined;
  readonly max: number | undefined;
  /** Rows by upper bound in seconds, ascending, empty ones left out. */
  readonly histogram: readonly { readonly upTo: number; readonly rows: number }[];
}

/** The manual-review queue. */
export interface ReviewFigures {
  readonly rows: number;
  /** Seconds since the oldest row was flagged, by the database's clock. */
  readonly oldestSeconds: number | undefined;
  /** By error code and likely cause, most rows first. */
  readonly errors: readonly {
    readonly code: string | null;
    /** An id of `ERROR_CAUSES`, or null. */
    readonly cause: string | null;
    readonly rows: number;
  }[];
}

/**
 * - `not-started`: misplaced ids and no backup column
 * - `migrated`: the backup column is there, between migrate and cleanup
 * - `clean`: no misplaced id and no backup column
 * - `by-design`: the V2 column holds numeric ids on purpose
 */
export type MigrationState = 'not-started' | 'migrated' | 'clean' | 'by-design';
