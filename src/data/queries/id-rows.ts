import { sql } from 'kysely';
import { classOfRow, kindOfValue, type RowClass } from '../../model/booking-id.ts';
import { BACKUP_COLUMN } from '../../model/columns.ts';
import type { Expression, Row } from '../connection.ts';
import type { Database, QueryOptions } from '../database.ts';
import type { IdValues } from '../writing.ts';
import { all, any, hasClass, join, kindExpressions, reference, type Source, tableOf } from './expressions.ts';

/** Characters of a booking id: one over the longest uid that a config may allow, so that a cut value stays no uid. */
const ID_CHARACTERS = 256;

/** A row as far as its booking ids go, soft-deleted or not. */
export interface IdRow {
  readonly pk: string;
  readonly class: RowClass;
  readonly ids: IdValues;
}

/** A column of the appointments by its table: a bare name in ORDER BY may mean a text of the selection. */
export const qualified = ({ appointments }: Source, name: string): Expression => sql.id(appointments.table.name, name);

function selection(source: Source): Expression {
  const { dialect, appointments } = source;
  const { taken, byDesign } = kindExpressions(source);
  const id = (name: string) => dialect.shortText(sql.id(name), ID_CHARACTERS);
  const backup = reference(source, BACKUP_COLUMN);
  return join([
    sql`${dialect.text(sql.id(appointments.id.name))} AS row_pk`,
    sql`${id(appointments.v1.name)} AS v1_id`,
    sql`${id(appointments.v2.name)} AS v2_id`,
    ...(backup === undefined ? [] : [sql`${dialect.shortText(backup, ID_CHARACTERS)} AS backup_id`]),
    ...(taken === undefined ? [] : [sql`${taken} AS v1_taken`]),
    ...(byDesign === undefined ? [] : [sql`${byDesign} AS v2_by_design`]),
  ]);
}

function rowOf({ bookingIds: { uid } }: Source, row: Row): IdRow {
  const [v1, v2] = [row['v1_id'] ?? null, row['v2_id'] ?? null];
  return {
    pk: row['row_pk'] ?? '',
    class: classOfRow({
      v1: kindOfValue(v1, uid),
      v2: kindOfValue(v2, uid),
      equal: v1 !== null && v1 === v2,
      taken: row['v1_taken'] === '1',
      byDesign: row['v2_by_design'] === '1',
    }),
    ids: { v1, v2, backup: row['backup_id'] ?? null },
  };
}

/**
 * The rows behind a primary key and up to another one, as a condition.
 * @param key the column that has it; that of the appointments by default
 */
export function between(
  source: Source,
  after: string | undefined,
  until: string,
  key: Expression = qualified(source, source.appointments.id.name),
): Expression {
  const { id } = source.appointments;
  const upTo = sql`${key} <= ${source.dialect.parameter(id, until)}`;
  return after === undefined ? upTo : sql`${key} > ${source.dialect.parameter(id, after)} AND ${upTo}`;
}

/** The largest primary key, which ends a pass; undefined where there is no row. */
export async function lastKey(database: Database, source: Source, options: QueryOptions): Promise<string | undefined> {
  const { id } = source.appointments;
  const [row] = await database.query(
    sql`SELECT ${source.dialect.text(sql.id(id.name))} AS last_pk FROM ${tableOf(source)}
      ORDER BY ${qualified(source, id.name)} DESC LIMIT 1`,
    options,
  );
  return row?.['last_pk'] ?? undefined;
}

/** The first rows that fulfil a condition, by primary key. */
export async function sampleIdRows(
  database: Database,
  source: Source,
  condition: Expression,
  limit: number,
  options: QueryOptions,
): Promise<readonly IdRow[]> {
  const rows = await database.query(
    sql`SELECT ${selection(source)} FROM ${tableOf(source)} WHERE ${condition}
      ORDER BY ${qualified(source, source.appointments.id.name)} LIMIT ${sql.lit(limit)}`,
    options,
  );
  return rows.map((row) => rowOf(source, row));
}

const hasKey = (source: Source, pks: readonly string[]): Expression => {
  const { dialect, appointments } = source;
  const keys = join(pks.map((pk) => dialect.parameter(appointments.id, pk)));
  return sql`${qualified(source, appointments.id.name)} IN (${keys})`;
};

/** The rows with these primary keys. */
export function idRowsOf(
  database: Database,
  source: Source,
  pks: readonly string[],
  options: QueryOptions,
): Promise<readonly IdRow[]> {
  return sampleIdRows(database, source, hasKey(source, pks), pks.length, options);
}

/** The rows that a move changes by itself. */
export const toMove = (source: Source): Expression =>
  any([hasClass(source, 'misplaced'), hasClass(source, 'duplicate')]);

/** The rows that a move may have to do with: where the V2 column is empty, only what somebody decided. */
export const toLookAt = (source: Source, decided: readonly string[]): Expression =>
  any([
    sql`${sql.id(source.appointments.v2.name)} IS NOT NULL`,
    ...(decided.length === 0 ? [] : [hasKey(source, decided)]),
  ]);

/** Which rows to look at: those behind a primary key and up to another one, and no more than `limit`. */
interface Range {
  readonly after: string | undefined;
  readonly until: string;
  readonly limit: number;
}

/** A stretch of the table: the key of its last row, and of its rows those that are asked for. */
export interface Swept {
  /** undefined when nothing was left to look at. */
  readonly last: string | undefined;
  readonly scanned: number;
  readonly rows: readonly IdRow[];
}

/** The last row of a stretch. One walk along the keys tells it of all but the last stretch, where rows have to be counted. */
async function endOf(
  database: Database,
  source: Source,
  { after, until, limit }: Range,
  options: QueryOptions,
): Promise<Omit<Swept, 'rows'>> {
  const { dialect, appointments } = source;
  const key = qualified(source, appointments.id.name);
  const inside = between(source, after, until);
  const [full] = await database.query(
    sql`SELECT ${dialect.text(key)} AS last_pk FROM ${tableOf(source)} WHERE ${inside} ORDER BY ${key}
      LIMIT 1 OFFSET ${sql.lit(limit - 1)}`,
    options,
  );
  if (full !== undefined) return { last: full['last_pk'] ?? undefined, scanned: limit };
  const bounded = sql.id('bounded', appointments.id.name);
  const [rest] = await database.query(
    sql`SELECT ${dialect.text(bounded)} AS last_pk, COUNT(*) OVER () AS n
      FROM (SELECT ${key} FROM ${tableOf(source)} WHERE ${inside} ORDER BY ${key} LIMIT ${sql.lit(limit)}) AS bounded
      ORDER BY ${bounded} DESC LIMIT 1`,
    options,
  );
  return { last: rest?.['last_pk'] ?? undefined, scanned: Number(rest?.['n'] ?? 0) };
}

/**
 * The next rows by primary key that fulfil a condition: how many rows are looked at stays bounded although few of them
 * come back.
 */
export async function sweepIdRows(
  database: Database,
  source: Source,
  range: Range,
  condition: Expression,
  options: QueryOptions,
): Promise<Swept> {
  const { last, scanned } = await endOf(database, source, range, options);
  if (last === undefined) return { last, scanned, rows: [] };
  const key = qualified(source, source.appointments.id.name);
  const rows = await database.query(
    sql`SELECT ${selection(source)} FROM ${tableOf(source)} WHERE ${all([between(source, range.after, last), condition])}
      ORDER BY ${key}`,
    options,
  );
  return { last, scanned, rows: rows.map((row) => rowOf(source, row)) };
}
