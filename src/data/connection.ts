import type { RawBuilder } from 'kysely';
import type { Target } from '../config/target.ts';
import type { UidShape } from '../model/booking-id.ts';

/** SQL with its parameters, as one engine wants it. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Every value arrives as text or null: ids beyond 2^53 and hostile bytes stay what they are. */
export type Row = Readonly<Record<string, string | null>>;

/** What a server says about itself. */
export interface Server {
  /** `SQLite`, `MariaDB`, `MySQL` or `PostgreSQL`, with the version as `10.11.6`. */
  readonly product: string;
  readonly version: string;
  readonly database: string;
  readonly user: string | undefined;
  /** A replica may lag behind; undefined where the notion does not exist. */
  readonly role: 'primary' | 'replica' | undefined;
  /** Which of several servers this is, as `db2:5432`; undefined where the connection names one. */
  readonly place?: string;
}

/**
 * One session with a database, reading only: the server itself refuses a write. Statements run one at a time.
 * Every rejection is a Problem: timeout, cancelled, lost, refused, missing or sql.
 */
export interface Connection {
  readonly server: Server;
  /** @param timeoutMs after this many milliseconds the server stops the statement, and it rejects as `timeout` */
  query(statement: Statement, timeoutMs: number): Promise<readonly Row[]>;
  /** Stops the running statement on the server; its promise rejects as `cancelled`. Nothing running: no effect. */
  cancel(): Promise<void>;
  close(): Promise<void>;
}

/** A database engine: how to reach it and how to speak to it. */
export interface Engine {
  readonly dialect: Dialect;
  /**
   * Opens a read-only session with UTC as its time zone.
   * @param latest whether it is to see all that has been committed on any node of a cluster, whichever node it is with
   * @throws Problem unreachable, refused, missing or timeout, without any secret
   */
  connect(target: Target, timeoutMs: number, latest?: boolean): Promise<Connection>;
  readonly introspection: Introspection;
  /** What the session and its account may do to a table. */
  rights(connection: Connection, table: TableName): Promise<Rights>;
  /** The cluster whose nodes all take writes, where the server is a node of one; left out by engines that have none. */
  cluster?(connection: Connection): Promise<Cluster | undefined>;
}

/** A cluster as one of its nodes sees it. */
export interface Cluster {
  readonly name: string;
  /** Nodes that this one sees. */
  readonly size: number;
  /** Whether they are the part of the cluster that may go on. */
  readonly whole: boolean;
  /** As the node calls its own state: `Synced`, `Donor/Desynced`. */
  readonly state: string;
  /** Whether it takes writes and has all of the others'. */
  readonly ready: boolean;
}

export interface Rights {
  /** The server's own word on whether it refuses writes of this session. */
  readonly readOnly: boolean;
  /** How the account could change the table if the session let it: `INSERT`, `UPDATE`. Empty when it can only read. */
  readonly writes: readonly string[];
  readonly reads: boolean;
  /** Whether it may alter the table, and create others beside it; else what would let it. */
  readonly alters: Allowed;
  readonly creates: Allowed;
  /** Whether that is all: a server may not say what comes from a role. */
  readonly complete: boolean;
}

interface Allowed {
  readonly may: boolean;
  /** A statement for an administrator. */
  readonly grant: string;
}

/** An SQL expression. */
export type Expression = RawBuilder<unknown>;

