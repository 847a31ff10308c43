import type { RowClass } from '../../model/booking-id.ts';
import type { KnownColumn } from '../../model/columns.ts';
import type { Row } from '../connection.ts';

/** Which rows of the table: every part that is present must hold. `null` asks for rows where the column is null. */
export interface RowsFilter {
  readonly class?: RowClass;
  readonly source?: string | null;
  readonly tenant?: string | null;
  readonly origin?: string | null;
  readonly status?: string | null;
  readonly errorCode?: string | null;
  /** An id of `ERROR_CAUSES`; null for errors that no rule knows. */
  readonly cause?: string | null;
  readonly inReview?: boolean;
  /** Created at this moment or later, in seconds since 1970 UTC. */
  readonly createdSince?: number;
  /** Whose sync began before this moment, in seconds since 1970 UTC. */
  readonly initiatedBefore?: number;
  /** Only rows of the origins that are pushed to Cal.com. */
  readonly pushed?: boolean;
  /** Text that any shown column contains, without regard to ASCII case; `inverse` asks for rows where none does. */
  readonly text?: { readonly needle: string; readonly inverse: boolean };
  readonly includesDeleted: boolean;
}

export interface RowsSort {
  readonly column: KnownColumn;
  readonly direction: 'asc' | 'desc';
}

export interface RowsQuery {
  readonly filter: RowsFilter;
  readonly sort: RowsSort;
  /** Columns to fetch beside the primary key and the booking ids; those that the table lacks are left out. */
  readonly columns: readonly KnownColumn[];
}

/** One appointment as a list shows it. `values` has known columns under their canonical names, long texts cut short. */
export interface AppointmentRow {
  /** The primary key, as text. */
  readonly pk: string;
  readonly class: RowClass;
  readonly values: Row;
}

/** Where a row stands in a query's order: its primary key and the value of the sort column, as text. */
export interface Position {
  readonly pk: string;
  readonly value: string | null;
}

/** A row and its position. */
export interface PositionedRow extends AppointmentRow {
  readonly position: Position;
}

/** A stretch of the list: from its start, from its end, or from a row on. */
export interface Stretch {
  /** `backward` reads towards the start; the rows still come in the query's order. */
  readonly direction: 'forward' | 'backward';
  readonly from?: Position | undefined;
  /** Whether the row at `from` itself belongs to the stretch. */
  readonly inclusive?: boolean | undefined;
  readonly limit: number;
  /** Characters of a value; undefined means as many as a list needs. */
  readonly characters?: number | undefined;
}
