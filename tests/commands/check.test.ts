import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/checks/catalogue.ts';
import { seedRows } from '../../src/data/demo/seed-rows.ts';
import { ENGINES, type PlantedRow, type TestDatabase, type TestEngine } from '../engines/engines.ts';
import { Operator, urlOf, withUser } from './operator.ts';

/** A database with appointments, and somebody who checks it. */
async function checked(engine: TestEngine, rows: readonly PlantedRow[]) {
  const db = await engine.database();
  await engine.createAppointments(db);
  await engine.insert(db, 'appointments', rows);
  const operator = new Operator();
  return { db, operator, check: (...args: string[]) => operator.run('check', '--url', urlOf(db), ...args) };
}

/** Addresses of a database that nobody can ask, each with the one line that says so. */
function awayUrls(db: TestDatabase): readonly (readonly [url: string, message: RegExp])[] {
  const gone = [`${urlOf(db)}_gone`, /^apptop: there is no (file|database) .*: check the (path|name) /] as const;
  if (db.target.engine === 'sqlite') return [gone];
  const nobody = new URL(db.url);
  nobody.host = '127.0.0.1:1';
  return [
    [nobody.href, /^apptop: nobody answers at 127\.0\.0\.1:1: check the address, /],
    gone,
    [withUser(db.url, 'nobody', 'hunter2'), /^apptop: [^ ]+ refuses user "nobody" with this password: check the user /],
  ];
}

const flagged: PlantedRow = { requires_manual_review: true, sync_error_code: 'HTTP_401' };

