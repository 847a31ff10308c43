import { sql } from 'kysely';
import {
  BOOKING_MAPPING,
  EVENT_INDEXES,
  EXPECTED_COLUMNS,
  IDENTITY,
  SYNC_STATUSES,
} from '../../checks/calendar-schema/expected.ts';
import type { NewColumn, NewConstraint, NewIndex, SchemaWords } from '../../data/schema-words.ts';
import type { Scene } from './shape.ts';
import { type Found, Survey } from './survey.ts';

const CONNECTIONS = 'external_calendar_connections';
const EVENTS = 'external_calendar_events';

/** What the three migrations make. Source: their inventory in the ceremony of the calendar schema. */

const ID: NewColumn = { name: 'id', type: 'key', required: true, primary: true, standard: 'key' };
const TIMES: readonly NewColumn[] = [
  { name: 'created_at', type: 'moment', required: true, standard: 'now' },
  { name: 'updated_at', type: 'moment', required: true, standard: 'touched' },
];

const provider = ({ profileKey }: Scene): NewColumn => ({
  name: 'provider_id',
  type: profileKey ?? 'key',
  required: true,
});

const connectionColumns = (scene: Scene): readonly NewColumn[] => [
  ID,
  provider(scene),
  { name: 'provider', type: 'word', required: true },
  ...TIMES,
];

/** Where the sync of a connection stands. */
export const SYNC_STATE: readonly NewColumn[] = [
  { name: 'sync_cursor', type: 'text', required: false },
  { name: 'sync_token', type: 'text', required: false },
  { name: 'last_synced_at', type: 'moment', required: false },
  { name: 'error_count', type: 'number', required: true, standard: '0' },
  { name: 'last_error', type: 'details', required: false },
  { name: 'backoff_until', type: 'moment', required: false },
];

const eventColumns = (scene: Scene): readonly NewColumn[] => [
  ID,
  provider(scene),
  { name: 'calendar_provider', type: 'word', required: true },
  { name: 'external_event_id', type: 'word', required: true },
  { name: 'start_time', type: 'moment', required: true },
  { name: 'end_time', type: 'moment', required: true },
  { name: 'is_busy', type: 'flag', required: true, standard: 'true' },
  { name: 'checksum', type: 'word', required: false },
  ...TIMES,
];

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
export const ONE_EVENT: NewConstraint = {
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
export const OUTBOUND_COLUMNS: readonly string[] = ['booking_id', 'sync_status', 'last_error'];

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
  survey.table(
    CONNECTIONS,
    [...connectionColumns(scene), ...newly(shapes[CONNECTIONS], SYNC_STATE)],
    [],
    EXPECTED_COLUMNS[CONNECTIONS],
  );
  if (shapes[CONNECTIONS] !== undefined) {
    for (const column of SYNC_STATE) survey.column(CONNECTIONS, column, EXPECTED_COLUMNS[CONNECTIONS]);
  }
  survey.constraint(CONNECTIONS, ONE_CONNECTION);
  survey.table(EVENTS, eventColumns(scene), [END_AFTER_START], EXPECTED_COLUMNS[EVENTS]);
  // To a table that is there the second migration adds it.
  if (shapes[EVENTS] === undefined) survey.constraint(EVENTS, ONE_EVENT);
  for (const index of CONNECTION_INDEXES) survey.index(CONNECTIONS, index);
  for (const index of eventIndexes(false)) survey.index(EVENTS, index);
  survey.touch(CONNECTIONS);
  survey.touch(EVENTS);
  return survey.found;
}

/** Columns that are made together with their table. */
const newly = <Item>(shape: unknown, columns: readonly Item[]): readonly Item[] => (shape === undefined ? columns : []);

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
  const kinds = EXPECTED_COLUMNS[EVENTS];
  const key: NewConstraint = { type: 'foreign key', name: BOOKING_KEY, column: 'booking_id', target: bookings };
  const booking: NewColumn = { name: 'booking_id', type: bookingKey ?? 'key', required: false };
  survey.column(EVENTS, booking, kinds, bookingKey === undefined ? [] : [key]);
  if (bookingKey === undefined) {
    survey.leave(`foreign key constraint ${BOOKING_KEY}: there is no table ${bookings.name} with a column id`);
  }
  survey.column(EVENTS, { name: 'sync_status', type: 'word', required: false }, kinds, [STATUS]);
  survey.column(EVENTS, { name: 'last_error', type: 'text', required: false }, kinds);
  for (const index of eventIndexes(true)) survey.index(EVENTS, index);
  return survey.found;
}
