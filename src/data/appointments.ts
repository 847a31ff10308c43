import { sql } from 'kysely';
import type { Context } from '../config/context.ts';
import { BACKUP_COLUMN, KNOWN_COLUMNS, type KnownColumn } from '../model/columns.ts';
import { nearest } from '../model/nearest.ts';
import { Problem } from '../model/problem.ts';
import type { Column, Connection, Engine, Introspection, TableName } from './connection.ts';

/** Milliseconds in which a table has to give none of its rows: only a lock takes longer. */
const PROBE_MS = 3_000;

/** The appointments table as it really is: which of the known columns it has, under which names and types. */
export interface Appointments {
  readonly table: TableName;
  readonly id: Column;
  /** The V1 and V2 booking id columns. */
  readonly v1: Column;
  readonly v2: Column;
  /** Every column of the table, known or not, in its order. */
  readonly columns: readonly Column[];
  readonly known: ReadonlyMap<KnownColumn, Column>;
  /** Known columns that the table lacks. */
  readonly missing: readonly KnownColumn[];
  /** Whether each row has an id of its own, by the table's indexes. */
  readonly idUnique: boolean;
  /** Whether a unique index stands on exactly this column. */
  readonly v1Unique: boolean;
  readonly v2Unique: boolean;
}

/** An exact name, or else the only one that differs just in case. */
function find<Item>(items: readonly Item[], nameOf: (item: Item) => string, wanted: string): Item | undefined {
  const exact = items.find((item) => nameOf(item) === wanted);
  if (exact !== undefined) return exact;
  const alike = items.filter((item) => nameOf(item).toLowerCase() === wanted.toLowerCase());
  return alike.length === 1 ? alike[0] : undefined;
}

const suggestion = (wanted: string, names: readonly string[]): string => {
  const near = nearest(wanted, names);
  return near === undefined ? '' : `; the nearest is "${near}"`;
};

const locked = ({ name }: TableName): Problem =>
  new Problem('locked', `${name} does not answer: probably somebody holds a lock`, 'see 8 Schema, Locks');

/**
 * Finds out at little cost whether the table can be read now. What the catalogues tell may wait for the same lock, as
 * defaults do on PostgreSQL.
 * @throws Problem locked; lost and cancelled as they are
 */
async function assertAnswers({ table, statementTimeoutMs }: Context, connection: Connection, { dialect }: Engine) {
  const from = table.schema === undefined ? sql.id(table.name) : sql.id(table.schema, table.name);
  try {
    await connection.query(
      dialect.compile(sql`SELECT 1 AS one FROM ${from} LIMIT 0`),
      Math.min(PROBE_MS, statementTimeoutMs),
    );
  } catch (error) {
    // The look at the table says better what is missing.
    if (!(error instanceof Problem) || !['missing', 'refused', 'sql'].includes(error.kind)) throw error;
  }
}

async function findTable(context: Context, connection: Connection, introspection: Introspection) {
  const { table } = context;
  const columns = await introspection.columns(connection, table);
  if (columns.length > 0) return { table, columns };
  const tables = await introspection.tables(connection);
  const other = table.schema === undefined ? find(tables, (name) => name, table.name) : undefined;
  if (other !== undefined) {
    const found = { schema: undefined, name: other };
    return { table: found, columns: await introspection.columns(connection, found) };
  }
  const name = table.schema === undefined ? table.name : `${table.schema}.${table.name}`;
  throw new Problem(
    'missing',
    `there is no table "${name}" in ${connection.server.database}${suggestion(table.name, tables)}`,
    `set contexts.${context.name}.table in the config, or give the right database`,
  );
}

/**
 * Looks at the table behind a context.
 * @throws Problem missing, when the table or one of its three required columns is not there; config, when two of them are
 * one; locked
 */
export async function inspectAppointments(
  context: Context,
  connection: Connection,
  engine: Engine,
): Promise<Appointments> {
  try {
    await assertAnswers(context, connection, engine);
    return await inspect(context, connection, engine.introspection);
  } catch (error) {
    throw error instanceof Problem && error.kind === 'timeout' ? locked(context.table) : error;
  }
}

/** What is written to the one would destroy the other. */
const twice = ({ name, columns }: Context, column: string, keys: readonly [KnownColumn, KnownColumn]): Problem => {
  const [one, other] = keys.map((key) => `columns.${key} ("${columns[key]}")`);
  const remedy = `correct contexts.${name}.columns in the config: each needs a column of its own`;
  return new Problem('config', `${one} and ${other} are both the column "${column}"`, remedy);
};

async function inspect(context: Context, connection: Connection, introspection: Introspection): Promise<Appointments> {
  const { table, columns } = await findTable(context, connection, introspection);
  const known = new Map<KnownColumn, Column>();
  for (const name of KNOWN_COLUMNS) {
    const column = find(columns, (candidate) => candidate.name, context.columns[name]);
    if (column === undefined) continue;
    const [other] = [...known].find(([, taken]) => taken === column) ?? [];
    if (other !== undefined) throw twice(context, column.name, [other, name]);
    known.set(name, column);
  }
  const absent = (name: KnownColumn): Problem => {
    const wanted = context.columns[name];
    const names = columns.map((candidate) => candidate.name);
    return new Problem(
      'missing',
      `table "${table.name}" has no column "${wanted}"${suggestion(wanted, names)}`,
      `set contexts.${context.name}.columns.${name} in the config to its name`,
    );
  };
  const required = (name: KnownColumn): Column => {
    const column = known.get(name);
    if (column === undefined) throw absent(name);
    return column;
  };
  // A name of the operator's own that leads nowhere would silence what it stands for. The backup column comes with a move.
  const mistaken = KNOWN_COLUMNS.find(
    (name) => name !== BACKUP_COLUMN && context.columns[name] !== name && !known.has(name),
  );
  if (mistaken !== undefined) throw absent(mistaken);
  const [id, v1, v2] = [required('id'), required('calcom_booking_id'), required('calcom_v2_booking_id')];
  const indexes = await introspection.indexes(connection, table);
  const uniqueOn = (column: Column) =>
    indexes.filter((index) => index.unique && index.columns.length === 1 && index.columns[0] === column.name);
  const unique = (column: Column) => uniqueOn(column).length > 0;
  return {
    table,
    id,
    v1,
    v2,
    columns,
    known,
    missing: KNOWN_COLUMNS.filter((name) => !known.has(name)),
    // SQLite lets a primary key be null by its type, and such a row is found by no key.
    idUnique: uniqueOn(id).some(({ partial, primary }) => partial === undefined && (primary || !id.nullable)),
    v1Unique: unique(v1),
    v2Unique: unique(v2),
  };
}
