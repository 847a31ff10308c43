import type { Context } from '../config/context.ts';
import type { Target } from '../config/target.ts';
import type { Column, Connection, Dialect, Row, Server, Statement, TableName } from './connection.ts';
import { openFirst, placesOf } from './places.ts';
import type { SchemaWords } from './schema-words.ts';
import type { ScratchPlaces } from './scratch.ts';

/**
 * One session that may write, in UTC, strict about values that don't fit. Only the guarded path opens one (`src/changes`);
 * the linter holds that. Statements run one at a time. Every rejection is a Problem:
 *
 * - `busy`: somebody else's lock, a deadlock or a serialization failure; the transaction is undone and may be tried again
 * - `duplicate`: a unique index refused a value
 * - `full`: the disk is full
 * - `lost`: the connection broke; during `transaction` the outcome of the COMMIT may be unknown
 * - `timeout`, `refused`, `missing`, `sql` as for reading
 */
export interface WritingSession {
  readonly server: Server;
  /**
   * The name of the server that answered, or of its cluster where all nodes take writes: the same for each session with
   * it, and another one may be another primary.
   */
  readonly instance: string;
  /** Whether the server is a node of a cluster whose nodes all take writes (Galera). */
  readonly clustered: boolean;
  /** Rows that a statement answers with, be it reading or writing. */
  query(statement: Statement): Promise<readonly Row[]>;
  /** How many rows a statement found to change. */
  execute(statement: Statement): Promise<number>;
  /** Runs some work between BEGIN and COMMIT; any rejection of it rolls back. Not nested. */
  transaction<Answer>(work: () => Promise<Answer>): Promise<Answer>;
  close(): Promise<void>;
}

/** The columns of a table that batches change, as they are now. */
export interface IdColumns {
  readonly table: TableName;
  readonly id: Column;
  readonly v1: Column;
  readonly v2: Column;
  readonly backup: Column;
  /** A column that the server would set by itself on each update (`ON UPDATE CURRENT_TIMESTAMP`); it stays as it is. */
  readonly touched: Column | undefined;
}

/** The three columns of a row that a change is about, as texts. */
export type IdValues = Readonly<Record<'v1' | 'v2' | 'backup', string | null>>;

/** One row to change: only where it still is, byte for byte, what was read. */
export interface RowChange {
  readonly pk: string;
  readonly from: IdValues;
  readonly to: IdValues;
}

/** A change of rows that is ready. @returns how many were changed. @throws Problem */
type RowsChange = (session: WritingSession) => Promise<number>;

/** Where the lines about changed rows go, and whose they are: a row may be changed once in each pass of a run. */
export interface LedgerPlace {
  readonly table: TableName;
  readonly run: number;
  readonly pass: number;
}

/** What a server has to do right now, for the throttle. undefined is what it does not tell, or has none of. */
export interface Load {
  /** Sessions that run a statement, this one left out. */
  readonly runningThreads: number | undefined;
  /** Seconds that the slowest replica known to this server is behind. */
  readonly replicaLagSeconds: number | undefined;
}

/** How the tables beside the data are declared. */
export interface StateTypes {
  /** The type of a copy of this column that is no counter: `bigint unsigned`. */
  key(column: Column): string;
  /** Up to 1,020 bytes that compare byte for byte. */
  readonly bytes: string;
  readonly longText: string;
  /** Behind the closing bracket: engine and collation. */
  readonly options: string;
}

