import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { metricChecks } from '../../src/checks/event-correlation/metrics.ts';
import type { Context } from '../../src/config/context.ts';
import type { MetricSource } from '../../src/config/metrics.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { ENGINES, type TestDatabase, type TestEngine } from '../engines/engines.ts';
import { CheckedDatabase } from './checked-database.ts';

const CASCADES = 'event-correlation/webhook-cascades';
const TIME = 'event-correlation/processing-time';

/** A folder that is gone after the test. */
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'apptop-metrics-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function fileWith(content: string): MetricSource {
  const file = join(folder(), 'metric');
  writeFileSync(file, content);
  return { file };
}

const printing = (script: string): MetricSource => ({ command: ['sh', '-c', script], folder: folder() });

interface Asked {
  readonly cascades?: MetricSource;
  readonly time?: MetricSource;
  readonly thresholds?: Partial<Context['thresholds']>;
}

/** A context that says where the figures stand. */
function asking(db: TestDatabase, { cascades, time, thresholds }: Asked): Context {
  const context = defaultContext('test', db.target);
  return {
    ...context,
    metrics: { webhookCascades: cascades, processingSeconds: time },
    thresholds: { ...context.thresholds, ...thresholds },
  };
}

/** What a check says: its verdict, its violations, and its figure or why there is none. */
async function said(engine: TestEngine, db: TestDatabase, id: string, asked: Asked) {
  const context = asking(db, asked);
  const checked = new CheckedDatabase(engine, db, metricChecks(context));
  const { verdict, violations, figure, note } = await checked.result(id, context);
  return [verdict, violations, figure ?? note];
}

