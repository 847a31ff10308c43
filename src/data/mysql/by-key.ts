import { type RawBuilder, sql } from 'kysely';
import { named } from '../state/tables.ts';
import type { IdColumns, WritingSession } from '../writing.ts';
import { dialect } from './dialect.ts';

const found = new WeakMap<WritingSession, Map<string, RawBuilder<unknown>>>();

/**
 * The table, as `a`, to be searched by its primary key. By itself the server reads all of a table of 20,000 rows to find
 * 5,000 keys, and waits for each row on the way that somebody else holds.
 */
export async function byKey(session: WritingSession, { table, id }: IdColumns): Promise<RawBuilder<unknown>> {
  const tables = found.get(session) ?? new Map<string, RawBuilder<unknown>>();
  found.set(session, tables);
  const name = JSON.stringify([table.schema, table.name, id.name]);
  const hinted = tables.get(name) ?? sql`${named(table)} AS a${await hint(session, { table, id })}`;
  tables.set(name, hinted);
  return hinted;
}

async function hint(session: WritingSession, { table, id }: Pick<IdColumns, 'table' | 'id'>) {
  const [index] = await session.query(
    dialect.compile(sql`SELECT index_name AS name FROM information_schema.statistics
      WHERE table_schema = ${table.schema ?? session.server.database} AND table_name = ${table.name}
        AND column_name = ${id.name} AND seq_in_index = 1
      ORDER BY index_name = 'PRIMARY' DESC, non_unique, index_name LIMIT 1`),
  );
  const name = index?.['name'] ?? undefined;
  return name === undefined ? sql`` : sql` FORCE INDEX (${sql.id(name)})`;
}
