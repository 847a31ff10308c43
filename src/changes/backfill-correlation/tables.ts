import { type RawBuilder, sql } from 'kysely';
import type { Column, Expression, TableName } from '../../data/connection.ts';
import { all, any } from '../../data/queries/expressions.ts';
import { named } from '../../data/state/tables.ts';
import { tableNameOf } from '../../data/table-name.ts';
import { Problem } from '../../model/problem.ts';
import type { ChangeGround } from '../change.ts';

/** A column of a new state, and what it gets. */
interface Filled {
  readonly name: string;
  readonly value: Expression;
}

/** Events and their states as they are now, and what a new state is made of. */
export interface Correlation {
  readonly events: TableName;
  readonly states: TableName;
  readonly id: Column;
  readonly correlation: Column;
  /** undefined where events have no calendar. */
  readonly calendar: Column | undefined;
  readonly fills: readonly Filled[];
  /** Columns of a state that want a value which nobody here knows. */
  readonly unknown: readonly string[];
  /** What the server would set by itself on each update of an event; it stays as it is. */
  readonly touched: Column | undefined;
}

const event = (name: string): RawBuilder<unknown> => sql.id('event', name);

/** Columns of a table; none where it is not there. */
const columnsOf = ({ database, options }: ChangeGround, table: TableName): Promise<readonly Column[]> =>
  database.introspect(options, (has, connection) => has.columns(connection, table));

/** Why there is nothing here that could be backfilled, in words. */
export async function strayIn(ground: ChangeGround): Promise<string | undefined> {
  const { calendars_event: events } = ground.context.tables;
  return (await columnsOf(ground, tableNameOf(events))).length === 0 ? `there is no table ${events}` : undefined;
}

/** In the letters of the states that are there: they were small first and capitals later. */
async function statusOf({ database, dialect, options }: ChangeGround, states: TableName): Promise<string> {
  const status = dialect.text(sql.id('status'));
  const [row] = await database.query(sql`SELECT ${status} AS status FROM ${named(states)} LIMIT 1`, options);
  const seen = row?.['status'] ?? '';
  return seen !== '' && seen === seen.toUpperCase() ? 'SYNCED' : 'synced';
}

/** What a state says of an event that exists and is synced; undefined for a column that nobody here knows. */
function valueFor(
  column: Column,
  events: ReadonlyMap<string, Column>,
  { dialect }: ChangeGround,
  status: string,
): Expression | undefined {
  const { name } = column;
  const own = events.get(name);
  if (name === 'status') return sql`${sql.lit(status)}`;
  if (name === 'event_type' && events.has('is_busy_block')) {
    return sql`CASE WHEN ${dialect.truth(event('is_busy_block'))} = 1 THEN 'busy_block' ELSE 'user_event' END`;
  }
  if (name === 'created_at' || name === 'updated_at') {
    return own === undefined ? sql`CURRENT_TIMESTAMP` : sql`COALESCE(${event(name)}, CURRENT_TIMESTAMP)`;
  }
  // What both tables have by the same name is the same fact; their own keys are not.
  return own === undefined || name === 'id' ? undefined : event(name);
}

const needsValue = ({ nullable, default: standard, name }: Column): boolean =>
  !nullable && standard === null && name !== 'id';

/**
 * Looks at both tables, by the reading session.
 * @throws Problem blocked, where a table or a column is missing or holds no uuid
 */
