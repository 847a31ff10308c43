import { sql } from 'kysely';
import type { Context } from '../../config/context.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Dialect, Expression, Row } from '../connection.ts';
import type { Database, QueryOptions } from '../database.ts';
import { join, type Source } from './expressions.ts';
import { figuresOf } from './figures.ts';
import { groupingQuery, panelsFor, type Scope } from './grouping.ts';

/** The server's clock, and the lengths of Laravel's queue tables where they exist. */
function clockQuery(dialect: Dialect, tables: readonly string[]): Expression {
  const counts = (['failed_jobs', 'jobs'] as const)
    .filter((table) => tables.includes(table))
    .map((table) => sql`(SELECT COUNT(*) FROM ${sql.id(table)}) AS ${sql.id(table)}`);
  return sql`SELECT ${join([sql`${dialect.now()} AS now`, ...counts])}`;
}

const count = (row: Row | undefined, name: string): number | undefined => {
  const value = row?.[name];
  return value === undefined || value === null ? undefined : Number(value);
};

/**
 * Takes a snapshot. The table's shape is read anew each time: a migration may run meanwhile.
 * @throws Problem
 */
export async function takeSnapshot(
  database: Database,
  context: Context,
  scope: Scope,
  options: QueryOptions,
): Promise<Snapshot> {
  const appointments = await database.appointments(options);
  const tables = await database.introspect(options, (introspection, connection) => introspection.tables(connection));
  const [clock] = await database.query(clockQuery(database.dialect, tables), options);
  const now = Number(clock?.now);
  const source: Source = { dialect: database.dialect, appointments, bookingIds: context.bookingIds };
  const groups = await database.query(groupingQuery(source, scope, now), options);
  return figuresOf(groups, {
    now,
    panels: panelsFor(source, scope),
    includesDeleted: scope.includesDeleted,
    missing: appointments.missing,
    failedJobs: count(clock, 'failed_jobs'),
    queuedJobs: count(clock, 'jobs'),
  });
}
