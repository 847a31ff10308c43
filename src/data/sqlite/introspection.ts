import { sql } from 'kysely';
import { Problem } from '../../model/problem.ts';
import type {
  Column,
  ColumnKind,
  Connection,
  Constraint,
  Expression,
  Introspection,
  Row,
  TableName,
} from '../connection.ts';
import { dialect } from './dialect.ts';

/** Milliseconds; the schema is in memory. */
const TIMEOUT_MS = 5_000;

const read = (connection: Connection, query: Expression): Promise<readonly Row[]> =>
  connection.query(dialect.compile(query), TIMEOUT_MS);

const schemaOf = (table: TableName): string => table.schema ?? 'main';

/** By the declared type, after SQLite's own rules of affinity (https://sqlite.org/datatype3.html). */
function kindOf(type: string): ColumnKind {
  const declared = type.toLowerCase();
  if (/bool|tinyint\(1\)/.test(declared)) return 'boolean';
  if (declared.includes('int')) return 'integer';
  if (/date|time/.test(declared)) return 'timestamp';
  if (declared.includes('json')) return 'json';
  if (/char|clob|text|enum|uuid/.test(declared)) return 'text';
  if (/blob|binary/.test(declared)) return 'binary';
  return /real|floa|doub|dec|num/.test(declared) ? 'number' : 'other';
}

async function columns(connection: Connection, table: TableName): Promise<readonly Column[]> {
  const rows = await read(
    connection,
    sql`SELECT name, type, "notnull", CASE WHEN hidden > 1 THEN 'generated always' ELSE dflt_value END AS standard
          FROM pragma_table_xinfo(${table.name}, ${schemaOf(table)})
          WHERE hidden <> 1 AND ${table.name} IN (SELECT name FROM ${sql.id(schemaOf(table), 'sqlite_schema')})`,
  );
  return rows.map((row) => ({
    name: row.name ?? '',
    type: row.type ?? '',
    kind: kindOf(row.type ?? ''),
    nullable: row.notnull === '0',
    default: row.standard ?? null,
  }));
}

async function constraints(connection: Connection, table: TableName): Promise<readonly Constraint[]> {
  const keys = await read(
    connection,
    sql`SELECT 'primary key' AS type, group_concat(name, ', ' ORDER BY pk) AS columns
          FROM pragma_table_info(${table.name}, ${schemaOf(table)}) WHERE pk > 0 HAVING count(*) > 0
        UNION ALL
        SELECT 'unique', (SELECT group_concat(coalesce(i.name, '(expression)'), ', ' ORDER BY i.seqno)
          FROM pragma_index_info(l.name, ${schemaOf(table)}) AS i)
          FROM pragma_index_list(${table.name}, ${schemaOf(table)}) AS l WHERE l.origin = 'u'`,
  );
  const foreign = await read(
    connection,
    sql`SELECT "table", group_concat("from", ', ' ORDER BY seq) AS columns, group_concat("to", ', ' ORDER BY seq) AS targets
          FROM pragma_foreign_key_list(${table.name}, ${schemaOf(table)}) GROUP BY id, "table"`,
  );
  const [declared] = await read(
    connection,
    sql`SELECT sql FROM ${sql.id(schemaOf(table), 'sqlite_schema')} WHERE type = 'table' AND name = ${table.name}`,
  );
  return [
    ...keys.map((key) => ({
      name: `${key.type} (${key.columns})`,
      type: key.type === 'unique' ? ('unique' as const) : ('primary key' as const),
      definition: `(${key.columns})`,
    })),
    ...foreign.map((key) => ({
      name: `foreign key (${key.columns})`,
      type: 'foreign key' as const,
      definition: `(${key.columns}) references ${key.table} (${key.targets ?? 'primary key'})`,
    })),
    ...checksIn(declared?.sql ?? '').map((check) => ({ name: 'check', type: 'check' as const, definition: check })),
  ];
}

