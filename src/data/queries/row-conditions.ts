import { sql } from 'kysely';
import type { KnownColumn } from '../../model/columns.ts';
import { PUSHED_ORIGINS, SEARCHED_CHARACTERS } from '../../model/sync.ts';
import type { Column, Expression } from '../connection.ts';
import { all, any, causeExpression, hasClass, inScope, reference, type Source } from './expressions.ts';
import type { Position, RowsQuery, RowsSort } from './rows.ts';

/** Characters by which a value is compared with one that a panel grouped by. */
const COMPARED_CHARACTERS = 255;

/** A condition on a column that the table may lack: then no row fulfils it. */
function onColumn(source: Source, name: KnownColumn, condition: (column: Expression) => Expression): Expression {
  const column = reference(source, name);
  return column === undefined ? sql`1 = 0` : condition(column);
}

/** The same on a column's moment in seconds since 1970 UTC. */
function onMoment(source: Source, name: KnownColumn, condition: (moment: Expression) => Expression): Expression {
  const column = source.appointments.known.get(name);
  return column === undefined ? sql`1 = 0` : condition(source.dialect.epoch(column));
}

function equals(source: Source, name: KnownColumn, value: string | null): Expression {
  return onColumn(source, name, (column) =>
    value === null ? sql`${column} IS NULL` : sql`${source.dialect.shortText(column, COMPARED_CHARACTERS)} = ${value}`,
  );
}

function containsText(source: Source, columns: readonly Column[], needle: string, inverse: boolean): Expression {
  const { dialect } = source;
  const found = any(
    columns.map(({ name }) => dialect.containsAny(dialect.foldCase(dialect.text(sql.id(name))), [needle])),
  );
  return sql`CASE WHEN ${found} THEN 1 ELSE 0 END = ${sql.lit(inverse ? 0 : 1)}`;
}

/** The columns that a query shows: the primary key, the booking ids, and those asked for that the table has. */
function shownColumns({ appointments }: Source, { columns }: RowsQuery): readonly Column[] {
  const { id, v1, v2, known } = appointments;
  const asked = columns.flatMap((name) => known.get(name) ?? []);
  return [...new Set([id, v1, v2, ...asked])];
}

/** The rows of a query, as a condition. */
export function matches(source: Source, query: RowsQuery): Expression {
  const { filter } = query;
  const conditions = [...inScope(source, filter.includesDeleted)];
  if (filter.class !== undefined) conditions.push(hasClass(source, filter.class));
  if (filter.source !== undefined) conditions.push(equals(source, 'source', filter.source));
  if (filter.tenant !== undefined) conditions.push(equals(source, 'company_id', filter.tenant));
  if (filter.origin !== undefined) conditions.push(equals(source, 'sync_origin', filter.origin));
  if (filter.status !== undefined) conditions.push(equals(source, 'calcom_sync_status', filter.status));
  if (filter.errorCode !== undefined) conditions.push(equals(source, 'sync_error_code', filter.errorCode));
  if (filter.cause !== undefined) conditions.push(hasCause(source, filter.cause));
  if (filter.inReview) {
    const column = source.appointments.known.get('requires_manual_review');
    conditions.push(column === undefined ? sql`1 = 0` : source.dialect.isTrue(column));
  }
  const { createdSince, initiatedBefore } = filter;
  if (createdSince !== undefined) {
    conditions.push(onMoment(source, 'created_at', (moment) => sql`${moment} >= ${sql.lit(createdSince)}`));
  }
  if (initiatedBefore !== undefined) {
    conditions.push(onMoment(source, 'sync_initiated_at', (moment) => sql`${moment} < ${sql.lit(initiatedBefore)}`));
  }
  if (filter.pushed) {
    const origins = sql.join(PUSHED_ORIGINS.map((origin) => sql.lit(origin)));
    conditions.push(onColumn(source, 'sync_origin', (column) => sql`${source.dialect.text(column)} IN (${origins})`));
  }
  if (filter.text !== undefined && filter.text.needle !== '') {
    conditions.push(containsText(source, shownColumns(source, query), filter.text.needle, filter.text.inverse));
  }
  return all(conditions);
}

