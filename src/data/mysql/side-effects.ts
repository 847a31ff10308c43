import { sql } from 'kysely';
import type { Connection, Expression, Row, TableName } from '../connection.ts';
import { dialect } from './dialect.ts';
import { introspection, ofTable } from './introspection.ts';
import { granted } from './rights.ts';
import { touchedColumns } from './touched.ts';

/** Milliseconds; answered from the catalogue. */
const TIMEOUT_MS = 15_000;

/**
 * Triggers on updates, columns that are computed from others or set on each update, and foreign keys of other tables
 * that follow a change of a value.
 */
export async function sideEffects(connection: Connection, table: TableName): Promise<readonly string[]> {
  const schema = table.schema ?? connection.server.database;
  const read = (query: Expression): Promise<readonly Row[]> => connection.query(dialect.compile(query), TIMEOUT_MS);
  const triggers = await read(
    sql`SELECT trigger_name AS name, action_timing AS timing, action_statement AS body FROM information_schema.triggers
      WHERE event_object_schema = ${schema} AND event_object_table = ${table.name}
        AND CAST(event_object_table AS CHAR) = ${table.name} AND event_manipulation = 'UPDATE' ORDER BY action_order, name`,
  );
  const columns = await introspection.columns(connection, table);
  const versioned = await read(
    sql`SELECT 1 AS one FROM information_schema.tables WHERE ${ofTable(connection, table)} AND table_type = 'SYSTEM VERSIONED'`,
  );
  const following = await read(
    sql`SELECT c.constraint_name AS name, c.table_name AS owner, c.update_rule AS rule, k.referenced_column_name AS part
      FROM information_schema.referential_constraints AS c JOIN information_schema.key_column_usage AS k
        ON k.constraint_schema = c.constraint_schema AND k.constraint_name = c.constraint_name AND k.table_name = c.table_name
      WHERE k.referenced_table_schema = ${schema} AND k.referenced_table_name = ${table.name}
        AND c.update_rule IN ('CASCADE', 'SET NULL') ORDER BY owner, name`,
  );
  const visible = (await granted(connection, table)).some((right) => ['TRIGGER', 'ALL PRIVILEGES'].includes(right));
  return [
    ...triggers.map(({ name, timing, body }) => `trigger ${name}: ${timing} update ${body}`),
    ...(visible ? [] : ['triggers: the account may not see them, GRANT TRIGGER shows them']),
    ...columns
      .filter((column) => column.default?.startsWith('generated always as'))
      .map((column) => `generated column ${column.name}: ${column.default}`),
    // One stays as it is, see `touchedColumn`.
    ...touchedColumns(columns)
      .slice(1)
      .map(({ name }) => `column ${name}: becomes the time of the update`),
    ...(versioned.length === 0 ? [] : ['system versioning: the row as it was stays beside it']),
    ...following.map(({ name, owner, rule, part }) => `foreign key ${name} of ${owner}: on update of ${part} ${rule}`),
  ];
}
