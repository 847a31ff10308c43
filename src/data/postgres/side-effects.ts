import { sql } from 'kysely';
import type { Connection, TableName } from '../connection.ts';
import { dialect } from './dialect.ts';
import { oidOf } from './introspection.ts';

/** Milliseconds; answered from the catalogue. */
const TIMEOUT_MS = 10_000;

/** Of the bits of `tgtype`, the one for UPDATE. */
const ON_UPDATE = 16;

/**
 * Triggers and rules on updates, columns that are computed from others, and foreign keys of other tables that follow a
 * change of a value. Disabled triggers, and those that fire on replicas only, do nothing.
 */
export async function sideEffects(connection: Connection, table: TableName): Promise<readonly string[]> {
  const oid = oidOf(table);
  const rows = await connection.query(
    dialect.compile(sql`SELECT line FROM (
      SELECT 1 AS part, 'trigger ' || tgname || ': ' || pg_get_triggerdef(oid, true) AS line FROM pg_trigger
        WHERE tgrelid = ${oid} AND NOT tgisinternal AND tgtype & ${sql.lit(ON_UPDATE)} <> 0 AND tgenabled IN ('O', 'A')
      UNION ALL SELECT 2, 'rule ' || rulename || ': ' || pg_get_ruledef(oid, true) FROM pg_rewrite
        WHERE ev_class = ${oid} AND ev_type = '2' AND ev_enabled IN ('O', 'A')
      UNION ALL SELECT 3, 'generated column ' || a.attname || ': ' || pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute AS a JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = ${oid} AND a.attgenerated <> '' AND NOT a.attisdropped
      UNION ALL SELECT 4, 'foreign key ' || conname || ' of ' || conrelid::regclass || ': ' || pg_get_constraintdef(oid, true)
        FROM pg_constraint WHERE confrelid = ${oid} AND contype = 'f' AND confupdtype IN ('c', 'n', 'd')
    ) AS effects ORDER BY part, line`),
    TIMEOUT_MS,
  );
  return rows.map((row) => row['line'] ?? '');
}
