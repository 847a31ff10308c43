import type { RowChange, WritingSession } from '../data/writing.ts';
import type { Run, RunCounts } from '../model/run.ts';

/** How a changed row counts. */
type ChangedAs = 'moved' | 'cleared' | 'decided';

/** One thing to do to one row, found by reading and done by compare-and-set. */
export type Item =
  | { readonly kind: 'change'; readonly as: ChangedAs; readonly row: RowChange }
  /** Keeps the original of a row that stays as it is. */
  | { readonly kind: 'back-up'; readonly pk: string };

/** What was found between a cursor and the next one. */
export interface Stretch {
  /** The primary key of the last row that was looked at; undefined when nothing was left to look at. */
  readonly cursor: string | undefined;
  readonly scanned: number;
  /** In the order of their primary keys. */
  readonly items: readonly Item[];
  /** Rows for which nothing is done, by why. */
  readonly counts: Partial<Pick<RunCounts, 'already' | 'conflicts' | 'deleted'>>;
}

/** What follows a pass over the table. */
export type Following = 'again' | 'over' | { readonly halt: string };

/** A change of rows in batches: what to read, and what to do to it. It knows nothing of leases, cursors and transactions. */
export interface BatchWork {
  /** The primary key at which a pass ends, taken at its beginning so that it does end; undefined when there is no row. */
  end(pass: number): Promise<string | undefined>;
  /** Reads on behind a cursor, by the reading session; the number of rows looked at is bounded by `limit`. */
  read(pass: number, cursor: string | undefined, until: string, limit: number): Promise<Stretch>;
  /** Makes ready to do what was found, which takes time and no session. */
  ready(run: Pick<Run, 'id' | 'pass'>, items: readonly Item[]): Ready;
  /** Inside a transaction: notes that the database refuses a row, and why; false when an earlier pass has. */
  setAside(session: WritingSession, run: Pick<Run, 'id' | 'pass'>, item: Item, reason: string): Promise<boolean>;
  /** @param changed rows that the pass changed */
  following(pass: number, changed: number): Following;
}

/** Items that are ready to be done. */
export interface Ready {
  /** How many rows each kind is done to when nobody interferes. Originals that are kept already count as kept. */
  readonly expected: Applied;
  /** Inside a transaction: does it. Answers with how many rows each kind really was done to. */
  apply(session: WritingSession): Promise<Applied>;
}

/** Rows that were changed, and those that somebody else had changed meanwhile. */
export type Applied = Pick<RunCounts, ChangedAs | 'backedUp' | 'raced'>;
