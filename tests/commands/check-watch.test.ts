import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { intervalMs } from '../../src/commands/check/interval.ts';
import { LAUNCHER } from '../build/program.ts';
import { ENGINES, type TestDatabase, type TestEngine } from '../engines/engines.ts';
import { severable } from '../engines/severable.ts';
import { poll } from '../support.ts';
import { Operator, urlOf } from './operator.ts';

const HOST = fileURLToPath(new URL('watch-host.ts', import.meta.url));

/** A process that watches, and what it has said so far. */
function start(operator: Operator, args: readonly string[]) {
  const child = spawn(process.execPath, args, { cwd: operator.folder, env: operator.surroundings });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => (said.stdout += data));
  child.stderr.on('data', (data) => (said.stderr += data));
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const lines = (stream: keyof typeof said) => said[stream].split('\n').filter(Boolean);
  const says = (stream: keyof typeof said, pattern: RegExp) =>
    poll(() => lines(stream).some((line) => pattern.test(line)), { deadlineMs: 15_000, what: String(pattern) }).catch(
      (cause: unknown) => {
        throw new Error(`not said: ${pattern}\n${said.stdout}${said.stderr}`, { cause });
      },
    );
  return { child, lines, says, ended };
}

const configOf = (db: TestDatabase, notify: object) => ({
  contexts: { shop: { connection: urlOf(db), environment: 'staging', notify } },
});