for (const engine of ENGINES) {
  describe(`checks from the command line on ${engine.name}`, () => {
    test('are a line each for a program, with the summary beside them', async () => {
      const { check } = await checked(engine, seedRows(Date.now()));
      const { code, stdout, stderr } = await check();
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t'));
      expect(lines.map((cells) => cells[1]).slice(0, CATALOGUE.length)).toEqual(CATALOGUE.map(({ id }) => id));
      expect(new Set(lines.map((cells) => cells.length))).toEqual(new Set([6]));
      const [verdict, , severity, violations, milliseconds, text] =
        lines.find(([, id]) => id === 'booking-ids/none-misplaced') ?? [];
      expect([verdict, severity, violations, text]).toEqual(['fail', 'error', '102', 'No V1 id is in the V2 column']);
      expect(milliseconds).toMatch(/^\d+$/);
      expect(lines.find(([, id]) => id === 'sync/success-24h')?.[5]).toBe('93.1 % synced in 24 h, target > 95 %');
      expect(stderr).toMatch(/^STOP {2}\d+ pass, \d+ fail, \d+ not applicable, [\d.]+ m?s\n$/);
      expect(code).toBe(2);
    });

    test.each([
      [['sync/columns'], 0, /^HEALTHY {2}1 pass, /],
      [['sync/columns', 'sync/review-queue'], 1, /^DEGRADED {2}1 pass, 1 fail, /],
      [['calendar-schema/unique-events'], 0, /^HEALTHY {2}1 not applicable, /],
    ])('%j ends with %i', async (ids, code, summary) => {
      const { check } = await checked(engine, [flagged]);
      const ended = await check(...ids);
      expect([ended.code, ended.stderr]).toEqual([code, expect.stringMatching(summary)]);
      expect(ended.stdout.trimEnd().split('\n')).toHaveLength(ids.length);
    });

    test('are one document for a program: counts as numbers, keys as text, with the SQL', async () => {
      const { check } = await checked(engine, [{ ...flagged, id: '9007199254740993' }]);
      const { code, stdout, stderr } = await check('sync/review-queue', '--json');
      const document: unknown = JSON.parse(stdout);
      expect(document).toMatchObject({
        version: 1,
        environment: 'production',
        engine: expect.stringMatching(/^(SQLite|MariaDB|MySQL|PostgreSQL) \d/),
        takenAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        verdict: 'DEGRADED',
        checks: [
          {
            id: 'sync/review-queue',
            system: 'sync',
            phases: expect.arrayContaining(['monitor']),
            severity: 'warn',
            verdict: 'fail',
            violations: 1,
            sample: [{ pk: '9007199254740993', sync_error_code: 'HTTP_401' }],
            sql: expect.arrayContaining([{ sql: expect.stringContaining('SELECT'), parameters: expect.any(Array) }]),
            durationMs: expect.any(Number),
            note: null,
          },
        ],
      });
      expect([code, stderr]).toEqual([1, '']);
    });

    test('show hostile values instead of sending them, also in a document and a report', async () => {
      const hostile = '</failure>&"\u001b[2J\u0007\u202egnp.exe]]>';
      const { check } = await checked(engine, [{ ...flagged, sync_error_code: hostile, source: hostile }]);
      const [line, document, report] = await Promise.all([
        check('booking-ids/sources'),
        check('sync/review-queue', '--json'),
        check('sync/review-queue', '--junit', '-'),
      ]);
      expect(line.stdout).toContain('␛[2J␇⟪U+202E⟫gnp.');
      for (const { stdout } of [line, document, report]) {
        expect([...stdout].filter((character) => /(?![\n\t])[\p{Cc}\p{Cf}]/u.test(character))).toEqual([]);
      }
      expect(document.stdout).toContain('\\u001b[2J\\u0007\\u202egnp.exe');
      expect(JSON.parse(document.stdout).checks[0].sample[0].sync_error_code).toBe(hostile);
      expect(report.stdout).toContain('&lt;/failure&gt;&amp;');
    });

    test('without a database are one line, with 3; those of what lies outside of it have their own', async () => {
      const { db, operator } = await checked(engine, []);
      const command = (name: string, program: string) => ({ name, command: [program] });
      const write = (connection: string, program: string) =>
        operator.write('apptop.json', {
          contexts: { shop: { connection, checks: { commands: [command('up', 'true'), command('other', program)] } } },
        });
      for (const [url, message] of awayUrls(db)) {
        write(url, 'true');
        const { code, stdout, stderr } = await operator.run('check');
        const told = stdout
          .trimEnd()
          .split('\n')
          .map((line) => line.split('\t').slice(0, 2).join(' '));
        expect(told).toEqual([
          'not-applicable calendar-schema/flags-off',
          'not-applicable event-correlation/flag-off',
          'not-applicable event-correlation/flag-at-10',
          'not-applicable event-correlation/flag-at-100',
          'not-applicable event-correlation/webhook-cascades',
          'not-applicable event-correlation/processing-time',
          'pass own/up',
          'pass own/other',
        ]);
        const [first = '', ...more] = stderr.trimEnd().split('\n');
        expect(first).toMatch(message);
        const summary = `UNKNOWN  2 pass, 6 not applicable, ${CATALOGUE.length} could not tell, `;
        expect([code, more]).toEqual([3, [expect.stringContaining(summary)]]);
        write(url, 'false');
        const failing = await operator.run('check');
        expect([failing.code, failing.stderr]).toEqual([2, expect.stringContaining('\nSTOP  1 pass, 1 fail, ')]);
      }
    });

    test('without a database are each in a document and in a report, with the reason', async () => {
      const { db, operator } = await checked(engine, []);
      const [[url, message] = ['', /never/]] = awayUrls(db);
      const args = ['check', '--url', url, '--system', 'sync', '--json', '--junit', 'report.xml'];
      const { code, stdout, stderr } = await operator.run(...args);
      const { checks, ...rest }: { checks: readonly { verdict: string; note: string }[] } = JSON.parse(stdout);
      const reason = stderr
        .trimEnd()
        .replace(/^apptop: /, '')
        .replace(/: (?=check )/, '; ');
      expect([code, stderr]).toEqual([3, expect.stringMatching(message)]);
      expect(rest).toMatchObject({ verdict: 'UNKNOWN', engine: null });
      expect(checks).toHaveLength(CATALOGUE.filter(({ system }) => system === 'sync').length);
      expect(new Set(checks.map(({ verdict, note }) => `${verdict}: ${note}`))).toEqual(
        new Set([`could-not-tell: ${reason}`]),
      );
      const report = readFileSync(join(operator.folder, 'report.xml'), 'utf8');
      expect(report.match(/<error /g)).toHaveLength(checks.length);
    });

    test('of what lies outside alone say nothing of a database that is away', async () => {
      const { db, operator } = await checked(engine, []);
      const [[url] = ['']] = awayUrls(db);
      const checks = { commands: [{ name: 'up', command: ['true'] }] };
      operator.write('apptop.json', { contexts: { shop: { connection: url, checks } } });
      const { code, stderr } = await operator.run('check', 'own/up');
      expect([code, stderr]).toEqual([0, expect.stringMatching(/^HEALTHY {2}1 pass, [^\n]+\n$/)]);
    });

    test('say of a table that is not there what each of them needs', async () => {
      const db = await engine.database();
      const { code, stdout, stderr } = await new Operator().run('check', '--url', urlOf(db), '--system', 'sync');
      expect(stdout.trimEnd().split('\n')).toHaveLength(CATALOGUE.filter(({ system }) => system === 'sync').length);
      expect(stdout).toMatch(/^could-not-tell\t.*there is no table "appointments"/);
      expect([code, stderr]).toEqual([3, expect.stringMatching(/^UNKNOWN {2}/)]);
    });

    test('find the lines of source code that write what the table lacks, and those that name an id column', async () => {
      const { check, operator } = await checked(engine, []);
      operator.write(
        'code/app/Booking.php',
        "<?php\nAppointment::create([\n  'status' => 1,\n  'created_by' => 2,\n]);\n",
      );
      operator.write('code/fix.sql', 'SELECT calcom_booking_id FROM appointments;\n');
      const { code, stdout } = await check('schema/phantom-columns', '--code', 'code');
      const [result, ...places] = stdout.trimEnd().split('\n');
      expect(result).toMatch(/^fail\tschema\/phantom-columns\tstop\t1\t/);
      expect(places).toEqual(['phantom\tapp/Booking.php:4\tcreated_by', 'mention\tfix.sql:1\tcalcom_booking_id']);
      expect(code).toBe(2);
      const document: unknown = JSON.parse((await check('schema/phantom-columns', '--code', 'code', '--json')).stdout);
      expect(document).toMatchObject({
        code: { phantoms: [{ file: 'app/Booking.php', line: 4, column: 'created_by' }] },
      });
      const elsewhere = await check('schema/phantom-columns', '--code', 'nowhere');
      expect([elsewhere.code, elsewhere.stdout]).toEqual([3, expect.stringContaining('is no folder that can be read')]);
    });

    test('remember how they stood, for the console and the next run', async () => {
      const { check, operator } = await checked(engine, [flagged]);
      await check('sync/review-queue');
      await check('sync/review-queue', 'sync/columns');
      const folder = join(operator.home, '.local/state/apptop/checks');
      const [file = ''] = readdirSync(folder);
      const known: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      expect(known).toMatchObject({
        'sync/review-queue': { verdict: 'fail', trend: [1, 1] },
        'sync/columns': { verdict: 'pass', trend: [0] },
      });
    });
  });
}

