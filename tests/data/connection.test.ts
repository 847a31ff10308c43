import { createServer } from 'node:net';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { defaultContext } from '../../src/config/resolve.ts';
import type { ServerTarget, Target } from '../../src/config/target.ts';
import type { Connection, Engine } from '../../src/data/connection.ts';
import { openDatabase } from '../../src/data/database.ts';
import { Problem } from '../../src/model/problem.ts';
import { ENGINES, type TestDatabase, type TestEngine } from '../engines/engines.ts';
import { poll } from '../support.ts';

/** What is said in each engine's own words. */
const WORDS: Readonly<Record<TestEngine['name'], { readonly writes: readonly string[]; readonly create: string[] }>> = {
  sqlite: {
    writes: [
      'WITH x AS (SELECT 9 AS n) INSERT INTO kept SELECT n FROM x',
      'INSERT INTO kept VALUES (9) RETURNING n',
      'PRAGMA user_version = 9',
      "VACUUM INTO '/tmp/apptop-must-not-exist'",
      "ATTACH '/tmp/apptop-must-not-exist' AS other",
    ],
    create: ['CREATE VIEW shown AS SELECT * FROM described'],
  },
  mysql: {
    writes: ['SELECT writes()', "SELECT n FROM kept INTO OUTFILE '/tmp/apptop-must-not-exist'", 'CALL writing()'],
    create: [
      'CREATE VIEW shown AS SELECT * FROM described',
      'CREATE FUNCTION writes() RETURNS int MODIFIES SQL DATA BEGIN INSERT INTO kept VALUES (9); RETURN 1; END',
      'CREATE PROCEDURE writing() BEGIN INSERT INTO kept VALUES (9); END',
    ],
  },
  postgres: {
    writes: [
      'WITH x AS (INSERT INTO kept VALUES (9) RETURNING n) SELECT * FROM x',
      'SELECT n INTO another FROM kept',
      'SELECT writes()',
      'CALL writing()',
      'EXPLAIN ANALYZE INSERT INTO kept VALUES (9)',
    ],
    create: [
      'CREATE VIEW shown AS SELECT * FROM described',
      'CREATE FUNCTION writes() RETURNS int LANGUAGE SQL AS $$ INSERT INTO kept VALUES (9) RETURNING n $$',
      'CREATE PROCEDURE writing() LANGUAGE SQL AS $$ INSERT INTO kept VALUES (9) $$',
    ],
  },
};

/** InnoDB looks at its transactions anew only when nobody has asked for 100 ms. */
const LOOK_AGAIN_MS = 150;

/** Ways to end a session's reading only, in vain. */
const UNLOCKS: Readonly<Record<TestEngine['name'], readonly string[]>> = {
  sqlite: ['PRAGMA query_only = OFF', 'BEGIN IMMEDIATE'],
  mysql: ['SET SESSION TRANSACTION READ WRITE', 'START TRANSACTION READ WRITE', 'SET @@session.tx_read_only = 0'],
  postgres: [
    'SET default_transaction_read_only = off',
    "SELECT set_config('default_transaction_read_only', 'off', false)",
    'BEGIN READ WRITE',
    'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE',
  ],
};

