import { sql } from 'kysely';
import type { Context } from '../../config/context.ts';
import { classOfRow, kindOfValue, type RowClass } from '../../model/booking-id.ts';
import type { KnownColumn } from '../../model/columns.ts';
import type { Appointments } from '../appointments.ts';
import type { Expression, Row } from '../connection.ts';
import type { Database, QueryOptions } from '../database.ts';
import { all, any, join, kindExpressions, reference, type Source, tableOf } from './expressions.ts';
import { matches, partsFrom, reversed, sortValue } from './row-conditions.ts';
import type { Position, PositionedRow, RowsQuery, Stretch } from './rows.ts';

/** Characters of a value in a list: more than fit a screen, enough to copy. */
const LISTED_CHARACTERS = 1_000;
/** Characters of a booking id: one over the longest uid that a config may allow, so that a cut value stays no uid. */
const ID_CHARACTERS = 256;
/** Characters of a value when one row is shown in full, and in an export. */
export const FULL_CHARACTERS = 65_536;

/** One row with every column that the table has. */
export interface FullRow {
  readonly pk: string;
  readonly class: RowClass;
  /** In the table's order, by their real names. */
  readonly fields: readonly { readonly name: string; readonly type: string; readonly value: string | null }[];
}

/**
 * What the queries about rows are made from, as the table is now.
 * @param seen as it was seen before, where that will do
 */
export async function sourceOf(
  database: Database,
  context: Context,
  options: QueryOptions,
  seen?: Appointments,
): Promise<Source> {
  const appointments = seen ?? (await database.appointments(options));
  return { dialect: database.dialect, appointments, bookingIds: context.bookingIds };
}

/** Facts that decide a row's class, under names that no column has. */
function classSelection(source: Source): readonly Expression[] {
  const { dialect, appointments } = source;
  const { taken, byDesign } = kindExpressions(source);
  const id = (name: string) => dialect.shortText(sql.id(name), ID_CHARACTERS);
  return [
    sql`${id(appointments.v1.name)} AS v1_id`,
    sql`${id(appointments.v2.name)} AS v2_id`,
    sql`${taken ?? sql`0`} AS v1_taken`,
    sql`${byDesign ?? sql`0`} AS v2_by_design`,
  ];
}

function classOf(source: Source, row: Row): RowClass {
  const { uid } = source.bookingIds;
  const [v1, v2] = [row.v1_id ?? null, row.v2_id ?? null];
  return classOfRow({
    v1: kindOfValue(v1, uid),
    v2: kindOfValue(v2, uid),
    equal: v1 !== null && v1 === v2,
    taken: row.v1_taken === '1',
    byDesign: row.v2_by_design === '1',
  });
}

/**
 * Reads a stretch of a list by its position, never by its offset: the cost does not grow with the distance.
 * @throws Problem
 */
export async function readRows(
  database: Database,
  source: Source,
  query: RowsQuery,
  stretch: Stretch,
  options: QueryOptions,
): Promise<readonly PositionedRow[]> {
  const { dialect, appointments } = source;
  const backward = stretch.direction === 'backward';
  const direction = backward ? reversed(query.sort.direction) : query.sort.direction;
  const listed = query.columns.flatMap((name) => {
    const column = reference(source, name);
    return column === undefined
      ? []
      : [sql`${dialect.shortText(column, stretch.characters ?? LISTED_CHARACTERS)} AS ${sql.id(name)}`];
  });
  const selection = join([
    sql`${dialect.text(sql.id(appointments.id.name))} AS row_pk`,
    sql`${sortValue(source, query.sort)} AS row_value`,
    ...classSelection(source),
    ...listed,
  ]);
  const rows: Row[] = [];
  for (const { condition, order } of partsFrom(
    source,
    query.sort,
    direction,
    stretch.from,
    stretch.inclusive ?? false,
  )) {
    if (rows.length === stretch.limit) break;
    const part = sql`SELECT ${selection} FROM ${tableOf(source)} WHERE ${all([matches(source, query), condition])}
      ORDER BY ${order} LIMIT ${sql.lit(stretch.limit - rows.length)}`;
    rows.push(...(await database.query(part, options)));
  }
  const found = rows.map((row) => ({
    pk: row.row_pk ?? '',
    class: classOf(source, row),
    values: valuesOf(row, query.columns),
    position: { pk: row.row_pk ?? '', value: row.row_value ?? null },
  }));
  return backward ? found.reverse() : found;
}

/** The known columns of a list's row; the booking ids are always there. */
function valuesOf(row: Row, columns: readonly KnownColumn[]): Row {
  const ids = { id: row.row_pk ?? null, calcom_booking_id: row.v1_id ?? null, calcom_v2_booking_id: row.v2_id ?? null };
  return { ...Object.fromEntries(columns.map((name) => [name, row[name] ?? null])), ...ids };
}

/**
 * Counts the rows of a list, and those that stand before a position.
 * @throws Problem
 */
export async function countRows(
  database: Database,
  source: Source,
  query: RowsQuery,
  position: Position | undefined,
  options: QueryOptions,
): Promise<{ readonly total: number; readonly before: number }> {
  const backward = reversed(query.sort.direction);
  const parts = position === undefined ? [] : partsFrom(source, query.sort, backward, position, false);
  const before = any(parts.map(({ condition }) => condition));
  const [row] = await database.query(
    sql`SELECT COUNT(*) AS total, COUNT(CASE WHEN ${before} THEN 1 END) AS rows_before
      FROM ${tableOf(source)} WHERE ${matches(source, query)}`,
    options,
  );
  return { total: Number(row?.total), before: Number(row?.rows_before) };
}

/**
 * Reads one row with all its columns, each up to 65,536 characters.
 * @returns undefined when it is gone
 * @throws Problem
 */
export async function readRow(
  database: Database,
  source: Source,
  pk: string,
  options: QueryOptions,
): Promise<FullRow | undefined> {
  const { dialect, appointments } = source;
  const columns = appointments.columns.map(
    ({ name }, index) => sql`${dialect.shortText(sql.id(name), FULL_CHARACTERS)} AS ${sql.id(`field_${index}`)}`,
  );
  const [row] = await database.query(
    sql`SELECT ${join([...classSelection(source), ...columns])} FROM ${tableOf(source)}
      WHERE ${sql.id(appointments.id.name)} = ${dialect.parameter(appointments.id, pk)}`,
    options,
  );
  if (row === undefined) return undefined;
  const fields = appointments.columns.map(({ name, type }, index) => ({
    name,
    type,
    value: row[`field_${index}`] ?? null,
  }));
  return { pk, class: classOf(source, row), fields };
}
