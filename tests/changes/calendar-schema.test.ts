import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CALENDAR_SCHEMA_CHECKS } from '../../src/checks/calendar-schema/checks.ts';
import { event } from '../checks/calendar-tables.ts';
import { CheckedDatabase, uuid } from '../checks/checked-database.ts';
import { ENGINES, type PlantedRow } from '../engines/engines.ts';
import { objectsIn, operatedOn, peopleAndBookings } from './calendar-stand.ts';
import { type Operated } from './guarded.ts';

const EVENTS = 'external_calendar_events';
const CONNECTIONS = 'external_calendar_connections';
const THREE = ['calendar-foundations', 'calendar-uniqueness', 'calendar-outbound-sync'] as const;
const BACK = 'rollback-calendar-schema';
const POST = CALENDAR_SCHEMA_CHECKS.filter(({ phases }) => phases.includes('post')).map(({ id }) => id);

async function applyAll(on: Operated): Promise<void> {
  for (const change of THREE) {
    const end = await on.run(change);
    expect(end === undefined || end.run.state === 'done' ? [] : [change, end.run.reason]).toEqual([]);
  }
}

async function plant({ engine, db }: Operated, ...events: readonly PlantedRow[]): Promise<void> {
  await engine.insert(db, 'profiles', [{ id: uuid(1) }, { id: uuid(2) }]);
  await engine.insert(db, 'bookings', [{ id: uuid(7) }]);
  for (const person of [1, 2]) {
    const row = { id: uuid(person), provider_id: uuid(person), provider: 'google', sync_token: `token-${person}` };
    await engine.insert(db, CONNECTIONS, [row]);
  }
  await engine.insert(db, EVENTS, events);
}

async function verdicts({ engine, db, context }: Operated): Promise<Readonly<Record<string, string>>> {
  const results = await new CheckedDatabase(engine, db, CALENDAR_SCHEMA_CHECKS).results(POST, context);
  return Object.fromEntries(results.map(({ check, verdict, note }) => [check.id, note ?? verdict]));
}

const ALL_PASS = Object.fromEntries(POST.map((id) => [id, 'pass']));

interface Recorded {
  readonly event: string;
  readonly details: { readonly file: string; readonly rows: number; readonly sha256: string; readonly of: string };
}

/** What is on record about exports, oldest first. */
async function exportsOf({ db }: Operated): Promise<readonly Recorded['details'][]> {
  const rows = await db.execute('SELECT body FROM apptop_audit ORDER BY seq');
  const records = rows.map(({ body }): Recorded => JSON.parse(body ?? ''));
  return records.filter((record) => record.event === 'export').map(({ details }) => details);
}

/** An index that is missing; on PostgreSQL its name is taken by one whose making broke off. */
async function breakIndex({ engine, db }: Operated): Promise<void> {
  const name = `idx_${EVENTS}_checksum`;
  await db.execute(engine.name === 'mysql' ? `DROP INDEX ${name} ON ${EVENTS}` : `DROP INDEX ${name}`);
  if (engine.name !== 'postgres') return;
  const broken = db.execute(`CREATE UNIQUE INDEX CONCURRENTLY ${name} ON ${EVENTS} (checksum)`);
  await expect(broken).rejects.toThrow('could not create unique index');
}

const redOf = async (on: Operated, change: string) =>
  (await on.look(change)).gates.flatMap(({ id, state, detail }) => (state === 'red' ? [`${id}: ${detail}`] : []));

