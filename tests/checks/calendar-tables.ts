import { EVENT_INDEXES } from '../../src/checks/calendar-schema/expected.ts';
import type { PlantedRow, TestDatabase } from '../engines/engines.ts';
import { uuid } from './checked-database.ts';

/** The engines' words for the types of the calendar schema. */
function typesOf(engine: TestDatabase['target']['engine']) {
  const postgres = engine === 'postgres';
  return {
    uuid: postgres ? 'uuid' : 'char(36)',
    text: postgres ? 'text' : 'varchar(100)',
    time: postgres ? 'timestamptz' : 'datetime',
    json: postgres ? 'jsonb' : 'json',
    flag: 'boolean',
  };
}

/** The statements that the three migrations come down to, by what they make. */
export function calendarSchema(db: TestDatabase): Readonly<
  Record<'people' | 'connections' | 'events' | 'unique', string>
> & {
  readonly indexes: readonly string[];
} {
  const { uuid, text, time, json, flag } = typesOf(db.target.engine);
  const where = (column: string) => (db.target.engine === 'mysql' ? '' : ` WHERE ${column} IS NOT NULL`);
  return {
    people: `CREATE TABLE profiles (id ${uuid} PRIMARY KEY)`,
    connections: `CREATE TABLE external_calendar_connections (id ${uuid} PRIMARY KEY, provider_id ${uuid} NOT NULL,
      provider ${text} NOT NULL, sync_cursor ${text}, sync_token ${text}, last_synced_at ${time}, error_count integer,
      last_error ${json}, backoff_until ${time}, UNIQUE (provider_id, provider))`,
    events: `CREATE TABLE external_calendar_events (id ${uuid} PRIMARY KEY, provider_id ${uuid} NOT NULL,
      calendar_provider ${text} NOT NULL, external_event_id ${text} NOT NULL, start_time ${time} NOT NULL,
      end_time ${time} NOT NULL, is_busy ${flag} NOT NULL, checksum ${text}, created_at ${time}, updated_at ${time},
      booking_id ${uuid}, sync_status ${text}, last_error ${text})`,
    unique: `CREATE UNIQUE INDEX external_calendar_events_provider_source_external_id_key
      ON external_calendar_events (provider_id, calendar_provider, external_event_id)`,
    indexes: EVENT_INDEXES.map(
      ({ name, columns, unique }) =>
        `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${name} ON external_calendar_events (${columns.join(', ')})${where(columns[0] ?? '')}`,
    ),
  };
}

/** A right event with this number in its keys. */
export const event = (number: number, change: PlantedRow = {}): PlantedRow => ({
  id: uuid(number),
  provider_id: uuid(1),
  calendar_provider: 'google',
  external_event_id: `google-${number}`,
  start_time: '2026-03-01 10:00:00',
  end_time: '2026-03-01 11:00:00',
  is_busy: true,
  checksum: 'c',
  booking_id: null,
  sync_status: null,
  ...change,
});
