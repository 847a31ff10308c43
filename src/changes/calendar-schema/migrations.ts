import { sql } from 'kysely';
import {
  BOOKING_ID,
  FIRST_COLUMNS,
  LAST_ERROR,
  SYNC_STATE,
  SYNC_STATUS,
} from '../../checks/calendar-schema/columns.ts';
import {
  BOOKING_MAPPING,
  type CalendarTable,
  EVENT_INDEXES,
  IDENTITY,
  SYNC_STATUSES,
} from '../../checks/calendar-schema/expected.ts';
import type { Column } from '../../data/connection.ts';
import type { NewColumn, NewConstraint, NewIndex, SchemaWords } from '../../data/schema-words.ts';
import type { Scene } from './shape.ts';
import { type Found, Survey } from './survey.ts';

const CONNECTIONS = 'external_calendar_connections';
const EVENTS = 'external_calendar_events';

/** What the three migrations make. Source: their inventory in the ceremony of the calendar schema. */

/** A column that refers to a key: of that key's very type, where the table is there. */
const referring = (column: NewColumn, key: Column | undefined): NewColumn => ({ ...column, type: key ?? column.type });

const firstColumns = (table: CalendarTable, { profileKey }: Scene): readonly NewColumn[] =>
  FIRST_COLUMNS[table].map((column) => (column.name === 'provider_id' ? referring(column, profileKey) : column));

const END_AFTER_START: Extract<NewConstraint, { type: 'check' }> = {
  type: 'check',
  name: 'external_calendar_events_end_after_start',
  column: 'end_time',
  condition: sql`end_time > start_time`,
  words: ['end_time', 'start_time', '>'],
};

/** One connection for each calendar of a provider. */
const ONE_CONNECTION: NewConstraint = {
  type: 'unique',
  name: 'external_calendar_connections_provider_id_provider_key',
  columns: IDENTITY[CONNECTIONS],
};

/** One row for each event of a provider's calendar. */
export const ONE_EVENT: Extract<NewConstraint, { type: 'unique' }> = {
  type: 'unique',
  name: 'external_calendar_events_provider_source_external_id_key',
  columns: IDENTITY[EVENTS],
};

export const CONNECTION_INDEXES: readonly NewIndex[] = [
  { name: 'idx_external_calendar_connections_provider_id', columns: ['provider_id'], unique: false },
  { name: 'idx_external_calendar_connections_last_synced_at', columns: ['last_synced_at'], unique: false },
];

/** Those of the third migration stand on its columns; the unique one leaves out events without a booking. */
const eventIndexes = (outbound: boolean): readonly NewIndex[] =>
  EVENT_INDEXES.filter(({ columns }) => OUTBOUND_COLUMNS.some((name) => columns.includes(name)) === outbound).map(
    ({ name, columns, unique }) => ({ name, columns, unique, where: unique ? BOOKING_MAPPING[0] : undefined }),
  );

/** What the third migration adds to the events. */
export const OUTBOUND_COLUMNS: readonly string[] = [BOOKING_ID, SYNC_STATUS, LAST_ERROR].map(({ name }) => name);

export const BOOKING_KEY = 'external_calendar_events_booking_id_fkey';
export const STATUS_CHECK = 'external_calendar_events_sync_status_check';

const STATUS: NewConstraint = {
  type: 'check',
  name: STATUS_CHECK,
  column: 'sync_status',
  condition: sql`sync_status IN (${sql.join(SYNC_STATUSES.map((status) => sql.lit(status)))})`,
  words: ['sync_status', ...SYNC_STATUSES],
};

/** Tables, sync state, indexes and triggers. */
export function foundations(scene: Scene, words: SchemaWords): Found {
  const survey = new Survey(scene, words);
  const { shapes } = scene;
  const connections = firstColumns(CONNECTIONS, scene);
  survey.table(CONNECTIONS, shapes[CONNECTIONS] === undefined ? [...connections, ...SYNC_STATE] : connections, []);
  if (shapes[CONNECTIONS] !== undefined) for (const column of SYNC_STATE) survey.column(CONNECTIONS, column);
  survey.constraint(CONNECTIONS, ONE_CONNECTION);
  survey.table(EVENTS, firstColumns(EVENTS, scene), [END_AFTER_START]);
  // To a table that is there the second migration adds it.
  if (shapes[EVENTS] === undefined) survey.constraint(EVENTS, ONE_EVENT);
  for (const index of CONNECTION_INDEXES) survey.index(CONNECTIONS, index);
  for (const index of eventIndexes(false)) survey.index(EVENTS, index);
  survey.touch(CONNECTIONS);
  survey.touch(EVENTS);
  return survey.found;
}

/** The right unique constraint in the place of narrower ones. */
export function uniqueness(scene: Scene, words: SchemaWords): Found {
  const survey = new Survey(scene, words);
  const right = IDENTITY[EVENTS];
  const shape = scene.shapes[EVENTS];
  for (const { name, columns, unique, primary } of shape?.indexes ?? []) {
    const narrow = unique && !primary && columns.length < right.length;
    if (!narrow || !columns.every((column) => right.includes(column))) continue;
    const bound = shape?.constraints.some((constraint) => constraint.type === 'unique' && constraint.name === name);
    const deed =
      bound || name.startsWith('sqlite_')
        ? words.dropConstraint(scene.names[EVENTS], 'unique', name)
        : words.dropIndex(scene.names[EVENTS], name);
    survey.drop(`unique constraint ${name} on ${columns.join(', ')}`, deed, 'it goes only with its table');
  }
  survey.constraint(EVENTS, ONE_EVENT);
  return survey.found;
}

/** The mapping of bookings to events, and how each was sent. */
export function outboundSync(scene: Scene, words: SchemaWords): Found {
  const survey = new Survey(scene, words);
  const { bookingKey, bookings } = scene;
  const key: NewConstraint = { type: 'foreign key', name: BOOKING_KEY, column: 'booking_id', target: bookings };
  survey.column(EVENTS, referring(BOOKING_ID, bookingKey), bookingKey === undefined ? [] : [key]);
  if (bookingKey === undefined) {
    survey.leave(`foreign key constraint ${BOOKING_KEY}: there is no table ${bookings.name} with a column id`);
  }
  survey.column(EVENTS, SYNC_STATUS, [STATUS]);
  survey.column(EVENTS, LAST_ERROR);
  for (const index of eventIndexes(true)) survey.index(EVENTS, index);
  return survey.found;
}
