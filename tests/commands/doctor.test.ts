import { describe, expect, onTestFinished, test } from 'vitest';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';
import { Operator, urlOf, withUser } from './operator.ts';

/** An account of its own on the server that a database is on. */
async function createUser(db: TestDatabase, grants: (user: string) => readonly string[]): Promise<string> {
  const user = `doctor_${Math.random().toString(36).slice(2, 10)}`;
  const name = db.target.engine === 'mysql' ? `'${user}'@'%'` : user;
  const password = db.target.engine === 'mysql' ? 'IDENTIFIED BY' : 'PASSWORD';
  await db.execute(`CREATE USER ${name} ${password} 'hunter2'`);
  onTestFinished(async () => {
    if (db.target.engine === 'postgres') await db.execute(`DROP OWNED BY ${name}`);
    await db.execute(`DROP USER ${name}`);
  });
  for (const grant of grants(name)) await db.execute(grant);
  return withUser(db.url, user, 'hunter2');
}

for (const engine of ENGINES) {
  describe(`the doctor on ${engine.name}`, () => {
    test('finds a table of the field healthy', async () => {
      const db = await engine.database();
      await engine.createAppointments(db, { unique: true });
      const { code, stdout, stderr } = await new Operator().run('doctor', '--url', urlOf(db));
      expect(stdout).toMatch(/^✔ config +--url: \w+, production, read-only$/m);
      expect(stdout).toMatch(/^✔ server +(SQLite|MariaDB|MySQL|PostgreSQL) \d+\.\d+/m);
      expect(stdout).toMatch(/^✔ read-only +the server refuses every write of this session$/m);
      expect(stdout).not.toMatch(/^. cluster/m);
      expect(stdout).toMatch(/^• privileges +the account itself may INSERT, UPDATE, DELETE/m);
      expect(stdout).toMatch(/^✔ table +appointments, \d\d columns$/m);
      expect(stdout).toMatch(/^✔ columns +all \d\d are there$/m);
      expect(stdout).toMatch(/^✔ unique +a unique index on calcom_v2_booking_id keeps ids apart$/m);
      expect([code, stderr]).toEqual([0, '']);
    });

    test('says which columns are missing and what is not shown without them', async () => {
      const db = await engine.database();
      await engine.createAppointments(db, { without: ['source', 'sync_verified_at'] });
      const { code, stdout } = await new Operator().run('doctor', '--url', urlOf(db), '--ascii');
      expect(stdout).toMatch(
        /^- +columns +missing sync_verified_at, source; so not shown: ids by source, sync latency -> map those/m,
      );
      expect(stdout).toMatch(
        /^- +unique +no unique index on calcom_v2_booking_id: two appointments may hold the same id$/m,
      );
      expect(code).toBe(0);
    });

    test.skipIf(engine.lock === undefined)('says that a table is probably locked, and where to look', async () => {
      const db = await engine.database();
      await engine.createAppointments(db);
      const unlock = await engine.lock?.(db, 'appointments');
      const { code, stdout } = await new Operator().run('doctor', '--url', urlOf(db), '--ascii');
      await unlock?.();
      expect(stdout).toMatch(
        /table +appointments does not answer: probably somebody holds a lock -> see 8 Schema, Locks$/m,
      );
      expect([code, stdout.includes('statementTimeoutSeconds')]).toEqual([3, false]);
    });

    test('recognises numeric ids that are there by design', async () => {
      const db = await engine.database();
      await engine.createAppointments(db, { extra: ['calcom_v2_booking_uid varchar(50)'] });
      const doctor = async () => (await new Operator().run('doctor', '--url', urlOf(db))).stdout;
      await engine.insert(db, 'appointments', [{ calcom_v2_booking_id: '8212577' }]);
      expect(await doctor()).toMatch(/^✔ layout +no numeric id in calcom_v2_booking_id is there by design$/m);
      await engine.insert(db, 'appointments', [
        { calcom_v2_booking_id: '8212578', calcom_v2_booking_uid: 'abcdefghij' },
      ]);
      expect(await doctor()).toMatch(
        /^• layout +numeric ids in calcom_v2_booking_id beside a uid column are there by design/m,
      );
    });

    test('a missing table is one line with the nearest name, and exit code 3', async () => {
      const db = await engine.database();
      await engine.createAppointments(db, { table: 'appointments_2024' });
      const { code, stdout } = await new Operator().run('doctor', '--url', urlOf(db));
      expect(stdout).toMatch(
        /^✖ table +there is no table "appointments" .*"appointments_2024".* → set contexts\.\w+\.table/m,
      );
      expect(code).toBe(3);
    });

    test('answers programs with JSON of a documented shape', async () => {
      const db = await engine.database();
      await engine.createAppointments(db, { unique: true });
      const { stdout } = await new Operator().run('doctor', '--json', '--url', urlOf(db));
      expect(JSON.parse(stdout)).toMatchObject({
        version: 1,
        verdict: 'healthy',
        checks: expect.arrayContaining([
          { check: 'columns', outcome: 'ok', fact: expect.stringContaining('all'), remedy: null },
        ]),
      });
    });
  });

  if (engine.name === 'sqlite') continue;

  describe(`accounts on ${engine.name}`, () => {
    test('that can only read are fine, but not for operating', async () => {
      const db = await engine.database();
      await engine.createAppointments(db);
      const url = await createUser(db, (user) => [`GRANT SELECT ON appointments TO ${user}`]);
      const operator = new Operator().write('apptop.json', {
        contexts: { read: { connection: url }, operate: { connection: url, access: 'operate' } },
      });
      const reading = await operator.run('doctor', '--context', 'read');
      expect(reading.stdout).toMatch(/^✔ privileges +the account can only read$/m);
      expect(reading.code).toBe(0);
      const operating = await operator.run('doctor', '--context', 'operate');
      expect(operating.stdout).toMatch(/^▲ privileges +the account can only read, but access is "operate" → /m);
      expect(operating.code).toBe(1);
    });

    test('that may update a table say so', async () => {
      const db = await engine.database();
      await engine.createAppointments(db);
      const url = await createUser(db, (user) => [`GRANT SELECT, UPDATE ON appointments TO ${user}`]);
      const { stdout } = await new Operator().run('doctor', '--url', url);
      expect(stdout).toMatch(/^• privileges +the account itself may UPDATE → /m);
    });

    test.runIf(engine.name === 'mysql')('that may write by a pattern of database names say so', async () => {
      const db = await engine.database();
      await engine.createAppointments(db);
      const name = new URL(db.url).pathname.slice(1);
      const url = await createUser(db, (user) => [
        `GRANT SELECT, INSERT ON \`${name.replace('_', '\\_').slice(0, -1)}%\`.* TO ${user}`,
        `GRANT DELETE ON \`other\\_%\`.* TO ${user}`,
        `GRANT UPDATE (status) ON appointments TO ${user}`,
      ]);
      const { stdout } = await new Operator().run('doctor', '--url', url);
      expect(stdout).toMatch(/^• privileges +the account itself may INSERT, UPDATE → /m);
    });

    test('with a refused password: one line without it, exit code 3', async () => {
      const db = await engine.database();
      const { code, stdout } = await new Operator().run('doctor', '--url', withUser(db.url, 'apptop', 'hunter2'));
      expect(stdout).toMatch(/^✖ connection +.*apptop.* → .+$/m);
      expect(stdout).not.toContain('hunter2');
      expect(code).toBe(3);
    });
  });
}

