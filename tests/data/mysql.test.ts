import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServerTarget } from '../../src/config/target.ts';
import type { Column, Connection, Engine, Expression } from '../../src/data/connection.ts';
import { DEFAULT_UID, kindOfValue, uidShape } from '../../src/model/booking-id.ts';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';
import { poll } from '../support.ts';

for (const mysql of ENGINES.filter(({ name }) => name === 'mysql')) {
  describe('MySQL and MariaDB', () => {
    let db: TestDatabase;
    let target: ServerTarget;
    let engine: Engine;
    let connection: Connection;

    beforeAll(async () => {
      db = await mysql.database();
      if (db.target.engine === 'sqlite') throw new Error('not a server');
      target = db.target;
      engine = await mysql.load();
      connection = await mysql.connect(target);
    });

    afterAll(async () => {
      await connection.close();
      await db.drop();
    });

    const ask = (text: string) => connection.query({ sql: text, parameters: [] }, 5_000);
    const run = (query: Expression) => connection.query(engine.dialect.compile(query), 5_000);
    const connecting = (changes: Partial<ServerTarget>) => engine.connect({ ...target, ...changes }, 500);

    describe('reading only', () => {
      beforeAll(async () => {
        await db.execute('CREATE TABLE written (id int PRIMARY KEY)');
        await db.execute('CREATE TABLE unsafe (id int) ENGINE = MyISAM');
        await db.execute(
          'CREATE FUNCTION writes() RETURNS int MODIFIES SQL DATA BEGIN INSERT INTO written VALUES (1); RETURN 1; END',
        );
        const [readOnly] = await db.execute(
          "SHOW SESSION VARIABLES WHERE Variable_name IN ('transaction_read_only', 'tx_read_only')",
        );
        await db.execute(
          `CREATE FUNCTION unlocks() RETURNS int MODIFIES SQL DATA BEGIN SET SESSION ${readOnly?.['Variable_name']} = 0; RETURN 1; END`,
        );
        await db.execute('CREATE PROCEDURE unlocking() BEGIN SET SESSION TRANSACTION READ WRITE; END');
      });

      test.each([
        'INSERT INTO written VALUES (1)',
        'INSERT INTO unsafe VALUES (1)',
        'CREATE TABLE another (id int)',
        'CREATE TEMPORARY TABLE another (id int)',
        'DROP TABLE written',
        'ANALYZE TABLE written',
        'SELECT writes()',
        'SELECT unlocks(), writes()',
        'SELECT * FROM written FOR UPDATE',
        "SELECT 1 INTO OUTFILE '/tmp/apptop-must-not-exist'",
        "SELECT 1 /*!INTO OUTFILE '/tmp/apptop-must-not-exist' */",
        'SELECT 1 INTO @x',
        'SELECT 1 -- \n INTO @x',
        'SET SESSION TRANSACTION READ WRITE',
        'SET STATEMENT tx_read_only = 0 FOR INSERT INTO written VALUES (1)',
        '/* SELECT */ SET @@session.sql_mode = 0',
        '/*! SET */ SESSION TRANSACTION READ WRITE',
        'CALL unlocking()',
        'BEGIN NOT ATOMIC SET SESSION TRANSACTION READ WRITE; INSERT INTO written VALUES (1); END',
        "EXECUTE IMMEDIATE 'INSERT INTO written VALUES (1)'",
        "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE written",
      ])('refuses %s', async (statement) => {
        await expect(ask(statement)).rejects.toMatchObject({ kind: 'refused' });
        expect(await ask('SELECT (SELECT COUNT(*) FROM written) + (SELECT COUNT(*) FROM unsafe) AS n')).toEqual([
          { n: '0' },
        ]);
      });

      test('a function that makes the session writable does so for nobody', async () => {
        await ask('SELECT unlocks()');
        await expect(ask('SELECT writes()')).rejects.toMatchObject({ kind: 'refused' });
      });

      test('two statements in one are an error', async () => {
        await expect(ask('SELECT 1; DELETE FROM written')).rejects.toMatchObject({ kind: 'sql' });
      });

      test('reading goes on with into in quotes and comments, and with every verb that reads', async () => {
        expect(await ask("(SELECT 'it''s \\' into' AS `into` -- into\n # into\n /* into */)")).toEqual([
          { into: "it's ' into" },
        ]);
        for (const statement of ['WITH x AS (SELECT 1) SELECT * FROM x', 'SHOW TABLES', 'EXPLAIN SELECT 1;']) {
          expect(await ask(statement)).not.toEqual([]);
        }
      });
    });

    test('values of every type arrive as the text that a person would write', async () => {
      await db.execute(`CREATE TABLE types (bits bit(12), flag bit(1), document json, year year, moment timestamp(6) NULL,
        fraction decimal(20, 5), bytes varbinary(10), padded int unsigned zerofill, old varchar(9) CHARACTER SET latin1,
        place point, big bigint unsigned, nul varchar(9), choice enum('a', 'b'))`);
      await db.execute(
        `INSERT INTO types VALUES (5, 1, '{"a": 1}', 2026, '2026-01-31 08:00:00.5', 1.5, 0xFF41, 123, 'é', POINT(1, 2),
          18446744073709551615, 'a\\0b', 'b')`,
      );
      const [row] = await ask('SELECT * FROM types');
      expect(row).toMatchObject({
        bits: '5',
        flag: '1',
        document: '{"a": 1}',
        year: '2026',
        moment: '2026-01-31 08:00:00.500000',
        fraction: '1.50000',
        bytes: '\ufffdA',
        padded: '0000000123',
        old: 'é',
        big: '18446744073709551615',
        nul: 'a\0b',
        choice: 'b',
      });
      const columns = ['document', 'year', 'moment', 'fraction', 'padded', 'old', 'big', 'nul', 'choice'];
      const texts = columns.map((name) => sql`${engine.dialect.text(sql.id(name))} AS ${sql.id(name)}`);
      const [asText] = await run(
        sql`SELECT ${sql.join(texts)}, ${engine.dialect.shortText(sql`place`, 9)} AS place FROM types`,
      );
      expect(row).toMatchObject({ ...asText, place: row?.['place'] });
    });

    test('a column with any name arrives under it', async () => {
      const [row = {}] = await ask('SELECT 1 AS `__proto__`, 2 AS `order`, 3 AS `what?`');
      expect(Object.entries(row)).toEqual([
        ['__proto__', '1'],
        ['order', '2'],
        ['what?', '3'],
      ]);
      const { compile } = engine.dialect;
      const query = compile(sql`SELECT ${sql.id('a?`')} FROM (SELECT ${'?'} AS ${sql.id('a?`')}) AS t`);
      expect(await connection.query(query, 5_000)).toEqual([{ 'a?`': '?' }]);
    });

    test('texts are compared byte for byte where the columns would not', async () => {
      const values = ['a', 'a ', 'A', 'á', 'ａ'];
      await db.execute('CREATE TABLE alike (value varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci)');
      await mysql.insert(
        db,
        'alike',
        values.map((value) => ({ value })),
      );
      const text = engine.dialect.text(sql`value`);
      const groups = await run(sql`SELECT ${text} AS value FROM alike GROUP BY ${text}`);
      expect(groups.map(({ value }) => value).sort()).toEqual([...values].sort());
      expect(await run(sql`SELECT COUNT(*) AS n FROM alike WHERE ${text} = ${'a'}`)).toEqual([{ n: '1' }]);
    });

    test('contains folds ASCII letters and nothing else', async () => {
      const found = async (text: string, needle: string) => {
        const value = engine.dialect.text(sql`${text}`);
        const [row] = await run(sql`SELECT ${engine.dialect.containsAny(value, ['no such text', needle])} AS found`);
        return row?.['found'] === '1';
      };
      expect(await found('Rate LIMIT (429)\n', 'limit (429')).toBe(true);
      expect(await found('aXb', 'a.b')).toBe(false);
      expect(await found('100 %_\\', '%_\\')).toBe(true);
      expect(await found('ÜBER 😀 \u0000!', '😀 \0!')).toBe(true);
      expect(await found('ÜBER', 'über')).toBe(false);
      expect(await found('\u212aelvin', 'kelvin')).toBe(false);
      expect(await found('anything', '')).toBe(true);
    });

    test('moments beyond 2038, with fractions, and none for dates that are none', async () => {
      await db.execute('CREATE TABLE moments (id int, at datetime(6), on_day date)');
      await db.execute("SET SESSION sql_mode = ''");
      await db.execute(`INSERT INTO moments VALUES (1, '2045-05-05 01:02:03.25', '1969-12-31'),
        (2, '0000-00-00 00:00:00', '2026-00-00'), (3, NULL, NULL)`);
      const moment = (name: string, type: string) =>
        engine.dialect.epoch({ name, type, kind: 'timestamp', nullable: true, default: null });
      const rows = await run(
        sql`SELECT ${moment('at', 'datetime(6)')} AS at, ${moment('on_day', 'date')} AS on_day FROM moments ORDER BY id`,
      );
      expect(rows).toEqual([
        { at: '2377558923.25', on_day: '-86400' },
        { at: null, on_day: null },
        { at: null, on_day: null },
      ]);
      const [clock] = await run(sql`SELECT ${engine.dialect.now()} AS now, @@time_zone AS zone`);
      expect(clock?.['zone']).toBe('+00:00');
      expect(Math.abs(Number(clock?.['now']) - Date.now() / 1_000)).toBeLessThan(60);
    });

    test('a parameter compares by the type of its column and leaves its index in use', async () => {
      await db.execute('CREATE TABLE keyed (id bigint unsigned PRIMARY KEY, price decimal(30, 10))');
      await db.execute(
        'INSERT INTO keyed VALUES (9007199254740992, 1), (9007199254740993, 12345678901234567890.0000000001)',
      );
      const columns = await engine.introspection.columns(connection, { schema: undefined, name: 'keyed' });
      const [id, price] = columns;
      if (id === undefined || price === undefined) throw new Error('no columns');
      const matching = async (column: Column, value: string) => {
        const condition = sql`${sql.id(column.name)} = ${engine.dialect.parameter(column, value)}`;
        return (await run(sql`SELECT id FROM keyed WHERE ${condition}`)).map((row) => row['id']);
      };
      expect(await matching(id, '9007199254740993')).toEqual(['9007199254740993']);
      expect(await matching(price, '12345678901234567890.0000000001')).toEqual(['9007199254740993']);
      expect(await matching(id, 'abc')).toEqual([]);
      const plan = await run(
        sql`EXPLAIN SELECT 1 FROM keyed WHERE id = ${engine.dialect.parameter(id, '9007199254740993')}`,
      );
      expect(plan[0]?.['key']).toBe('PRIMARY');
    });

    test('a V1 id looks its column up by its index, whether the column is a number or a text', async () => {
      await db.execute(`CREATE TABLE taken (id int PRIMARY KEY, number int UNIQUE,
        word varchar(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci UNIQUE)`);
      await mysql.insert(
        db,
        'taken',
        Array.from({ length: 500 }, (_, id) => ({ id, number: id, word: String(id) })),
      );
      for (const column of await engine.introspection.columns(connection, { schema: undefined, name: 'taken' })) {
        const value = engine.dialect.v1AsColumn(engine.dialect.text(sql`a.word`), column);
        const join = sql`FROM taken AS a STRAIGHT_JOIN taken AS b ON b.${sql.id(column.name)} = ${value}`;
        expect(await run(sql`SELECT COUNT(*) AS n ${join}`)).toEqual([{ n: '500' }]);
        const plan = await run(sql`EXPLAIN SELECT COUNT(*) ${join}`);
        expect(plan.find(({ table }) => table === 'b')?.['type']).toMatch(/ref/);
      }
    });

    describe('kinds of booking ids', () => {
      const shape = uidShape('^[a-c9-]{3,5}$') ?? DEFAULT_UID;
      const types = {
        varchar: 'varchar(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci',
        latin: 'varchar(80) CHARACTER SET latin1',
        bytes: 'varbinary(320)',
        long: 'longtext',
        int: 'bigint',
        unsigned: 'bigint unsigned',
        small: 'tinyint(1)',
        padded: 'int(10) unsigned zerofill',
        decimal: 'decimal(20, 2)',
        double: 'double',
      };

      beforeAll(async () => {
        const columns = Object.entries(types).map(([name, type]) => `\`${name}\` ${type} NULL`);
        await db.execute(`CREATE TABLE kinds (id int AUTO_INCREMENT PRIMARY KEY, ${columns.join(', ')})`);
      });

      /** What the server says of values planted into one column, against what the classifier says of what stands there. */
      async function expectAgreement(name: keyof typeof types, values: readonly string[]) {
        await db.execute('TRUNCATE TABLE kinds');
        await db.execute("SET SESSION sql_mode = ''");
        await mysql.insert(
          db,
          'kinds',
          [null, ...values].map((value) => ({ [name]: value })),
        );
        const columns = await engine.introspection.columns(connection, { schema: undefined, name: 'kinds' });
        const column = columns.find((candidate) => candidate.name === name);
        if (column === undefined) throw new Error(`no column ${name}`);
        for (const uid of [DEFAULT_UID, shape]) {
          const kind = engine.dialect.kindOfValue(column, uid);
          const rows = await run(sql`SELECT ${sql.id(name)} AS value, ${kind} AS kind FROM kinds`);
          expect(rows).toHaveLength(values.length + 1);
          for (const row of rows) expect(row).toEqual({ ...row, kind: kindOfValue(row['value'] ?? null, uid) });
        }
      }

      const texts = fc.oneof(
        fc.stringMatching(/^[0-9]{0,24}$/),
        fc.stringMatching(/^[A-Za-z0-9_-]{6,66}$/),
        fc.stringMatching(/^[a-cA-C9-]{2,6}$/),
        fc.stringMatching(/^[ \t\n\r]?[+-]?[0-9]{1,11}(\.0|e1|[ \t\n\r])?$/),
        fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.toWellFormed()),
        fc.constantFrom(
          '１２３',
          '١٢٣',
          '²³¹',
          '123\0',
          'ſſſſſſſſ',
          '\u212a\u212a\u212a\u212a\u212a\u212a\u212a\u212a',
          'cab\n',
        ),
      );
      const integers = fc.oneof(fc.bigInt(-200n, 2n ** 32n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)).map(String);

      test.each(['varchar', 'latin', 'bytes', 'long'] as const)('any text in a %s column', async (name) => {
        const [values = []] = fc.sample(fc.array(texts, { minLength: 3_000, maxLength: 3_000 }), 1);
        await expectAgreement(name, values);
      });

      test.each(['int', 'unsigned', 'small', 'padded', 'decimal', 'double'] as const)(
        'any number in a %s column',
        async (name) => {
          const [values = []] = fc.sample(fc.array(integers, { minLength: 1_000, maxLength: 1_000 }), 1);
          await expectAgreement(name, ['0', '1', '-1', '127', '2147483647', '2147483648', '-12345678', ...values]);
        },
      );
    });

    test('a statement that is stopped a hundred times never hits the one after it', async () => {
      for (let round = 0; round < 100; round += 1) {
        const stopped = ask('SELECT BENCHMARK(300, MD5(1))').catch((problem: unknown) => problem);
        await Promise.resolve();
        await connection.cancel();
        await stopped;
        expect(await ask('SELECT 1 AS one')).toEqual([{ one: '1' }]);
      }
    });

    test('what the server would end quietly is still cancelled or timed out', async () => {
      const asleep = ask('SELECT SLEEP(60)').catch((problem: unknown) => problem);
      await poll(async () => {
        const [row] = await db.execute(
          "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE info LIKE '%SLEEP(60)%' AND id <> CONNECTION_ID()",
        );
        return row?.['n'] === '1';
      });
      await connection.cancel();
      expect(await asleep).toMatchObject({ kind: 'cancelled' });
      await expect(connection.query({ sql: 'SELECT SLEEP(60)', parameters: [] }, 200)).rejects.toMatchObject({
        kind: 'timeout',
      });
    });

    describe('a failed connection says why, with a remedy and without the password', () => {
      const silent: Server[] = [];
      afterAll(() => {
        for (const server of silent) server.close();
      });

      const tls = (mode: ServerTarget['tls']['mode']): Partial<ServerTarget> => ({ tls: { ...target.tls, mode } });
      const failures: Record<string, [changes: () => Partial<ServerTarget>, kind: string, text: RegExp]> = {
        'a wrong password': [
          () => ({ password: 'not-the-secret' }),
          'refused',
          /refuses user "apptop" with this password/,
        ],
        'no password': [() => ({ password: undefined }), 'refused', /without a password/],
        'an unknown database': [() => ({ database: 'no_such' }), 'missing', /no database "no_such"/],
        'an unknown host': [() => ({ host: 'no-such-host.invalid' }), 'unreachable', /no-such-host\.invalid/],
        'a closed port': [() => ({ port: 1 }), 'unreachable', /nobody answers at 127\.0\.0\.1:1/],
        'no such socket': [() => ({ socket: '/nowhere/mysql.sock' }), 'unreachable', /\/nowhere\/mysql\.sock/],
        'no TLS where it must be': [() => tls('require'), 'refused', /offers no TLS/],
        'a full check of an address': [() => tls('verify-full'), 'config', /needs a host name/],
        'a CA that is not there': [
          () => ({ tls: { ...target.tls, mode: 'verify-ca', ca: '/nowhere/ca.pem' } }),
          'config',
          /cannot read \/nowhere\/ca\.pem/,
        ],
      };

      test.each(Object.entries(failures))('%s', async (_, [changes, kind, text]) => {
        const problem: unknown = await connecting(changes()).catch((error: unknown) => error);
        expect(problem).toMatchObject({ name: 'Problem', kind, message: expect.stringMatching(text) });
        expect(problem).toMatchObject({ remedy: expect.stringMatching(/\w/) });
        expect(JSON.stringify(problem) + String(problem)).not.toMatch(/not-the-secret|throw-away/);
      });

      test('a port that accepts and says nothing, in the time that was given', async () => {
        const server = createServer(() => undefined).listen(0, '127.0.0.1');
        silent.push(server);
        const address = await poll(() => server.address());
        if (typeof address === 'string') throw new Error('no port');
        const began = performance.now();
        await expect(connecting({ port: address.port })).rejects.toMatchObject({ kind: 'timeout' });
        expect(performance.now() - began).toBeLessThan(2_000);
      });

      test('TLS that is only preferred goes without where the server has none', async () => {
        const plain = await connecting(tls('prefer'));
        expect(plain.server.database).toBe(target.database);
        await plain.close();
      });
    });

    test('says what it is', () => {
      expect(connection.server.product).toMatch(/^(MariaDB|MySQL)$/);
      expect(connection.server).toMatchObject({
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
        database: target.database,
        user: target.user,
        role: 'primary',
      });
    });

    test('introspection tells prefixes, generated columns, checks and foreign keys', async () => {
      await db.execute('CREATE TABLE companies (id bigint unsigned PRIMARY KEY)');
      await db.execute(`CREATE TABLE \`Order\` (id int PRIMARY KEY, company_id bigint unsigned,
        title varchar(200) DEFAULT 'x', doubled int GENERATED ALWAYS AS (id * 2) STORED, KEY title_start (title(10)),
        CONSTRAINT positive CHECK (id > 0),
        CONSTRAINT owner FOREIGN KEY (company_id) REFERENCES companies (id) ON DELETE CASCADE)`);
      const table = { schema: undefined, name: 'Order' };
      const { introspection } = engine;
      const columns = await introspection.columns(connection, table);
      expect(columns.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
        'id integer',
        'company_id integer',
        'title text',
        'doubled integer',
      ]);
      expect(columns[1]?.default).toBeNull();
      expect(columns[3]?.default).toMatch(/^generated always as \(.*\* 2/);
      expect(await introspection.indexes(connection, table)).toContainEqual({
        name: 'title_start',
        columns: ['title(10)'],
        unique: false,
        primary: false,
      });
      const constraints = await introspection.constraints(connection, table);
      expect(constraints.map(({ type }) => type).sort()).toEqual(['check', 'foreign key', 'primary key']);
      expect(constraints.find(({ name }) => name === 'owner')?.definition).toBe(
        '(company_id) references companies (id) on update restrict on delete cascade',
      );
      expect(await introspection.columns(connection, { schema: undefined, name: 'order' })).toEqual([]);
      expect(await introspection.columns(connection, { schema: 'mysql', name: 'user' })).not.toEqual([]);
    });

    test('locks tell who holds and who waits, or which privilege is missing', async () => {
      await db.execute('CREATE TABLE locked (id int PRIMARY KEY)');
      await db.execute('INSERT INTO locked VALUES (1)');
      const other = await mysql.database();
      await other.execute('START TRANSACTION');
      await other.execute(`UPDATE \`${target.database}\`.locked SET id = 2`);
      const waiting = db.execute('UPDATE locked SET id = 3');
      await poll(async () => {
        const answer = await engine.introspection.locks(connection);
        if (!('locks' in answer)) throw new Error(answer.unavailable);
        // Others on the server wait for locks of their own.
        const waiter = answer.locks.find(
          ({ waiting, statement }) => waiting && statement === 'UPDATE locked SET id = 3',
        );
        const holder = answer.locks.find(({ waiting, object }) => !waiting && (object ?? 'locked').includes('locked'));
        if (waiter && holder?.user === 'apptop' && (holder.seconds ?? -1) >= 0) return true;
        // InnoDB looks at its transactions anew only when nobody has asked for 100 ms.
        return sleep(150, false);
      });
      await other.execute('ROLLBACK');
      await waiting;
      await other.drop();

      await db.execute(`CREATE USER lowly@'%' IDENTIFIED BY 'throw-away'`);
      await db.execute(`GRANT SELECT ON \`${target.database}\`.* TO lowly@'%'`);
      const lowly = await connecting({ user: 'lowly' });
      expect(await engine.introspection.locks(lowly)).toEqual({ unavailable: expect.stringContaining('PROCESS') });
      await lowly.close();
      await db.execute("DROP USER lowly@'%'");
    });
  });
}
