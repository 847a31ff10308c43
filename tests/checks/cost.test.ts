import { describe, expect, onTestFinished, test } from 'vitest';
import type { Check } from '../../src/checks/check.ts';
import { expectedCosts } from '../../src/checks/cost.ts';
import type { Remembered } from '../../src/checks/results.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { openDatabase } from '../../src/data/database.ts';
import { ENGINES } from '../engines/engines.ts';
import { plantMany } from './many-rows.ts';

const facts = { system: 'own', phases: ['monitor'], severity: 'error', title: '', reason: '', remedy: '' } as const;
const check = (id: string, scans?: string): Check => ({
  ...facts,
  id,
  ...(scans === undefined ? {} : { scans }),
  look: () => Promise.resolve({ violations: 0, sample: [] }),
});

const before: Remembered = {
  verdict: 'pass',
  violations: 0,
  figure: undefined,
  note: undefined,
  durationMs: 3_400,
  at: 0,
  passedAt: 0,
  trend: [0],
};

for (const engine of ENGINES) {
  describe(`what it costs to read a table on ${engine.name}`, () => {
    async function manyRows(rows: number) {
      const db = await engine.database();
      await plantMany(db, rows);
      const context = { ...defaultContext('test', db.target), table: { schema: undefined, name: 'many' } };
      const database = await openDatabase(context);
      onTestFinished(async () => {
        await database.close();
        await db.drop();
      });
      const estimate = (name: string) =>
        database.introspect({ lane: 'check 0' }, (introspection, connection) =>
          introspection.estimate(connection, { schema: undefined, name }),
        );
      return { db, context, database, estimate };
    }

    test('is estimated without reading it', async () => {
      const { db, estimate } = await manyRows(20_000);
      const rows = await estimate('many');
      expect(rows).toBeGreaterThan(10_000);
      expect(rows).toBeLessThan(40_000);
      await db.execute('CREATE VIEW shown AS SELECT word FROM many');
      expect((await estimate('shown')) ?? 0).toBe(0);
      expect(await estimate("no'such")).toBeUndefined();
    });

    test('is said where it reads a million rows and more, with what it took the last time', async () => {
      const { context, database } = await manyRows(1_100_000);
      const checks = [check('own/probe'), check('own/twice', 'appointments'), check('own/once', 'many')];
      const known = new Map([['own/twice', before]]);
      const costs = await expectedCosts(database, context, checks, known, { lane: 'check 0' });
      expect(costs).toHaveLength(2);
      expect(costs[0]).toMatch(/^own\/twice: reads all of many, about 1,[012]00,000 rows; 3\.4 s last time$/);
      expect(costs[1]).toMatch(/^own\/once: reads all of many, about 1,[012]00,000 rows$/);
    });

    test('is not said of a small table or one that is not there', async () => {
      const { context, database } = await manyRows(0);
      const checks = [check('own/small', 'appointments'), check('own/gone', 'unknown')];
      expect(await expectedCosts(database, context, checks, new Map(), { lane: 'check 0' })).toEqual([]);
    });
  });
}
