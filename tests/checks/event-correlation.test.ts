import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EVENT_CORRELATION_CHECKS } from '../../src/checks/event-correlation/checks.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { ENGINES, type PlantedRow } from '../engines/engines.ts';
import { ago, CheckedDatabase, uuid } from './checked-database.ts';

const EVENTS = 'calendars_event';
const STATES = 'calendars_eventstate';
const ALL = EVENT_CORRELATION_CHECKS.map(({ id }) => id);
const name = (check: string) => `event-correlation/${check}`;

const event = (id: number, change: PlantedRow = {}): PlantedRow => ({
  id,
  calendar_id: 1,
  correlation_id: uuid(id),
  is_busy_block: false,
  ...change,
});

const state = (id: number, change: PlantedRow = {}): PlantedRow => ({
  correlation_id: uuid(id),
  calendar_id: 1,
  event_type: 'user_event',
  status: 'synced',
  created_at: ago(3_600),
  ...change,
});

for (const engine of ENGINES) {
  describe(`event correlation on ${engine.name}`, () => {
    let checked: CheckedDatabase;
    beforeEach(async () => {
      checked = new CheckedDatabase(engine, await engine.database(), EVENT_CORRELATION_CHECKS);
      await engine.createAppointments(checked.db);
    });
    afterEach(() => checked.db.drop());

    /** Django's tables with these rows. The states' key is left out, so that they can be doubled. */
    async function calendars({ events, states, mark = 'event_type varchar(20)' }: Planted): Promise<void> {
      const [id, time] = engine.name === 'postgres' ? ['uuid', 'timestamptz'] : ['char(36)', 'datetime'];
      await checked.sql(
        `CREATE TABLE calendars_calendar (id bigint PRIMARY KEY, name varchar(200))`,
        `CREATE TABLE ${EVENTS} (id bigint PRIMARY KEY, calendar_id bigint, google_event_id varchar(200),
          correlation_id ${id}, is_busy_block boolean)`,
        `CREATE TABLE ${STATES} (correlation_id ${id}, calendar_id bigint, status varchar(20), created_at ${time}, ${mark})`,
      );
      await engine.insert(checked.db, 'calendars_calendar', [
        { id: 1, name: 'Work' },
        { id: 2, name: 'Home' },
      ]);
      await engine.insert(checked.db, EVENTS, events);
      await engine.insert(checked.db, STATES, states);
    }

    test('all checks pass where every event has its id and its state', async () => {
      await calendars({
        events: [event(1), event(2, { is_busy_block: true }), event(3, { calendar_id: 2 })],
        states: [state(1), state(2, { event_type: 'busy_block' }), state(3, { status: 'SYNCED' })],
      });
      const results = await checked.results(ALL);
      expect(results.map(({ check, verdict }) => [check.id, verdict])).toEqual(ALL.map((id) => [id, 'pass']));
      const figures = results.flatMap(({ figure }) => figure ?? []);
      expect(figures).toEqual([
        '100 % of 3 events have a correlation id, target 100 %',
        '100 % of 3 events have an EventState, target 100 %',
        '100 % of 3 events synced in 24 h, target > 99.5 %',
      ]);
    });

    interface Planted {
      readonly events: readonly PlantedRow[];
      readonly states: readonly PlantedRow[];
      readonly mark?: string;
    }
    interface Wrong extends Planted {
      readonly check: string;
      readonly finds: readonly string[];
      readonly figure?: string;
    }
    const wrong: readonly Wrong[] = [
      {
        check: 'events-have-id',
        events: [event(1), event(2, { correlation_id: null }), event(3), event(4)],
        states: [state(1), state(3), state(4)],
        finds: ['2'],
        figure: '75 % of 4 events have a correlation id, target 100 %',
      },
      {
        check: 'events-have-state',
        events: [event(1), event(2), event(3, { correlation_id: null })],
        states: [state(1)],
        finds: ['2', '3'],
        figure: '33.3 % of 3 events have an EventState, target 100 %',
      },
      {
        check: 'states-have-event',
        events: [event(1)],
        states: [state(1), state(2), state(3, { status: 'creating' }), state(4, { status: 'DELETED' })],
        finds: [uuid(2)],
      },
      {
        check: 'ids-unique',
        events: [event(1), event(2), event(3, { correlation_id: uuid(2) }), event(4, { correlation_id: null })],
        states: [],
        finds: [uuid(2)],
      },
      {
        check: 'one-state',
        events: [event(1)],
        states: [state(1), state(1), state(2)],
        finds: [uuid(1)],
      },
      {
        check: 'none-stuck-creating',
        events: [],
        states: [
          state(1, { status: 'CREATING', created_at: ago(400) }),
          state(2, { status: 'creating', created_at: ago(200) }),
          state(3, { status: 'created', created_at: ago(400) }),
        ],
        finds: [uuid(1)],
      },
      {
        check: 'busy-blocks-marked',
        events: [event(1, { is_busy_block: true }), event(2), event(3, { is_busy_block: true }), event(4)],
        states: [state(1, { event_type: 'busy_block' }), state(2, { event_type: 'BUSY_BLOCK' }), state(3), state(4)],
        finds: ['2', '3'],
      },
      {
        check: 'sync-success',
        events: [],
        states: [
          ...Array.from({ length: 9 }, (_, index) => state(index)),
          state(10, { status: 'created' }),
          state(11, { status: 'deleted' }),
          state(12, { status: 'creating', created_at: ago(60) }),
          state(13, { status: 'created', created_at: ago(100_000) }),
        ],
        finds: [uuid(10)],
        figure: '90 % of 10 events synced in 24 h, target > 99.5 %',
      },
      {
        check: 'calendars-covered',
        events: [event(1), event(2, { calendar_id: 2 }), event(3, { calendar_id: 2, correlation_id: null })],
        states: [state(1)],
        finds: ['2'],
      },
    ];

    test.each(wrong)('$check finds exactly the wrong rows', async ({ check, finds, figure, ...planted }) => {
      await calendars(planted);
      const result = await checked.result(name(check));
      expect([result.note, result.verdict, ...result.sample.map((row) => row['pk'])]).toEqual([
        undefined,
        'fail',
        ...finds,
      ]);
      expect([result.violations, result.figure]).toEqual([finds.length, figure]);
    });

    test('a calendar says how many of its events lack what', async () => {
      const events = [event(1), event(2, { calendar_id: 2 }), event(3, { calendar_id: 2, correlation_id: null })];
      await calendars({ events, states: [state(1)] });
      expect((await checked.result(name('calendars-covered'))).sample).toEqual([
        { pk: '2', name: 'Home', events: '2', without_id: '1', without_state: '2' },
      ]);
    });

    test('states may keep the mark as a flag', async () => {
      await calendars({
        mark: 'is_busy_block boolean',
        events: [event(1, { is_busy_block: true }), event(2, { is_busy_block: true })],
        states: [
          { correlation_id: uuid(1), is_busy_block: true },
          { correlation_id: uuid(2), is_busy_block: false },
        ],
      });
      expect(await checked.finds(name('busy-blocks-marked'))).toEqual(['fail', '2']);
    });

    test('the target of the sync comes from the config, and nothing to sync is no failure', async () => {
      await calendars({ events: [], states: [] });
      const { verdict, figure } = await checked.result(name('sync-success'));
      expect([verdict, figure]).toEqual(['pass', 'no event was made in 24 h, target > 99.5 %']);
      await engine.insert(checked.db, STATES, [state(1), state(2, { status: 'created' })]);
      const { thresholds } = defaultContext('test', checked.db.target);
      const lax = await checked.result(name('sync-success'), { thresholds: { ...thresholds, correlationSync: 0.5 } });
      expect([lax.verdict, lax.figure]).toEqual(['pass', '50 % of 2 events synced in 24 h, target > 50 %']);
    });

    test('without Django’s tables, or under other names, each check says what it needs', async () => {
      const results = await checked.results(ALL);
      expect(new Set(results.map(({ verdict }) => verdict))).toEqual(new Set(['not-applicable']));
      await calendars({ events: [event(1)], states: [] });
      await checked.sql(`ALTER TABLE ${EVENTS} RENAME TO app_event`);
      expect(await checked.finds(name('events-have-state'))).toEqual(['not-applicable', `needs table ${EVENTS}`]);
      const tables = { ...defaultContext('test', checked.db.target).tables, calendars_event: 'app_event' };
      expect(await checked.finds(name('events-have-state'), { tables })).toEqual(['fail', '1']);
      await checked.sql('ALTER TABLE app_event DROP COLUMN correlation_id');
      expect(await checked.finds(name('events-have-id'), { tables })).toEqual([
        'not-applicable',
        'needs column app_event.correlation_id',
      ]);
    });
  });
}
