import { type RawBuilder, sql } from 'kysely';
import { Problem } from '../../model/problem.ts';
import type { TableName } from '../connection.ts';
import { named } from '../state/tables.ts';
import type { WritingEngine, WritingSession } from '../writing.ts';
import { dialect } from './dialect.ts';

/** In an instant; by writing the table anew while others go on; by a copy that holds up every writer. */
const WAYS = {
  instant: 'ALGORITHM=INSTANT',
  beside: 'ALGORITHM=INPLACE, LOCK=NONE',
  copy: 'ALGORITHM=COPY',
} as const;

/** Alters a table in the first of some ways that the server can. */
async function alter(
  session: WritingSession,
  table: TableName,
  change: RawBuilder<unknown>,
  ways: readonly (keyof typeof WAYS)[],
): Promise<void> {
  for (const [index, way] of ways.entries()) {
    try {
      await session.execute(dialect.compile(sql`ALTER TABLE ${named(table)} ${change}, ${sql.raw(WAYS[way])}`));
      return;
    } catch (error) {
      const another = error instanceof Problem && error.kind === 'refused' && index < ways.length - 1;
      if (!another) throw error;
    }
  }
}

/** In an instant since MariaDB 10.3 and MySQL 8.0.12, unless the table is compressed or was altered so too often. */
export const addBackupColumn: WritingEngine['addBackupColumn'] = async (session, table, v2, name, mayCopy = false) => {
  const collation = v2.collation === undefined ? sql`` : sql` COLLATE ${sql.id(v2.collation)}`;
  const change = sql`ADD COLUMN ${sql.id(name)} ${sql.raw(v2.type)}${collation} NULL`;
  // On a Galera cluster every node's writers would wait for a table that is written anew.
  const ways = session.clustered && !mayCopy ? (['instant'] as const) : (['instant', 'beside'] as const);
  await alter(session, table, change, mayCopy ? [...ways, 'copy'] : ways);
};

/** Milliseconds; answered from the catalogue. */
const TIMEOUT_MS = 15_000;

/** MariaDB writes a table with an index on a virtual column only while nobody else does (its error 1846). */
export const copyNeeded: NonNullable<WritingEngine['copyNeeded']> = async (connection, table) => {
  if (connection.server.product !== 'MariaDB') return undefined;
  const query = sql`SELECT c.column_name AS name FROM information_schema.columns AS c JOIN information_schema.statistics AS s
      ON s.table_schema = c.table_schema AND s.table_name = c.table_name AND s.column_name = c.column_name
    WHERE c.table_schema = ${table.schema ?? connection.server.database} AND c.table_name = ${table.name}
      AND c.extra LIKE '%VIRTUAL GENERATED%' LIMIT 1`;
  const [found] = await connection.query(dialect.compile(query), TIMEOUT_MS);
  return found && `${found['name']} is virtual and in an index: MariaDB copies the table, and every writer waits`;
};

/** In an instant since MariaDB 10.4 and MySQL 8.0.29, unless an index has the column. */
export const dropColumn: WritingEngine['dropColumn'] = async (session, table, name, mayCopy) => {
  await alter(session, table, sql`DROP COLUMN ${sql.id(name)}`, mayCopy ? ['instant', 'beside', 'copy'] : ['instant']);
};
