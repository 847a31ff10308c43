import { createServer, type Socket } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import type { ServerTarget, Target } from '../../src/config/target.ts';
import { type Database, openDatabase } from '../../src/data/database.ts';
import { loadWriting, openWriting, type WritingSession } from '../../src/data/writing.ts';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';
import { openMysql } from '../engines/mysql.ts';
import { startMysql, startPostgres, startStandby, type ThrowAway } from '../engines/servers.ts';
import { severable } from '../engines/severable.ts';
import { targetOf } from '../engines/writer.ts';
import { poll } from '../support.ts';

const LANE = { lane: 'rows' } as const;
const ONE = sql`SELECT 1 AS one`;

function serverTarget(target: Target): ServerTarget {
  if (target.engine === 'sqlite') throw new Error('not a server');
  return target;
}

/** A connection that names some servers, each as the first one but elsewhere. */
function several(...targets: readonly [Target, ...Target[]]): ServerTarget {
  const [first, ...others] = targets.map(serverTarget);
  if (first === undefined) throw new Error('no server');
  return { ...first, others: others.map(({ host, port, socket, password }) => ({ host, port, socket, password })) };
}

const operating = (target: Target): Context => ({ ...defaultContext('test', target), access: 'operate' });

async function reading(context: Context): Promise<Database> {
  const database = await openDatabase(context);
  onTestFinished(() => database.close());
  return database;
}

async function writing(target: Target): Promise<WritingSession> {
  const session = await openWriting(operating(target));
  onTestFinished(() => session.close());
  return session;
}

/** A port that takes connections and never says a word. */
async function silentPort(): Promise<number> {
  const open: Socket[] = [];
  const server = createServer((socket) => open.push(socket)).listen(0, '127.0.0.1');
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const address = await poll(() => server.address());
  if (typeof address === 'string') throw new Error('no port');
  return address.port;
}

for (const engine of ENGINES.filter(({ sever }) => sever)) {
  describe(`a connection to ${engine.name} with several hosts`, () => {
    let db: TestDatabase;
    let there: ServerTarget;
    let closed: ServerTarget;

    beforeAll(async () => {
      db = await engine.database();
      there = serverTarget(db.target);
      closed = { ...there, port: 1 };
    });
    afterAll(() => db.drop());

    test('takes the first that answers, says which, and all lanes have the same', async () => {
      const database = await reading(defaultContext('test', several(closed, there)));
      expect(await database.query(ONE, LANE)).toEqual([{ one: '1' }]);
      expect(database.server?.place).toBe(`${there.host}:${there.port}`);
      expect(await database.query(ONE, { lane: 'figures' })).toEqual([{ one: '1' }]);
      const session = await writing(several(closed, there));
      expect(await session.query({ sql: 'SELECT 1 AS one', parameters: [] })).toEqual([{ one: '1' }]);
    });

    test('waits for one that says nothing for its share of the time only', async () => {
      const silent = { ...there, port: await silentPort() };
      const database = await reading(defaultContext('test', several(silent, there)));
      const began = performance.now();
      expect(await database.query(ONE, LANE)).toEqual([{ one: '1' }]);
      expect(performance.now() - began).toBeLessThan(3_500);
      // The one that answered is asked first by the other lanes.
      const again = performance.now();
      expect(await database.query(ONE, { lane: 'row' })).toEqual([{ one: '1' }]);
      expect(performance.now() - again).toBeLessThan(1_500);
    });

    test('goes on with the next when the first goes away', async () => {
      const way = await severable(there);
      const database = await reading(defaultContext('test', several(way.target, there)));
      await database.query(ONE, LANE);
      expect(database.server?.place).toBe(`127.0.0.1:${way.target.port}`);
      way.sever();
      await expect(database.query(ONE, LANE)).rejects.toMatchObject({ kind: 'lost' });
      expect(await database.query(ONE, LANE)).toEqual([{ one: '1' }]);
      expect(database.server?.place).toBe(`${there.host}:${there.port}`);
    });

    test('names every place in one line when none answers, with the advice of one that did', async () => {
      const nowhere = several(closed, { ...closed, port: 2 });
      const problem = {
        name: 'Problem',
        kind: 'unreachable',
        message: 'nobody answers at 127.0.0.1:1; nobody answers at 127.0.0.1:2',
      };
      await expect((await reading(defaultContext('test', nowhere))).query(ONE, LANE)).rejects.toMatchObject(problem);
      await expect(openWriting(operating(nowhere))).rejects.toMatchObject(problem);
      const wrong = several(closed, { ...there, password: 'wrong' });
      await expect((await reading(defaultContext('test', wrong))).query(ONE, LANE)).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringMatching(/^nobody answers at 127\.0\.0\.1:1; .* refuses user/),
        remedy: expect.stringContaining('password'),
      });
    });

    test('does not look elsewhere for a database that the first one lacks', async () => {
      const missing = { ...several(there, closed), database: 'no_such' };
      await expect((await reading(defaultContext('test', missing))).query(ONE, LANE)).rejects.toMatchObject({
        kind: 'missing',
        message: expect.stringContaining('no_such'),
      });
    });

    test('one host alone is not told', async () => {
      const database = await reading(defaultContext('test', there));
      await database.query(ONE, LANE);
      expect(database.server).not.toHaveProperty('place');
    });
  });
}

