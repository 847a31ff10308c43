import { sql } from 'kysely';
import type { ColumnKind, Connection, Constraint, Expression, Introspection, Row, TableName } from '../connection.ts';
import { dialect } from './dialect.ts';

/** Milliseconds; answered from the catalogue. */
const TIMEOUT_MS = 10_000;

/** Locks that are listed at most, waiting and oldest first. */
const MOST_LOCKS = 200;

const read = (connection: Connection, query: Expression): Promise<readonly Row[]> =>
  connection.query(dialect.compile(query), TIMEOUT_MS);

/** The table of that name in its schema, or in the first schema of the search path that has one. */
export function oidOf({ schema, name }: TableName): Expression {
  const inSchema = schema === undefined ? sql`pg_table_is_visible(c.oid)` : sql`n.nspname = ${schema}`;
  return sql`(SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relname = ${name} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${inSchema})`;
}

/** By the type as the server writes it without its length; a domain counts as what it restricts. */
function kindOf(base: string): ColumnKind {
  if (base.endsWith('[]')) return 'other';
  if (/^(smallint|integer|bigint)$/.test(base)) return 'integer';
  if (/^(numeric|real|double precision)$/.test(base)) return 'number';
  if (/^(timestamp|date)\b/.test(base)) return 'timestamp';
  if (/^(text|character|character varying|citext|name|"char")$/.test(base)) return 'text';
  if (base === 'boolean') return 'boolean';
  if (base === 'bytea') return 'binary';
  return /^jsonb?$/.test(base) ? 'json' : 'other';
}

const CONSTRAINT_TYPES: Readonly<Record<string, Constraint['type']>> = {
  p: 'primary key',
  u: 'unique',
  f: 'foreign key',
  c: 'check',
};

export const introspection: Introspection = {
  async tables(connection) {
    const rows = await read(
      connection,
      sql`SELECT c.relname AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(c.oid)
          AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY c.relname`,
    );
    return rows.map((row) => row['name'] ?? '');
  },

  async columns(connection, table) {
    const rows = await read(
      connection,
      sql`SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, t.typtype = 'e' AS is_enum,
          format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid), NULL) AS base, NOT a.attnotnull AS nullable,
          information_schema._pg_char_max_length(coalesce(nullif(t.typbasetype, 0), a.atttypid),
            CASE WHEN t.typbasetype = 0 THEN a.atttypmod ELSE t.typtypmod END) AS length, a.attgenerated <> '' AS generated, pg_get_expr(d.adbin, d.adrelid) AS standard
        FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = ${oidOf(table)} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    );
    return rows.map(({ name, type, is_enum, base, nullable, length, generated, standard }) => ({
      name: name ?? '',
      type: type ?? '',
      kind: is_enum === 't' ? 'text' : kindOf(base ?? ''),
      nullable: nullable === 't',
      default: generated === 't' ? `generated always as (${standard})` : (standard ?? null),
      length: length ? Number(length) : undefined,
    }));
  },

  async indexes(connection, table) {
    const rows = await read(
      connection,
      sql`SELECT i.relname AS name, m.amname AS method, x.indisunique AS is_unique, x.indisprimary AS is_primary, x.indisvalid AS is_valid,
          pg_get_expr(x.indpred, x.indrelid) AS condition,
          coalesce(a.attname, pg_get_indexdef(x.indexrelid, k.position::int, true)) AS part
        FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid JOIN pg_am AS m ON m.oid = i.relam
        CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k(number, position)
        LEFT JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.number AND k.number > 0
        WHERE x.indrelid = ${oidOf(table)} AND k.position <= x.indnkeyatts
        ORDER BY i.relname, k.position`,
    );
    return [...Map.groupBy(rows, (row) => row['name'] ?? '')].map(([name, parts]) => ({
      name,
      columns: parts.map((part) => part['part'] ?? ''),
      unique: parts[0]?.['is_unique'] === 't',
      primary: parts[0]?.['is_primary'] === 't',
      ...(parts[0]?.['is_partial'] === 't' && { partial: true as const }),
      method: parts[0]?.['method'] ?? undefined,
      condition: parts[0]?.['condition'] ?? undefined,
      ...(parts[0]?.['is_valid'] === 'f' && { broken: true as const }),
    }));
  },

  async constraints(connection, table) {
    const rows = await read(
      connection,
      sql`SELECT conname AS name, contype AS type, pg_get_constraintdef(oid, true) AS definition FROM pg_constraint
        WHERE conrelid = ${oidOf(table)} AND contype IN ('p', 'u', 'f', 'c') ORDER BY contype = 'p' DESC, conname`,
    );
    return rows.flatMap(({ name, type, definition }) => {
      const known = CONSTRAINT_TYPES[type ?? ''];
      return known === undefined ? [] : [{ name: name ?? '', type: known, definition: definition ?? '' }];
    });
  },

  async triggers(connection, table) {
    const rows = await read(
      connection,
      sql`SELECT t.tgname AS name, pg_get_triggerdef(t.oid, true) AS head, p.prosrc AS body
        FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid
        WHERE t.tgrelid = ${oidOf(table)} AND NOT t.tgisinternal ORDER BY t.tgname`,
    );
    return rows.map(({ name, head, body }) => ({ name: name ?? '', definition: `${head}\n${body}` }));
  },

  async estimate(connection, table) {
    const [row] = await read(
      connection,
      sql`SELECT nullif(reltuples, -1)::bigint AS estimated FROM pg_class WHERE oid = ${oidOf(table)}`,
    );
    return row?.['estimated'] ? Number(row['estimated']) : undefined;
  },

  async locks(connection) {
    const rows = await read(
      connection,
      sql`SELECT l.pid AS holder, a.usename AS user, l.relation::regclass::text AS object, l.mode AS mode,
          NOT l.granted AS waiting, floor(date_part('epoch', clock_timestamp() - a.xact_start)) AS seconds, a.query AS statement
        FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
        WHERE l.pid <> pg_backend_pid() AND (l.locktype = 'relation' OR NOT l.granted)
          AND (l.database IS NULL OR l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
          AND (l.relation IS NULL OR l.relation >= 16384)
        ORDER BY l.granted, a.xact_start LIMIT ${sql.lit(MOST_LOCKS)}`,
    );
    return {
      locks: rows.map((row) => ({
        holder: row['holder'] ?? '',
        user: row['user'] ?? null,
        object: row['object'] ?? null,
        mode: row['mode'] ?? null,
        waiting: row['waiting'] === 't',
        seconds: row['seconds'] ? Number(row['seconds']) : undefined,
        statement: row['statement'] ?? null,
      })),
    };
  },
};
