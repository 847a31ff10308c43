import { sql } from 'kysely';
import type { Database, QueryOptions } from '../../data/database.ts';
import type { Source } from '../../data/queries/expressions.ts';
import { reviewRowsOf } from '../../data/queries/review-rows.ts';
import { type RowStanding, rowStanding } from '../../model/review.ts';
import { keptOf } from './kept.ts';

/**
 * How some rows stand by what operators did about them, by primary key; rows that nobody did anything about are left out.
 * Ages are by the database's clock.
 * @param pks those on a screen: each is a parameter
 * @throws Problem
 */
export async function rowStandings(
  database: Database,
  source: Source,
  pks: readonly string[],
  options: QueryOptions,
): Promise<Readonly<Record<string, RowStanding>>> {
  const kept = await keptOf({ database, source, options }, pks);
  if (kept.size === 0) return {};
  const [rows, [clock]] = await Promise.all([
    reviewRowsOf(database, source, [...kept.keys()], options),
    database.query(sql`SELECT ${database.dialect.now()} AS now`, options),
  ]);
  const now = Number(clock?.['now']) * 1000;
  return Object.fromEntries([...kept].map(([pk, lines]) => [pk, rowStanding(lines, rows.get(pk), now)]));
}
