import { sql } from 'kysely';
import { Problem } from '../../model/problem.ts';
import type {
  Column,
  ColumnKind,
  Connection,
  Constraint,
  Expression,
  Introspection,
  Lock,
  Row,
  TableName,
} from '../connection.ts';
import { dialect } from './dialect.ts';

/** Milliseconds; a server with 100,000 tables may take seconds to list them. */
const TIMEOUT_MS = 15_000;

/** Locks that are listed at most, waiting and oldest first. */
const MOST_LOCKS = 200;

const read = (connection: Connection, query: Expression): Promise<readonly Row[]> =>
  connection.query(dialect.compile(query), TIMEOUT_MS);

/**
 * One table of information_schema's rows. Both names as constants let MariaDB open this table's definition only; the
 * views fold case, hence the second comparison.
 */
export function ofTable(
  connection: Connection,
  { schema, name }: TableName,
  prefix: 'table' | 'constraint' = 'table',
): Expression {
  return sql`${sql.id(`${prefix}_schema`)} = ${schema ?? connection.server.database} AND table_name = ${name}
    AND CAST(table_name AS CHAR) = ${name}`;
}

function kindOf(type: string): ColumnKind {
  const [base = ''] = /^[a-z]+/.exec(type) ?? [];
  if (/^(tinyint|bit)\(1\)/.test(type)) return 'boolean';
  if (/int$|^integer$|^bit$|^year$/.test(base)) return 'integer';
  if (/^(decimal|float|double)$/.test(base)) return 'number';
  if (/^(date|datetime|timestamp)$/.test(base)) return 'timestamp';
  if (/char$|text$|^(enum|set|uuid)$/.test(base)) return 'text';
  if (/blob$|binary$/.test(base)) return 'binary';
  return base === 'json' ? 'json' : 'other';
}

async function columns(connection: Connection, table: TableName): Promise<readonly Column[]> {
  const rows = await read(
    connection,
    sql`SELECT column_name AS name, column_type AS type, is_nullable AS nullable, column_default AS standard,
        NULLIF(generation_expression, '') AS expression, collation_name AS collation, extra,
        CASE WHEN data_type IN ('enum', 'set') THEN NULL ELSE character_maximum_length END AS length
      FROM information_schema.columns WHERE ${ofTable(connection, table)} ORDER BY ordinal_position`,
  );
  return rows.map((row) => ({
    name: row['name'] ?? '',
    type: row['type'] ?? '',
    kind: kindOf(row['type'] ?? ''),
    nullable: row['nullable'] === 'YES',
    default: defaultOf(connection, row),
    collation: row['collation'] ?? undefined,
    length: row['length'] ? Number(row['length']) : undefined,
  }));
}

/** What the server puts there by itself: an expression, or a value and what it makes of it on each update. */
function defaultOf(connection: Connection, { standard = null, expression, extra }: Row): string | null {
  if (expression) return `generated always as (${expression})`;
  // MariaDB writes defaults as SQL, and so NULL where there is none.
  const value = connection.server.product === 'MariaDB' && standard === 'NULL' ? null : standard;
  const [touched] = /\bon update .*/i.exec(extra ?? '') ?? [];
  if (touched === undefined) return value;
  return value === null ? touched.toLowerCase() : `${value} ${touched.toLowerCase()}`;
}

/** Names of a key's columns, by constraint, in the key's order. */
async function keys(connection: Connection, table: TableName): Promise<ReadonlyMap<string, readonly Row[]>> {
  const rows = await read(
    connection,
    sql`SELECT constraint_name AS name, column_name AS part, referenced_table_name AS target, referenced_column_name AS target_part
      FROM information_schema.key_column_usage WHERE ${ofTable(connection, table)} ORDER BY ordinal_position`,
  );
  return Map.groupBy(rows, (row) => row['name'] ?? '');
}

