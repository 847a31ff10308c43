import { sql } from 'kysely';
import type { Column, Expression, TableName, Trigger } from './connection.ts';
import { join } from './queries/expressions.ts';
import { named } from './state/tables.ts';
import type { WritingSession } from './writing.ts';

/** What a column is to hold: a uuid, a short text that an index takes, a long one, a moment, JSON. */
export type Sort = 'key' | 'word' | 'text' | 'moment' | 'flag' | 'number' | 'details';

/** A column to make. */
export interface NewColumn {
  readonly name: string;
  /** Of a sort, or of the very type of a column that it refers to. */
  readonly type: Sort | Column;
  readonly required: boolean;
  readonly primary?: true;
  /** `touched` is the time of the last change of a row, where a column can keep that by itself; else `now`. */
  readonly standard?: 'key' | 'now' | 'touched' | 'true' | '0';
}

/** A constraint to make. */
export type NewConstraint =
  | { readonly type: 'unique'; readonly name: string; readonly columns: readonly string[] }
  | {
      readonly type: 'check';
      readonly name: string;
      /** The column that it is about, and goes with. */
      readonly column: string;
      readonly condition: Expression;
      /** Words that it has however a server writes it down. */
      readonly words: readonly string[];
    }
  | {
      readonly type: 'foreign key';
      readonly name: string;
      readonly column: string;
      /** The table whose `id` it names; a row that goes leaves NULL. */
      readonly target: TableName;
    };

/** An index to make. */
export interface NewIndex {
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique: boolean;
  /** Only of rows where this column holds something. */
  readonly where?: string | undefined;
}

/** Statements that make or take away one object. */
export interface Deed {
  readonly sql: readonly Expression[];
  /** Whether it has to stand outside of a transaction. */
  readonly alone: boolean;
}

/** Whether an object is there; what else has its name or its place is told, in words. */
export type Standing = 'absent' | 'there' | { readonly differs: string };

/** How a table keeps the time of a row's last change. */
export interface Touch {
  /** `a trigger`, in the plan's words. */
  readonly how: string;
  /** Whether a column made as `touched` does it already. */
  readonly byColumn: boolean;
  found(column: Column | undefined, triggers: readonly Trigger[], name: string): Standing;
  /** @param column as it is now; undefined where it is made just before */
  make(table: TableName, column: Column | undefined, name: string): Deed;
  unmake(table: TableName, column: Column, name: string): Deed;
}

/** What tells a row in an expression. */
export interface RowKey {
  readonly kind: Column['kind'];
  readonly value: Expression;
}

/** How a schema is changed on one engine. Every statement stands for itself: no parameters, names quoted. */
export interface SchemaWords {
  /** What can't be made here as on the other engines, and what stands in its place, a line each. */
  readonly limits: readonly string[];
  /** With checks; the other constraints are made after it. */
  createTable(table: TableName, columns: readonly NewColumn[], checks: readonly NewConstraint[]): Deed;
  /** With the constraints of that column. */
  addColumn(table: TableName, column: NewColumn, constraints: readonly NewConstraint[]): Deed;
  dropColumn(table: TableName, name: string): Deed;
  /** Gives a column that is there the default that it is made with; left out where the table would have to be written anew. */
  setDefault?(table: TableName, column: NewColumn): Deed;
  dropTable(table: TableName): Deed;
  /**
   * To a table that is there; undefined where it would have to be written anew.
   * @param busy whether the table has rows that others change meanwhile
   */
  addConstraint(table: TableName, constraint: NewConstraint, busy: boolean): Deed | undefined;
  /** Ends what was broken off after a constraint was added and before rows were held against it. */
  validate?(table: TableName, name: string): Deed;
  /** The same; undefined also where it goes with its column. */
  dropConstraint(table: TableName, type: NewConstraint['type'], name: string): Deed | undefined;
  /** @param busy whether the table has rows that others change meanwhile */
  createIndex(table: TableName, index: NewIndex, busy: boolean): Deed;
  dropIndex(table: TableName, name: string): Deed;
  readonly touch: Touch;
  /** A column in full as text, bytes that are no text as digits: for an export. */
  exported(column: Column): Expression;
  /** Does some work while nobody else can change a table; statements about other tables are refused meanwhile. */
  exclusively<Answer>(session: WritingSession, table: TableName, work: () => Promise<Answer>): Promise<Answer>;
  /**
   * A fresh uuid for each row as a value of a column: the moment, the last 12 bits of its key where that is a number, then
   * random bits, 62 at least (version 7 of RFC 9562, with a counter). Ids that are made one after another stand one after
   * another in an index too: of 5,000 random ones (version 4) almost each would write a page of its own.
   * @param key of the row
   * @param moment milliseconds since 1970 UTC
   * @returns undefined where the column holds no uuid
   */
  freshUuid(column: Column, key: RowKey, moment: number): Expression | undefined;
}

/** The first 48 bits of a uuid of version 7, as digits. */
export const momentDigits = (moment: number): string => moment.toString(16).padStart(12, '0');

/** Columns of a key or an index, as they stand in its brackets. */
export const columnList = (columns: readonly string[]): Expression => join(columns.map((column) => sql.id(column)));

/** A constraint as the servers have it in ALTER TABLE and CREATE TABLE. */
export function constraintOf(constraint: NewConstraint): Expression {
  const name = sql`CONSTRAINT ${sql.id(constraint.name)}`;
  if (constraint.type === 'unique') return sql`${name} UNIQUE (${columnList(constraint.columns)})`;
  if (constraint.type === 'check') return sql`${name} CHECK (${constraint.condition})`;
  return sql`${name} FOREIGN KEY (${sql.id(constraint.column)}) REFERENCES ${named(constraint.target)} (id) ON DELETE SET NULL`;
}
