import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { CheckResult } from '../../src/checks/check.ts';
import { ownChecks } from '../../src/checks/own/all.ts';
import { commandCheck } from '../../src/checks/own/command.ts';
import { httpCheck } from '../../src/checks/own/http.ts';
import { logCheck } from '../../src/checks/own/log.ts';
import { sqlChecks } from '../../src/checks/own/sql.ts';
import { runChecks } from '../../src/checks/runner.ts';
import { NO_OWN_CHECKS } from '../../src/config/own-checks.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { openDatabase } from '../../src/data/database.ts';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';
import { poll } from '../support.ts';

/** A folder with these files, gone after the test. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'apptop-own-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

for (const engine of ENGINES) {
  describe(`users' own SQL on ${engine.name}`, () => {
    let db: TestDatabase;
    beforeAll(async () => {
      db = await engine.database();
      await engine.createAppointments(db);
      const rows = Array.from({ length: 300 }, (_, index) => ({ id: String(index + 1), source: 'phone' }));
      await engine.insert(db, 'appointments', [
        ...rows,
        { id: '9007199254740993', source: 'x'.repeat(100_000).slice(0, 250) },
      ]);
    });
    afterAll(() => db.drop());

    async function resultsOf(files: Readonly<Record<string, string>>, timeoutMs = 10_000) {
      const context = { ...defaultContext('test', db.target), statementTimeoutMs: timeoutMs };
      const database = await openDatabase(context);
      try {
        const { signal } = new AbortController();
        const results = await runChecks(database, context, sqlChecks(folderOf(files)), { signal });
        return new Map(results.map((result): [string, CheckResult] => [result.check.id, result]));
      } finally {
        await database.close();
      }
    }

    test('rows are violations, no rows are a pass, and the header says the rest', async () => {
      const results = await resultsOf({
        'a.sql': `-- id: phone-rows\n-- title: nobody books by phone\n-- severity: warn\n-- phase: monitor, post\n-- expect: zero-rows\n
          WITH phone AS (SELECT id AS pk, source FROM appointments WHERE source = 'phone') SELECT * FROM phone ORDER BY pk; -- done`,
        'b.sql': "\uFEFFSELECT id FROM appointments WHERE source = ';' -- never",
      });
      const phone = results.get('own/phone-rows');
      expect(phone).toMatchObject({ verdict: 'fail', violations: 300 });
      expect(phone?.check).toMatchObject({
        title: 'nobody books by phone',
        severity: 'warn',
        phases: ['monitor', 'post'],
      });
      expect(phone?.sample).toHaveLength(20);
      expect(phone?.sample[0]).toMatchObject({ source: 'phone' });
      expect(phone?.statements.map(({ sql }) => sql).join('\n')).toContain("source = 'phone'");
      expect(results.get('own/b')).toMatchObject({ verdict: 'pass', violations: 0 });
    });

    test('ids beyond 2^53 stay what they are, and rows without a key are shown too', async () => {
      const results = await resultsOf({
        'big.sql': 'SELECT id AS pk FROM appointments WHERE id > 1000',
        'keyless.sql': 'SELECT source, count(*) AS n FROM appointments GROUP BY source',
      });
      expect(results.get('own/big')?.sample).toEqual([{ pk: '9007199254740993' }]);
      expect(results.get('own/keyless')).toMatchObject({ verdict: 'fail', violations: 2 });
      expect(results.get('own/keyless')?.sample[0]).not.toHaveProperty('pk');
    });

    test('a mistake in one file is told by that file, and the others run', async () => {
      const results = await resultsOf({
        'fine.sql': 'SELECT id AS pk FROM appointments WHERE id < 0',
        'syntax.sql': 'SELECT id FROM appointments WHERE',
        'unknown.sql': 'SELECT id FROM nowhere_at_all',
        'two.sql': 'SELECT 1; DELETE FROM appointments',
        'empty.sql': '-- title: nothing\n',
        'severity.sql': '-- severity: eror\nSELECT 1',
        'header.sql': '-- severty: error\nSELECT 1',
        'one.sql': '-- id: twin\nSELECT id FROM appointments WHERE id < 0',
        'other.sql': '-- id: twin\nSELECT id FROM appointments WHERE id < 0',
      });
      expect(results.get('own/fine')?.verdict).toBe('pass');
      expect(results.get('own/twin')?.verdict).toBe('pass');
      const notes = Object.fromEntries([...results].map(([id, { note }]) => [id, note]));
      for (const id of ['syntax', 'unknown', 'two', 'empty', 'severity', 'header', 'other']) {
        expect(results.get(`own/${id}`)?.verdict).toBe('could-not-tell');
        expect(notes[`own/${id}`]).toMatch(new RegExp(`/${id}\\.sql: `));
      }
      expect(notes['own/two']).toContain('more than one statement');
      expect(notes['own/severity']).toContain('did you mean error?');
      expect(notes['own/header']).toContain('did you mean severity?');
      expect(notes['own/other']).toContain('also that of');
    });

    test('nothing is ever written', async () => {
      const results = await resultsOf({
        'delete.sql': 'DELETE FROM appointments',
        'insert.sql': 'INSERT INTO appointments (source) VALUES (1)',
        'into.sql': 'SELECT id INTO copied FROM appointments',
        'cte.sql': 'WITH gone AS (DELETE FROM appointments RETURNING id) SELECT id FROM gone',
        'close.sql': 'SELECT 1) AS violating; DELETE FROM appointments; SELECT (1',
      });
      for (const [, { verdict }] of results) expect(verdict).toBe('could-not-tell');
      const [counted] = await db.execute('SELECT count(*) AS n FROM appointments');
      expect(String(counted?.['n'])).toBe('301');
    });

    test.runIf(engine.name === 'postgres')('a large object that a read-only session may make is undone', async () => {
      const results = await resultsOf({
        'make.sql': "SELECT lo_from_bytea(0, 'abc') AS made",
        'after.sql': 'SELECT oid AS pk FROM pg_largeobject_metadata',
      });
      expect(results.get('own/make')?.verdict).toBe('fail');
      expect(await db.execute('SELECT oid FROM pg_largeobject_metadata')).toEqual([]);
    });

    test('one that never ends is stopped and holds up no other', async () => {
      const results = await resultsOf(
        { 'a-slow.sql': engine.slowQuery, 'b.sql': 'SELECT id FROM appointments WHERE id < 0' },
        700,
      );
      expect(results.get('own/a-slow')?.verdict).toBe('could-not-tell');
      expect(results.get('own/a-slow')?.note).toMatch(/took over|timeout|exceeded|interrupted/i);
      expect(results.get('own/b')?.verdict).toBe('pass');
    });

    test('a huge answer arrives as a count and a short sample', async () => {
      const digits = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS d`).join(' UNION ALL ');
      const from = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `(${digits}) AS ${name}`).join(' CROSS JOIN ');
      const wide = { mysql: "repeat('x', 1000000)", postgres: "repeat('x', 1000000)", sqlite: 'hex(zeroblob(500000))' };
      const results = await resultsOf({
        'million.sql': `SELECT a.d AS pk FROM ${from}`,
        'wide.sql': `SELECT ${wide[engine.name]} AS value FROM (${digits}) AS a`,
      });
      expect(results.get('own/million')).toMatchObject({ verdict: 'fail', violations: 1_000_000 });
      expect(results.get('own/million')?.sample).toHaveLength(20);
      expect(results.get('own/wide')?.sample.map(({ value }) => value?.length)).toEqual(Array(10).fill(1_000));
    });

    test('a folder that is not there is one clear outcome', async () => {
      const context = defaultContext('test', db.target);
      const database = await openDatabase(context);
      const { signal } = new AbortController();
      const [result] = await runChecks(database, context, sqlChecks('/nowhere/checks'), { signal });
      await database.close();
      expect(result).toMatchObject({ verdict: 'could-not-tell' });
      expect(result?.note).toMatch(/^the folder of checks \/nowhere\/checks can't be read; set checks\.folder/);
    });
  });
}

describe("users' own checks beside the database", () => {
  const facts = { title: undefined, severity: 'error', phases: ['monitor'], remedy: undefined } as const;
  const { signal } = new AbortController();

  test('an address answers as it should, or the figure says how not', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url?.startsWith('/up') ? 200 : 503;
      if (request.url !== '/silent') response.end('all is well');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close().closeAllConnections();
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const look = (path: string, contains?: string) => {
      const url = `http://127.0.0.1:${port}${path}`;
      const check = httpCheck({ ...facts, name: 'web', url, status: 200, contains, timeoutMs: 300 });
      return 'lookOutside' in check ? check.lookOutside(signal) : undefined;
    };
    expect(await look('/up?key=hunter2', 'is well')).toMatchObject({
      violations: 0,
      figure: `http://127.0.0.1:${port}/up answers 200`,
    });
    expect(await look('/up', 'is ill')).toMatchObject({
      violations: 1,
      figure: expect.stringContaining('without "is ill"'),
    });
    expect(await look('/down')).toMatchObject({
      violations: 1,
      figure: `http://127.0.0.1:${port}/down answers 503, wanted 200`,
    });
    expect(await look('/silent')).toMatchObject({ violations: 1, figure: expect.stringContaining('does not answer') });
  });

  test('an address with a password is asked with it and shown without; of an answer the beginning is read', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.headers.authorization === `Basic ${btoa('bob:hunter2')}` ? 200 : 401;
      const more = () => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', more).on('error', () => undefined);
      more();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close().closeAllConnections();
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const look = (host: string) => {
      const url = `http://bob:hunter2@${host}/?token=s3cret`;
      const check = httpCheck({ ...facts, name: 'web', url, status: 200, contains: 'y', timeoutMs: 5_000 });
      return 'lookOutside' in check ? check.lookOutside(signal) : undefined;
    };
    const found = await look(`127.0.0.1:${port}`);
    expect(found).toMatchObject({ violations: 1, figure: expect.stringContaining('answers 200, without "y"') });
    const away = await look('127.0.0.1:9998');
    expect(JSON.stringify([found, away])).not.toMatch(/hunter2|s3cret/);
  });

  test('two of one name are told apart, and the second says so', async () => {
    const web = { ...facts, name: 'web', url: 'http://127.0.0.1/', status: 200, contains: undefined, timeoutMs: 300 };
    const folder = folderOf({ 'web.sql': 'SELECT 1 AS pk' });
    const checks = ownChecks({ ...NO_OWN_CHECKS, folder, http: [web, web] });
    expect(checks.map(({ id }) => id)).toEqual(['own/web', 'own/web-2', 'own/web-3']);
    const [, second] = checks;
    await expect(second && 'lookOutside' in second && second.lookOutside(signal)).rejects.toThrow(
      'also that of another',
    );
  });

  test('a pipe is no file to read, as nothing would end that', async () => {
    const folder = folderOf({});
    execFileSync('mkfifo', [join(folder, 'a.log'), join(folder, 'a.sql')]);
    const log = logCheck({ ...facts, name: 'log', file: join(folder, 'a.log'), pattern: /x/u, minutes: 1, atMost: 0 });
    await expect('lookOutside' in log && log.lookOutside(signal)).rejects.toThrow('it is no file');
    const [file] = sqlChecks(folder);
    await expect(file && 'lookOutside' in file && file.lookOutside(signal)).rejects.toThrow('it is no file');
  });

  test('a command ends with 0, with another status, never, or is not there', async () => {
    const look = async (...command: string[]) => {
      const check = commandCheck({ ...facts, name: 'it', command, folder: tmpdir(), timeoutMs: 300 });
      return 'lookOutside' in check ? check.lookOutside(signal) : undefined;
    };
    expect(await look('true')).toMatchObject({ violations: 0 });
    expect(await look('sh', '-c', 'echo queue is full >&2; exit 7')).toMatchObject({
      violations: 1,
      figure: 'sh ended with 7: queue is full',
    });
    expect(await look('sh', '-c', 'kill -9 $$')).toMatchObject({ violations: 1, figure: 'sh was ended by SIGKILL' });
    const marker = `60.${process.pid}`;
    await expect(look('sh', '-c', `sleep ${marker} & sleep ${marker}`)).rejects.toThrow('sh took over 0.3 s');
    await poll(async () => {
      const left = await look('pgrep', '-f', `[s]leep ${marker}`);
      return left !== undefined && 'violations' in left && left.violations === 1;
    });
    await expect(look('sleep', '60')).rejects.toThrow('sleep took over 0.3 s');
    await expect(look('no-such-program-here')).rejects.toThrow(/no-such-program-here can't be run/);
  });

  test("a pattern is counted in the last minutes of a log, by its lines' own times", async () => {
    const stamp = (minutes: number) =>
      new Date(Date.now() - minutes * 60_000).toISOString().slice(0, 19).replace('T', ' ');
    const folder = folderOf({
      'laravel.log': [
        `[${stamp(90)}] production.ERROR: Cal.com sync failed`,
        '#0 a stack trace without a time: sync failed',
        `[${stamp(5)}] production.ERROR: Cal.com sync failed`,
        `[${stamp(4)}] production.INFO: fine`,
        `[${stamp(3)}] production.ERROR: Cal.com sync failed`,
      ].join('\n'),
    });
    mkdirSync(join(folder, 'sub'));
    const look = (file: string, atMost: number) => {
      const log = { ...facts, name: 'log', file: join(folder, file), pattern: /sync failed/u, minutes: 60, atMost };
      const check = logCheck(log);
      return 'lookOutside' in check ? check.lookOutside(signal) : undefined;
    };
    expect(await look('laravel.log', 1)).toMatchObject({ violations: 2, figure: '2 in 60 min, at most 1' });
    expect(await look('laravel.log', 2)).toMatchObject({ violations: 0 });
    const endless = {
      ...facts,
      name: 'log',
      file: join(folder, 'endless.log'),
      pattern: /^(a+)+$/u,
      minutes: 60,
      atMost: 0,
    };
    writeFileSync(endless.file, `${'a'.repeat(60)}!`);
    const check = logCheck(endless);
    await expect('lookOutside' in check ? check.lookOutside(signal) : undefined).rejects.toThrow('took over 1 s');
    await expect(look('.', 0)).rejects.toThrow(/can't be read/);
    await expect(look('gone.log', 0)).rejects.toThrow(/gone\.log can't be read/);
  });

  describe('a line of a log without a time of its own', () => {
    const at = (minutes: number, text: string) =>
      `[${new Date(Date.now() - minutes * 60_000).toISOString()}] production.ERROR: ${text}`;
    const trace = '#0 app/Sync.php(12): sync failed';
    const matching = async (...lines: readonly string[]) => {
      const file = join(folderOf({ 'a.log': lines.join('\n') }), 'a.log');
      const check = logCheck({ ...facts, name: 'log', file, pattern: /sync failed/u, minutes: 60, atMost: 0 });
      const finding = 'lookOutside' in check ? await check.lookOutside(signal) : undefined;
      return finding !== undefined && 'violations' in finding ? finding.violations : undefined;
    };

    test('is as old as the last line before it that has one', async () => {
      expect(await matching(at(90, 'boom'), trace, trace, at(5, 'fine'))).toBe(0);
      expect(await matching(at(90, 'boom'), trace, at(5, 'boom'), trace, '', trace, at(4, 'fine'))).toBe(2);
      expect(await matching(at(5, 'boom'), trace, at(90, 'late'), trace)).toBe(1);
    });

    test('counts where no line before it has one', async () => {
      expect(await matching(trace, trace)).toBe(2);
      expect(await matching(trace, at(90, 'boom'), trace)).toBe(1);
    });

    test('is no younger than the first time that is in sight of a file that is too large to read', async () => {
      const large = ` ${'x'.repeat(1_023)}\n`.repeat(33_000);
      expect(await matching(at(180, 'boom'), large, trace, at(90, 'fine'))).toBe(0);
      expect(await matching(at(180, 'boom'), large, trace, at(5, 'fine'))).toBe(1);
    });
  });
});
