import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Check } from '../../src/checks/check.ts';
import { Results } from '../../src/checks/results.ts';
import { createChecksStore } from '../../src/checks/store.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { openDatabase } from '../../src/data/database.ts';
import { ENGINES, type TestEngine } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { quick, resultOf, slow } from './checks.ts';

async function open(engine: TestEngine, checks: readonly Check[], results = new Results(undefined)) {
  const db = await engine.database();
  await engine.createAppointments(db);
  const context = defaultContext('test', db.target);
  const database = await openDatabase(context);
  const store = createChecksStore(database, context, results, async () => checks);
  onTestFinished(async () => {
    store.cancel();
    await database.close();
    await db.drop();
  });
  await store.load();
  const verdictOf = (id: string) => store.getState().known.get(id)?.verdict;
  return { database, store, verdictOf };
}

const builtIn = { system: 'sync' } as const;

for (const engine of ENGINES) {
  describe(`the checks of a console on ${engine.name}`, () => {
    test('what is cheap runs once unasked: none of the users’ own', async () => {
      const [probe, scan, own] = [
        quick('probe', builtIn),
        quick('scan', { ...builtIn, scans: 'appointments' }),
        quick('own'),
      ];
      const { store } = await open(engine, [probe, scan, own]);
      await store.runCheap();
      expect([...store.getState().known.keys()].toSorted()).toEqual([probe.id, scan.id]);
      const before = store.getState();
      await store.runCheap();
      expect(store.getState()).toBe(before);
    });

    test('running, and then the result with what was sent', async () => {
      const check = quick('probe');
      const { store } = await open(engine, [check]);
      const run = store.run([check]);
      expect([...store.getState().running]).toEqual([[check.id, expect.any(Number)]]);
      await run;
      const { running, known } = store.getState();
      expect(running.size).toBe(0);
      expect(store.evidenceOf(check.id)?.statements).toHaveLength(1);
      expect(known.get(check.id)?.trend).toEqual([0]);
    });

    test('figures are answered while a check runs, and a check that runs is not run twice', async () => {
      const check = slow('slow', engine);
      const { store, database } = await open(engine, [check]);
      const run = store.run([check]);
      await store.run([check]);
      const rows = await database.query(sql`SELECT COUNT(*) AS n FROM appointments`, { lane: 'figures' });
      expect(rows).toEqual([{ n: '0' }]);
      expect(store.getState().running.has(check.id)).toBe(true);
      expect(database.spentMs).toBeLessThan(5_000);
      store.cancel();
      await run;
    });

    test('cancelling stops what runs and what waits, and keeps what was known', async () => {
      const [check, waiting] = [slow('slow', engine, { scans: 'all' }), quick('waits', { scans: 'all' })];
      const results = new Results(undefined);
      results.add([resultOf(check, { verdict: 'fail', violations: 3 })]);
      const { store, verdictOf } = await open(engine, [check, waiting], results);
      const run = store.run([check, waiting]);
      await poll(() => store.getState().running.get(check.id) !== undefined);
      expect(store.getState().running.get(waiting.id)).toBeUndefined();
      store.cancel();
      await run;
      expect(store.getState().running.size).toBe(0);
      expect([verdictOf(check.id), verdictOf(waiting.id)]).toEqual(['fail', undefined]);
      await store.run([waiting]);
      expect(verdictOf(waiting.id)).toBe('pass');
    });
  });
}
