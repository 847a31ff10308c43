import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { flagsOff } from '../../src/checks/calendar-schema/before.ts';
import { CALENDAR_SCHEMA_CHECKS } from '../../src/checks/calendar-schema/checks.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { ENGINES, type PlantedRow } from '../engines/engines.ts';
import { calendarSchema, event } from './calendar-tables.ts';
import { ago, CheckedDatabase, uuid } from './checked-database.ts';

const EVENTS = 'external_calendar_events';
const CONNECTIONS = 'external_calendar_connections';
const NINE = CALENDAR_SCHEMA_CHECKS.filter(({ phases }) => phases.includes('post')).map(({ id }) => id);
const name = (check: string) => `calendar-schema/${check}`;

for (const engine of ENGINES) {
  describe(`the calendar schema on ${engine.name}`, () => {
    let checked: CheckedDatabase;
    beforeEach(async () => {
      checked = new CheckedDatabase(engine, await engine.database(), CALENDAR_SCHEMA_CHECKS);
      await engine.createAppointments(checked.db);
    });
    afterEach(() => checked.db.drop());

    const plant = (table: string, ...rows: readonly PlantedRow[]) => engine.insert(checked.db, table, rows);

    /** The database after the three migrations, with two people who are connected and one booking. */
    async function migrated({ indexed = true } = {}): Promise<void> {
      const { people, connections, events, unique, indexes } = calendarSchema(checked.db);
      await checked.sql(people, people.replace('profiles', 'bookings'), connections, events);
      if (indexed) await checked.sql(unique, ...indexes);
      await plant('profiles', { id: uuid(1) }, { id: uuid(2) });
      await plant('bookings', { id: uuid(7) });
      for (const person of [1, 2]) {
        await plant(CONNECTIONS, { id: uuid(person), provider_id: uuid(person), provider: 'google' });
      }
    }

    describe('before the migrations', () => {
      const BEFORE = ['tables-empty', 'no-conflicting-constraints', 'no-conflicting-data', 'no-active-sync'].map(name);

      test('a database without the tables is ready', async () => {
        const results = await checked.results(BEFORE);
        expect(results.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass', 'pass']);
      });

      test('tables with rows are told with their numbers', async () => {
        await migrated();
        await plant(EVENTS, event(1), event(2), event(3));
        const { violations, sample } = await checked.result(name('tables-empty'));
        expect(violations).toBe(2);
        expect(sample).toEqual([
          { pk: CONNECTIONS, rows: '2' },
          { pk: EVENTS, rows: '3' },
        ]);
      });

      test('a unique constraint without the provider stands in the way', async () => {
        await migrated({ indexed: false });
        await checked.sql(`CREATE UNIQUE INDEX too_narrow ON ${EVENTS} (calendar_provider, external_event_id)`);
        expect(await checked.finds(name('no-conflicting-constraints'))).toEqual(['fail', 'too_narrow']);
      });

      test('rows that the constraint would refuse are told', async () => {
        await migrated({ indexed: false });
        await plant(EVENTS, event(1), event(2, { external_event_id: 'google-1' }), event(3));
        expect(await checked.finds(name('no-conflicting-data'))).toEqual(['fail', uuid(1)]);
      });

      test('a connection that just synced or waits to go on is active', async () => {
        await migrated();
        await plant(
          CONNECTIONS,
          { id: uuid(3), provider_id: uuid(3), provider: 'google', last_synced_at: ago(60), backoff_until: null },
          { id: uuid(4), provider_id: uuid(4), provider: 'google', last_synced_at: null, backoff_until: ago(-600) },
          { id: uuid(5), provider_id: uuid(5), provider: 'google', last_synced_at: ago(3_600), backoff_until: ago(5) },
        );
        const [verdict, ...active] = await checked.finds(name('no-active-sync'));
        expect([verdict, ...active.toSorted()]).toEqual(['fail', uuid(3), uuid(4)]);
      });

      test('connections of another make are no subject', async () => {
        await checked.sql(`CREATE TABLE ${CONNECTIONS} (id integer)`);
        expect(await checked.finds(name('no-active-sync'))).toEqual([
          'not-applicable',
          `needs columns id and last_synced_at or backoff_until of ${CONNECTIONS}`,
        ]);
      });
    });

    describe('after the migrations', () => {
      test('all nine validations pass on right rows', async () => {
        await migrated();
        await plant(
          EVENTS,
          event(1, { booking_id: uuid(7), sync_status: 'CREATED' }),
          event(2, {
            booking_id: uuid(7),
            calendar_provider: 'microsoft',
            provider_id: uuid(1),
            sync_status: 'FAILED',
          }),
          event(3, { provider_id: uuid(2), external_event_id: 'google-1' }),
        );
        await plant(CONNECTIONS, { id: uuid(9), provider_id: uuid(1), provider: 'microsoft' });
        expect(NINE).toHaveLength(9);
        const results = await checked.results(NINE);
        expect(results.map(({ check, verdict, note }) => [check.id, verdict, note])).toEqual(
          NINE.map((id) => [id, 'pass', undefined]),
        );
      });

      interface Wrong {
        readonly check: string;
        readonly rows: readonly PlantedRow[];
        readonly finds: readonly number[];
      }
      const wrong: readonly Wrong[] = [
        {
          check: 'unique-events',
          rows: [
            event(1),
            event(2, { external_event_id: 'google-1' }),
            event(3, { external_event_id: 'google-1' }),
            event(4),
          ],
          finds: [1],
        },
        {
          check: 'unique-bookings',
          rows: [event(1, { booking_id: uuid(7) }), event(2, { booking_id: uuid(7) }), event(3), event(4)],
          finds: [1],
        },
        {
          check: 'no-orphans',
          rows: [
            event(1, { booking_id: uuid(7) }),
            event(2, { booking_id: uuid(8) }),
            event(3, { provider_id: uuid(66) }),
          ],
          finds: [2, 3],
        },
        {
          check: 'events-have-connection',
          rows: [event(1), event(2, { calendar_provider: 'microsoft' }), event(3, { provider_id: uuid(3) })],
          finds: [2, 3],
        },
        {
          check: 'end-after-start',
          rows: [
            event(1),
            event(2, { end_time: '2026-03-01 10:00:00' }),
            event(3, { end_time: '2026-02-28 23:00:00' }),
          ],
          finds: [2, 3],
        },
        {
          check: 'sync-status',
          rows: [
            event(1, { sync_status: 'UPDATED' }),
            event(2, { sync_status: 'created' }),
            event(3, { sync_status: '' }),
          ],
          finds: [2, 3],
        },
      ];

      test.each(wrong)('$check finds exactly the wrong rows', async ({ check, rows, finds }) => {
        await migrated({ indexed: false });
        await plant(EVENTS, ...rows);
        expect(await checked.finds(name(check))).toEqual(['fail', ...finds.map(uuid)]);
      });

      test('a duplicate says how often it is there', async () => {
        await migrated({ indexed: false });
        await plant(
          EVENTS,
          event(1),
          event(2, { external_event_id: 'google-1' }),
          event(3, { external_event_id: 'google-1' }),
        );
        expect((await checked.result(name('unique-events'))).sample).toEqual([
          {
            pk: uuid(1),
            provider_id: uuid(1),
            calendar_provider: 'google',
            external_event_id: 'google-1',
            copies: '3',
          },
        ]);
      });

      test('a missing constraint and one that is too narrow are both told', async () => {
        await migrated({ indexed: false });
        await checked.sql(`CREATE UNIQUE INDEX too_narrow ON ${EVENTS} (calendar_provider, external_event_id)`);
        expect(await checked.finds(name('unique-constraint'))).toEqual([
          'fail',
          'external_calendar_events_provider_source_external_id_key',
          'too_narrow',
        ]);
      });

      test('missing indexes are told by name; one under another name is as good', async () => {
        await migrated();
        const drop = (index: string) => `DROP INDEX ${index}${engine.name === 'mysql' ? ` ON ${EVENTS}` : ''}`;
        await checked.sql(
          drop('idx_external_calendar_events_checksum'),
          drop('idx_external_calendar_events_booking_provider_unique'),
          drop('idx_external_calendar_events_time_range'),
          `CREATE INDEX otherwise ON ${EVENTS} (provider_id, start_time, end_time)`,
          `CREATE INDEX not_unique ON ${EVENTS} (booking_id, calendar_provider)`,
        );
        expect(await checked.finds(name('required-indexes'))).toEqual([
          'fail',
          'idx_external_calendar_events_checksum',
          'idx_external_calendar_events_booking_provider_unique',
        ]);
      });

      test('a missing column, one of a wrong type and one that may be empty are told', async () => {
        const { connections, events } = calendarSchema(checked.db);
        await checked.sql(
          connections.replace(/backoff_until \w+, /, ''),
          events.replace(/start_time \w+/, 'start_time integer').replace(/(calendar_provider \S+) NOT NULL/, '$1'),
        );
        const { sample } = await checked.result(name('required-columns'));
        expect(sample.map(({ pk, problem }) => `${pk}: ${problem}`)).toEqual([
          `${CONNECTIONS}.backoff_until: missing`,
          `${EVENTS}.calendar_provider: may be NULL, expected NOT NULL`,
          expect.stringMatching(/^external_calendar_events\.start_time: is .*int.*, expected timestamp$/i),
        ]);
      });

      test('half of the tables is a failure, none of them no subject', async () => {
        await checked.sql(calendarSchema(checked.db).connections);
        expect(await checked.finds(name('required-columns'))).toEqual(['fail', EVENTS]);
        await checked.sql(`DROP TABLE ${CONNECTIONS}`);
        const results = await checked.results(NINE);
        expect(new Set(results.map(({ verdict }) => verdict))).toEqual(new Set(['not-applicable']));
        for (const { note } of results) expect(note).toMatch(/^needs table external_calendar_/);
      });

      test('the tables may have other names', async () => {
        await migrated();
        await checked.sql('CREATE TABLE gone (id integer)');
        const tables = { ...defaultContext('test', checked.db.target).tables, bookings: 'termine' };
        expect(await checked.finds(name('no-orphans'), { tables })).toEqual(['not-applicable', 'needs table termine']);
        await checked.sql('ALTER TABLE bookings RENAME TO termine');
        expect(await checked.finds(name('no-orphans'), { tables })).toEqual(['pass']);
      });
    });
  });
}

describe('the calendar feature flags', () => {
  const look = async (content: string | undefined) => {
    const folder = mkdtempSync(join(tmpdir(), 'apptop-flags-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, '.env');
    if (content !== undefined) writeFileSync(file, content);
    const context = defaultContext('test', { engine: 'sqlite', path: '' });
    const check = flagsOff({ ...context, flags: content === undefined ? undefined : { file } });
    if (!('lookOutside' in check)) throw new Error('the flags lie outside the database');
    return check.lookOutside(new AbortController().signal);
  };

  test('are off where nobody sets them or somebody sets them to false', async () => {
    expect(await look('')).toMatchObject({ violations: 0 });
    expect(await look('CALENDAR_SYNC_ENABLED=false\nCALENDAR_JOBS_ENABLED=0')).toMatchObject({ violations: 0 });
  });

  test('are told with the value that says they are on', async () => {
    expect(await look('CALENDAR_SYNC_ENABLED=true\nCALENDAR_WEBHOOK_ENABLED=1\nOTHER=1')).toMatchObject({
      violations: 2,
      sample: [
        { pk: 'CALENDAR_SYNC_ENABLED', value: 'true' },
        { pk: 'CALENDAR_WEBHOOK_ENABLED', value: '1' },
      ],
    });
  });

  test('can’t be told unless the config says where they stand', async () => {
    expect(await look(undefined)).toEqual({
      notApplicable: "needs flags in the config: the application's .env or a command",
    });
  });
});