/** An address that keeps what it is sent. */
async function webhook(): Promise<{ readonly url: string; readonly sent: unknown[] }> {
  const sent: unknown[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => (body += data));
    request.on('end', () => {
      sent.push({ method: request.method, path: request.url, ...JSON.parse(body) });
      response.end();
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  const address = await poll(() => server.address());
  if (typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/hook/hunter2`, sent };
}

const withCommand = (connection: string) => ({
  contexts: { shop: { connection, checks: { commands: [{ name: 'up', command: ['true'] }] } } },
});

/** The way to a database on a server, and its URL. */
async function wayTo(db: TestDatabase) {
  if (db.target.engine === 'sqlite') throw new Error('not a server');
  const way = await severable(db.target);
  onTestFinished(() => way.sever());
  const url = new URL(db.url);
  url.host = `127.0.0.1:${way.target.port}`;
  return { way, url: url.href };
}

/** A database that can't be reached yet: the way to the server is cut, the file is not there. */
async function away(engine: TestEngine) {
  const db = await engine.database();
  await engine.createAppointments(db);
  if (db.target.engine === 'sqlite') {
    const later = `${db.url}.later`;
    onTestFinished(() => rmSync(later, { force: true }));
    const comeBack = async () => void (await db.execute(`VACUUM INTO '${later}'`));
    return { config: withCommand(`sqlite:${later}`), db, comeBack };
  }
  const { way, url } = await wayTo(db);
  way.sever();
  return { config: withCommand(url), db, comeBack: async () => way.restore() };
}

for (const engine of ENGINES) {
  describe(`watching checks on ${engine.name}`, () => {
    test('prints what changes and tells whom the config names, while the table goes and comes back', async () => {
      const db = await engine.database();
      await engine.createAppointments(db);
      const { url, sent } = await webhook();
      const keep = ['-e', "process.stdin.pipe(require('node:fs').createWriteStream('told.json'))"];
      const operator = new Operator().set({ HOOK: url });
      operator.write('apptop.json', configOf(db, { command: [process.execPath, ...keep], webhook: '${env:HOOK}' }));
      const { child, lines, says, ended } = start(operator, [HOST]);
      await says('stderr', /^\d\d:\d\d:\d\dZ HEALTHY {2}2 pass$/);

      await engine.insert(db, 'appointments', [{ requires_manual_review: true }]);
      await says('stderr', /^\d\d:\d\d:\d\dZ DEGRADED, was HEALTHY {2}1 pass, 1 fail$/);
      await poll(() => sent.length > 0 && existsSync(join(operator.folder, 'told.json')));
      const change = {
        version: 1,
        context: 'shop',
        environment: 'staging',
        before: 'HEALTHY',
        verdict: 'DEGRADED',
        checks: [{ id: 'sync/review-queue', severity: 'warn', verdict: 'fail', violations: 1 }],
      };
      expect(sent).toMatchObject([{ method: 'POST', path: '/hook/hunter2', ...change }]);
      const told = await poll(() => readFileSync(join(operator.folder, 'told.json'), 'utf8'));
      expect(JSON.parse(told)).toMatchObject(change);

      await db.execute('ALTER TABLE appointments RENAME TO elsewhere');
      await says('stderr', /UNKNOWN, was DEGRADED {2}2 could not tell$/);
      await db.execute('ALTER TABLE elsewhere RENAME TO appointments');
      await says('stderr', /DEGRADED, was UNKNOWN {2}1 pass, 1 fail$/);
      child.kill('SIGINT');
      expect(await ended).toBe(130);
      const changes = lines('stdout').map((line) => line.split('\t').slice(1, 3).join(' '));
      expect(changes).toEqual([
        'fail sync/review-queue',
        'could-not-tell sync/columns',
        'could-not-tell sync/review-queue',
        'pass sync/columns',
        'fail sync/review-queue',
      ]);
      expect(lines('stdout')[0]).toMatch(
        /^\d{4}-\d\d-\d\dT[\d:.]+Z\tfail\tsync\/review-queue\twarn\t1\t\d+\t1 in review/,
      );
    });

    test('says once that the database is away, when it is back, and then what is no pass', async () => {
      const { config, db, comeBack } = await away(engine);
      await engine.insert(db, 'appointments', [{ requires_manual_review: true }]);
      const operator = new Operator().write('apptop.json', config);
      const { lines, says } = start(operator, [HOST, 'sync/columns', 'sync/review-queue', 'own/up']);
      await says('stderr', /UNKNOWN {2}1 pass, 2 could not tell$/);
      await comeBack();
      await says('stderr', /DEGRADED, was UNKNOWN {2}2 pass, 1 fail$/);
      expect(lines('stderr').map((line) => line.replace(/^\d\d:\d\d:\d\dZ /, ''))).toEqual([
        expect.stringMatching(/^(nobody answers at|there is no file) .*: check the /),
        'UNKNOWN  1 pass, 2 could not tell',
        'the database answers again',
        'DEGRADED, was UNKNOWN  2 pass, 1 fail',
      ]);
      expect(lines('stdout').map((line) => line.split('\t').slice(1, 3).join(' '))).toEqual(['fail sync/review-queue']);
    });

    test('goes on when nobody can be told, and says why without a secret', async () => {
      const db = await engine.database();
      await engine.createAppointments(db);
      await engine.insert(db, 'appointments', [{ requires_manual_review: true }]);
      const webhook = 'http://127.0.0.1:1/hook/hunter2?key=hunter2';
      const operator = new Operator().write('apptop.json', configOf(db, { command: ['false', 'hunter2'], webhook }));
      const { child, lines, says, ended } = start(operator, [HOST]);
      await says('stderr', /^apptop: notify\.command: false failed with exit code 1: /);
      await says('stderr', /^apptop: notify\.webhook: http:\/\/127\.0\.0\.1:1\/\*\*\* failed: /);
      await db.execute("UPDATE appointments SET requires_manual_review = '0'");
      await says('stderr', /HEALTHY, was DEGRADED/);
      child.kill('SIGTERM');
      expect(await ended).toBe(143);
      expect(lines('stderr').join()).not.toContain('hunter2');
    });

    test('stops at once for Ctrl-C, also from the command line', async () => {
      const db = await engine.database();
      await engine.createAppointments(db);
      const operator = new Operator();
      const args = [LAUNCHER, 'check', '--url', urlOf(db), 'sync/columns', 'sync/review-queue', '--watch', '1h'];
      const { child, says, ended } = start(operator, args);
      await says('stderr', /HEALTHY {2}2 pass$/);
      child.kill('SIGINT');
      expect(await ended).toBe(130);
    });

    test('a statement that runs is stopped for Ctrl-C', async () => {
      const db = await engine.database();
      await engine.createAppointments(db);
      const operator = new Operator()
        .write('checks/slow.sql', `-- title: this ends\n${engine.slowQuery}`)
        .write('apptop.json', { contexts: { shop: { connection: urlOf(db), checks: { folder: 'checks' } } } });
      const { child, says, ended } = start(operator, [LAUNCHER, 'check', 'sync/columns', 'own/slow']);
      await says('stdout', /sync\/columns/);
      child.kill('SIGINT');
      expect(await ended).toBe(130);
    });
  });
}

test.for(ENGINES.filter(({ sever }) => sever !== undefined))(
  'a server that goes away and comes back is said to, and so is what changed meanwhile: $name',
  async (engine) => {
    const db = await engine.database();
    await engine.createAppointments(db);
    const { way, url } = await wayTo(db);
    const operator = new Operator().write('apptop.json', withCommand(url));
    const { lines, says } = start(operator, [HOST, 'sync/columns', 'sync/review-queue', 'own/up']);
    await says('stderr', /Z HEALTHY {2}3 pass$/);
    way.sever();
    await says('stderr', /Z nobody answers at .*: check the address, /);
    await engine.insert(db, 'appointments', [{ requires_manual_review: true }]);
    way.restore();
    await says('stderr', /Z the database answers again$/);
    await says('stderr', /DEGRADED, was UNKNOWN {2}2 pass, 1 fail$/);
    const changed = lines('stdout').map((line) => line.split('\t').slice(1, 3).join(' '));
    expect(changed.at(-1)).toBe('fail sync/review-queue');
    // Each check says that it was cut in the middle, if one was.
    const cut = ['could-not-tell sync/columns', 'could-not-tell sync/review-queue', 'pass sync/columns'];
    expect(changed.slice(0, -1).filter((line) => !cut.includes(line))).toEqual([]);
  },
);

test('an address of a webhook that is none is one clear line without it', async () => {
  const operator = new Operator().set({ HOOK: 'hunter2' });
  operator.write('apptop.json', { contexts: { shop: { connection: 'sqlite:x', notify: { webhook: '${env:HOOK}' } } } });
  const { code, stderr } = await operator.run('check', '--list');
  const line = './apptop.json: contexts.shop.notify.webhook: is no address: write "https://…"';
  expect([code, stderr]).toEqual([3, `apptop: ${line}\n`]);
});

test.each([
  ['10s', 10_000],
  ['60s', 60_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['1d', 86_400_000],
])('--watch %s is %i ms', (text, milliseconds) => {
  expect(intervalMs(text)).toBe(milliseconds);
});
