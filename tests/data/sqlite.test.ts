import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { sql } from 'kysely';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { defaultContext } from '../../src/config/resolve.ts';
import type { Connection, Engine, Expression } from '../../src/data/connection.ts';
import { openDatabase } from '../../src/data/database.ts';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';
import { poll } from '../support.ts';

const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT count(*) FROM n';

/** The processes that read a file. */
function readersOf(path: string): readonly number[] {
  const lines = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines
    .filter((line) => /driver\.ts/.test(line) && line.endsWith(path))
    .map((line) => Number.parseInt(line, 10));
}

for (const sqlite of ENGINES.filter(({ name }) => name === 'sqlite')) {
  let db: TestDatabase;
  let engine: Engine;

  beforeAll(async () => {
    engine = await sqlite.load();
    db = await sqlite.database();
    return () => db.drop();
  });

  describe('opening a SQLite file', () => {
    const opening = (path: string) => sqlite.connect({ engine: 'sqlite', path });
    const beside = (name: string) => join(dirname(db.url), name);

    test('that is not there is missing by its path, and it is not created', async () => {
      const path = beside('no-such-file.sqlite');
      await expect(opening(path)).rejects.toMatchObject({ kind: 'missing', message: expect.stringContaining(path) });
      expect(existsSync(path)).toBe(false);
    });

    test('that is a folder is missing: the file in it has to be named', async () => {
      await expect(opening(dirname(db.url))).rejects.toMatchObject({
        kind: 'missing',
        remedy: expect.stringContaining('in it'),
      });
    });

    test('that is something else is refused, and nobody goes on reading it', async () => {
      const path = beside('notes.sqlite');
      writeFileSync(path, 'milk, bread, eggs\n'.repeat(100));
      await expect(opening(path)).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining(path) });
      await poll(() => readersOf(path).length === 0);
    });

    test('that somebody has locked says so, and opens once they are done', async () => {
      const path = beside('locked.sqlite');
      const writer = new Sqlite(path);
      writer.exec('CREATE TABLE t (n integer); BEGIN EXCLUSIVE');
      await expect(opening(path)).rejects.toMatchObject({
        kind: 'locked',
        message: `${path} is locked by another process`,
      });
      writer.exec('COMMIT');
      const connection = await opening(path);
      expect(await connection.query({ sql: 'SELECT n FROM t', parameters: [] }, 5_000)).toEqual([]);
      await connection.close();
      writer.close();
    });

    test('that was left in the middle of a write says so', async () => {
      const [path, left] = [beside('whole.sqlite'), beside('left.sqlite')];
      const writer = new Sqlite(path);
      writer.pragma('cache_size = 1');
      writer.exec(`CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
        SELECT i, hex(randomblob(500)) AS text FROM n; BEGIN; UPDATE t SET text = 'x'`);
      for (const suffix of ['', '-journal']) copyFileSync(path + suffix, left + suffix);
      writer.close();
      await expect(opening(left)).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringContaining('middle of a write'),
      });
    });

    test('with a write-ahead log sees what is committed, while somebody writes', async () => {
      const connection = await opening(db.url);
      expect(await db.execute('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
      await db.execute('CREATE TABLE logged (n integer)');
      const count = () => connection.query({ sql: 'SELECT count(*) AS n FROM logged', parameters: [] }, 5_000);
      await db.execute('BEGIN IMMEDIATE');
      await db.execute('INSERT INTO logged VALUES (1)');
      expect(await count()).toEqual([{ n: '0' }]);
      await db.execute('COMMIT');
      expect(await count()).toEqual([{ n: '1' }]);
      await connection.close();
    });
  });

  describe('the process that reads a SQLite file', () => {
    let path: string;

    beforeEach(async () => {
      const own = await sqlite.database();
      path = own.url;
      return () => own.drop();
    });

    const statement = (text: string) => ({ sql: text, parameters: [] });

    test('is ended by a cancellation whatever it does, and by a limit, and another one goes on', async () => {
      const connection = await sqlite.connect({ engine: 'sqlite', path });
      const [first] = readersOf(path);
      const endless = connection.query(statement(ENDLESS), 60_000).catch((problem: unknown) => problem);
      await connection.cancel();
      await poll(() => connection.cancel().then(() => !readersOf(path).some((pid) => pid === first)));
      expect(await endless).toMatchObject({ kind: 'cancelled' });
      await expect(connection.query(statement(ENDLESS), 100)).rejects.toMatchObject({ kind: 'timeout' });
      expect(await connection.query(statement('SELECT 1 AS one'), 5_000)).toEqual([{ one: '1' }]);
      expect(readersOf(path)).toHaveLength(1);
      await connection.close();
      await poll(() => readersOf(path).length === 0);
      await expect(connection.query(statement('SELECT 1'), 5_000)).rejects.toMatchObject({ name: 'Problem' });
      expect(readersOf(path)).toEqual([]);
    });

    test('that is killed from outside loses its statement, and the next one finds another process', async () => {
      const database = await openDatabase(defaultContext('test', { engine: 'sqlite', path }));
      onTestFinished(() => database.close());
      const ask = (query: Expression) => database.query(query, { lane: 'rows' });
      expect(await ask(sql`SELECT 1 AS one`)).toEqual([{ one: '1' }]);
      const lost = ask(sql.raw(ENDLESS)).catch((problem: unknown) => problem);
      for (const pid of readersOf(path)) process.kill(pid, 'SIGKILL');
      expect(await lost).toMatchObject({ name: 'Problem', kind: 'lost' });
      expect(await ask(sql`SELECT 2 AS two`)).toEqual([{ two: '2' }]);
      const idle = readersOf(path);
      for (const pid of idle) process.kill(pid, 'SIGKILL');
      await poll(() => !readersOf(path).some((pid) => idle.includes(pid)));
      expect(await poll(() => ask(sql`SELECT 3 AS three`))).toEqual([{ three: '3' }]);
    });

    test.each(['SELECT 1', ENDLESS])('goes when the program is killed, after %s', async (text) => {
      const program = `
        const { engine } = await import(${JSON.stringify(new URL('../../src/data/sqlite/index.ts', import.meta.url))});
        const connection = await engine.connect({ engine: 'sqlite', path: ${JSON.stringify(path)} }, 10_000);
        const answer = connection.query({ sql: ${JSON.stringify(text)}, parameters: [] }, 600_000);
        console.log('asked');
        setInterval(() => undefined, 1_000);
        await answer;`;
      const host = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(host.stdout, 'data');
      const readers = readersOf(path);
      expect(readers).toHaveLength(1);
      host.kill('SIGKILL');
      await once(host, 'exit');
      await poll(() => readersOf(path).length === 0);
    });
  });

  describe('SQLite', () => {
    let connection: Connection;

    beforeAll(async () => {
      connection = await sqlite.connect(db.target);
      return () => connection.close();
    });

    const run = (query: Expression) => connection.query(engine.dialect.compile(query), 5_000);
    const columnsOf = (name: string) => engine.introspection.columns(connection, { schema: undefined, name });

    test('moments are texts that begin with a year, or seconds; everything else is none', async () => {
      await db.execute('CREATE TABLE moments (n integer, at datetime)');
      const times = [
        '2045-05-05 01:02:03.25',
        '1969-12-31',
        '2026-01-31T08:00:00Z',
        'now',
        '12:00',
        '5',
        'soon',
        null,
        5,
      ];
      await sqlite.insert(
        db,
        'moments',
        times.map((at, n) => ({ n, at })),
      );
      await db.execute("INSERT INTO moments VALUES (9, x'ff')");
      const [, at] = await columnsOf('moments');
      if (at === undefined) throw new Error('no column');
      const rows = await run(sql`SELECT ${engine.dialect.epoch(at)} AS epoch FROM moments ORDER BY n`);
      // The declared type turns '5' into a number.
      expect(rows.map(({ epoch }) => epoch)).toEqual([
        '2377558923.25',
        '-86400',
        '1769846400',
        null,
        null,
        '5',
        null,
        null,
        '5',
        null,
      ]);
    });

    test('values that a column should not hold arrive as text all the same', async () => {
      await db.execute('CREATE TABLE odd ("a.b" integer, "__proto__" text)');
      await db.execute(`INSERT INTO odd VALUES (9007199254740993, x'c3bc00'), ('word', 1.5)`);
      const [dotted] = await columnsOf('odd');
      if (dotted === undefined) throw new Error('no column');
      const rows = await run(
        sql`SELECT "a.b", "__proto__", ${engine.dialect.kindOfValue(dotted, { characters: 'a-z', shortest: 3, longest: 9 })} AS kind FROM odd`,
      );
      expect(rows.map((row) => Object.entries(row))).toEqual([
        [
          ['a.b', '9007199254740993'],
          ['__proto__', 'ü\0'],
          ['kind', 'ambiguous'],
        ],
        [
          ['a.b', 'word'],
          ['__proto__', '1.5'],
          ['kind', 'uid'],
        ],
      ]);
    });

    test('a text is compared byte for byte, whatever the collation of its column', async () => {
      await db.execute('CREATE TABLE collated (word text COLLATE NOCASE, ended text COLLATE RTRIM)');
      await db.execute("INSERT INTO collated VALUES ('abc', 'abc '), ('ABC', 'abc')");
      const count = async (name: string) => {
        const text = engine.dialect.text(sql.id(name));
        return run(sql`SELECT sum(${text} = 'abc') AS same, count(DISTINCT ${text}) AS texts FROM collated`);
      };
      expect(await count('word')).toEqual([{ same: '1', texts: '2' }]);
      expect(await count('ended')).toEqual([{ same: '1', texts: '2' }]);
    });

    test('a parameter compares by the type of its column and leaves its index in use', async () => {
      await db.execute('CREATE TABLE keyed (id integer PRIMARY KEY, word varchar(9) UNIQUE)');
      await db.execute("INSERT INTO keyed VALUES (9007199254740992, '7'), (9007199254740993, '07')");
      const [id, word] = await columnsOf('keyed');
      if (!(id && word)) throw new Error('no columns');
      const found = async (column: typeof id, value: string) => {
        const where = sql`FROM keyed WHERE ${sql.id(column.name)} = ${engine.dialect.parameter(column, value)}`;
        expect((await run(sql`EXPLAIN QUERY PLAN SELECT 1 ${where}`))[0]?.['detail']).toMatch(/^SEARCH/);
        return (await run(sql`SELECT id ${where}`)).map((row) => row['id']);
      };
      expect(await found(id, '9007199254740993')).toEqual(['9007199254740993']);
      expect(await found(word, '7')).toEqual(['9007199254740992']);
      for (const nonsense of ['abc', '', '99999999999999999999', '9999999999999999999']) {
        expect(await found(id, nonsense)).toEqual([]);
      }
    });

    test('checks are found in the text of the table, whatever stands in quotes and comments', async () => {
      await db.execute(`CREATE TABLE checked (a text /* CHECK (no) */ CHECK (a <> ')' AND "a" <> 'CHECK (x)'),
        b integer CONSTRAINT few check(b IN (1, 2)) -- CHECK (b)
        )`);
      const found = await engine.introspection.constraints(connection, { schema: undefined, name: 'checked' });
      expect(found.map(({ type, definition }) => `${type} ${definition}`)).toEqual([
        `check (a <> ')' AND "a" <> 'CHECK (x)')`,
        'check (b IN (1, 2))',
      ]);
    });
  });
}