/** What may hold a bracket or the word without meaning it, the brackets, and the word. */
const MARKS = /'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?\*\/|[()]|\bCHECK\b(?=\s*\()/gi;

/** The bracketed expressions after each CHECK of a CREATE TABLE statement, the only place where SQLite keeps them. */
function checksIn(statement: string): readonly string[] {
  const checks: string[] = [];
  let depth = 0;
  let open: { readonly start: number; readonly depth: number } | undefined;
  for (const { 0: mark, index } of statement.matchAll(MARKS)) {
    if (/^check$/i.test(mark)) open = { start: index + mark.length, depth };
    if (mark === '(') depth += 1;
    if (mark === ')') depth -= 1;
    if (mark !== ')' || open?.depth !== depth) continue;
    checks.push(statement.slice(open.start, index + 1).trim());
    open = undefined;
  }
  return checks;
}

export const introspection: Introspection = {
  columns,
  constraints,

  async tables(connection) {
    const rows = await read(
      connection,
      sql`SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*' ORDER BY name`,
    );
    return rows.map((row) => row.name ?? '');
  },

  async indexes(connection, table) {
    const rows = await read(
      connection,
      sql`SELECT l.name, l."unique" AS is_unique, l.origin, l.partial, coalesce(i.name, '(expression)') AS column_name,
                 CASE l.partial WHEN 1 THEN (SELECT sql FROM ${sql.id(schemaOf(table), 'sqlite_schema')} AS made WHERE made.name = l.name) END AS declared
            FROM pragma_index_list(${table.name}, ${schemaOf(table)}) AS l,
                 pragma_index_info(l.name, ${schemaOf(table)}) AS i
           ORDER BY l.name, i.seqno`,
    );
    const indexes = [...Map.groupBy(rows, (row) => row.name ?? '')].map(([name, parts]) => ({
      name,
      columns: parts.map((part) => part.column_name ?? ''),
      unique: parts[0]?.is_unique === '1',
      primary: parts[0]?.origin === 'pk',
      ...(parts[0]?.partial === '1' && { partial: true as const }),
      condition: /\bWHERE\b(.*)$/is.exec(parts[0]?.declared ?? '')?.[1]?.trim(),
    }));
    if (indexes.some(({ primary }) => primary)) return indexes;
    // A key that is a whole number has no index beside the table: the table is one.
    const key = await read(
      connection,
      sql`SELECT name FROM pragma_table_info(${table.name}, ${schemaOf(table)}) WHERE pk > 0`,
    );
    const columns = key.map(({ name }) => name ?? '');
    return columns.length === 0 ? indexes : [{ name: 'rowid', columns, unique: true, primary: true }, ...indexes];
  },

  async triggers(connection, table) {
    const rows = await read(
      connection,
      sql`SELECT name, sql FROM ${sql.id(schemaOf(table), 'sqlite_schema')}
        WHERE type = 'trigger' AND tbl_name = ${table.name} ORDER BY name`,
    );
    return rows.map((row) => ({ name: row.name ?? '', definition: row.sql ?? '' }));
  },

  async estimate(connection, table) {
    // The rowid ends the B-tree; where it is no counter, the size of the file bounds it: a row takes 16 bytes at least.
    const largest = sql`SELECT max(rowid) FROM ${sql.id(schemaOf(table), table.name)}`;
    const fitting = sql`SELECT page_count * page_size / 16 FROM pragma_page_count(), pragma_page_size()`;
    try {
      const [row] = await read(connection, sql`SELECT min(coalesce((${largest}), 0), (${fitting})) AS estimated`);
      return Number(row?.estimated);
    } catch (error) {
      // A view, or a table WITHOUT ROWID.
      if (error instanceof Problem && error.kind === 'missing') return undefined;
      throw error;
    }
  },

  async locks() {
    return { unavailable: 'SQLite keeps its locks in the file system and does not say who holds them' };
  },
};
