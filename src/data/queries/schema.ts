import { sql } from 'kysely';
import type { KnownColumn } from '../../model/columns.ts';
import type { Column, Constraint, Index, Lock } from '../connection.ts';
import type { Database, QueryOptions } from '../database.ts';
import { join } from './expressions.ts';

/** A line of Laravel's `migrations` table. */
export interface Migration {
  readonly name: string;
  /** Grows with each `migrate`; a rollback takes the newest batch first. */
  readonly batch: string | null;
}

/** What the appointments table and its surroundings are made of. */
export interface TableSchema {
  readonly table: string;
  /** In the table's order; `known` is the name that apptop knows a column by. */
  readonly columns: readonly (Column & { readonly known: KnownColumn | undefined })[];
  /** Known columns that the table lacks. */
  readonly missing: readonly KnownColumn[];
  readonly indexes: readonly Index[];
  readonly constraints: readonly Constraint[];
  /** As `migrate:rollback` would take them, the newest first; a text says why there are none to show. */
  readonly migrations: readonly Migration[] | { readonly unavailable: string };
  readonly locks: readonly Lock[] | { readonly unavailable: string };
}

const MIGRATIONS = 'migrations';
/** Applications of ten years have some hundreds. */
const MOST_MIGRATIONS = 5_000;

async function readMigrations(
  database: Database,
  schema: string | undefined,
  options: QueryOptions,
): Promise<TableSchema['migrations']> {
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

/**
 * Reads what exists: the table as the server has it, Laravel's migrations, and who holds which lock.
 * @throws Problem
 */
export async function readSchema(database: Database, options: QueryOptions): Promise<TableSchema> {
  const { table, columns, known, missing } = await database.appointments(options);
  const migrations = await readMigrations(database, table.schema, options);
  const nameOf = new Map([...known].map(([name, column]) => [column.name, name]));
  return database.introspect(options, async (introspection, connection) => {
    const indexes = await introspection.indexes(connection, table);
    const constraints = await introspection.constraints(connection, table);
    const answer = await introspection.locks(connection);
    return {
      table: table.schema === undefined ? table.name : `${table.schema}.${table.name}`,
      columns: columns.map((column) => ({ ...column, known: nameOf.get(column.name) })),
      missing,
      indexes,
      constraints,
      migrations,
      locks: 'locks' in answer ? answer.locks : answer,
    };
  });
}