async function checks(connection: Connection, table: TableName): Promise<readonly Constraint[]> {
  // MariaDB's names are unique in a table only; MySQL's view doesn't tell the table.
  const ofThisTable =
    connection.server.product === 'MariaDB'
      ? ofTable(connection, table, 'constraint')
      : sql`constraint_schema = ${table.schema ?? connection.server.database} AND constraint_name IN
          (SELECT constraint_name FROM information_schema.table_constraints
            WHERE ${ofTable(connection, table)} AND constraint_type = 'CHECK')`;
  const rows = await read(
    connection,
    sql`SELECT constraint_name AS name, check_clause AS clause FROM information_schema.check_constraints
      WHERE ${ofThisTable} ORDER BY constraint_name`,
  );
  return rows.map(({ name, clause }) => ({ name: name ?? '', type: 'check', definition: clause ?? '' }));
}

async function constraints(connection: Connection, table: TableName): Promise<readonly Constraint[]> {
  const rows = await read(
    connection,
    sql`SELECT constraint_name AS name, constraint_type AS type FROM information_schema.table_constraints
      WHERE ${ofTable(connection, table)} AND constraint_type IN ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY')
      ORDER BY constraint_type = 'PRIMARY KEY' DESC, constraint_name`,
  );
  const partsOf = await keys(connection, table);
  const rules = await read(
    connection,
    sql`SELECT constraint_name AS name, update_rule AS on_update, delete_rule AS on_delete
      FROM information_schema.referential_constraints WHERE ${ofTable(connection, table, 'constraint')}`,
  );
  const own = rows.map(({ name, type }): Constraint => {
    const parts = partsOf.get(name ?? '') ?? [];
    const list = (field: string) => parts.map((part) => part[field]).join(', ');
    if (type !== 'FOREIGN KEY') {
      return { name: name ?? '', type: type === 'UNIQUE' ? 'unique' : 'primary key', definition: `(${list('part')})` };
    }
    const rule = rules.find((candidate) => candidate['name'] === name);
    const actions = `on update ${rule?.['on_update']} on delete ${rule?.['on_delete']}`.toLowerCase();
    const target = `${parts[0]?.['target']} (${list('target_part')})`;
    return { name: name ?? '', type: 'foreign key', definition: `(${list('part')}) references ${target} ${actions}` };
  });
  return [...own, ...(await checks(connection, table))];
}

/** InnoDB's open transactions that hold or want a lock. It writes times in the server's own zone, whatever the session's. */
function transactions(product: string): Expression {
  // MySQL has moved the locked object to performance_schema.data_locks, which holds up the server to list every row lock.
  const mariadb = product === 'MariaDB';
  return sql`SELECT t.trx_mysql_thread_id AS holder, p.user AS user, t.trx_query AS statement,
      ${mariadb ? sql`l.lock_table` : sql`NULL`} AS object, ${mariadb ? sql`l.lock_mode` : sql`NULL`} AS mode,
      ${mariadb ? sql`COALESCE(l.lock_id = t.trx_requested_lock_id, 0)` : sql`t.trx_state = 'LOCK WAIT'`} AS waiting,
      TIMESTAMPDIFF(SECOND, CONVERT_TZ(t.trx_started, 'SYSTEM', '+00:00'), UTC_TIMESTAMP()) AS seconds
    FROM information_schema.innodb_trx AS t
    LEFT JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id
    ${mariadb ? sql`LEFT JOIN information_schema.innodb_locks AS l ON l.lock_trx_id = t.trx_id` : sql``}
    WHERE t.trx_tables_locked + t.trx_rows_locked > 0 OR t.trx_state = 'LOCK WAIT'
    ORDER BY waiting DESC, t.trx_started LIMIT ${sql.lit(MOST_LOCKS)}`;
}

/** Locks on tables' definitions, which ALTER TABLE waits for; nothing where the server doesn't record them. */
const METADATA_LOCKS = sql`SELECT h.processlist_id AS holder, h.processlist_user AS user, h.processlist_info AS statement,
    CONCAT(m.object_schema, '.', m.object_name) AS object, m.lock_type AS mode, m.lock_status = 'PENDING' AS waiting,
    TIMESTAMPDIFF(SECOND, CONVERT_TZ(t.trx_started, 'SYSTEM', '+00:00'), UTC_TIMESTAMP()) AS seconds
  FROM performance_schema.metadata_locks AS m
  JOIN performance_schema.threads AS h ON h.thread_id = m.owner_thread_id
  LEFT JOIN information_schema.innodb_trx AS t ON t.trx_mysql_thread_id = h.processlist_id
  WHERE m.object_type = 'TABLE' AND h.processlist_id <> CONNECTION_ID()
  ORDER BY waiting DESC, t.trx_started LIMIT ${sql.lit(MOST_LOCKS)}`;