function hasCause(source: Source, cause: string | null): Expression {
  const texts = (['sync_error_code', 'sync_error_message'] as const).flatMap((name) => reference(source, name) ?? []);
  if (texts.length === 0) return sql`1 = 0`;
  const found = causeExpression(
    source,
    texts.map((column) => source.dialect.shortText(column, SEARCHED_CHARACTERS)),
  );
  return cause === null ? sql`${found} IS NULL` : sql`${found} = ${cause}`;
}

/** What a query sorts by. Texts compare by their bytes: an enum sorts by number but compares as text. */
interface SortKey {
  readonly column: Column;
  readonly expression: Expression;
  /** undefined when the sort column is the primary key itself. */
  readonly parameter: ((value: string) => Expression) | undefined;
}

const BY_VALUE: ReadonlySet<Column['kind']> = new Set(['integer', 'number', 'timestamp', 'boolean']);

function sortKey({ dialect, appointments }: Source, sort: RowsSort): SortKey {
  const column = appointments.known.get(sort.column) ?? appointments.id;
  // Qualified: an unqualified name in ORDER BY means the output column, which is text.
  const qualified = sql.id(appointments.table.name, column.name);
  if (column === appointments.id) return { column, expression: qualified, parameter: undefined };
  if (BY_VALUE.has(column.kind)) {
    return { column, expression: qualified, parameter: (value) => dialect.parameter(column, value) };
  }
  return { column, expression: dialect.text(qualified), parameter: (value) => sql`${value}` };
}

/** The text of the sort column, to know a row's position by. */
export function sortValue(source: Source, sort: RowsSort): Expression {
  return source.dialect.text(sql.id(sortKey(source, sort).column.name));
}

type Direction = RowsSort['direction'];

export const reversed = (direction: Direction): Direction => (direction === 'asc' ? 'desc' : 'asc');

/** Rows of a list in the order of an index on the sort column. */
export interface Part {
  readonly condition: Expression;
  readonly order: Expression;
}

/**
 * A list in a direction from its start or from a position on: null is the smallest value, and the primary key decides
 * between equal ones. Rows with a value and those without are parts of their own, so that an index serves each: as one
 * list, with NULLS LAST or an OR, 200,000 rows are sorted for every page, in 0.1 s to 0.5 s; this takes 5 ms of any
 * number of rows.
 * @param inclusive whether the row at the position belongs to it
 */
export function partsFrom(
  source: Source,
  sort: RowsSort,
  direction: Direction,
  from: Position | undefined,
  inclusive: boolean,
): readonly Part[] {
  const { appointments, dialect } = source;
  const { column, expression, parameter } = sortKey(source, sort);
  const [way, further] = direction === 'asc' ? [sql`ASC`, sql`>`] : [sql`DESC`, sql`<`];
  const id = sql.id(appointments.table.name, appointments.id.name);
  const byId = sql`${id} ${way}`;
  const idBeyond =
    from && sql`${id} ${further}${inclusive ? sql`=` : sql``} ${dialect.parameter(appointments.id, from.pk)}`;
  if (parameter === undefined) return [{ condition: idBeyond ?? all([]), order: byId }];
  const valueBeyond = (value: Expression) =>
    all([sql`${expression} ${further}= ${value}`, any([sql`${expression} ${further} ${value}`, idBeyond ?? all([])])]);
  const isNull = sql`${expression} IS NULL`;
  const filled = {
    condition: typeof from?.value === 'string' ? valueBeyond(parameter(from.value)) : sql`${expression} IS NOT NULL`,
    order: sql`${expression} ${way}, ${byId}`,
  };
  const empty = { condition: from?.value === null ? all([isNull, idBeyond ?? all([])]) : isNull, order: byId };
  if (!column.nullable) return [filled];
  const parts = direction === 'asc' ? [empty, filled] : [filled, empty];
  const first = from?.value === null ? empty : filled;
  return from === undefined ? parts : parts.slice(parts.indexOf(first));
}