for (const engine of ENGINES) {
  describe(`figures from the config on ${engine.name}`, () => {
    let db: TestDatabase;
    beforeEach(async () => {
      db = await engine.database();
      await engine.createAppointments(db);
      await db.execute('CREATE TABLE webhooks (id integer PRIMARY KEY, seconds double precision, cascaded integer)');
    });
    afterEach(() => db.drop());

    const COUNTED = { sql: 'SELECT SUM(cascaded) FROM webhooks' };
    const AVERAGE = { sql: 'WITH w AS (SELECT seconds FROM webhooks) SELECT AVG(seconds) FROM w; -- of all' };
    const webhooks = (...rows: readonly (readonly [number, number])[]) =>
      engine.insert(
        db,
        'webhooks',
        rows.map(([seconds, cascaded], id) => ({ id, seconds, cascaded })),
      );

    test('are held against their targets', async () => {
      await webhooks([2, 0], [3, 0]);
      expect(await said(engine, db, CASCADES, { cascades: COUNTED })).toEqual(['pass', 0, '0 incidents, target 0']);
      expect(await said(engine, db, TIME, { time: AVERAGE })).toEqual(['pass', 0, '2.5 s, target < 3 s']);
      await db.execute('UPDATE webhooks SET seconds = seconds + 0.5, cascaded = 1');
      expect(await said(engine, db, CASCADES, { cascades: COUNTED })).toEqual(['fail', 2, '2 incidents, target 0']);
      expect(await said(engine, db, TIME, { time: AVERAGE })).toEqual(['fail', 1, '3 s, target < 3 s']);
    });

    test('have targets of the config', async () => {
      await webhooks([3, 1]);
      const thresholds = { webhookCascades: 1, processingSeconds: 4.5 };
      expect(await said(engine, db, CASCADES, { cascades: COUNTED, thresholds })).toEqual([
        'pass',
        0,
        '1 incident, target at most 1',
      ]);
      expect(await said(engine, db, TIME, { time: AVERAGE, thresholds })).toEqual(['pass', 0, '3 s, target < 4.5 s']);
    });

    test('are not applicable where the config does not name them', async () => {
      for (const [id, key] of [
        [CASCADES, 'metrics.webhookCascades'],
        [TIME, 'metrics.processingSeconds'],
      ] as const) {
        expect(await said(engine, db, id, {})).toEqual(['not-applicable', 0, `needs ${key} in the config`]);
      }
    });

    test.each([
      ['SELECT AVG(seconds) FROM webhooks', /^returns NULL; write COALESCE\(…, 0\) around what may be nothing$/],
      ['SELECT 1 FROM webhooks', /^returns no row; write one SELECT that returns one number from 0 on$/],
      ['SELECT 1 AS a UNION ALL SELECT 2', /^returns more than one value; /],
      ['SELECT 1 AS a, 2 AS b', /^returns more than one value; /],
      ["SELECT 'many' AS n", /^returns "many", no number; /],
      ["SELECT '2026-11-21' AS n", /^returns "2026-11-21", no number; /],
      ['SELECT -1', /^returns "-1", no number; /],
      ['SELECT n FROM nowhere_at_all', /nowhere_at_all/],
      ['SELECT 1; SELECT 2', /^there is more than one statement; /],
      ['DELETE FROM webhooks', /^the statement is no query; /],
      ['-- later', /^there is no statement; /],
    ])('can’t be told by %s', async (text, why) => {
      const [verdict, , note] = await said(engine, db, CASCADES, { cascades: { sql: text } });
      const [, reason] = /^metrics\.webhookCascades\.sql: (.*)$/su.exec(String(note)) ?? [];
      expect([verdict, reason]).toEqual(['could-not-tell', expect.stringMatching(why)]);
    });

    test('can’t be told by a statement that takes too long', async () => {
      const context = { ...asking(db, { time: { sql: engine.slowQuery } }), statementTimeoutMs: 500 };
      const checked = new CheckedDatabase(engine, db, metricChecks(context));
      const { verdict, note } = await checked.result(TIME, context);
      expect([verdict, note]).toEqual(['could-not-tell', expect.stringMatching(/^metrics\.processingSeconds\.sql: /)]);
    });

    test.each([
      ['2.5', '2.5 s, target < 3 s'],
      ['9\n9\n  0.34 s\n\n', '340 ms, target < 3 s'],
      ['webhook_seconds{job="a"} 1e0\n', '1 s, target < 3 s'],
      ['2026-11-21 12:04:31 average=1.5 of 9', '1.5 s, target < 3 s'],
    ])('stand in a file or in what a command prints: %j', async (text, figure) => {
      const sources = [fileWith(text), printing(`printf '%s' '${text}'`)];
      for (const time of sources) expect(await said(engine, db, TIME, { time })).toEqual(['pass', 0, figure]);
    });

    test('above their targets in a file or in what a command prints fail', async () => {
      const sources = [fileWith('1\n2\n'), printing('echo 2')];
      for (const cascades of sources) {
        expect(await said(engine, db, CASCADES, { cascades })).toEqual(['fail', 2, '2 incidents, target 0']);
      }
    });

    test.each([
      ['', 'says nothing'],
      ['1\nnone\n', 'says no number: "none"'],
      ['1,204', 'says no number: "1,204"'],
      ['x'.repeat(100), `says no number: "${'x'.repeat(40)}"`],
      ['-3', 'says no number: "-3"'],
    ])('can’t be told by the text %j', async (text, why) => {
      const inFile = fileWith(text);
      const file = 'file' in inFile ? inFile.file : '';
      expect(await said(engine, db, CASCADES, { cascades: inFile })).toEqual([
        'could-not-tell',
        0,
        `metrics.webhookCascades.file: ${file} ${why}; name a file whose last line holds one number from 0 on`,
      ]);
      expect(await said(engine, db, CASCADES, { cascades: printing(`printf '%s' '${text}'`) })).toEqual([
        'could-not-tell',
        0,
        `metrics.webhookCascades.command: sh ${why}; name a command that prints one number from 0 on`,
      ]);
    });

    test('can’t be told by a file that is gone or a command that fails', async () => {
      expect(await said(engine, db, TIME, { time: { file: '/gone/metric' } })).toEqual([
        'could-not-tell',
        0,
        'metrics.processingSeconds.file: /gone/metric: there is no such file; check the path',
      ]);
      const [verdict, , note] = await said(engine, db, TIME, { time: printing('echo 1; echo secret >&2; exit 3') });
      expect([verdict, note]).toEqual([
        'could-not-tell',
        expect.stringMatching(/^metrics\.processingSeconds\.command: sh failed with exit code 3; /),
      ]);
      expect(note).not.toContain('secret');
    });
  });
}

test('a figure beside the database is told while the database is gone', async () => {
  const db = defaultContext('test', { engine: 'sqlite', path: '/nowhere/at-all.sqlite' });
  const [check] = metricChecks({ ...db, metrics: { ...db.metrics, webhookCascades: fileWith('1') } });
  if (check === undefined || !('lookOutside' in check)) throw new Error('a file lies outside the database');
  const finding = await check.lookOutside(new AbortController().signal);
  expect(finding).toEqual({ violations: 1, sample: [], figure: '1 incident, target 0' });
});