for (const engine of ENGINES) {
  describe(`the calendar schema as changes on ${engine.name}`, () => {
    test('three changes make what the nine validations want, and a second time there is nothing to do', async () => {
      await using on = await operatedOn(engine, peopleAndBookings(engine));
      const { plan } = await on.look('calendar-foundations');
      expect(plan).toMatchObject({ table: EVENTS, counts: { there: 0, differing: 0 } });
      expect(plan.summary.filter((line) => line.includes('table'))).toEqual([
        `makes table ${CONNECTIONS}`,
        `makes table ${EVENTS}`,
      ]);
      expect(plan.sql.join('\n')).toContain('end_time > start_time');
      await applyAll(on);
      await plant(on, event(1, { booking_id: uuid(7), sync_status: 'CREATED' }), event(2));
      expect(await verdicts(on)).toEqual(ALL_PASS);
      const before = await objectsIn(on);
      for (const change of THREE) {
        expect((await on.look(change)).plan).toMatchObject({ rows: 0, sql: [], counts: { make: 0, differing: 0 } });
        expect(await on.run(change)).toBeUndefined();
      }
      expect(await objectsIn(on)).toEqual(before);
    });

    test('what is made keeps its promises', async () => {
      await using on = await operatedOn(engine, peopleAndBookings(engine));
      await applyAll(on);
      await plant(on, event(1, { booking_id: uuid(7), updated_at: '2026-01-01 00:00:00' }));
      const refused = (row: PlantedRow) => expect(engine.insert(on.db, EVENTS, [row])).rejects.toThrow(/./);
      await refused(event(2, { external_event_id: 'google-1' }));
      await refused(event(3, { end_time: '2026-03-01 09:00:00' }));
      await refused(event(4, { sync_status: 'SENT' }));
      await refused(event(5, { booking_id: uuid(7) }));
      await refused(event(6, { booking_id: uuid(99) }));
      await engine.insert(on.db, EVENTS, [event(7), event(8)]);
      await on.db.execute(`UPDATE ${EVENTS} SET is_busy = false WHERE id = '${uuid(1)}'`);
      await on.db.execute('DELETE FROM bookings');
      const [row] = await on.db.execute(`SELECT updated_at AS at, booking_id FROM ${EVENTS} WHERE id = '${uuid(1)}'`);
      expect(row?.['booking_id']).toBeNull();
      expect(row?.['at']).not.toContain('2026-01-01');
    });

    test('out of their order they are refused', async () => {
      await using on = await operatedOn(engine, peopleAndBookings(engine));
      expect((await redOf(on, 'calendar-outbound-sync')).map((line) => line.split(':')[0])).toEqual([
        'order calendar-foundations',
        'order calendar-uniqueness',
      ]);
      await expect(on.run('calendar-uniqueness')).rejects.toThrow('calendar-foundations was applied');
      await on.run('calendar-foundations');
      expect(await redOf(on, 'calendar-outbound-sync')).toEqual([]);
    });

    test('in production nothing of it runs, and elsewhere not where no bookings are', async () => {
      await using on = await operatedOn(engine, peopleAndBookings(engine), { environment: 'production' });
      const why = 'environment: the calendar schema is never changed in production by this';
      expect(await redOf(on, 'calendar-foundations')).toEqual([why]);
      await expect(on.run('calendar-foundations')).rejects.toThrow('never changed in production');
      await using empty = await operatedOn(engine, []);
      for (const change of [...THREE, BACK]) {
        await expect(empty.look(change)).rejects.toThrow('there is no table bookings');
      }
    });

    test('a roll back tells what it takes, exports that, and leaves what was there before', async () => {
      await using on = await operatedOn(engine, peopleAndBookings(engine));
      await applyAll(on);
      const made = await objectsIn(on);
      const hostile = { external_event_id: 'a\n"b\u001b[31m\\', checksum: "'; DROP TABLE bookings; --" };
      await plant(on, event(1, { booking_id: uuid(7), sync_status: 'FAILED', last_error: 'x\ty' }), event(2, hostile));
      const { plan } = await on.look(BACK);
      expect(plan).toMatchObject({ rows: 5, counts: { rows: 5 } });
      expect(plan.loses).toEqual([
        `takes booking_id, sync_status, last_error from 1 row of ${EVENTS}`,
        `deletes 2 rows of ${EVENTS}`,
        `takes sync_cursor, sync_token, last_synced_at, error_count, last_error, backoff_until from 2 rows of ${CONNECTIONS}`,
      ]);
      const steps = plan.summary.flatMap((line) => /^migration (\d)/.exec(line)?.[1] ?? []);
      expect(steps).toEqual(steps.toSorted().toReversed());
      expect((await on.run(BACK))?.run).toMatchObject({ state: 'done', counts: { changed: 5 } });
      const recorded = await exportsOf(on);
      expect(recorded.map(({ rows }) => rows)).toEqual([1, 2, 2]);
      for (const { file, rows, sha256 } of recorded) {
        const text = readFileSync(file, 'utf8');
        expect(createHash('sha256').update(text).digest('hex')).toBe(sha256);
        expect(text.trimEnd().split('\n')).toHaveLength(rows);
      }
      const lines = readFileSync(recorded[1]?.file ?? '', 'utf8')
        .trimEnd()
        .split('\n');
      expect(JSON.parse(lines[1] ?? '')).toMatchObject({ id: uuid(2), ...hostile });
      const tables = (await objectsIn(on)).map((object) => object.split(' ')[0]);
      expect(tables.toSorted()).toEqual(['bookings', CONNECTIONS, 'profiles']);
      const kept = await on.db.execute(`SELECT * FROM ${CONNECTIONS}`);
      expect(kept.map((row) => Object.keys(row).toSorted())).toEqual(
        [1, 2].map(() => ['created_at', 'id', 'provider', 'provider_id', 'updated_at']),
      );
      await expect(on.look(BACK)).rejects.toThrow('there is nothing to take back');
      await applyAll(on);
      expect((await objectsIn(on)).toSorted().map((object) => object.split(' ')[0])).toEqual(
        made.toSorted().map((object) => object.split(' ')[0]),
      );
      expect(await verdicts(on)).toEqual(ALL_PASS);
    });

    test('a roll back to an earlier migration leaves that one, and none stands without those below it', async () => {
      await using on = await operatedOn(engine, peopleAndBookings(engine));
      await on.run('calendar-foundations');
      const first = await objectsIn(on);
      await on.run('calendar-outbound-sync');
      await on.run(BACK, { to: 2 });
      expect(await objectsIn(on)).toEqual(first);
      await on.run(BACK, { to: 1 });
      expect(await verdicts(on)).toMatchObject({ 'calendar-schema/unique-constraint': 'fail' });
      expect((await on.look('calendar-foundations')).plan.rows).toBe(0);
      await applyAll(on);
      expect(await verdicts(on)).toEqual(ALL_PASS);
      await expect(on.look(BACK, { to: 3 })).rejects.toThrow('no migration to go back to');
    });

    test('what is there already is kept, and what differs is told and not overwritten', async () => {
      const time = engine.name === 'postgres' ? 'timestamptz' : 'datetime';
      await using on = await operatedOn(engine, [
        ...peopleAndBookings(engine),
        `CREATE TABLE ${EVENTS} (id char(36) PRIMARY KEY, provider_id char(36) NOT NULL, calendar_provider varchar(255) NOT NULL,
          external_event_id varchar(255) NOT NULL, start_time varchar(30), end_time ${time} NOT NULL, checksum varchar(255), note varchar(20))`,
        `CREATE UNIQUE INDEX too_narrow ON ${EVENTS} (calendar_provider, external_event_id)`,
        `CREATE INDEX idx_${EVENTS}_checksum ON ${EVENTS} (note)`,
        `CREATE INDEX by_provider ON ${EVENTS} (provider_id)`,
      ]);
      const before = (await objectsIn(on)).filter((object) => object.startsWith(EVENTS));
      const { plan, gates } = await on.look('calendar-foundations');
      const fit = gates.find(({ id }) => id === 'fit');
      expect(fit?.state).toBe('red');
      expect(fit?.detail).toContain(`column ${EVENTS}.start_time is`);
      expect(fit?.detail).toContain(`index idx_${EVENTS}_checksum stands on note, expected checksum`);
      expect(plan.summary.join('\n')).not.toContain(`idx_${EVENTS}_provider_id`);
      expect(plan.summary.join('\n')).toContain(`makes column ${EVENTS}.is_busy`);
      await expect(on.run('calendar-foundations')).rejects.toThrow('what is there is as it should be');
      expect((await objectsIn(on)).filter((object) => object.startsWith(EVENTS))).toEqual(before);
      await on.db.execute(`ALTER TABLE ${EVENTS} DROP COLUMN start_time`);
      await on.db.execute(
        engine.name === 'mysql'
          ? `DROP INDEX idx_${EVENTS}_checksum ON ${EVENTS}`
          : `DROP INDEX idx_${EVENTS}_checksum`,
      );
      const { plan: unique } = await on.look('calendar-uniqueness');
      const narrow = 'unique constraint too_narrow on calendar_provider, external_event_id';
      expect(unique.summary).toContain(`drops ${narrow}`);
      expect(unique.loses).toEqual([`${narrow}: rows that it keeps apart may come`]);
      if (engine.name === 'sqlite') return;
      await applyAll(on);
      expect(await verdicts(on)).toEqual(ALL_PASS);
      expect((await objectsIn(on)).join('\n')).not.toContain('too_narrow');
    });

    test('a schema that changes between plan and run stops it', async () => {
      await using on = await operatedOn(engine, peopleAndBookings(engine));
      await on.run('calendar-foundations');
      const { plan } = await on.look('calendar-outbound-sync');
      await on.db.execute(`ALTER TABLE ${CONNECTIONS} ADD note varchar(10)`);
      const confirmation = { phrase: `staging ${EVENTS} ${plan.rows}`, reason: undefined };
      const leave = new AbortController().signal;
      await expect(on.path.run(plan, confirmation, { leave })).rejects.toThrow('has changed since the plan');
    });

    test('tables with rows get what is missing while others go on', async () => {
      await using on = await operatedOn(engine, peopleAndBookings(engine));
      await applyAll(on);
      await plant(on, event(1), event(2));
      await on.run(BACK, { to: 1 });
      await breakIndex(on);
      const sql = [
        ...(await on.look('calendar-uniqueness')).plan.sql,
        ...(await on.look('calendar-foundations')).plan.sql,
      ];
      const postgres = engine.name === 'postgres';
      expect(sql.filter((statement) => statement.includes('CONCURRENTLY'))).toHaveLength(postgres ? 2 : 0);
      await applyAll(on);
      expect(await verdicts(on)).toEqual(ALL_PASS);
      expect(await objectsIn(on)).not.toContainEqual(expect.stringContaining('"broken":true'));
    });

    test.skipIf(engine.lock === undefined)(
      'behind somebody else’s lock it waits, leaves when told to, and goes on',
      async () => {
        await using on = await operatedOn(engine, peopleAndBookings(engine));
        await on.run('calendar-foundations');
        const made = await objectsIn(on);
        const unlock = await engine.lock?.(on.db, 'bookings');
        const leave = new AbortController();
        const onProgress = ({ reason }: { readonly reason: string | undefined }) => {
          if (reason === 'waiting for a lock that somebody else holds') leave.abort();
        };
        const paused = await on.run('calendar-outbound-sync', {}, { leave: leave.signal, onProgress });
        expect(paused?.run.state).toBe('paused');
        await unlock?.();
        expect(await objectsIn(on)).toEqual(made);
        expect((await on.resume()).run).toMatchObject({ state: 'done', counts: { changed: paused?.run.planned } });
        expect(await verdicts(on)).toMatchObject({ 'calendar-schema/required-columns': 'pass' });
      },
    );

    test('what can not be exported is not dropped', async () => {
      await using on = await operatedOn(engine, [
        ...peopleAndBookings(engine),
        `CREATE TABLE ${EVENTS} (provider_id char(36), sync_status varchar(20))`,
        `INSERT INTO ${EVENTS} VALUES ('p', 'FAILED')`,
      ]);
      expect(await redOf(on, BACK)).toEqual([
        expect.stringContaining(`export: the rows of ${EVENTS} can not be exported: it has no column id`),
      ]);
      await expect(on.run(BACK)).rejects.toThrow('can not be exported');
      expect(await on.db.execute(`SELECT sync_status AS status FROM ${EVENTS}`)).toEqual([{ status: 'FAILED' }]);
    });
  });
}
