import { sql } from 'kysely';
import { BACKUP_COLUMN } from '../../model/columns.ts';
import type { Column, Expression } from '../connection.ts';
import type { Database, QueryOptions } from '../database.ts';
import { all, type Source, tableOf } from './expressions.ts';

function backupOf({ appointments }: Source): Column {
  const column = appointments.known.get(BACKUP_COLUMN);
  if (column === undefined) throw new Error('there is no backup column');
  return column;
}

/** The rows whose original was kept. */
export const hasBackup = (source: Source): Expression => sql`${sql.id(backupOf(source).name)} IS NOT NULL`;

/**
 * Rows with a backup by how they stand to it: the V2 column holds it (`already`); it is a V1 id and stands in the V1 column
 * beside an empty V2 column (`restore`); or anything else (`conflict`).
 */
export async function countBackups(
  database: Database,
  source: Source,
  options: QueryOptions,
): Promise<Readonly<Record<'restore' | 'already' | 'conflict', number>>> {
  const { dialect, appointments, bookingIds } = source;
  const backup = backupOf(source);
  const [v1, v2] = [sql.id(appointments.v1.name), sql.id(appointments.v2.name)];
  const original = dialect.text(sql.id(backup.name));
  const already = sql`${v2} IS NOT NULL AND ${dialect.text(v2)} = ${original}`;
  const moved = all([
    sql`${v2} IS NULL AND ${v1} IS NOT NULL AND ${dialect.text(v1)} = ${original}`,
    sql`${dialect.kindOfValue(backup, bookingIds.uid)} = 'v1'`,
  ]);
  const sum = (condition: Expression) => sql`COUNT(CASE WHEN ${condition} THEN 1 END)`;
  const [row] = await database.query(
    sql`SELECT COUNT(*) AS n, ${sum(already)} AS already, ${sum(moved)} AS moved FROM ${tableOf(source)}
      WHERE ${hasBackup(source)}`,
    options,
  );
  const [n, done, restore] = [Number(row?.['n']), Number(row?.['already']), Number(row?.['moved'])];
  return { restore, already: done, conflict: n - done - restore };
}
