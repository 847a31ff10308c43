import { sql } from 'kysely';
import type { Connection, TableName } from '../connection.ts';
import { dialect } from './dialect.ts';

/** Milliseconds; the schema is in memory. */
const TIMEOUT_MS = 5_000;

const COMMENTS = /--[^\n]*|\/\*[^]*?\*\//g;
/** The head of a CREATE TRIGGER, up to its table. */
const UPDATE_TRIGGER =
  /^\s*CREATE\s+TRIGGER\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|'(?:[^']|'')*'|[^\s"`[']+)\s+((?:BEFORE|AFTER|INSTEAD\s+OF)\s+)?UPDATE\b(.*?)\bON\b/is;

/** Triggers that an update sets off, with the columns they look at, and columns that are computed from others. */
export async function sideEffects(connection: Connection, table: TableName): Promise<readonly string[]> {
  const schema = table.schema ?? 'main';
  const triggers = await connection.query(
    dialect.compile(sql`SELECT name, sql FROM ${sql.id(schema, 'sqlite_schema')}
      WHERE type = 'trigger' AND tbl_name = ${table.name} COLLATE NOCASE ORDER BY name`),
    TIMEOUT_MS,
  );
  const generated = await connection.query(
    dialect.compile(sql`SELECT name, CASE hidden WHEN 3 THEN 'stored' ELSE 'virtual' END AS kept
      FROM pragma_table_xinfo(${table.name}, ${schema}) WHERE hidden IN (2, 3)`),
    TIMEOUT_MS,
  );
  return [
    ...triggers.flatMap((trigger) => {
      const head = UPDATE_TRIGGER.exec((trigger['sql'] ?? '').replaceAll(COMMENTS, ' '));
      if (head === null) return [];
      const [, when = 'BEFORE', of = ''] = head;
      return [`trigger ${trigger['name']}: ${`${when.trim()} UPDATE ${of.trim()}`.replaceAll(/\s+/g, ' ').trim()}`];
    }),
    ...generated.map((column) => `generated column ${column['name']} (${column['kept']})`),
  ];
}