/** What changing a database takes on one engine; beside the reading `Engine`, and loaded only to change something. */
export interface WritingEngine {
  /**
   * Opens a writing session with the waits of a good neighbour: 0.5 s for a row lock on PostgreSQL, 1 s on MySQL (2 s for
   * a table), 5 s on SQLite.
   * @throws Problem unreachable, refused, missing, timeout or config
   */
  open(target: Target, timeoutMs: number): Promise<WritingSession>;
  readonly stateTypes: StateTypes;
  /**
   * Makes ready to change the rows that still are what they were, and to write a line of the ledger for exactly these. One
   * statement each for all rows where the engine can.
   * @returns what does it inside a transaction, and answers how many rows were changed; the others somebody else changed
   * or deleted since they were read
   */
  changeRows(columns: IdColumns, ledger: LedgerPlace, rows: readonly RowChange[]): RowsChange;
  /**
   * Inside a transaction: copies the V2 column of these rows to the backup column where that is empty.
   * @returns how many rows that was
   */
  backUp(session: WritingSession, columns: IdColumns, pks: readonly string[]): Promise<number>;
  /**
   * Adds the backup column, nullable, with the V2 column's type (as text where that is none); with `mayCopy` also by a copy.
   * @throws Problem busy, when the table is locked: nothing waits behind this for longer than the session's lock wait;
   * refused, when only a copy would do and `mayCopy` is not set
   */
  addBackupColumn(
    session: WritingSession,
    table: TableName,
    v2: Column,
    name: string,
    mayCopy?: boolean,
  ): Promise<void>;
  /** Why a column can only be added or dropped by a copy that every writer waits for; undefined where nothing says so. */
  copyNeeded?(connection: Connection, table: TableName): Promise<string | undefined>;
  /**
   * Drops it, without copying the table where the engine can; with `mayCopy` also by a copy.
   * @throws Problem busy; refused, when only a copy would do and `mayCopy` is not set
   */
  dropColumn(session: WritingSession, table: TableName, name: string, mayCopy: boolean): Promise<void>;
  /** How tables, columns, indexes and constraints are made and taken away. */
  readonly schema: SchemaWords;
  /** Where a change can be tried without anybody noticing. */
  readonly scratch: ScratchPlaces;
  /** Whether one statement can change rows and insert what it made of them: `WITH … AS (UPDATE … RETURNING …) INSERT …`. */
  readonly changesFeedInserts: boolean;
  /** What the server has to do now. A privilege that is missing gives undefined, not a failure. */
  load(connection: Connection, dialect: Dialect): Promise<Load>;
  /** Triggers and generated columns that an update of these columns sets off, a line each, for the plan. */
  sideEffects(connection: Connection, table: TableName): Promise<readonly string[]>;
  /**
   * Copies the whole database, as it is when that ends, to a new file while others write; only SQLite can.
   * @throws Problem
   */
  readonly onlineBackup?: (target: Target, file: string, signal: AbortSignal) => Promise<void>;
  /** How a run that leaves room to others works beside them. */
  readonly manners: {
    /** Milliseconds that a batch aims at. */
    readonly batchMs: number;
    /** Time that is left to others after a batch, as a share of the batch's. */
    readonly restShare: number;
    /** Whether a batch keeps every other writer out, and not only those of its rows. */
    readonly locksAll: boolean;
  };
  /**
   * Has the server look at what is in tables that a run has filled, where it plans badly until it has. Left out where an
   * engine needs no telling.
   */
  analyze?(session: WritingSession, tables: readonly TableName[]): Promise<void>;
  /** The column that the server would touch by itself on each update; undefined where there is none. */
  touchedColumn(columns: readonly Column[]): Column | undefined;
}

const WRITING: Readonly<Record<Target['engine'], () => Promise<{ readonly writing: WritingEngine }>>> = {
  sqlite: () => import('./sqlite/writing.ts'),
  mysql: () => import('./mysql/writing.ts'),
  postgres: () => import('./postgres/writing.ts'),
};

/** What changing a database takes, loaded only by a change. */
export async function loadWriting(name: Target['engine']): Promise<WritingEngine> {
  return (await WRITING[name]()).writing;
}

/** Milliseconds to open a writing session. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Opens a writing session with the database of a context, with the first of its servers that takes writes. Whoever calls
 * this has checked that the context says `access: "operate"` and has recorded the intent.
 * @throws Problem
 */
export async function openWriting(context: Context): Promise<WritingSession> {
  const writing = await loadWriting(context.target.engine);
  return openFirst(placesOf(context.target), CONNECT_TIMEOUT_MS, (place, timeoutMs) => writing.open(place, timeoutMs));
}
