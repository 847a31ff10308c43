import { EVENT_INDEXES } from '../../src/checks/calendar-schema/expected.ts';
import type { PlantedRow, TestDatabase } from '../engines/engines.ts';
import { uuid } from './checked-database.ts';

/** The engines' words for the types of the calendar schema. */
function typesOf(engine: TestDatabase['target']['engine']) {
  const postgres = engine === 'postgres';
  return {
    uuid: postgres ? 'uuid' : 'char(36)',
    key: { postgres: 'gen_random_uuid()', mysql: 'uuid()', sqlite: '(lower(hex(randomblob(16))))' }[engine],
    word: postgres ? 'text' : 'varchar(255)',
    time: postgres ? 'timestamptz' : 'datetime',
    json: postgres ? 'jsonb' : 'json',
  };
}

/** The statements that the three migrations come down to, by what they make. */
export function calendarSchema(db: TestDatabase): Readonly<
  Record<'people' | 'connections' | 'events' | 'unique', string>
> & {
  readonly indexes: readonly string[];
} {
  const { uuid, key, word, time, json } = typesOf(db.target.engine);
  const times = ['created_at', 'updated_at'].map((name) => `${name} ${time} NOT NULL DEFAULT CURRENT_TIMESTAMP`);
  const where = (column: string) => (db.target.engine === 'mysql' ? '' : ` WHERE ${column} IS NOT NULL`);
  return {
    people: `CREATE TABLE profiles (id ${uuid} PRIMARY KEY)`,
    connections: `CREATE TABLE external_calendar_connections (id ${uuid} DEFAULT ${key} PRIMARY KEY, provider_id ${uuid} NOT NULL,
      provider ${word} NOT NULL, sync_cursor text, sync_token text, last_synced_at ${time},
      error_count integer NOT NULL DEFAULT 0, last_error ${json}, backoff_until ${time}, ${times.join(', ')},
      UNIQUE (provider_id, provider))`,
    events: `CREATE TABLE external_calendar_events (id ${uuid} DEFAULT ${key} PRIMARY KEY, provider_id ${uuid} NOT NULL,
      calendar_provider ${word} NOT NULL, external_event_id ${word} NOT NULL, start_time ${time} NOT NULL,
      end_time ${time} NOT NULL, is_busy boolean NOT NULL DEFAULT true, checksum ${word}, ${times.join(', ')},
      booking_id ${uuid}, sync_status ${word}, last_error text)`,
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
