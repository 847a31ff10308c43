import type { QueryOptions } from '../data/database.ts';
import type { WritingSession } from '../data/writing.ts';
import type { Run, RunCounts } from '../model/run.ts';

/** What was found between a cursor and the next one. */
export interface Stretch<Item> {
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

/** Rows that were changed, those that somebody else had changed meanwhile, and what else a change counts. */
export type Applied = Pick<RunCounts, 'changed' | 'raced'> & Partial<RunCounts>;

/** Items that are ready to be done. */
export interface Ready {
  /** What `apply` answers with when nobody interferes. Originals that are kept already count as kept. */
  readonly expected: Applied;
  /** Inside a transaction: does it. Answers with how many rows that really was done to. */
  apply(session: WritingSession): Promise<Applied>;
}

/** How something is done outside the database. */
export interface CarryingOut {
  /** Aborted when the run is to stand still: what has not begun is not begun any more. */
  readonly signal: AbortSignal;
  /** Says why it takes long, or that it no longer does. */
  readonly say: (reason: string | undefined) => void;
}

/** What was done outside the database, and why nothing more of it can be done now. */
export interface CarriedOut<Item> {
  readonly items: readonly Item[];
  readonly halt: string | undefined;
}

/**
 * A change of rows in batches: what to read, and what to do to it. It knows nothing of leases, cursors and transactions.
 * An `Item` is one thing to do to one row, found by reading and done by compare-and-set.
 */
export interface BatchWork<Item = unknown> {
  /** Whether the application waits for none of the rows that it locks. */
  readonly nobodyWaits?: true | undefined;
  /** The primary key at which a pass ends, taken at its beginning so that it does end; undefined when there is no row. */
  end(pass: number): Promise<string | undefined>;
  /** Reads on behind a cursor, by the reading session; the number of rows looked at is bounded by `limit`. */
  read(pass: number, cursor: string | undefined, until: string, limit: number): Promise<Stretch<Item>>;
  /** The primary key of an item's row. */
  keyOf(item: Item): string;
  /**
   * Inside a transaction, before anything is carried out: notes that it begins. What it finds begun already was
   * interrupted, and comes back as an item that says so. It may be asked twice.
   */
  begin?(session: WritingSession, run: Pick<Run, 'id' | 'pass'>, items: readonly Item[]): Promise<readonly Item[]>;
  /**
   * Does what no transaction can undo, before the batch is committed: asks another system.
   * @returns the first of the items, as far as they were carried out
   */
  carryOut?(items: readonly Item[], how: CarryingOut): Promise<CarriedOut<Item>>;
  /** Makes ready to do what was found, or was carried out; that takes time and no session. */
  ready(run: Pick<Run, 'id' | 'pass' | 'ticket'>, items: readonly Item[]): Ready;
  /** Inside a transaction: notes that the database refuses a row, and why; false when an earlier pass has. */
  setAside(session: WritingSession, run: Pick<Run, 'id' | 'pass'>, item: Item, reason: string): Promise<boolean>;
  /** @param changed rows that the pass changed */
  following(pass: number, changed: number): Following;
  /** How many rows the run has noted as changed, by the database's word; that may take its time. */
  recorded(run: Pick<Run, 'id'>, options: QueryOptions): Promise<number>;
}