for (const engine of ENGINES) {
  describe(`a connection to ${engine.name}`, () => {
    let db: TestDatabase;
    let product: Engine;
    let connection: Connection;
    const { writes, create } = WORDS[engine.name];
    const ask = (text: string, timeoutMs = 5_000) => connection.query({ sql: text, parameters: [] }, timeoutMs);
    const kept = () => db.execute('SELECT n FROM kept');

    beforeAll(async () => {
      db = await engine.database();
      product = await engine.load();
      connection = await engine.connect(db.target);
      await db.execute('CREATE TABLE kept (n integer)');
      await db.execute('INSERT INTO kept VALUES (1)');
      await db.execute('CREATE TABLE owners (id integer PRIMARY KEY)');
      await db.execute(`CREATE TABLE described (id integer PRIMARY KEY, word varchar(20) NOT NULL DEFAULT 'x', flag boolean,
        owner integer REFERENCES owners (id), twice integer GENERATED ALWAYS AS (owner * 2) STORED,
        CONSTRAINT short CHECK (word <> 'a)b'), ${engine.name === 'mysql' ? 'FOREIGN KEY (owner) REFERENCES owners (id)' : 'CHECK (id > 0)'})`);
      await db.execute('CREATE UNIQUE INDEX one_word ON described (word, flag)');
      for (const statement of create) await db.execute(statement);
    });
    afterAll(async () => {
      await connection.close();
      await db.drop();
    });

    describe('only reads', () => {
      test.each([
        'INSERT INTO kept VALUES (9)',
        'UPDATE kept SET n = 9',
        'DELETE FROM kept',
        'CREATE TABLE another (n integer)',
        'DROP TABLE kept',
        ...writes,
      ])('%s is refused', async (statement) => {
        await expect(ask(statement)).rejects.toMatchObject({ name: 'Problem', kind: 'refused' });
        expect(await kept()).toEqual([{ n: '1' }]);
      });

      test.each(UNLOCKS[engine.name])('and still after %s', async (unlock) => {
        const [outcome] = await Promise.allSettled([ask(unlock)]);
        expect(outcome).toSatisfy(({ status, reason }) => status === 'fulfilled' || reason.kind === 'refused');
        const write = writes.find((statement) => /^SELECT \w+\(\)|^WITH/.test(statement)) ?? '';
        await expect(ask(write)).rejects.toMatchObject({ kind: 'refused' });
        expect(await kept()).toEqual([{ n: '1' }]);
        expect(await product.rights(connection, { schema: undefined, name: 'kept' })).toMatchObject({ readOnly: true });
      });

      test('one statement at a time', async () => {
        await expect(ask('SELECT 1; DELETE FROM kept')).rejects.toMatchObject({ kind: 'sql' });
        expect(await kept()).toEqual([{ n: '1' }]);
      });
    });

    test('stops a slow statement within a second, and goes on', async () => {
      const slow = ask(engine.slowQuery, 60_000).catch((problem: unknown) => problem);
      await setImmediate();
      const began = performance.now();
      await connection.cancel();
      expect(await slow).toMatchObject({ name: 'Problem', kind: 'cancelled' });
      expect(performance.now() - began).toBeLessThan(1_000);
      expect(await ask('SELECT 1 AS one')).toEqual([{ one: '1' }]);
    });

    test('stops only what runs: what waits behind it gets its answer, and an idle cancel does nothing', async () => {
      for (let round = 0; round < 20; round += 1) {
        const slow = ask(engine.slowQuery, 60_000).catch((problem: unknown) => problem);
        const behind = ask('SELECT 1 AS one');
        await setImmediate();
        await connection.cancel();
        expect(await slow).toMatchObject({ kind: 'cancelled' });
        expect(await behind).toEqual([{ one: '1' }]);
        await connection.cancel();
      }
    });

    test("a statement over its limit is a timeout, on the server's side too", async () => {
      await expect(ask(engine.slowQuery, 300)).rejects.toMatchObject({
        name: 'Problem',
        kind: 'timeout',
        message: 'the statement took over 0.3 s',
        remedy: expect.stringMatching(/^look for a lock .*, then raise statementTimeoutSeconds$/),
      });
      expect(await ask('SELECT 1 AS one')).toEqual([{ one: '1' }]);
      // Longer again for the next one.
      expect(await ask('SELECT 2 AS two', 60_000)).toEqual([{ two: '2' }]);
    });

    test('an unknown table is missing and nonsense is wrong SQL; both leave the session usable', async () => {
      await expect(ask('SELECT * FROM nowhere')).rejects.toMatchObject({ kind: 'missing' });
      await expect(ask('SELECT no_such_column FROM kept')).rejects.toMatchObject({ kind: 'missing' });
      await expect(ask('SELECT (')).rejects.toMatchObject({ kind: 'sql' });
      expect(await ask('SELECT 1 AS one')).toEqual([{ one: '1' }]);
    });

    test('values arrive as they are: big ids, names in upper case or reserved, hostile bytes', async () => {
      const hostile = 'a\u001b[31mb\r\nc\t"\'\\`%_ é 😀 \u202e?$1' + (engine.name === 'postgres' ? '' : '\0z');
      const name = `Order "By\` ${engine.name}`;
      await db.execute(
        `CREATE TABLE ${engine.quoted(name)} (${engine.quoted('SELECT')} bigint, ${engine.quoted('Ünï.x')} text)`,
      );
      await engine.insert(db, name, [{ SELECT: '9007199254740993', 'Ünï.x': hostile }]);
      const table = { schema: undefined, name };
      const [id, value] = await product.introspection.columns(connection, table);
      if (id === undefined || value === undefined) throw new Error('no columns');
      expect([id.name, value.name]).toEqual(['SELECT', 'Ünï.x']);
      const { compile, text, shortText, parameter } = product.dialect;
      const query = sql`SELECT ${sql.id(id.name)}, ${text(sql.id(value.name))} AS ${sql.id(value.name)},
        ${shortText(sql.id(value.name), 3)} AS short, ${text(sql`${hostile}`)} AS echo
        FROM ${sql.id(name)} WHERE ${sql.id(id.name)} = ${parameter(id, '9007199254740993')}`;
      expect(await connection.query(compile(query), 5_000)).toEqual([
        { SELECT: '9007199254740993', 'Ünï.x': hostile, short: 'a\u001b[', echo: hostile },
      ]);
      const other = sql`SELECT 1 AS one FROM ${sql.id(name)} WHERE ${sql.id(id.name)} = ${parameter(id, '9007199254740992')}`;
      expect(await connection.query(compile(other), 5_000)).toEqual([]);
    });

    test('says what is there: columns and their kinds, indexes, constraints, generated columns, views', async () => {
      const { columns, indexes, constraints, tables } = product.introspection;
      const table = { schema: undefined, name: 'described' };
      const found = await columns(connection, table);
      expect(found.map(({ name, kind, nullable }) => `${name} ${kind}${nullable ? '' : ' not null'}`)).toEqual([
        engine.name === 'sqlite' ? 'id integer' : 'id integer not null',
        'word text not null',
        'flag boolean',
        'owner integer',
        'twice integer',
      ]);
      expect(found[1]?.default).toContain('x');
      expect(found[3]?.default).toBeNull();
      expect(found[4]?.default).toMatch(/^generated always/);
      const index = (await indexes(connection, table)).find(({ name }) => name === 'one_word');
      expect(index).toMatchObject({ columns: ['word', 'flag'], unique: true, primary: false });
      const held = await constraints(connection, table);
      const ofType = (type: string) => held.filter((constraint) => constraint.type === type);
      expect(ofType('primary key')).toHaveLength(1);
      expect(ofType('check').some(({ definition }) => definition.includes('a)b'))).toBe(true);
      expect(ofType('foreign key')[0]?.definition).toMatch(/\(owner\) references owners\s?\(id\)/i);
      expect(await tables(connection)).toEqual(expect.arrayContaining(['described', 'kept', 'owners', 'shown']));
      expect((await columns(connection, { schema: undefined, name: 'shown' })).map(({ name }) => name)).toEqual(
        found.map(({ name }) => name),
      );
      expect(await columns(connection, { schema: undefined, name: 'DESCRIBED' })).toEqual([]);
      expect(await columns(connection, { schema: undefined, name: "no'such" })).toEqual([]);
    });
  });

  const { sever } = engine;
  if (sever === undefined) continue;

  describe(`a session with ${engine.name} over the network`, () => {
    let db: TestDatabase;
    let target: ServerTarget;

    beforeAll(async () => {
      db = await engine.database();
      if (db.target.engine === 'sqlite') throw new Error('not a server');
      target = db.target;
    });
    afterAll(() => db.drop());

    test('that is severed in the middle of a statement is lost, and the next statement has a new one', async () => {
      const database = await openDatabase(defaultContext('test', target));
      onTestFinished(() => database.close());
      expect(await database.query(sql`SELECT 1 AS one`, { lane: 'rows' })).toEqual([{ one: '1' }]);
      const slow = database.query(sql.raw(engine.slowQuery), { lane: 'rows' }).catch((problem: unknown) => problem);
      const ended = slow.then(() => true);
      await poll(async () => {
        await sever(db);
        return await Promise.race([ended, Promise.resolve(false)]);
      });
      expect(await slow).toMatchObject({ name: 'Problem', kind: 'lost' });
      expect(await database.query(sql`SELECT 2 AS two`, { lane: 'rows' })).toEqual([{ two: '2' }]);
    });

    test('that is severed while idle is lost to the next statement, and closes', async () => {
      const connection = await engine.connect(target);
      await sever(db);
      const gone = await poll(() =>
        connection.query({ sql: 'SELECT 1', parameters: [] }, 1_000).then(
          () => undefined,
          (problem: unknown) => problem,
        ),
      );
      expect(gone).toMatchObject({ name: 'Problem', kind: 'lost' });
      await connection.close();
    });

    const failures: Readonly<Record<string, [changes: Partial<ServerTarget>, kind: string, text: RegExp]>> = {
      'a wrong password': [{ password: 'hunter2-wrong' }, 'refused', /refuses user "apptop" with this password/],
      'no password': [{ password: undefined }, 'refused', /password/],
      'an unknown user': [{ user: 'nobody-here', password: 'hunter2-wrong' }, 'refused', /user "nobody-here"/],
      'an unknown host': [{ host: 'nonexistent.invalid' }, 'unreachable', /"nonexistent\.invalid"/],
      'a port where nobody listens': [{ port: 1 }, 'unreachable', /nobody answers at 127\.0\.0\.1:1$/],
      'an unknown database': [{ database: 'no_such' }, 'missing', /no database "no_such"/],
      'no such socket': [{ socket: '/nowhere' }, 'unreachable', /\/nowhere/],
    };

    test.each(Object.entries(failures))('with %s is one clear Problem', async (_, [changes, kind, text]) => {
      await expectProblem({ ...target, ...changes }, kind, text);
    });

    test('with a port that accepts and never answers is a timeout', async () => {
      const port = await listen(() => undefined);
      for (const mode of ['disable', 'prefer', 'require'] as const) {
        await expectProblem(
          { ...target, port, tls: { ...target.tls, mode } },
          'timeout',
          /does not answer in time/,
          400,
        );
      }
    });

    test('with a port that speaks something else is unreachable', async () => {
      const port = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      await expectProblem({ ...target, port }, 'unreachable', /cannot connect to 127\.0\.0\.1/);
    });

    async function listen(answer: Parameters<typeof createServer>[1]): Promise<number> {
      const server = createServer(answer).listen(0, '127.0.0.1');
      onTestFinished(() => void server.close());
      const address = await poll(() => server.address());
      if (typeof address === 'string') throw new Error('no port');
      return address.port;
    }

    async function expectProblem(wrong: Target, kind: string, text: RegExp, timeoutMs = 4_000) {
      const began = performance.now();
      const problem: unknown = await engine.connect(wrong, timeoutMs).catch((error: unknown) => error);
      expect(performance.now() - began).toBeLessThan(5_000);
      if (!(problem instanceof Problem)) throw new Error('no Problem', { cause: problem });
      expect(problem).toMatchObject({ name: 'Problem', kind, message: expect.stringMatching(text) });
      expect(problem.message).not.toMatch(/\n/);
      expect(problem.remedy).toMatch(/\w/);
      expect(`${problem.stack}${problem.message}${problem.remedy}${String(problem.cause)}`).not.toMatch(
        /hunter2|throw-away/,
      );
    }

    test('sees who holds a lock on a table', async () => {
      const { introspection } = await engine.load();
      const connection = await engine.connect(target);
      const holder = await engine.database();
      onTestFinished(async () => {
        await connection.close();
        await holder.drop();
      });
      const onHolder = await engine.connect(holder.target);
      await holder.execute('CREATE TABLE held (id integer PRIMARY KEY)');
      await holder.execute('INSERT INTO held VALUES (1)');
      await holder.execute('START TRANSACTION');
      await holder.execute('UPDATE held SET id = 2');
      const held = await poll(async () => {
        const answer = await introspection.locks(onHolder);
        if (!('locks' in answer)) throw new Error(answer.unavailable);
        // MariaDB names what is locked only while somebody waits for it.
        // Others on the server wait for locks of their own.
        const held = answer.locks.find(({ object, waiting }) => !waiting && (object ?? 'held').includes('held'));
        return held ?? (await sleep(LOOK_AGAIN_MS, undefined));
      });
      expect(held).toMatchObject({ user: 'apptop', waiting: false });
      expect(held.seconds).toBeGreaterThanOrEqual(0);
      await holder.execute('ROLLBACK');
      await onHolder.close();
    });
  });
}