/** What has to be said differently on each engine. Expressions nest freely; names are quoted by kysely. */
export interface Dialect {
  compile(query: Expression): Statement;
  /** A column as text, unchanged: numbers in full, bytes decoded as UTF-8. Binary collation for comparing and grouping. */
  text(column: Expression): Expression;
  /** At most `characters` characters of a column as text, so that a huge value is never sent. */
  shortText(column: Expression, characters: number): Expression;
  /** A timestamp column as seconds since 1970 UTC, with fractions where stored; null for null and for nonsense. */
  epoch(column: Column): Expression;
  /** The server's clock as seconds since 1970 UTC. */
  now(): Expression;
  /** 1 where a boolean-like column (bool, tinyint, integer) is true, else 0. */
  truth(column: Expression): Expression;
  /** The same as a condition that an index on the column serves. */
  isTrue(column: Column): Expression;
  /** The smaller whole number. */
  floor(number: Expression): Expression;
  /** A text made ready for `containsAny`, which then looks at it without regard to ASCII case. */
  foldCase(text: Expression): Expression;
  /** Whether a folded text contains any of some others, which need not be folded. */
  containsAny(folded: Expression, needles: readonly string[]): Expression;
  /** The kind of a booking id in a column: 'null', 'v1', 'uid' or 'ambiguous'. Agrees with `kindOfValue`. */
  kindOfValue(column: Column, uid: UidShape): Expression;
  /** A value read as text, as a parameter of the column's own type: big integers compare exactly, indexes stay in use. */
  parameter(column: Column, value: string): Expression;
  /** A text that is known to be a V1 id, as the type of a column that it is compared with, so that its index is used. */
  v1AsColumn(text: Expression, column: Column): Expression;
  /** A hash of all bytes of a text column, to see later whether somebody changed one; null for null. */
  digest(column: Expression): Expression;
  /**
   * Ends a SELECT in a transaction: the rows that it finds stay as they are until that ends. Nothing where a transaction
   * that writes has the whole database to itself.
   */
  forUpdate(): Expression;
  /** A table behind FROM, to be searched by its primary key and by nothing else: other rows may be locked. */
  byPrimaryKey(table: Expression): Expression;
  /** A DELETE of rows that are found by their primary key, without a look at any other. */
  deleteByPrimaryKey(table: Expression, condition: Expression): Expression;
  /**
   * Ends a derived table so that its expressions are computed once a row instead of wherever they are used again;
   * nothing on an engine that would write the whole derived table down for it.
   */
  computeOnce(): Expression;
  /** The type and the index with which an engine finds what stands inside JSON; undefined where it has none. */
  readonly searchableJson: { readonly type: string; readonly index: string } | undefined;
}

export type ColumnKind = 'integer' | 'number' | 'text' | 'boolean' | 'timestamp' | 'binary' | 'json' | 'other';

export interface Column {
  readonly name: string;
  /** As the server writes it: `bigint(20) unsigned`. */
  readonly type: string;
  readonly kind: ColumnKind;
  readonly nullable: boolean;
  readonly default: string | null;
  /** By which its texts compare, where the type does not say so and indexes depend on it. */
  readonly collation?: string | undefined;
  /** Characters that a text may have, where the server holds to a limit. */
  readonly length?: number | undefined;
}

export interface Index {
  readonly name: string;
  /** Names in order; an expression stands as the server writes it. */
  readonly columns: readonly string[];
  readonly unique: boolean;
  readonly primary: boolean;
  /** Whether it holds only some of the rows, or is not complete yet: then it keeps nothing unique in the table. */
  readonly partial?: true | undefined;
  /** How it finds, as the server calls it, where there is a choice: `btree`, `gin`. */
  readonly method?: string | undefined;
  /** Of which rows it is, as the server writes that; undefined for all. */
  readonly condition?: string | undefined;
  /** Whether the server makes no use of it, as making it was broken off. */
  readonly broken?: true;
}

export interface Constraint {
  readonly name: string;
  readonly type: 'primary key' | 'unique' | 'foreign key' | 'check';
  readonly definition: string;
}

export interface Trigger {
  readonly name: string;
  /** As the server writes it, with what it does. */
  readonly definition: string;
}

/** A lock that somebody holds or waits for. */
export interface Lock {
  /** Process or transaction id. */
  readonly holder: string;
  readonly user: string | null;
  /** What is locked, as the server names it. */
  readonly object: string | null;
  readonly mode: string | null;
  readonly waiting: boolean;
  /** Seconds since the transaction began. */
  readonly seconds: number | undefined;
  readonly statement: string | null;
}

/** A table by the schema (or database) it lives in; `schema` undefined means the session's default. */
export interface TableName {
  readonly schema: string | undefined;
  readonly name: string;
}

/** What exists in a database. Names are compared exactly as the server stores them. */
export interface Introspection {
  /** Names of the tables and views that the session sees by default, for finding the nearest right name. */
  tables(connection: Connection): Promise<readonly string[]>;
  /** In the table's order; empty when there is no such table. */
  columns(connection: Connection, table: TableName): Promise<readonly Column[]>;
  indexes(connection: Connection, table: TableName): Promise<readonly Index[]>;
  constraints(connection: Connection, table: TableName): Promise<readonly Constraint[]>;
  /** Those that were made by somebody, in the order of their names. */
  triggers(connection: Connection, table: TableName): Promise<readonly Trigger[]>;
  /** About how many rows a table has, without reading it; undefined where the engine can't say. */
  estimate(connection: Connection, table: TableName): Promise<number | undefined>;
  /**
   * `unavailable` says why the session may not see locks or the engine has none to show, `unseen` what it does not tell
   * beside the locks.
   */
  locks(
    connection: Connection,
  ): Promise<{ readonly locks: readonly Lock[]; readonly unseen?: string } | { readonly unavailable: string }>;
}
