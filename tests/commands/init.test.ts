import { readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { describe, expect, test } from 'vitest';
import { LAUNCHER } from '../build/program.ts';
import { ENGINES, type TestDatabase, type TestEngine } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { Operator, urlOf } from './operator.ts';

const written = (operator: Operator, file = 'apptop.json') => readFileSync(join(operator.folder, file), 'utf8');

async function withTable(engine: TestEngine): Promise<TestDatabase> {
  const db = await engine.database();
  await engine.createAppointments(db);
  return db;
}

const onServer = ({ target }: TestDatabase): boolean => target.engine !== 'sqlite';
const passwordOf = ({ target }: TestDatabase): string => (target.engine === 'sqlite' ? '' : (target.password ?? ''));

/** A Laravel `.env` that names a database. */
function laravel({ target }: TestDatabase): string {
  if (target.engine === 'sqlite') return `APP_ENV=staging\nDB_CONNECTION=sqlite\nDB_DATABASE=${target.path}\n`;
  const { host, port, user, password, database } = target;
  const connection = target.engine === 'mysql' ? 'mysql' : 'pgsql';
  return `APP_ENV=staging\nDB_CONNECTION=${connection}\nDB_HOST=${host}\nDB_PORT=${port}\nDB_USERNAME=${user}\nDB_PASSWORD="${password}"\nDB_DATABASE=${database}\n`;
}

for (const engine of ENGINES) {
  describe(`init on ${engine.name}`, () => {
    test('in a Laravel folder writes a config that works and holds no secret', async () => {
      const db = await withTable(engine);
      const operator = new Operator().write('.env', laravel(db));
      const { code, stdout, stderr } = await operator.run('init');
      expect(stdout).toMatch(/^wrote \.\/apptop\.json from Laravel's \.\/\.env: context \w+, staging, read-only$/m);
      expect(stdout).toMatch(/^next: apptop doctor tests everything, apptop opens the console$/m);
      expect([code, stderr]).toEqual([0, '']);
      expect(written(operator)).not.toContain('throw-away');
      expect(statSync(join(operator.folder, 'apptop.json')).mode & 0o777).toBe(0o600);
      const doctor = await operator.run('doctor');
      expect(doctor.stdout).toMatch(/^✔ config +\.\/apptop\.json: \w+, staging, read-only$/m);
      expect(doctor.code).toBe(0);
    });

    test('takes DATABASE_URL as a reference', async () => {
      const operator = new Operator().set({ DATABASE_URL: urlOf(await withTable(engine)) });
      expect((await operator.run('init')).code).toBe(0);
      expect(written(operator)).toContain('"connection": "${env:DATABASE_URL}"');
      expect((await operator.run('doctor')).code).toBe(0);
    });

    test('takes --url and keeps its password out of the file', async () => {
      const db = await withTable(engine);
      const operator = new Operator();
      const { code, stdout } = await operator.run('init', '--url', urlOf(db), '--context', 'main');
      expect(stdout).toMatch('context main, production, read-only');
      expect(stdout.includes('next: export APPTOP_PASSWORD=…, which the config refers to\n')).toBe(onServer(db));
      expect(code).toBe(0);
      expect(written(operator)).not.toContain('throw-away');
      operator.set({ APPTOP_PASSWORD: passwordOf(db) });
      expect((await operator.run('doctor')).code).toBe(0);
    });

    test('without the table writes the config and says what to set', async () => {
      const db = await engine.database();
      await engine.createAppointments(db, { table: 'bookings' });
      const { code, stdout, stderr } = await new Operator().run('init', '--url', urlOf(db), '--context', 'main');
      expect(stderr).toMatch(/^apptop: there is no table "appointments" in /m);
      expect(stdout).toMatch(/^next: set contexts\.main\.table/m);
      expect(code).toBe(1);
    });
  });
}

describe('init', () => {
  const [sqlite] = ENGINES;
  const url = async () => urlOf(await withTable(sqlite ?? expect.fail('SQLite is always there')));

  test('never replaces a config unless it is told to', async () => {
    const operator = new Operator().write('apptop.json', 'mine', 0o644);
    const refused = await operator.run('init', '--url', await url());
    expect(refused.stderr).toMatch(/^apptop: \.\/apptop\.json is there already: replace it with --force, /);
    expect([refused.code, written(operator)]).toEqual([3, 'mine']);
    expect((await operator.run('init', '--force', '--url', await url())).code).toBe(0);
    expect(JSON.parse(written(operator))).toHaveProperty('contexts');
    expect(statSync(join(operator.folder, 'apptop.json')).mode & 0o777).toBe(0o600);
  });

  test('writes elsewhere with --output, with paths that still hold there', async () => {
    const file = (await url()).replace('sqlite:', '');
    const operator = new Operator().write('ops/.keep', '').write('.env', 'DB_CONNECTION=sqlite\nDB_DATABASE=shop.db');
    symlinkSync(file, join(operator.folder, 'shop.db'));
    const { code, stdout } = await operator.run('init', '--output', 'ops/shop.json');
    expect(stdout).toMatch('next: apptop doctor --config ./ops/shop.json tests everything');
    expect(code).toBe(0);
    expect(written(operator, 'ops/shop.json')).toContain(`sqlite:${operator.folder}/shop.db`);
  });

  test.each([
    [
      [],
      'nothing here names a database: no .env with one and no DATABASE_URL: give --url mysql://user@host/database, ',
    ],
    [['--url', 'mysql://ada:hunter2@nowhere.invalid/shop'], 'no host is known as "nowhere.invalid": '],
    [['--url', 'sqlite:gone.db'], 'there is no file '],
    [['--url', 'mysql://ada:hunt/er2@db/shop'], '--url: the password in the mysql:// URL has a character '],
  ])('%j is one line, exit code 3, and no file', async (args, line) => {
    const operator = new Operator();
    const { code, stdout, stderr } = await operator.run('init', ...args);
    expect(stderr).toMatch(/^apptop: [^\n]+\n$/);
    expect(stderr).toContain(`apptop: ${line}`);
    expect(stderr).not.toMatch(/hunt|er2/);
    expect([code, stdout]).toEqual([3, '']);
    expect(() => written(operator)).toThrow('ENOENT');
  });
});

describe('init in a terminal', () => {
  /** Runs init in a pseudo-terminal; answers one question after the other. */
  async function dialogue(operator: Operator, ...answers: (readonly [question: RegExp, answer: string])[]) {
    const env = { ...operator.surroundings, TERM: 'xterm' };
    const terminal = spawn(process.execPath, [LAUNCHER, 'init'], { cwd: operator.folder, env, cols: 200, rows: 24 });
    let screen = '';
    terminal.onData((data) => {
      screen += data;
    });
    const ended = new Promise<number>((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode)));
    for (const [question, answer] of answers) {
      await poll(() => question.test(screen), { what: String(question) });
      terminal.write(answer);
    }
    return { code: await ended, screen };
  }

  for (const engine of ENGINES) {
    test(`asks for what it does not find, ${engine.name}`, async () => {
      const db = await withTable(engine);
      const secret = passwordOf(db);
      const operator = new Operator();
      const { code, screen } = await dialogue(
        operator,
        [/database \(.*\): /, `${urlOf(db).replace(`:${secret}@`, '@')}\r`],
        ...(onServer(db) ? [[/password \(.*\): /, `${secret}\r`] as const] : []),
        [/environment: .* \[production\]: /, 'local\r'],
      );
      expect(screen).toMatch('from your answers: context');
      expect(code).toBe(0);
      expect(written(operator)).toContain('"environment": "local"');
      expect(screen + written(operator)).not.toContain(secret || 'throw-away');
    });
  }

  test.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s leaves without a trace', async (_, key) => {
    const operator = new Operator();
    expect((await dialogue(operator, [/database \(.*\): /, key])).code).toBe(130);
    expect(() => written(operator)).toThrow('ENOENT');
  });
});
