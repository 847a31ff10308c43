import { describe, expect, test } from 'vitest';
import { EVENT_CORRELATION_CHECKS } from '../../src/checks/event-correlation/checks.ts';
import { OperatorProcess } from '../chaos/operator.ts';
import { CheckedDatabase, uuid } from '../checks/checked-database.ts';
import { ENGINES, type PlantedRow, type TestEngine } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { operatedOn } from './calendar-stand.ts';
import { DUMP, type Operated } from './guarded.ts';

const EVENTS = 'calendars_event';
const STATES = 'calendars_eventstate';
const CHANGE = 'backfill-correlation';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

interface Tables {
  /** The type of a correlation id, where it is not the engine's usual one. */
  readonly id?: string;
  readonly more?: string;
  readonly of?: string;
}

/** Django's tables. */
function tables(engine: TestEngine, { id, more = '', of = 'bigint' }: Tables = {}): readonly string[] {
  const [usual, time] = engine.name === 'postgres' ? ['uuid', 'timestamptz'] : ['char(36)', 'datetime'];
  const key = id ?? usual;
  return [
    'CREATE TABLE calendars_calendar (id bigint PRIMARY KEY, name varchar(200))',
    `CREATE TABLE ${EVENTS} (id ${of} PRIMARY KEY, calendar_id bigint NOT NULL, google_event_id varchar(200), correlation_id ${key},
      is_busy_block boolean NOT NULL, created_at ${time} NULL)`,
    `CREATE TABLE ${STATES} (correlation_id ${key} PRIMARY KEY, calendar_id bigint NOT NULL, google_event_id varchar(200),
      event_type varchar(20) NOT NULL, status varchar(20) NOT NULL, created_at ${time} NOT NULL, updated_at ${time} NOT NULL${more})`,
    `INSERT INTO calendars_calendar VALUES (1, 'Work'), (2, 'Home')`,
  ];
}

const event = (id: number | string, change: PlantedRow = {}): PlantedRow => ({
  id,
  calendar_id: 1,
  google_event_id: `google-${id}`,
  correlation_id: null,
  is_busy_block: false,
  created_at: '2026-01-31 08:00:00',
  ...change,
});

const events = (count: number): readonly PlantedRow[] => Array.from({ length: count }, (_, index) => event(index + 1));

const plant = ({ engine, db }: Operated, rows: readonly PlantedRow[]) => engine.insert(db, EVENTS, rows);

/** Correlation id and what its state says, by the event's key. */
async function held({ db }: Operated): Promise<Readonly<Record<string, readonly (string | null | undefined)[]>>> {
  const rows =
    await db.execute(`SELECT e.id, e.correlation_id AS cid, s.event_type AS type, s.status, s.calendar_id AS calendar
    FROM ${EVENTS} e LEFT JOIN ${STATES} s ON s.correlation_id = e.correlation_id ORDER BY e.id`);
  return Object.fromEntries(rows.map(({ id, cid, type, status, calendar }) => [id, [cid, type, status, calendar]]));
}

const failing = async ({ engine, db, context }: Operated) => {
  const ids = [
    'events-have-id',
    'events-have-state',
    'states-have-event',
    'ids-unique',
    'one-state',
    'busy-blocks-marked',
  ];
  const checked = new CheckedDatabase(engine, db, EVENT_CORRELATION_CHECKS);
  const results = await checked.results(
    ids.map((id) => `event-correlation/${id}`),
    context,
  );
  return results.flatMap(({ check, verdict }) => (verdict === 'pass' ? [] : [check.id]));
};

const countOf = async ({ db }: Operated, what: string): Promise<number> =>
  Number((await db.execute(`SELECT COUNT(*) AS n FROM ${what}`))[0]?.['n']);

