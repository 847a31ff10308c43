import type { AppointmentRow, RowsQuery } from '../data/queries/rows.ts';
import type { Problem } from '../model/problem.ts';

/** A window on a list of any length: a contiguous run of its rows and where that run stands. */
export interface RowsView {
  readonly query: RowsQuery;
  /** Contiguous, in the query's order. */
  readonly rows: readonly AppointmentRow[];
  /** Rows of the list before the first of `rows`. */
  readonly offset: number;
  /** Rows in the whole list; undefined until counted. */
  readonly total: number | undefined;
  readonly atStart: boolean;
  readonly atEnd: boolean;
  /** `first`: nothing to show yet; `more`: rows beyond an edge are on their way. */
  readonly loading: 'first' | 'more' | undefined;
  readonly problem: Problem | undefined;
  /** While held, refreshes leave the rows as they are. */
  readonly held: boolean;
}

/** The rows behind a list on screen. Memory is bounded whatever the list's length. */
export interface RowsStore {
  getView(): RowsView;
  subscribe(listener: () => void): () => void;
  /** Replaces the query and loads from its start. */
  open(query: RowsQuery): void;
  /** Tells which part of `rows` a person sees, so that the next rows are there before the cursor is. */
  near(index: number): void;
  toStart(): void;
  toEnd(): void;
  /** Reads the same stretch again: rows keep their identity by primary key. */
  refresh(): void;
  hold(held: boolean): void;
  cancel(): void;
  close(): void;
}
