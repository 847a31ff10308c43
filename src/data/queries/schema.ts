import { sql } from 'kysely';
import type { KnownColumn } from '../../model/columns.ts';
import { Problem } from '../../model/problem.ts';
import type { Column, Constraint, Index, Lock } from '../connection.ts';
import type { Database, QueryOptions } from '../database.ts';
import { join } from './expressions.ts';

/** A line of Laravel's `migrations` table. */
export interface Migration {
  readonly name: string;
  /** Grows with each `migrate`; a rollback takes the newest batch first. */
  readonly batch: string | null;
}

/** Why there is nothing to show. */
export interface Unavailable {
  readonly unavailable: string;
}

/** What the appointments table is made of. */
export interface TableSchema {
  readonly table: string;
  /** In the table's order; `known` is the name that apptop knows a column by. */
  readonly columns: readonly (Column & { readonly known: KnownColumn | undefined })[];
  /** Known columns that the table lacks. */
  readonly missing: readonly KnownColumn[];
  readonly indexes: readonly Index[] | Unavailable;
  readonly constraints: readonly Constraint[] | Unavailable;
}

const MIGRATIONS = 'migrations';
/** Applications of ten years have some hundreds. */
const MOST_MIGRATIONS = 5_000;

/**
 * Reads Laravel's migrations, which are in the schema of the appointments, as `migrate:rollback` would take them: the
 * newest first.
 * @throws Problem
 */
export async function readMigrations(
  database: Database,
  schema: string | undefined,
  options: QueryOptions,
): Promise<readonly Migration[] | Unavailable> {
  const table = { schema, name: MIGRATIONS };
  const columns = await database.introspect(options, (introspection, connection) =>
    introspection.columns(connection, table),
  );
  if (columns.length === 0) return { unavailable: 'there is no table migrations: not a Laravel database' };
  const lacking = ['migration', 'batch'].find((name) => !columns.some((column) => column.name === name));
  if (lacking !== undefined) return { unavailable: `the table migrations has no column ${lacking}: not Laravel's` };
  const text = (name: string) => database.dialect.text(sql.id(name));
  const rows = await database.query(
    sql`SELECT ${join([sql`${text('migration')} AS name`, sql`${text('batch')} AS number`])}
      FROM ${schema === undefined ? sql.id(MIGRATIONS) : sql.id(schema, MIGRATIONS)}
      ORDER BY ${sql.id(MIGRATIONS, 'batch')} DESC, ${sql.id(MIGRATIONS, 'migration')} DESC
      LIMIT ${sql.lit(MOST_MIGRATIONS)}`,
    options,
  );
  return rows.map((row) => ({ name: row.name ?? '', batch: row.number ?? null }));
}

/** One part, or why it can't be had: the others are shown all the same. */
async function unlessFailed<Part>(part: Promise<Part>): Promise<Part | Unavailable> {
  try {
    return await part;
  } catch (error) {
    if (!(error instanceof Problem) || error.kind === 'cancelled') throw error;
    return { unavailable: `${error.message}: ${error.remedy}` };
  }
}

/**
 * Reads the table as the server has it.
 * @throws Problem
 */
export async function readTable(database: Database, options: QueryOptions): Promise<TableSchema> {
  const { table, columns, known, missing } = await database.appointments(options);
  const nameOf = new Map([...known].map(([name, column]) => [column.name, name]));
  return {
    table: table.schema === undefined ? table.name : `${table.schema}.${table.name}`,
    columns: columns.map((column) => ({ ...column, known: nameOf.get(column.name) })),
    missing,
    indexes: await unlessFailed(database.introspect(options, (has, connection) => has.indexes(connection, table))),
    constraints: await unlessFailed(
      database.introspect(options, (has, connection) => has.constraints(connection, table)),
    ),
  };
}

/**
 * Reads who holds which lock or waits for one, beside everything that may wait for it.
 * @throws Problem
 */
export async function readLocks(database: Database, { signal }: QueryOptions): Promise<readonly Lock[] | Unavailable> {
  const answer = await database.introspect({ lane: 'locks', signal }, (has, connection) => has.locks(connection));
  if ('unavailable' in answer) return answer;
  const { locks, unseen } = answer;
  return locks.length === 0 && unseen !== undefined ? { unavailable: unseen } : locks;
}
