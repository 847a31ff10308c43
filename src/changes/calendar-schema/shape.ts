import { sql } from 'kysely';
import { CALENDAR_TABLES, type CalendarTable } from '../../checks/calendar-schema/expected.ts';
import type { Column, Constraint, Index, TableName, Trigger } from '../../data/connection.ts';
import { named } from '../../data/state/tables.ts';
import { tableNameOf } from '../../data/table-name.ts';
import { recordOf } from '../../model/keys.ts';
import type { ChangeGround } from '../change.ts';

/** One of the two tables as it is now. */
export interface Shape {
  readonly columns: readonly Column[];
  readonly indexes: readonly Index[];
  readonly constraints: readonly Constraint[];
  readonly triggers: readonly Trigger[];
  /** Whether it has a row. */
  readonly busy: boolean;
}

/** What there is of the calendar schema. */
export interface Scene {
  /** undefined where there is no such table. */
  readonly shapes: Readonly<Record<CalendarTable, Shape | undefined>>;
  readonly names: Readonly<Record<CalendarTable, TableName>>;
  readonly bookings: TableName;
  /** The keys that the tables refer to; undefined where these tables are not there. */
  readonly bookingKey: Column | undefined;
  readonly profileKey: Column | undefined;
}

async function shapeOf({ database, options }: ChangeGround, table: TableName): Promise<Shape | undefined> {
  const shape = await database.introspect(options, async (has, connection) => {
    const columns = await has.columns(connection, table);
    if (columns.length === 0) return undefined;
    return {
      columns,
      indexes: await has.indexes(connection, table),
      constraints: await has.constraints(connection, table),
      triggers: await has.triggers(connection, table),
    };
  });
  if (shape === undefined) return undefined;
  const [row] = await database.query(sql`SELECT 1 AS one FROM ${named(table)} LIMIT 1`, options);
  return { ...shape, busy: row !== undefined };
}

async function keyOf({ database, options }: ChangeGround, table: TableName): Promise<Column | undefined> {
  const columns = await database.introspect(options, (has, connection) => has.columns(connection, table));
  return columns.find(({ name }) => name === 'id');
}

/** Looks at what there is, by the reading session. @throws Problem */
export async function sceneOf(ground: ChangeGround): Promise<Scene> {
  const { tables } = ground.context;
  const names = recordOf(CALENDAR_TABLES, (name) => tableNameOf(tables[name]));
  const bookings = tableNameOf(tables.bookings);
  return {
    names,
    bookings,
    bookingKey: await keyOf(ground, bookings),
    profileKey: await keyOf(ground, tableNameOf(tables.profiles)),
    shapes: {
      external_calendar_connections: await shapeOf(ground, names.external_calendar_connections),
      external_calendar_events: await shapeOf(ground, names.external_calendar_events),
    },
  };
}

/** Why the calendar schema has no place in a database. */
export async function strayIn(ground: ChangeGround): Promise<string | undefined> {
  const { database, options, context } = ground;
  const { bookings } = context.tables;
  for (const name of [bookings, ...CALENDAR_TABLES.map((table) => context.tables[table])]) {
    const columns = await database.introspect(options, (has, connection) => has.columns(connection, tableNameOf(name)));
    if (columns.length > 0) return undefined;
  }
  return `there is no table ${bookings}, whose calendars these would be`;
}
