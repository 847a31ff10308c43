import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Check } from '../../src/checks/check.ts';
import { type RunOptions, runChecks } from '../../src/checks/runner.ts';
import { summarise } from '../../src/checks/summary.ts';
import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { openDatabase } from '../../src/data/database.ts';
import { ENGINES } from '../engines/engines.ts';
import { severable } from '../engines/severable.ts';
import { poll } from '../support.ts';
import { asking, askingOutside, Crowd, quick, slow, verdicts } from './checks.ts';

const many = (count: number, make: (name: string) => Check): Check[] =>
  Array.from({ length: count }, (_, index) => make(`number-${index}`));

for (const engine of ENGINES) {
  describe(`running checks on ${engine.name}`, () => {
    async function open(change: Partial<Context> = {}) {
      const db = await engine.database();
      await engine.createAppointments(db);
      const context = { ...defaultContext('test', db.target), ...change };
      const database = await openDatabase(context);
      onTestFinished(async () => {
        await database.close();
        await db.drop();
      });
      const abort = new AbortController();
      const run = (checks: readonly Check[], options: Partial<RunOptions> = {}) =>
        runChecks(database, context, checks, { signal: abort.signal, ...options });
      return { db, database, abort, run };
    }

    test('stays in one session while that is quick, and takes those first that read no whole table', async () => {
      const { run } = await open();
      const ended: string[] = [];
      const crowd = new Crowd();
      const joining = (name: string, scans: boolean) =>
        asking(
          name,
          () => crowd.join(async () => ({ violations: 0, sample: [] })),
          scans ? { scans: 'appointments' } : {},
        );
      await run([joining('scan', true), joining('probe', false), joining('another', false)], {
        onResult: ({ check }) => ended.push(check.id),
      });
      expect([ended, crowd.most]).toEqual([['own/probe', 'own/another', 'own/scan'], 1]);
    });

    test('goes on four at a time where that is not quick, and reads one whole table at a time', async () => {
      const { run } = await open();
      const [probes, scans] = [new Crowd(), new Crowd()];
      const four = Promise.withResolvers<void>();
      const select = sql`SELECT id AS pk FROM appointments`;
      const probe = (name: string) =>
        asking(`${name}-probe`, (ground) =>
          probes.join(async () => {
            if (probes.most === 4) four.resolve();
            await four.promise;
            return ground.violations(select);
          }),
        );
      const scan = (name: string) =>
        asking(`${name}-scan`, (ground) => scans.join(() => ground.violations(select)), { scans: 'appointments' });
      const results = await run([...many(4, scan), ...many(9, probe)]);
      expect(new Set(results.map(({ verdict }) => verdict))).toEqual(new Set(['pass']));
      expect([probes.most, scans.most]).toEqual([4, 1]);
    });

    test('tells the results in the order of the checks, whatever ends first', async () => {
      const { run } = await open();
      const ended: string[] = [];
      const release = Promise.withResolvers<void>();
      const checks = [
        asking('waits', async () => {
          await release.promise;
          return { violations: 0, sample: [] };
        }),
        quick('quick'),
      ];
      const results = await run(checks, {
        onResult: ({ check }) => {
          ended.push(check.id);
          release.resolve();
        },
      });
      expect(ended).toEqual(['own/quick', 'own/waits']);
      expect(results.map(({ check }) => check.id)).toEqual(['own/waits', 'own/quick']);
    });

    test('one that takes too long could not tell, and holds up no other', async () => {
      const { run } = await open({ statementTimeoutMs: 2_000 });
      const ended: string[] = [];
      const results = await run([slow('slow', engine), ...many(6, quick), quick('scan', { scans: 'appointments' })], {
        onResult: ({ check }) => ended.push(check.id),
      });
      const { slow: timedOut, ...others } = verdicts(results);
      expect([timedOut, new Set(Object.values(others))]).toEqual(['could-not-tell', new Set(['pass'])]);
      expect(results[0]?.note).toMatch(/raise statementTimeoutSeconds$/);
      expect(ended.at(-1)).toBe('own/slow');
    });

    test('one that is wrong could not tell, and the others do', async () => {
      const { run } = await open();
      const broken = asking('broken', (ground) => ground.violations(sql`SELECT nothing_of_that FROM appointments`));
      const results = await run([broken, ...many(3, quick)]);
      expect(Object.values(verdicts(results))).toEqual(['could-not-tell', 'pass', 'pass', 'pass']);
      expect([results[0]?.note, summarise(results)]).toEqual([expect.stringContaining('nothing_of_that'), 'UNKNOWN']);
    });

    test('one that needs what is not there says so, and is neither pass nor fail', async () => {
      const { run } = await open();
      const results = await run([
        quick('table', { needs: { tables: { no_such_jobs: ['id'] } } }),
        quick('column', { needs: { tables: { appointments: ['id', 'colour'] } } }),
        quick('known', { needs: { columns: ['calcom_v2_booking_uid', 'sync_origin'] } }),
        quick('there', { needs: { tables: { appointments: ['id'] }, columns: ['sync_origin'] } }),
      ]);
      expect(results.map(({ verdict, note }) => [verdict, note])).toEqual([
        ['not-applicable', 'needs table no_such_jobs'],
        ['not-applicable', 'needs column appointments.colour'],
        ['not-applicable', 'needs column calcom_v2_booking_uid'],
        ['pass', undefined],
      ]);
    });

    test('counts every violation, shows the first twenty and what was sent for them', async () => {
      const { db, run } = await open();
      await engine.insert(
        db,
        'appointments',
        Array.from({ length: 1_000 }, () => ({ source: 'phone' })),
      );
      const [result] = await run([
        asking('phones', (ground) =>
          ground.violations(
            sql`SELECT ${ground.dialect.text(sql.id('id'))} AS pk FROM appointments WHERE source = ${'phone'}`,
            sql.ref('appointments.id'),
          ),
        ),
      ]);
      expect([result?.verdict, result?.violations]).toEqual(['fail', 1_000]);
      expect(result?.sample.map(({ pk }) => pk)).toEqual(Array.from({ length: 20 }, (_, index) => String(index + 1)));
      expect(result?.statements.map(({ parameters }) => parameters)).toEqual([['phone'], ['phone']]);
      expect(result?.statements[1]?.sql).toMatch(/LIMIT 20$/);
    });

    test('sends once what several checks ask alike, and tells of it in each result', async () => {
      const { database, run } = await open();
      const alike = (name: string) =>
        asking(name, async (ground) => {
          const [row] = await ground.queryOnce(sql`SELECT COUNT(*) AS asked_alike FROM appointments`);
          return { violations: Number(row?.['asked_alike']), sample: [] };
        });
      const results = await run([alike('first'), alike('second')]);
      expect(results.map(({ verdict, statements }) => [verdict, statements.length])).toEqual([
        ['pass', 1],
        ['pass', 1],
      ]);
      expect(database.log.filter((logged) => logged.sql.includes('asked_alike'))).toHaveLength(1);
    });

    test('stops on the server when a person wants it to, and starts no other', async () => {
      const { abort, run } = await open();
      const fresh = { signal: new AbortController().signal };
      const everyLane = [quick('scan', { scans: 'appointments' }), ...many(3, quick)];
      await run(everyLane, fresh);
      let started = 0;
      const stopped = await run([...many(3, (name) => slow(name, engine)), ...many(6, quick)], {
        onStart: () => {
          started += 1;
          if (started === 3) setImmediate(() => abort.abort());
        },
      });
      expect(new Set(Object.values(verdicts(stopped)))).toEqual(new Set(['could-not-tell']));
      // On the same connections: nothing runs there any more.
      expect(new Set(Object.values(verdicts(await run(everyLane, fresh))))).toEqual(new Set(['pass']));
    });

    test('cannot tell without a database, but for what lies outside of it', async () => {
      const { db } = await open();
      const target =
        db.target.engine === 'sqlite' ? { ...db.target, path: `${db.target.path}.gone` } : { ...db.target, port: 1 };
      const context = defaultContext('test', target);
      const database = await openDatabase(context);
      const outside = askingOutside('outside', () => Promise.resolve({ violations: 0, sample: [] }));
      const heard: string[] = [];
      const results = await runChecks(database, context, [...many(5, quick), outside], {
        signal: new AbortController().signal,
        onAway: ({ message, remedy }) => heard.push(`${message}; ${remedy}`),
        onResult: ({ note }) => heard.push(note ?? ''),
      });
      // Before any result of a check that asks the database.
      expect(heard.filter(Boolean)).toEqual(Array.from({ length: 6 }, () => results[0]?.note));
      const { outside: there, ...others } = verdicts(results);
      expect([there, new Set(Object.values(others)), summarise(results)]).toEqual([
        'pass',
        new Set(['could-not-tell']),
        'UNKNOWN',
      ]);
    });
  });

  if (engine.sever === undefined) continue;

  describe(`losing the connection to ${engine.name} in the middle`, () => {
    test('leaves the rest as could not tell, at once', async () => {
      const db = await engine.database();
      onTestFinished(() => db.drop());
      await engine.createAppointments(db);
      if (db.target.engine === 'sqlite') throw new Error('not a server');
      const way = await severable(db.target);
      const context = defaultContext('test', way.target);
      const database = await openDatabase(context);
      onTestFinished(() => database.close());
      const started = new Set<string>();
      const running = runChecks(
        database,
        context,
        [
          quick('first', { scans: 'appointments' }),
          slow('cut', engine, { scans: 'appointments' }),
          quick('after', { scans: 'appointments' }),
        ],
        { signal: new AbortController().signal, onStart: ({ id }) => started.add(id) },
      );
      await poll(() => started.has('own/cut'));
      way.sever();
      const results = await running;
      expect(verdicts(results)).toEqual({ first: 'pass', cut: 'could-not-tell', after: 'could-not-tell' });
      expect(summarise(results)).toBe('UNKNOWN');
    });

    test('or between two runs costs the second one nothing', async () => {
      const db = await engine.database();
      onTestFinished(() => db.drop());
      await engine.createAppointments(db);
      if (db.target.engine === 'sqlite') throw new Error('not a server');
      const way = await severable(db.target);
      onTestFinished(() => way.sever());
      const context = defaultContext('test', way.target);
      const database = await openDatabase(context);
      onTestFinished(() => database.close());
      const runOnFour = () => {
        const crowd = new Crowd();
        const four = Promise.withResolvers<void>();
        const checks = many(4, (name) =>
          asking(name, (ground) =>
            crowd.join(async () => {
              if (crowd.most === 4) four.resolve();
              await four.promise;
              return ground.violations(sql`SELECT id AS pk FROM appointments`);
            }),
          ),
        );
        return runChecks(database, context, checks, { signal: new AbortController().signal });
      };
      const passes = new Set(['pass']);
      expect(new Set(Object.values(verdicts(await runOnFour())))).toEqual(passes);
      way.sever();
      way.restore();
      expect(new Set(Object.values(verdicts(await runOnFour())))).toEqual(passes);
    });
  });
}
