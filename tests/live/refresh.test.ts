import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { type Database, openDatabase } from '../../src/data/database.ts';
import { seedRows } from '../../src/data/demo/seed-rows.ts';
import { History } from '../../src/live/history.ts';
import { createLiveStore } from '../../src/live/refresh.ts';
import type { LiveState, LiveStore } from '../../src/live/store.ts';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';
import { poll } from '../support.ts';

/** A second is the shortest step that a person can ask for; tests wait less. */
const REFRESH_SECONDS = 0.05;

for (const engine of ENGINES) {
  describe(`the live store on ${engine.name}`, () => {
    let db: TestDatabase | undefined;
    let database: Database | undefined;
    let live: LiveStore | undefined;
    afterEach(async () => {
      await live?.stop();
      await database?.close();
      await db?.drop();
    });

    async function start(change: Partial<Context> = {}): Promise<{ live: LiveStore; db: TestDatabase }> {
      db = await engine.database();
      await engine.createAppointments(db);
      await engine.insert(db, 'appointments', seedRows(Date.now()));
      const context = { ...defaultContext('test', db.target), refreshSeconds: REFRESH_SECONDS, ...change };
      database = await openDatabase(context);
      live = createLiveStore(database, context, new History(undefined));
      live.start();
      return { live, db };
    }

    const until = (store: LiveStore, what: string, condition: (state: LiveState) => boolean) =>
      poll(() => condition(store.getState()), { what, deadlineMs: 15_000 });

    test('shows what is there, and soon what an application writes', async () => {
      const { live, db } = await start();
      await until(live, '102 misplaced', ({ snapshot }) => snapshot?.classes.misplaced === 102);
      expect(live.getState().phase).toBe('live');
      await engine.insert(db, 'appointments', [{ calcom_v2_booking_id: '8219999' }]);
      await until(live, '103 misplaced', ({ snapshot }) => snapshot?.classes.misplaced === 103);
    });

    test('rests while paused, and asks once on demand', async () => {
      const { live, db } = await start();
      await until(live, 'a snapshot', ({ snapshot }) => snapshot !== undefined);
      live.setPaused(true);
      await until(live, 'the end of a refresh', ({ refreshingSince }) => refreshingSince === undefined);
      const { receivedAt } = live.getState();
      await engine.insert(db, 'appointments', [{ calcom_v2_booking_id: '8219999' }]);
      expect([live.getState().nextAt, live.getState().receivedAt]).toEqual([undefined, receivedAt]);
      live.refresh();
      await until(live, '103 misplaced', ({ snapshot }) => snapshot?.classes.misplaced === 103);
      expect(live.getState().nextAt).toBeUndefined();
    });

    test('never takes more than a twentieth of the database time', async () => {
      const { live } = await start();
      await until(live, 'a cost', ({ queryMs }) => queryMs !== undefined);
      const { interval, queryMs } = live.getState();
      expect(interval.seconds).toBeGreaterThanOrEqual(Math.ceil(((queryMs ?? 0) * 20) / 1000));
      live.slower();
      expect(live.getState().interval.wanted).toBe(1);
    });

    test('counts tenants only while somebody looks at them', async () => {
      const { live } = await start();
      await until(live, 'a snapshot', ({ snapshot }) => snapshot !== undefined);
      expect(live.getState().snapshot?.tenants).toBeUndefined();
      live.setByTenant(true);
      await until(live, 'tenants', ({ snapshot }) => snapshot?.tenants !== undefined);
    });

    test('keeps old figures when the table goes away, says why, and comes back with it', async () => {
      const { live, db } = await start();
      await until(live, 'a snapshot', ({ snapshot }) => snapshot !== undefined);
      await db.execute('ALTER TABLE appointments RENAME TO elsewhere');
      await until(live, 'a stale store', ({ phase }) => phase === 'stale');
      const { problem, snapshot } = live.getState();
      expect([problem?.kind, snapshot?.classes.misplaced]).toEqual(['missing', 102]);
      await db.execute('ALTER TABLE elsewhere RENAME TO appointments');
      await until(live, 'a live store', ({ phase }) => phase === 'live');
      expect(live.getState().problem).toBeUndefined();
    });

    test.skipIf(engine.lock === undefined)('says that a table is locked, and is back soon after', async () => {
      const { live, db } = await start();
      await until(live, 'a snapshot', ({ snapshot }) => snapshot !== undefined);
      const unlock = await engine.lock?.(db, 'appointments');
      live.refresh();
      await until(live, 'a stale store', ({ phase }) => phase === 'stale');
      const { problem, interval, snapshot } = live.getState();
      expect(problem).toMatchObject({
        kind: 'locked',
        message: 'appointments does not answer: probably somebody holds a lock',
        remedy: 'see 8 Schema, Locks',
      });
      expect([interval.seconds < 60, snapshot?.classes.misplaced]).toEqual([true, 102]);
      await unlock?.();
      await until(live, 'a live store', ({ phase }) => phase === 'live');
    });

    test.skipIf(engine.lock === undefined)('a refresh that a person stops changes no interval', async () => {
      const { live, db } = await start();
      await until(live, 'a cost', ({ queryMs }) => queryMs !== undefined);
      const unlock = await engine.lock?.(db, 'appointments');
      live.refresh();
      await until(live, 'a refresh that waits', ({ refreshingSince = Infinity }) => Date.now() - refreshingSince > 500);
      const { interval, receivedAt } = live.getState();
      live.cancel();
      await until(live, 'the next refresh', ({ nextAt }) => nextAt !== undefined);
      const after = live.getState();
      expect(after).toMatchObject({ interval, receivedAt, refreshingSince: undefined });
      expect((after.nextAt ?? 0) - Date.now()).toBeLessThanOrEqual(interval.seconds * 1000);
      await unlock?.();
    });

    test('rests for twenty times as long as a query took that was stopped at its limit', async () => {
      const { live, db } = await start({ table: { schema: undefined, name: 'slow' }, statementTimeoutMs: 700 });
      await db.execute(
        `CREATE VIEW slow AS SELECT appointments.* FROM appointments CROSS JOIN (${engine.slowQuery}) AS endless`,
      );
      await until(live, 'a timeout', ({ problem, nextAt }) => problem?.kind === 'timeout' && nextAt !== undefined);
      const { problem, nextAt, interval } = live.getState();
      expect(problem?.message).toBe('the statement took over 0.7 s');
      expect(interval.seconds).toBeGreaterThanOrEqual(14);
      expect((nextAt ?? 0) - Date.now()).toBeGreaterThan(10_000);
    });

    test.skipIf(engine.sever === undefined)('reconnects by itself when the server ends the session', async () => {
      const { live, db } = await start();
      await until(live, 'a snapshot', ({ snapshot }) => snapshot !== undefined);
      const { receivedAt } = live.getState();
      await engine.sever?.(db);
      await until(live, 'a later snapshot', (state) => state.phase === 'live' && state.receivedAt !== receivedAt);
    });
  });
}

describe('the history of the sparklines', () => {
  const folder = mkdtempSync(join(tmpdir(), 'apptop-history-'));
  const file = join(folder, 'deep', 'history.jsonl');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const sample = (at: number) => ({
    at,
    misplaced: 1,
    review: 2,
    synced: 0.9,
    pending: undefined,
    failed: 0.1,
    latency: 4,
  });

  test('survives a restart, a line cut off by a crash, and forgets what is older than a day', () => {
    const now = Date.now();
    const first = new History(file);
    for (const minutes of [1_500, 1_000, 10, 9.5]) first.add(sample(now - minutes * 60_000));
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"at": 12`);
    const again = new History(file);
    expect(again.samples.map(({ at }) => Math.round((now - at) / 60_000))).toEqual([1_000, 10]);
    expect(again.samples[0]).toMatchObject({ misplaced: 1, synced: 0.9 });
  });

  test('is kept in memory where the state folder cannot be written', () => {
    const noFolder = join(folder, 'a-file');
    writeFileSync(noFolder, '');
    for (const file of [join(noFolder, 'history.jsonl'), '/proc/nowhere/history.jsonl']) {
      const history = new History(file);
      history.add(sample(Date.now()));
      expect(history.samples).toHaveLength(1);
    }
  });
});
