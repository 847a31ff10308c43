import type { Context } from '../config/context.ts';
import type { TableName } from '../data/connection.ts';
import type { Database, QueryOptions } from '../data/database.ts';
import { count, duration } from '../model/format.ts';
import { Problem } from '../model/problem.ts';
import { KNOWN_TABLES } from '../model/tables.ts';
import type { Check } from './check.ts';
import type { Remembered } from './results.ts';

/** Rows from which on a person wants to know before a table is read in full: some 0.5 s of a server's time. */
export const MANY_ROWS = 1_000_000;

/** `5,123,456` is more than an estimate knows. */
const rounded = (rows: number): string => count(Number(rows.toPrecision(2)));

/** The table in the database that a check's `scans` means. */
function tableOf(scans: string, context: Context): TableName {
  if (scans === 'appointments') return context.table;
  const known = KNOWN_TABLES.find((table) => table === scans);
  const [schema, ...rest] = (known === undefined ? scans : context.tables[known]).split('.');
  return rest.length === 0 ? { schema: undefined, name: schema ?? '' } : { schema, name: rest.join('.') };
}

/**
 * What the checks that read a large table in full are expected to cost, a line each:
 * `sync/once: reads all of appointments, about 5,000,000 rows; 3.4 s last time`. Nothing while the database is away: the
 * checks will say so themselves.
 * @param from rows from which on a table counts as large
 */
export async function expectedCosts(
  database: Database,
  context: Context,
  checks: readonly Check[],
  known: ReadonlyMap<string, Remembered>,
  { from = MANY_ROWS, ...options }: QueryOptions & { readonly from?: number },
): Promise<readonly string[]> {
  const scanning = Map.groupBy(checks, ({ scans }) => scans);
  scanning.delete(undefined);
  const costs: string[] = [];
  try {
    for (const [scans, group] of scanning) {
      const table = tableOf(scans ?? '', context);
      const rows = await database.introspect(options, (introspection, connection) =>
        introspection.estimate(connection, table),
      );
      if (rows === undefined || rows < from) continue;
      for (const { id } of group) {
        const last = known.get(id)?.durationMs;
        const before = last === undefined ? '' : `; ${duration(last / 1000)} last time`;
        costs.push(`${id}: reads all of ${table.name}, about ${rounded(rows)} rows${before}`);
      }
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
  return costs;
}