describe.runIf(ENGINES.some(({ name }) => name === 'postgres'))('a standby of PostgreSQL', () => {
  const servers: ThrowAway[] = [];
  let primary: Target;
  let standby: Target;

  beforeAll(async () => {
    const first = await startPostgres();
    const second = first && (await startStandby(first));
    if (first === undefined || second === undefined) return;
    servers.push(second, first);
    primary = targetOf('postgres', first.url);
    standby = targetOf('postgres', second.url);
  }, 60_000);
  afterAll(async () => {
    for (const server of servers) await server.stop();
  });

  test('is read from, and refuses a writing session', async (context) => {
    context.skip(servers.length === 0);
    const database = await reading(defaultContext('test', several(standby, primary)));
    await database.query(ONE, LANE);
    expect(database.server).toMatchObject({ role: 'replica', place: `127.0.0.1:${serverTarget(standby).port}` });
    await expect(openWriting(operating(standby))).rejects.toMatchObject({
      kind: 'refused',
      message: `127.0.0.1:${serverTarget(standby).port} is a standby, which takes no writes`,
    });
  });

  test('is passed over by who writes, and by who reads where changes are allowed', async (context) => {
    context.skip(servers.length === 0);
    const session = await writing(several(standby, primary));
    expect(session.server.role).toBe('primary');
    expect(await session.execute({ sql: 'CREATE TABLE written (n integer)', parameters: [] })).toBe(0);
    const database = await reading(operating(several(standby, primary)));
    await database.query(ONE, LANE);
    expect(database.server).toMatchObject({ role: 'primary', place: `127.0.0.1:${serverTarget(primary).port}` });
    const alone = await reading(operating(several(standby, { ...serverTarget(primary), port: 1 })));
    await alone.query(ONE, LANE);
    expect(alone.server).toMatchObject({ role: 'replica' });
  });

  test('has a lag that the primary tells', async (context) => {
    context.skip(servers.length === 0);
    const database = await reading(defaultContext('test', primary));
    const { load } = await loadWriting('postgres');
    const ask = () => database.introspect(LANE, (_, connection) => load(connection, database.dialect));
    expect(await poll(async () => (await ask()).replicaLagSeconds !== undefined)).toBe(true);
    const { replicaLagSeconds } = await ask();
    expect(replicaLagSeconds).toBeGreaterThanOrEqual(0);
    expect(replicaLagSeconds).toBeLessThan(10);
  });
});

describe.runIf(ENGINES.some(({ name }) => name === 'mysql'))('a MariaDB or MySQL that is closed for writes', () => {
  test('is passed over by who writes', async (context) => {
    const [open] = ENGINES.filter(({ name }) => name === 'mysql');
    const server = await startMysql();
    if (server === undefined || open === undefined) {
      context.skip();
      return;
    }
    const closed = targetOf('mysql', server.url);
    const db = await open.database();
    const { database = '' } = serverTarget(db.target);
    onTestFinished(async () => {
      await db.drop();
      await server.stop();
    });
    const administrator = await openMysql(server.url);
    await administrator.execute('SET GLOBAL read_only = 1');
    await administrator.execute(`CREATE DATABASE ${database}`);
    await administrator.close();
    const first = { ...serverTarget(closed), database };
    await expect(openWriting(operating(first))).rejects.toMatchObject({ kind: 'refused' });
    const session = await writing(several(first, db.target));
    expect(await session.query({ sql: 'SELECT @@read_only AS closed', parameters: [] })).toEqual([{ closed: '0' }]);
  });
});