describe('the command line of the checks', () => {
  const operator = () => new Operator().write('empty.sqlite', '');
  const url = ['--url', 'sqlite:empty.sqlite'];

  test.each([
    [['sync/colums'], 'there is no check "sync/colums": did you mean sync/columns?'],
    [['--phase', 'past'], 'there is no phase "past": did you mean post? it is one of pre, post, verify, monitor'],
    [['--system', 'sync', 'schema/no-long-locks'], 'no check is all of that: apptop check --list shows them all'],
    [['--watch', '5s'], '--watch 5s is no interval from 10s to 1d: write --watch 60s, 5m or 1h'],
    [['--watch', '2d'], '--watch 2d is no interval from 10s to 1d: write --watch 60s, 5m or 1h'],
    [['--watch', '60'], '--watch 60 is no interval from 10s to 1d: write --watch 60s, 5m or 1h'],
    [['--watch', '60s', '--json'], "--watch and --json don't go together: give one of them"],
    [
      ['sync/columns', '--code', '.'],
      '--code is for the check schema/phantom-columns: select that one too, or leave --code out',
    ],
    [['--json', '--junit', '-'], '--json and --junit - both want stdout: name a file: --junit FILE'],
  ])('%j is one line and 3', async (args, line) => {
    expect(await operator().run('check', ...url, ...args)).toEqual({
      code: 3,
      stdout: '',
      stderr: `apptop: ${line}\n`,
    });
  });

  test('a password where a check belongs is not repeated', async () => {
    const { code, stderr } = await operator().run('check', 'mysql://root:hunter2@db/shop');
    expect([code, stderr]).toEqual([3, expect.not.stringContaining('hunter2')]);
  });

  test('lists the checks without a database', async () => {
    const { code, stdout } = await new Operator().run(
      'check',
      '--list',
      '--url',
      'sqlite:nowhere',
      '--phase',
      'verify',
    );
    const lines = stdout.trimEnd().split('\n');
    const expected = CATALOGUE.filter(({ phases }) => phases.includes('verify')).map(
      ({ id, severity, phases, title }) => [id, severity, phases.join(','), title].join('\t'),
    );
    expect([code, lines]).toEqual([0, expected]);
  });
});
