import { sql } from 'kysely';
import { type JobFacts, MOST_PAYLOAD_BYTES, readJob, unread } from '../../model/laravel-job.ts';
import { fail, ok, type Result } from '../../model/result.ts';
import type { Column, Expression, Row, TableName } from '../connection.ts';
import type { Database, QueryOptions } from '../database.ts';
import { named } from '../state/tables.ts';
import { all, any, join } from './expressions.ts';

/** A table of Laravel's queue as it is now. */
export interface QueueTable {
  readonly table: TableName;
  readonly columns: ReadonlyMap<string, Column>;
}

/** Both tables; where one or a column of it is not there, what is lacking in words: `needs table failed_jobs`. */
export interface LaravelQueue {
  readonly jobs: Result<QueueTable, string>;
  /** The column `uuid` may be lacking: Laravel has it from version 8 on. */
  readonly failed: Result<QueueTable, string>;
}

const NEEDED = {
  jobs: ['id', 'queue', 'payload', 'attempts', 'reserved_at', 'available_at', 'created_at'],
  failed_jobs: ['id', 'connection', 'queue', 'payload', 'exception', 'failed_at'],
} as const;

/** Payloads up to this size are read with their rows: 500 of them take 8 MB. Larger ones come one by one. */
const INLINE_BYTES = 16 * 1024;

/**
 * Looks for the tables of Laravel's queue beside the appointments.
 * @throws Problem
 */
export async function findLaravelQueue(
  database: Database,
  appointments: TableName,
  options: QueryOptions,
): Promise<LaravelQueue> {
  const find = async (name: keyof typeof NEEDED): Promise<Result<QueueTable, string>> => {
    const table = { schema: appointments.schema, name };
    const found = await database.introspect(options, (introspection, connection) =>
      introspection.columns(connection, table),
    );
    if (found.length === 0) return fail(`needs table ${name}`);
    const columns = new Map(found.map((column) => [column.name, column]));
    const missing = NEEDED[name].filter((column) => !columns.has(column));
    if (missing.length > 0) return fail(`needs column ${missing.map((column) => `${name}.${column}`).join(', ')}`);
    return ok({ table, columns });
  };
  return { jobs: await find('jobs'), failed: await find('failed_jobs') };
}

/** A column that `findLaravelQueue` has seen. */
export function columnOf({ table, columns }: QueueTable, name: string): Column {
  const column = columns.get(name);
  if (column === undefined) throw new Error(`${table.name} was taken without its column ${name}`);
  return column;
}

/** A column by the name of its table, as its text has the bare name. */
export const own = ({ table }: QueueTable, name: string): Expression => sql.id(table.name, name);

/** A stretch of a table by its primary key. */
export interface JobStretch {
  /** The last id of the stretch before; undefined for the first one. */
  readonly after: string | undefined;
  /** The last id to look at; undefined for all that are there. */
  readonly until?: string | undefined;
  /** Rows to look at. */
  readonly limit: number;
  /** Only these primary keys; undefined for every row. */
  readonly ids?: readonly string[] | undefined;
  /** Only jobs that are about one of these; undefined for every job. */
  readonly appointments?: readonly string[] | undefined;
  /** The model of the appointments; by default each class named `Appointment`. */
  readonly appointmentClass?: string | undefined;
}

/** What was found in a stretch. */
export interface JobsFound<Item> {
  /** The id to go on behind; undefined when no row was left to look at. */
  readonly last: string | undefined;
  readonly scanned: number;
  readonly jobs: readonly Item[];
}

/** A row with its payload read. */
export interface PayloadRow {
  readonly row: Row;
  readonly id: string;
  readonly payloadBytes: number;
  readonly digest: string;
  readonly job: JobFacts;
}

/** Behind one key and up to another one, and one of some where these are named. */
function within(database: Database, table: QueueTable, { after, until, ids }: JobStretch): Expression {
  const key = (id: string) => database.dialect.parameter(columnOf(table, 'id'), id);
  return all([
    ...(after === undefined ? [] : [sql`${own(table, 'id')} > ${key(after)}`]),
    ...(until === undefined ? [] : [sql`${own(table, 'id')} <= ${key(until)}`]),
    ...(ids === undefined ? [] : [any(ids.length === 0 ? [] : [sql`${own(table, 'id')} IN (${join(ids.map(key))})`])]),
  ]);
}

/**
 * Whether a payload can be about one of some appointments: each id stands in it as PHP writes a number or a text inside
 * JSON. Much else may look like that, which is why it only spares reading payloads that are about others. undefined where
 * an id has characters that JSON may escape.
 */
function mayBeAbout(database: Database, table: QueueTable, ids: readonly string[]): Expression | undefined {
  if (!ids.every((id) => /^[\w-]+$/.test(id))) return undefined;
  const needles = ids.flatMap((id) => [`i:${id};`, `\\"${id}\\"`]);
  const { dialect } = database;
  return dialect.containsAny(dialect.foldCase(dialect.text(own(table, 'payload'))), needles);
}