describe('the doctor, before there is a database', () => {
  test.each([
    ['mysql://ada:hunter2@nowhere.invalid/shop', /^✖ connection +no host is known as "nowhere\.invalid" → /m],
    ['postgres://ada:hunter2@127.0.0.1:1/shop', /^✖ connection +.*127\.0\.0\.1:1.* → /m],
    ['mysql://ada:hunt/er2@db/shop', /^✖ config +--url: the password in the mysql:\/\/ URL has a character .* → /m],
  ])('%s is one line with a remedy, in under 5 s', async (url, line) => {
    const started = performance.now();
    const { code, stdout } = await new Operator().run('doctor', '--url', url);
    expect(stdout).toMatch(line);
    expect(stdout).not.toMatch(/hunt|er2/);
    expect(code).toBe(3);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test.each([
    [
      { contexts: { p: { connection: 'sqlite:x', acess: 'read' } } },
      'contexts.p: unknown key "acess" → did you mean access?',
    ],
    [
      { contexts: { p: { connection: 'mysql://ada:${env:PW}@db/shop' } } },
      'contexts.p.connection: the variable PW is not set → export PW=… or write it into the .env beside the file',
    ],
  ])('a wrong config %j is one line', async (config, line) => {
    const { code, stdout } = await new Operator().write('apptop.json', config).run('doctor');
    expect(stdout).toMatch(/^✖ config/);
    expect(stdout).toContain(` ./apptop.json: ${line}\n`);
    expect(code).toBe(3);
  });

  test('tells of a key for retries that can not be had', async () => {
    const retry = { strategy: 'calcom-api', calcomApi: { apiKey: '${env:NO_SUCH_KEY}', sql: 'SELECT 1 AS pk' } };
    const config = { contexts: { p: { connection: 'mysql://ada@127.0.0.1:1/shop', retry } } };
    const { stdout } = await new Operator().write('apptop.json', config).run('doctor');
    expect(stdout).toMatch(/^✔ config/m);
    expect(stdout).toMatch(/^▲ retry +\.\/apptop\.json: .*apiKey: the variable NO_SUCH_KEY is not set → export/m);
  });

  test('tells of secrets that others may read', async () => {
    const config = { contexts: { p: { connection: 'mysql://ada:hunter2@127.0.0.1:1/shop' } } };
    const { stdout } = await new Operator().write('apptop.json', config, 0o644).run('doctor');
    expect(stdout).toMatch(/^▲ secrets +\.\/apptop\.json holds a password and others may read it \(chmod 600 it\)/m);
  });
});