/** Sessions that wait for a lock on a whole table; unlike who holds it, every server tells them. */
const WAITING = sql`SELECT id AS holder, user, info AS statement, NULL AS object, state AS mode, 1 AS waiting, time AS seconds
  FROM information_schema.processlist
  WHERE state LIKE 'Waiting for table%lock' AND id <> CONNECTION_ID() ORDER BY time DESC LIMIT ${sql.lit(MOST_LOCKS)}`;

/** A row where the server records locks on tables' definitions: MySQL does by default, MariaDB does not. */
const RECORDING = sql`SELECT 1 AS one FROM performance_schema.setup_instruments
  WHERE name = 'wait/lock/metadata/sql/mdl' AND enabled = 'YES'`;

const lockOf = (row: Row): Lock => ({
  holder: row['holder'] ?? '',
  user: row['user'] ?? null,
  object: row['object'] ?? null,
  mode: row['mode'] ?? null,
  waiting: row['waiting'] === '1',
  seconds: row['seconds'] ? Number(row['seconds']) : undefined,
  statement: row['statement'] ?? null,
});

/** The rows, or why a privilege is missing for them. */
async function unlessRefused(connection: Connection, query: Expression): Promise<readonly Row[] | string> {
  try {
    return await read(connection, query);
  } catch (error) {
    if (error instanceof Problem && error.kind === 'refused') return error.message;
    throw error;
  }
}

export const introspection: Introspection = {
  columns,
  constraints,

  async tables(connection) {
    const rows = await read(
      connection,
      sql`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ${connection.server.database} ORDER BY table_name`,
    );
    return rows.map((row) => row['name'] ?? '');
  },

  async indexes(connection, table) {
    // All columns, as only MySQL has one for expressions.
    const rows = await read(
      connection,
      sql`SELECT * FROM information_schema.statistics WHERE ${ofTable(connection, table)} ORDER BY index_name, seq_in_index`,
    );
    return [...Map.groupBy(rows, (row) => row['INDEX_NAME'] ?? '')].map(([name, parts]) => ({
      name,
      columns: parts.map((part) => {
        const length = part['SUB_PART'];
        return part['COLUMN_NAME'] ? part['COLUMN_NAME'] + (length ? `(${length})` : '') : `(${part['EXPRESSION']})`;
      }),
      unique: parts[0]?.['NON_UNIQUE'] === '0',
      primary: name === 'PRIMARY',
    }));
  },

  async triggers(connection, table) {
    const rows = await read(
      connection,
      sql`SELECT trigger_name AS name, action_timing AS timing, event_manipulation AS event, action_statement AS body
        FROM information_schema.triggers WHERE event_object_schema = ${table.schema ?? connection.server.database}
          AND event_object_table = ${table.name} AND CAST(event_object_table AS CHAR) = ${table.name} ORDER BY name`,
    );
    return rows.map(({ name, timing, event, body }) => ({
      name: name ?? '',
      definition: `${timing} ${event} ${body}`,
    }));
  },

  async estimate(connection, table) {
    const [row] = await read(
      connection,
      sql`SELECT table_rows AS estimated FROM information_schema.tables WHERE ${ofTable(connection, table)}`,
    );
    return row?.['estimated'] ? Number(row['estimated']) : undefined;
  },

  async locks(connection) {
    const open = await unlessRefused(connection, transactions(connection.server.product));
    if (typeof open === 'string') return { unavailable: `${open}; GRANT PROCESS ON *.* TO this user shows them` };
    const recording = await unlessRefused(connection, RECORDING);
    if (typeof recording !== 'string' && recording.length > 0) {
      const metadata = await unlessRefused(connection, METADATA_LOCKS);
      return { locks: [...open, ...(typeof metadata === 'string' ? [] : metadata)].map(lockOf) };
    }
    return {
      locks: [...(await read(connection, WAITING)), ...open].map(lockOf),
      unseen: 'no row is locked and nobody waits; who locks a table, this server tells with performance_schema only',
    };
  },
};