/** More ids than this are looked for in the payloads that came, not by the server. */
const MOST_LOOKED_FOR = 50;

/** The last id of a stretch, where the rows that come back are not all that are looked at. */
async function boundOf(database: Database, table: QueueTable, stretch: JobStretch, options: QueryOptions) {
  const id = own(table, 'id');
  const inside = within(database, table, stretch);
  const bounded = sql.id('bounded', 'id');
  const [row] = await database.query(
    sql`SELECT ${database.dialect.text(bounded)} AS row_id, COUNT(*) OVER () AS n
      FROM (SELECT ${id} FROM ${named(table.table)} WHERE ${inside} ORDER BY ${id} LIMIT ${sql.lit(stretch.limit)}) AS bounded
      ORDER BY ${bounded} DESC LIMIT 1`,
    options,
  );
  return row;
}

/** The payload with what goes with it, of each row that fulfils a condition and in which it is not too large. */
function selection(database: Database, table: QueueTable, names: readonly string[], largest: number): Expression {
  const { dialect } = database;
  const payload = own(table, 'payload');
  const size = sql`OCTET_LENGTH(${payload})`;
  const when = (value: Expression) => sql`CASE WHEN ${size} <= ${sql.lit(largest)} THEN ${value} END`;
  return join([
    sql`${dialect.text(own(table, 'id'))} AS row_id`,
    ...names.map((name) => sql`${dialect.shortText(own(table, name), 255)} AS ${sql.id(`row_${name}`)}`),
    sql`${size} AS payload_bytes`,
    sql`${when(dialect.text(payload))} AS payload_text`,
    sql`${when(dialect.digest(payload))} AS payload_digest`,
  ]);
}

/**
 * Reads a stretch of a table of jobs and what their payloads say. No more than one large payload is held at a time.
 * @param names columns that come along, cut to 255 characters, as `row_…`
 * @throws Problem
 */
export async function readPayloads(
  database: Database,
  table: QueueTable,
  names: readonly string[],
  stretch: JobStretch,
  options: QueryOptions,
): Promise<JobsFound<PayloadRow>> {
  const { appointments, appointmentClass } = stretch;
  const looked = appointments !== undefined && appointments.length <= MOST_LOOKED_FOR ? appointments : undefined;
  const filter = looked === undefined ? undefined : mayBeAbout(database, table, looked);
  const bound = filter === undefined ? undefined : await boundOf(database, table, stretch, options);
  if (filter !== undefined && bound === undefined) return { last: undefined, scanned: 0, jobs: [] };
  const until = bound?.['row_id'] ?? stretch.until;
  const inside = within(database, table, { ...stretch, until });
  const rows = await database.query(
    sql`SELECT ${selection(database, table, names, INLINE_BYTES)} FROM ${named(table.table)}
      WHERE ${all([inside, ...(filter === undefined ? [] : [filter])])}
      ORDER BY ${own(table, 'id')} LIMIT ${sql.lit(stretch.limit)}`,
    options,
  );
  const jobs: PayloadRow[] = [];
  for (const row of rows) {
    const whole = row['payload_text'] === null ? await readLarge(database, table, names, row, options) : row;
    if (whole !== undefined) jobs.push(payloadRow(whole, appointmentClass));
  }
  const wanted = appointments === undefined ? undefined : new Set(appointments);
  return {
    last: bound?.['row_id'] ?? rows.at(-1)?.['row_id'] ?? undefined,
    scanned: bound === undefined ? rows.length : Number(bound['n']),
    jobs: wanted === undefined ? jobs : jobs.filter(({ job }) => job.appointmentIds.some((id) => wanted.has(id))),
  };
}

/** The row once more with its payload, or as it is where that is too large; undefined where it went meanwhile. */
async function readLarge(
  database: Database,
  table: QueueTable,
  names: readonly string[],
  row: Row,
  options: QueryOptions,
): Promise<Row | undefined> {
  if (Number(row['payload_bytes']) > MOST_PAYLOAD_BYTES) return row;
  const key = database.dialect.parameter(columnOf(table, 'id'), row['row_id'] ?? '');
  const [whole] = await database.query(
    sql`SELECT ${selection(database, table, names, MOST_PAYLOAD_BYTES)} FROM ${named(table.table)}
      WHERE ${own(table, 'id')} = ${key}`,
    options,
  );
  return whole;
}

function payloadRow(row: Row, appointmentClass: string | undefined): PayloadRow {
  const payload = row['payload_text'] ?? undefined;
  const megabytes = MOST_PAYLOAD_BYTES / 1024 / 1024;
  return {
    row,
    id: row['row_id'] ?? '',
    payloadBytes: Number(row['payload_bytes']),
    digest: row['payload_digest'] ?? '',
    job: payload === undefined ? unread(`its payload has over ${megabytes} MB`) : readJob(payload, appointmentClass),
  };
}