export async function correlationOf(ground: ChangeGround): Promise<Correlation> {
  const { context, writing } = ground;
  const names = context.tables;
  const [events, states] = [tableNameOf(names.calendars_event), tableNameOf(names.calendars_eventstate)];
  const [ofEvents, ofStates] = [await columnsOf(ground, events), await columnsOf(ground, states)];
  const migrate = 'run the application’s own migrations first: they add it';
  const needed = (columns: readonly Column[], table: string, name: string): Column => {
    const column = columns.find((candidate) => candidate.name === name);
    if (column !== undefined) return column;
    const what = columns.length === 0 ? `table ${table}` : `column ${table}.${name}`;
    throw new Problem('blocked', `it needs ${what}`, migrate);
  };
  const id = needed(ofEvents, names.calendars_event, 'id');
  const correlation = needed(ofEvents, names.calendars_event, 'correlation_id');
  const inState = needed(ofStates, names.calendars_eventstate, 'correlation_id');
  needed(ofStates, names.calendars_eventstate, 'status');
  if (
    writing.schema.freshUuid(correlation, { kind: id.kind, value: event('id') }, 0) === undefined ||
    inState.type !== correlation.type
  ) {
    const what = `correlation_id is ${correlation.type} in events and ${inState.type} in states`;
    throw new Problem('blocked', what, 'both have to be of the same type, which holds a uuid');
  }
  const byName = new Map(ofEvents.map((column) => [column.name, column] as const));
  const status = await statusOf(ground, states);
  const valued = ofStates.map((column) => ({ column, value: valueFor(column, byName, ground, status) }));
  return {
    events,
    states,
    id,
    correlation,
    calendar: byName.get('calendar_id'),
    fills: valued.flatMap(({ column: { name }, value }) => (value === undefined ? [] : [{ name, value }])),
    unknown: valued.flatMap(({ column, value }) => (value === undefined && needsValue(column) ? [column.name] : [])),
    touched: writing.touchedColumn(ofEvents),
  };
}

/** Which events are meant: those of one calendar, or all. */
export function inCalendar(
  { calendar }: Correlation,
  { dialect }: Pick<ChangeGround, 'dialect'>,
  wanted: string | undefined,
): Expression {
  if (wanted === undefined) return sql`1 = 1`;
  if (calendar === undefined) throw new Problem('blocked', 'events have no column calendar_id', 'leave --calendar out');
  return sql`${event(calendar.name)} = ${dialect.parameter(calendar, wanted)}`;
}

/**
 * An event without a correlation id. Said so that no index on the ids serves: by one SQLite and PostgreSQL would look at all
 * events to find the 50 of a batch, as statistics from before the run mislead (90 ms instead of 0.2 ms, of 150,000 events).
 */
export const withoutId = ({ correlation }: Correlation, { dialect }: Pick<ChangeGround, 'dialect'>): Expression => {
  const own = event('correlation_id');
  return sql`COALESCE(${correlation.kind === 'text' ? own : dialect.text(own)}, '') = ''`;
};

/** An event that lacks its state: one whose id no state has, or that has no id by which it could have one. */
export const lacking = ({ states, correlation }: Correlation): Expression => {
  const own = event('correlation_id');
  const filled = correlation.kind === 'text' ? sql` AND ${own} <> ''` : sql``;
  return sql`NOT EXISTS (SELECT 1 FROM ${named(states)} AS state WHERE ${sql.id('state', 'correlation_id')} = ${own}${filled})`;
};

/**
 * The same, looked up event by event and only where there is an id: for a stretch of events. Left to itself PostgreSQL would
 * read all states for each batch as soon as there are some 100,000 (14 ms for 1,000 events instead of 1 ms).
 */
export function lackingHere(correlation: Correlation, ground: Pick<ChangeGround, 'dialect'>): Expression {
  const state = sql`SELECT 1 FROM ${named(correlation.states)} AS state
    WHERE ${sql.id('state', 'correlation_id')} = ${event('correlation_id')} ${ground.dialect.computeOnce()}`;
  return any([withoutId(correlation, ground), sql`NOT EXISTS (${state})`]);
}

/** The table of events as `event`. */
export const eventsAs = ({ events }: Correlation): Expression => sql`${named(events)} AS event`;

/** The same, to be walked along by its key. */
export const eventsByKey = (correlation: Correlation, { dialect }: Pick<ChangeGround, 'dialect'>): Expression =>
  dialect.byPrimaryKey(eventsAs(correlation));

/** The key of an event, as text. */
export const keyText = ({ id }: Correlation, { dialect }: Pick<ChangeGround, 'dialect'>): Expression =>
  dialect.text(event(id.name));

/** Events behind a key, up to another one. */
export function between(
  { id }: Correlation,
  { dialect }: Pick<ChangeGround, 'dialect'>,
  after: string | undefined,
  until: string,
): Expression {
  const key = event(id.name);
  return all([
    ...(after === undefined ? [] : [sql`${key} > ${dialect.parameter(id, after)}`]),
    sql`${key} <= ${dialect.parameter(id, until)}`,
  ]);
}
