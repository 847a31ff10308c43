import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { defaultContext } from '../../src/config/resolve.ts';
import type { ServerTarget } from '../../src/config/target.ts';
import type { Column, Connection, Engine, Expression } from '../../src/data/connection.ts';
import { openDatabase } from '../../src/data/database.ts';
import { readRow, readRows, sourceOf } from '../../src/data/queries/read-rows.ts';
import type { RowsQuery } from '../../src/data/queries/rows.ts';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';
import { startPooler } from '../engines/pooler.ts';
import { poll } from '../support.ts';

const OPTIONS = { lane: 'rows' } as const;
const WRITING = 'INSERT INTO written VALUES (9)';

function serverTarget(target: TestDatabase['target']): ServerTarget {
  if (target.engine === 'sqlite') throw new Error('not a server');
  return target;
}

for (const postgres of ENGINES.filter(({ name }) => name === 'postgres')) {
  describe('PostgreSQL', () => {
    let db: TestDatabase;
    let engine: Engine;
    let connection: Connection;

    beforeAll(async () => {
      db = await postgres.database();
      engine = await postgres.load();
      connection = await postgres.connect(db.target);
      await db.execute('CREATE TABLE written (n integer)');
      await db.execute(`CREATE FUNCTION writes() RETURNS int LANGUAGE SQL AS $$ ${WRITING} RETURNING n $$`);
    });
    afterAll(async () => {
      await connection.close();
      await db.drop();
    });

    const ask = (text: string) => connection.query({ sql: text, parameters: [] }, 5_000);
    const run = (query: Expression) => connection.query(engine.dialect.compile(query), 5_000);
    const columnsOf = (name: string, schema?: string) => engine.introspection.columns(connection, { schema, name });

    test.each([
      `DO $$ BEGIN SET default_transaction_read_only = off; COMMIT; ${WRITING}; END $$`,
      `/* /* */ SELECT */ DO $$ BEGIN ${WRITING}; END $$`,
      `-- /*\nDO $$*/ SELECT $$`,
      '/*/*/ SELECT */*/ VACUUM written',
      "SELECT set_config('default_transaction_read_only', 'off', false), writes()",
      'SELECT * FROM written FOR UPDATE',
      'EXPLAIN ANALYZE SELECT writes()',
      'VACUUM written',
      'ALTER SYSTEM SET work_mem = 1024',
      "COPY (SELECT 1) TO PROGRAM 'true'",
      `PREPARE later AS ${WRITING}`,
      'LOCK TABLE written',
      'LISTEN anything',
      '',
    ])('does nothing but read: %j', async (statement) => {
      await expect(ask(statement)).rejects.toMatchObject({ kind: 'refused' });
      expect(await db.execute('SELECT n FROM written')).toEqual([]);
      expect(await db.execute('SHOW work_mem')).not.toEqual([{ work_mem: '1MB' }]);
    });

    test.each([
      '/* a /* nested */ one */ (SELECT 1 AS one)',
      '-- DROP\n\tWITH x AS (SELECT 1 AS one) SELECT * FROM x;',
      'select 1 as one',
      'SELECT column1 AS one FROM (VALUES (1)) AS t',
    ])('reads whatever stands in front: %j', async (statement) => {
      expect(await ask(statement)).toEqual([{ one: '1' }]);
    });

    test('a statement that reads cannot begin to write', async () => {
      const unlocks = "SELECT set_config('transaction_read_only', 'off', true), writes()";
      await expect(ask(unlocks)).rejects.toMatchObject({ kind: 'sql' });
      expect(await db.execute('SELECT n FROM written')).toEqual([]);
    });

    test('a session made writable by a statement is not for the next', async () => {
      await ask("SELECT set_config('default_transaction_read_only', 'off', false)");
      expect(await ask('SHOW default_transaction_read_only')).toEqual([{ default_transaction_read_only: 'on' }]);
    });

    test('a statement that an administrator stops says so', async () => {
      const slow = ask(postgres.slowQuery).catch((problem: unknown) => problem);
      await poll(async () => {
        const [row] = await db.execute(
          "SELECT count(pg_cancel_backend(pid)) AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND datname = current_database() AND pid <> pg_backend_pid()",
        );
        return row?.['n'] === '1';
      });
      expect(await slow).toMatchObject({ kind: 'cancelled', message: expect.stringContaining('somebody') });
    });

    test('values of every type arrive as the text that the server writes', async () => {
      await db.execute(`SET TimeZone = 'Asia/Tokyo'`);
      await db.execute(`CREATE TABLE types AS SELECT 9007199254740993::bigint AS big, 1.50::numeric AS fraction, true AS flag,
        '2026-01-31 08:00:00.5+00'::timestamptz AS moment, '{"a": 1}'::jsonb AS document, ARRAY['a','b'] AS list,
        interval '1 day 2 hours' AS span, 'infinity'::timestamp AS never, '\\xff41'::bytea AS bytes, 'x'::char(3) AS padded`);
      await db.execute(`SET TimeZone = 'UTC'`);
      expect(await ask('SELECT * FROM types')).toEqual([
        {
          big: '9007199254740993',
          fraction: '1.50',
          flag: 't',
          moment: '2026-01-31 08:00:00.5+00',
          document: '{"a": 1}',
          list: '{a,b}',
          span: '1 day 02:00:00',
          never: 'infinity',
          bytes: '\\xff41',
          padded: 'x  ',
        },
      ]);
      expect(
        await ask('SELECT 1 AS "__proto__", 2 AS "constructor"').then(([row = {}]) => Object.entries(row)),
      ).toEqual([
        ['__proto__', '1'],
        ['constructor', '2'],
      ]);
    });

    test('moments count in UTC, and infinity is none', async () => {
      await db.execute(
        `CREATE TABLE moments (n int, plain timestamp, zoned timestamptz, on_day date, number bigint, word text)`,
      );
      await db.execute(`INSERT INTO moments VALUES (1, '2045-05-05 01:02:03.25', '2045-05-05 03:02:03.25+02', '1969-12-31', 5, '2026-01-01'),
        (2, 'infinity', '-infinity', 'infinity', NULL, NULL)`);
      const columns = (await columnsOf('moments')).slice(1);
      const epochs = columns.map((column) => sql`${engine.dialect.epoch(column)} AS ${sql.id(column.name)}`);
      expect(await run(sql`SELECT ${sql.join(epochs)} FROM moments ORDER BY n`)).toEqual([
        { plain: '2377558923.25', zoned: '2377558923.25', on_day: '-86400', number: '5', word: null },
        { plain: null, zoned: null, on_day: null, number: null, word: null },
      ]);
      const [clock] = await run(sql`SELECT ${engine.dialect.now()} AS now`);
      expect(Math.abs(Number(clock?.['now']) - Date.now() / 1_000)).toBeLessThan(60);
    });

    test('knows enums and domains by what they hold', async () => {
      await db.execute("CREATE TYPE origin AS ENUM ('retell', 'api')");
      await db.execute('CREATE DOMAIN small AS integer CHECK (VALUE < 10)');
      await db.execute(
        'CREATE TABLE typed (choice origin, few small, key uuid, words varchar(9)[], at timestamptz, "Weird.Name" text)',
      );
      expect((await columnsOf('typed')).map(({ name, type, kind }) => `${name} ${type} ${kind}`)).toEqual([
        'choice origin text',
        'few small integer',
        'key uuid other',
        'words character varying(9)[] other',
        'at timestamp with time zone timestamp',
        'Weird.Name text text',
      ]);
      await db.execute("INSERT INTO typed (choice) VALUES ('retell')");
      const choice = engine.dialect.text(sql`choice`);
      expect(await run(sql`SELECT ${choice} AS choice FROM typed WHERE ${choice} = ${'retell'}`)).toEqual([
        { choice: 'retell' },
      ]);
      expect(await run(sql`SELECT 1 AS one FROM typed WHERE ${choice} = ${'no such'}`)).toEqual([]);
    });

    test('a parameter keeps the index of its column in use; a text that is no value of the type finds nothing', async () => {
      await db.execute('CREATE TABLE keyed (id bigint PRIMARY KEY, few integer UNIQUE, key uuid UNIQUE)');
      await db.execute(`INSERT INTO keyed SELECT n, n, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid
        FROM generate_series(1, 20000) AS n`);
      await db.execute('INSERT INTO keyed (id) VALUES (9007199254740992), (9007199254740993)');
      await db.execute('ANALYZE keyed');
      const [id, few, key] = await columnsOf('keyed');
      if (!(id && few && key)) throw new Error('no columns');
      const where = (column: Column, value: string) =>
        sql`FROM keyed WHERE ${sql.id(column.name)} = ${engine.dialect.parameter(column, value)}`;
      const found = async (column: Column, value: string) =>
        (await run(sql`SELECT id ${where(column, value)}`)).map((row) => row['id']);
      expect(await found(id, '9007199254740993')).toEqual(['9007199254740993']);
      expect(await found(key, '00000000-0000-4000-8000-000000000007')).toEqual(['7']);
      for (const nonsense of [
        'abc',
        '',
        '1.5',
        '99999999999999999999',
        '-9223372036854775809',
        '3000000000',
        "1'; --",
      ]) {
        expect(await found(few, nonsense)).toEqual([]);
        expect(await found(id, nonsense)).toEqual([]);
        expect(await found(key, nonsense)).toEqual([]);
      }
      for (const [column, value] of [
        [id, '7'],
        [few, '7'],
        [key, '00000000-0000-4000-8000-000000000007'],
      ] as const) {
        const plan = await run(sql`EXPLAIN SELECT 1 ${where(column, value)}`);
        expect(plan[0]?.['QUERY PLAN']).toMatch(/^Index/);
      }
    });

    test.each([
      { name: 'uuid', keys: [3, 1, 2].map((n) => `0000000${n}-0000-4000-8000-00000000000a`) },
      { name: 'varchar(40)', keys: ['b', 'B', "a'; --", 'ä', 'Z', ''] },
    ])('lists page by a primary key of $name', async ({ name, keys }) => {
      const table = `by ${name}`;
      await postgres.createAppointments(db, { table, types: { id: `${name} PRIMARY KEY` } });
      await postgres.insert(
        db,
        table,
        keys.map((id) => ({ id, source: 'phone' })),
      );
      const context = { ...defaultContext('test', db.target), table: { schema: undefined, name: table } };
      const database = await openDatabase(context);
      onTestFinished(() => database.close());
      const source = await sourceOf(database, context, OPTIONS);
      for (const column of ['id', 'source'] as const) {
        const query: RowsQuery = {
          filter: { includesDeleted: true },
          sort: { column, direction: 'asc' },
          columns: ['source'],
        };
        const met: string[] = [];
        for (let from: Parameters<typeof readRows>[3]['from']; ; ) {
          const page = await readRows(database, source, query, { direction: 'forward', from, limit: 1 }, OPTIONS);
          const [row] = page;
          if (row === undefined) break;
          met.push(row.pk);
          from = row.position;
        }
        expect(met.toSorted()).toEqual(keys.toSorted());
        expect(met).toHaveLength(keys.length);
      }
      for (const key of keys) expect(await readRow(database, source, key, OPTIONS)).toMatchObject({ pk: key });
      expect(await readRow(database, source, 'no such', OPTIONS)).toBeUndefined();
    });

    test('tables are found along the search path or in their schema, names as they are', async () => {
      const other = await postgres.database();
      await other.execute('CREATE SCHEMA "Tenant"');
      await other.execute('CREATE TABLE "Tenant"."Appointments" (id integer, company integer)');
      await other.execute('CREATE TABLE public."Appointments" (id integer)');
      await other.execute('CREATE TABLE "Tenant".only_there (id integer)');
      const database = serverTarget(other.target).database ?? '';
      await other.execute(`ALTER DATABASE "${database}" SET search_path = "Tenant", public`);
      const there = await postgres.connect(other.target);
      onTestFinished(async () => {
        await there.close();
        await other.drop();
      });
      const columns = async (schema: string | undefined, name: string) =>
        (await engine.introspection.columns(there, { schema, name })).map((column) => column.name);
      expect(await columns(undefined, 'Appointments')).toEqual(['id', 'company']);
      expect(await columns('public', 'Appointments')).toEqual(['id']);
      expect(await columns(undefined, 'appointments')).toEqual([]);
      expect(await columns('public', 'only_there')).toEqual([]);
      expect(await engine.introspection.tables(there)).toEqual(['Appointments', 'only_there']);
      expect(await engine.rights(there, { schema: 'Tenant', name: 'Appointments' })).toMatchObject({ readOnly: true });
      expect((await engine.rights(there, { schema: undefined, name: 'Appointments' })).writes).toContain('UPDATE');
    });

    test('rights on one column are rights', async () => {
      await db.execute("CREATE ROLE lowly LOGIN PASSWORD 'throw-away'");
      await db.execute('CREATE TABLE guarded (id integer, open integer)');
      await db.execute('GRANT SELECT ON guarded TO lowly');
      const lowly = await postgres.connect({ ...serverTarget(db.target), user: 'lowly' });
      onTestFinished(async () => {
        await lowly.close();
        await db.execute('DROP OWNED BY lowly');
        await db.execute('DROP ROLE lowly');
      });
      const table = { schema: undefined, name: 'guarded' };
      expect(await engine.rights(lowly, table)).toMatchObject({ readOnly: true, writes: [] });
      await db.execute('GRANT UPDATE (open) ON guarded TO lowly');
      expect(await engine.rights(lowly, table)).toMatchObject({ readOnly: true, writes: ['UPDATE'] });
      await expect(lowly.query({ sql: 'SELECT * FROM written', parameters: [] }, 5_000)).rejects.toMatchObject({
        kind: 'refused',
      });
    });

    describe('behind a pooler that does not keep what a session sets', () => {
      test.each(['drops', 'refuses'] as const)(
        'and %s what it asks for, only reads, in UTC, and can be stopped',
        async (does) => {
          await db.execute(`ALTER DATABASE "${serverTarget(db.target).database}" SET TimeZone = 'Asia/Tokyo'`);
          const pooled = await postgres.connect({
            ...serverTarget(db.target),
            port: await startPooler(serverTarget(db.target), does),
          });
          onTestFinished(async () => {
            await pooled.close();
            await db.execute(`ALTER DATABASE "${serverTarget(db.target).database}" RESET TimeZone`);
          });
          const through = (text: string, timeoutMs = 5_000) => pooled.query({ sql: text, parameters: [] }, timeoutMs);
          expect(await through('SHOW TimeZone')).toEqual([{ TimeZone: 'UTC' }]);
          await expect(through('SELECT writes()')).rejects.toMatchObject({ kind: 'refused' });
          await through("SELECT set_config('default_transaction_read_only', 'off', false)");
          await expect(through('SELECT writes()')).rejects.toMatchObject({ kind: 'refused' });
          expect(await engine.rights(pooled, { schema: undefined, name: 'written' })).toMatchObject({ readOnly: true });
          await expect(through(postgres.slowQuery, 200)).rejects.toMatchObject({ kind: 'timeout' });
          const slow = through(postgres.slowQuery).catch((problem: unknown) => problem);
          await setImmediate();
          await pooled.cancel();
          expect(await slow).toMatchObject({ kind: 'cancelled' });
          expect(await through('SELECT 1 AS one')).toEqual([{ one: '1' }]);
          expect(
            await db.execute(
              "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'apptop' AND state LIKE 'idle in%'",
            ),
          ).toEqual([{ n: '0' }]);
        },
      );
    });
  });
}