for (const engine of ENGINES) {
  describe(`the backfill of correlation ids on ${engine.name}`, () => {
    test('events get an id and a state, those that have one keep it, and again there is nothing to do', async () => {
      await using on = await operatedOn(engine, tables(engine));
      await plant(on, [
        event(1),
        event(2, { is_busy_block: true, calendar_id: 2 }),
        event(3, { correlation_id: uuid(3) }),
        event(4, { correlation_id: uuid(4) }),
      ]);
      await on.db.execute(`INSERT INTO ${STATES} (correlation_id, calendar_id, event_type, status, created_at, updated_at)
        VALUES ('${uuid(4)}', 1, 'user_event', 'creating', '2026-01-01 00:00:00', '2026-01-01 00:00:00')`);
      const { plan } = await on.look(CHANGE);
      expect(plan).toMatchObject({ rows: 3, total: 4, table: EVENTS, counts: { withoutId: 2, lacking: 3 } });
      expect(plan.summary).toContain('works through all calendars in batches of 50');
      expect(plan.sample.map(({ pk, action }) => [pk, action])).toEqual([
        ['1', 'give id and state'],
        ['2', 'give id and state'],
        ['3', 'give state'],
      ]);
      expect(await countOf(on, STATES)).toBe(1);
      const end = await on.run(CHANGE);
      expect([end?.run.state, end?.failed]).toEqual(['done', []]);
      expect(end?.run).toMatchObject({ batchSize: 50, counts: { changed: 3, aside: 0 } });
      const after = await held(on);
      expect(after).toEqual({
        1: [expect.stringMatching(UUID), 'user_event', 'synced', '1'],
        2: [expect.stringMatching(UUID), 'busy_block', 'synced', '2'],
        3: [uuid(3), 'user_event', 'synced', '1'],
        4: [uuid(4), 'user_event', 'creating', '1'],
      });
      expect(await failing(on)).toEqual([]);
      expect((await on.look(CHANGE)).plan.rows).toBe(0);
      const leave = new AbortController().signal;
      const again = { change: CHANGE, parameters: {} };
      expect(await on.path.run(again, { phrase: '', reason: undefined }, { leave })).toBeUndefined();
      expect(await held(on)).toEqual(after);
    });

    test('one calendar alone, in batches of a size of its own', async () => {
      await using on = await operatedOn(engine, tables(engine));
      await plant(on, [...events(7), event(8, { calendar_id: 2 }), event(9, { calendar_id: 2 })]);
      const end = await on.run(CHANGE, { calendar: '2', batchSize: 1 });
      expect(end?.run).toMatchObject({ state: 'done', batchSize: 1, counts: { changed: 2 } });
      expect(Object.entries(await held(on)).flatMap(([id, [cid]]) => (cid === null ? [] : [id]))).toEqual(['8', '9']);
      await expect(on.look(CHANGE, { calendar: '3' })).rejects.toThrow('there is no calendar 3');
      await expect(on.look(CHANGE, { batchSize: 0 })).rejects.toThrow('"0" is no size of a batch');
    });

    test('few events among many are found, wherever they are', async () => {
      await using on = await operatedOn(engine, tables(engine));
      const done = (row: PlantedRow, index: number) => ({ ...row, correlation_id: uuid(index + 1) });
      const lacking = [3, 400, 999];
      await plant(
        on,
        events(1_000).map((row, index) => (lacking.includes(index + 1) ? row : done(row, index))),
      );
      await on.db.execute(`INSERT INTO ${STATES} (correlation_id, calendar_id, event_type, status, created_at, updated_at)
        SELECT correlation_id, 1, 'user_event', 'SYNCED', created_at, created_at FROM ${EVENTS} WHERE correlation_id IS NOT NULL`);
      expect((await on.run(CHANGE))?.run).toMatchObject({ state: 'done', planned: 3, counts: { changed: 3 } });
      expect((await held(on))['400']).toEqual([expect.stringMatching(UUID), 'user_event', 'SYNCED', '1']);
      expect(await failing(on)).toEqual([]);
    });

    test('what the database refuses is set aside with the reason, and the rest goes on', async () => {
      await using on = await operatedOn(engine, tables(engine, { more: `, CHECK (google_event_id <> 'google-60')` }));
      await plant(on, events(120));
      const end = await on.run(CHANGE);
      expect(end?.run).toMatchObject({ state: 'done', counts: { changed: 119, aside: 1 } });
      const aside = end === undefined ? [] : await on.path.aside(end.run, 10);
      expect(aside).toEqual([{ pk: '60', reason: expect.stringMatching(/check|CONSTRAINT/i) }]);
      expect((await held(on))['60']).toEqual([null, null, null, null]);
      expect(await countOf(on, STATES)).toBe(119);
    });

    test('keys and ids of another form, and what stands in events, are taken as they are', async () => {
      const form = engine.name === 'postgres' ? 'varchar(36)' : 'char(32)';
      await using on = await operatedOn(engine, tables(engine, { id: form, of: 'varchar(40)' }));
      const hostile = `x'); DROP TABLE ${STATES}; --\u001b[31m`;
      await plant(on, [event('b', { google_event_id: hostile }), event("a'a"), event('10'), event('9')]);
      const end = await on.run(CHANGE, { batchSize: 3 });
      expect([end?.run.state, end?.run.reason]).toEqual(['done', undefined]);
      expect(end?.run.counts.changed).toBe(4);
      const ids = Object.values(await held(on)).map(([cid]) => cid);
      for (const cid of ids)
        expect(cid).toMatch(engine.name === 'postgres' ? UUID : /^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
      const [row] = await on.db.execute(
        `SELECT google_event_id AS text FROM ${STATES} WHERE google_event_id LIKE 'x%'`,
      );
      expect(row?.['text']).toBe(hostile);
    });

    test('a run that leaves in the middle is taken on where it is', async () => {
      await using on = await operatedOn(engine, tables(engine));
      await plant(on, events(400));
      const leave = new AbortController();
      const onProgress = ({ counts }: { readonly counts: { readonly changed: number } }) => {
        if (counts.changed >= 100) leave.abort();
      };
      const paused = await on.run(CHANGE, {}, { leave: leave.signal, onProgress });
      expect(paused?.run.state).toBe('paused');
      const first = await held(on);
      expect(await countOf(on, STATES)).toBe(paused?.run.counts.changed);
      expect((await on.resume()).run).toMatchObject({ state: 'done', counts: { changed: 400 } });
      const after = await held(on);
      const given = Object.entries(first).filter(([, [cid]]) => cid !== null);
      expect(given.map(([id]) => [id, after[id]])).toEqual(given);
      expect(await failing(on)).toEqual([]);
    });

    test('an operator who is killed leaves whole batches, and the next one does exactly the rest', async () => {
      await using on = await operatedOn(engine, tables(engine));
      await plant(on, events(2_000));
      const killed = new OperatorProcess({ target: on.db.target, change: CHANGE, backup: DUMP });
      const far = () => killed.ended || killed.told.some((told) => told.kind === 'progress' && told.changed >= 200);
      await poll(far, { deadlineMs: 20_000, what: '200 events' });
      killed.kill('group');
      await killed.end();
      const again = new OperatorProcess({ target: on.db.target, change: undefined, backup: DUMP });
      expect(await again.end()).toMatchObject({ kind: 'end', run: { state: 'done', counts: { changed: 2_000 } } });
      expect([await countOf(on, STATES), await failing(on)]).toEqual([2_000, []]);
      const [run] = await on.path.runs();
      expect(run).toMatchObject({ state: 'done', counts: { changed: 2_000, raced: 0, aside: 0 } });
    });

    test('a state with a column that nobody here knows is left to the application', async () => {
      await using on = await operatedOn(engine, tables(engine, { more: ', owner varchar(20) NOT NULL' }));
      await plant(on, events(1));
      const { gates } = await on.look(CHANGE);
      expect(gates.find(({ id }) => id === 'state-columns')).toMatchObject({
        state: 'red',
        detail: 'nothing says what owner should hold',
      });
      await expect(on.run(CHANGE)).rejects.toThrow('nothing says what owner should hold');
      expect(await held(on)).toEqual({ 1: [null, null, null, null] });
    });

    test('without the tables it has no place, and without the column it says what adds it', async () => {
      await using on = await operatedOn(engine, []);
      await expect(on.look(CHANGE)).rejects.toThrow(`there is no table ${EVENTS}`);
      await on.db.execute(`CREATE TABLE ${EVENTS} (id bigint PRIMARY KEY, calendar_id bigint)`);
      await expect(on.look(CHANGE)).rejects.toThrow(`it needs column ${EVENTS}.correlation_id`);
    });
  });
}
