import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadWriting, type RowChange, type WritingSession } from '../../src/data/writing.ts';
import { ENGINES, type TestEngine } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { NO_DISK, smallDisk } from './small-disk.ts';
import { BACKUP, move, Stand, type StandOptions, undo } from './writing-stand.ts';

const statement = (sql: string, parameters: readonly unknown[] = []) => ({ sql, parameters });
const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT count(*) FROM n';
/** Adds rows for about a second. */
const LONG =
  'INSERT INTO t WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1500000) SELECT 1 FROM n';

/** The processes that write to a file. */
function writersOf(path: string): readonly number[] {
  const lines = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.endsWith(`${path} write`)).map((line) => Number.parseInt(line, 10));
}

for (const sqlite of ENGINES.filter(({ name }) => name === 'sqlite')) {
  describe('a session that writes to a SQLite file', () => {
    let path: string;
    let file: Sqlite.Database;
    let session: WritingSession;
    const count = () => file.prepare('SELECT count(*) FROM t').pluck().get();
    const target = () => ({ engine: 'sqlite' as const, path });

    beforeEach(async () => {
      const db = await sqlite.database();
      path = db.url;
      file = new Sqlite(path);
      file.exec('CREATE TABLE t (n integer)');
      session = await (await loadWriting('sqlite')).open(target(), 5_000);
      return async () => {
        await session.close();
        file.close();
        await db.drop();
      };
    });

    test('leaves the journal as it is, and has a commit on the disk before it says so', async () => {
      expect(await session.query(statement('PRAGMA synchronous'))).toEqual([{ synchronous: '2' }]);
      expect(await session.query(statement('PRAGMA journal_mode'))).toEqual([{ journal_mode: 'wal' }]);
      await session.close();
      file.pragma('journal_mode = DELETE');
      session = await (await loadWriting('sqlite')).open(target(), 5_000);
      await session.transaction(() => session.execute(statement('INSERT INTO t VALUES (1)')));
      expect(file.pragma('journal_mode')).toEqual([{ journal_mode: 'delete' }]);
      expect(count()).toBe(1);
    });

    test('leaves nothing of a transaction in which its process is killed, and goes no further', async () => {
      const work = async () => {
        await session.execute(statement('INSERT INTO t VALUES (1)'));
        const [pid] = writersOf(path);
        process.kill(pid ?? 0, 'SIGKILL');
        await session.execute(statement('INSERT INTO t VALUES (2)'));
      };
      await expect(session.transaction(work)).rejects.toMatchObject({ name: 'Problem', kind: 'lost' });
      await expect(session.execute(statement('INSERT INTO t VALUES (3)'))).rejects.toMatchObject({ kind: 'lost' });
      expect(count()).toBe(0);
      file.exec('INSERT INTO t VALUES (4)');
    });

    test('is lost when a statement takes too long: only the end of its process ends that', async () => {
      const work = () => session.query(Object.assign(statement(ENDLESS), { limitMs: 200 }));
      await expect(session.transaction(work)).rejects.toMatchObject({ name: 'Problem', kind: 'lost' });
      await poll(() => writersOf(path).length === 0);
      file.exec('INSERT INTO t VALUES (1)');
    });

    test.each(['SELECT 1', ENDLESS])(
      'ends with the program and takes its transaction along, after %s',
      async (text) => {
        const program = `
        const { writing } = await import(${JSON.stringify(new URL('../../src/data/sqlite/writing.ts', import.meta.url))});
        const session = await writing.open({ engine: 'sqlite', path: ${JSON.stringify(path)} }, 10_000);
        await session.transaction(async () => {
          await session.execute({ sql: 'INSERT INTO t VALUES (1)', parameters: [] });
          console.log('written');
          await session.query({ sql: ${JSON.stringify(text)}, parameters: [] });
          await new Promise((resolve) => setTimeout(resolve, 600_000));
        });`;
        await session.close();
        const stdio = ['ignore', 'pipe', 'inherit'] as const;
        const host = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: [...stdio] });
        await once(host.stdout, 'data');
        expect(writersOf(path)).toHaveLength(1);
        host.kill('SIGKILL');
        await once(host, 'exit');
        await poll(() => writersOf(path).length === 0);
        expect(count()).toBe(0);
        file.exec('INSERT INTO t VALUES (2)');
      },
    );

    test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('goes on to the end of its batch at %s', async (signal) => {
      await session.transaction(async () => {
        await session.execute(statement('INSERT INTO t VALUES (1)'));
        execFileSync('kill', ['-s', signal.slice(3), String(writersOf(path)[0])]);
        await sleep(50);
        await session.execute(statement('INSERT INTO t VALUES (2)'));
      });
      expect(count()).toBe(2);
    });

    test('closes behind the statement that runs, and undoes what is not committed', async () => {
      const running = session.execute(statement(LONG));
      await sleep(1);
      await session.close();
      expect(await running).toBe(1_500_000);
      expect(count()).toBe(1_500_000);
      expect(writersOf(path)).toEqual([]);
      await expect(session.query(statement('SELECT 1'))).rejects.toMatchObject({ name: 'Problem' });

      session = await (await loadWriting('sqlite')).open(target(), 5_000);
      const work = async () => {
        await session.execute(statement('DELETE FROM t'));
        await session.close();
      };
      await expect(session.transaction(work)).rejects.toMatchObject({ name: 'Problem' });
      expect(count()).toBe(1_500_000);
    });

    test('without a write-ahead log, a reader makes a COMMIT busy, and that is undone', async () => {
      await session.close();
      file.pragma('journal_mode = DELETE');
      session = await (await loadWriting('sqlite')).open(target(), 5_000);
      file.exec('BEGIN');
      expect(count()).toBe(0);
      const write = () => session.transaction(() => session.execute(statement('INSERT INTO t VALUES (1)')));
      await expect(write()).rejects.toMatchObject({ name: 'Problem', kind: 'busy' });
      file.exec('COMMIT');
      expect(count()).toBe(0);
      await write();
      expect(count()).toBe(1);
    });

    test('keeps whole numbers whole in a column of texts', async () => {
      await session.execute(statement('CREATE TABLE texts (a text, b text)'));
      await session.execute(statement('INSERT INTO texts VALUES (?, ?)', [5, true]));
      expect(await session.query(statement('SELECT a, b FROM texts'))).toEqual([{ a: '5', b: '1' }]);
    });
  });

  describe.each(['DELETE', 'WAL'])('a full disk under SQLite with journal mode %s', (mode) => {
    test('is said, and the database stays whole and goes on', async ({ skip }) => {
      const disk = smallDisk('3m') ?? skip(NO_DISK);
      const path = join(disk, 'full.sqlite');
      const file = new Sqlite(path);
      file.pragma(`journal_mode = ${mode}`);
      file.exec(`CREATE TABLE t (n integer PRIMARY KEY, text);
        INSERT INTO t WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i, 'old' FROM n`);
      const session = await (await loadWriting('sqlite')).open({ engine: 'sqlite', path }, 5_000);
      const stubborn = session.transaction(async () => {
        await session.execute(statement("UPDATE t SET text = 'begun'"));
        await session.execute(statement('UPDATE t SET text = randomblob(9000)')).catch(() => 0);
        // Whatever SQLite undid by itself, this must not be committed alone.
        await session.execute(statement("INSERT INTO t VALUES (501, 'alone')")).catch(() => 0);
        await session.execute(statement('UPDATE t SET text = randomblob(9001)'));
      });
      await expect(stubborn).rejects.toMatchObject({ name: 'Problem', kind: 'full' });
      const texts = () => file.prepare('SELECT count(*) AS n, text FROM t GROUP BY text').all();
      expect(texts()).toEqual([{ n: 500, text: 'old' }]);
      expect(file.pragma('integrity_check', { simple: true })).toBe('ok');
      await session.transaction(() => session.execute(statement("UPDATE t SET text = 'new'")));
      expect(texts()).toEqual([{ n: 500, text: 'new' }]);
      await session.close();
      file.close();
    });
  });

  describe('rows of a SQLite table', () => {
    const stand = (options: StandOptions) => opened(sqlite, options);

    test('keep what they hold by its kind: a blob comes back a blob', async () => {
      const made = await stand({ types: { calcom_booking_id: 'varchar(20) NULL' }, rows: [{ id: 1 }] });
      await made.db.execute("UPDATE appointments SET calcom_v2_booking_id = x'313233'");
      const kinds = () =>
        made.db.execute(`SELECT typeof(calcom_booking_id) AS v1, typeof(calcom_v2_booking_id) AS v2, typeof(${BACKUP}) AS b
          FROM appointments`);
      expect(await made.change([move('1', '123')])).toBe(1);
      expect(await kinds()).toEqual([{ v1: 'text', v2: 'null', b: 'blob' }]);
      await made.db.execute('DELETE FROM apptop_ledger');
      expect(await made.change([undo(move('1', '123'))])).toBe(1);
      expect(await kinds()).toEqual([{ v1: 'null', v2: 'blob', b: 'null' }]);
    });

    test('never get a text of which a column of numbers would make another one', async () => {
      const texts = [
        '0123',
        ' 123',
        '1e3',
        '1.0',
        '+5',
        '-0',
        '9223372036854775808',
        '١٢٣',
        '123x',
        '-7',
        '9223372036854775807',
      ];
      const made = await stand({ rows: texts.map((_, index) => ({ id: index + 1, calcom_v2_booking_id: 'x' })) });
      const changes = texts.map(
        (text, index): RowChange => ({
          pk: String(index + 1),
          from: { v1: null, v2: 'x', backup: null },
          to: { v1: text, v2: null, backup: 'x' },
        }),
      );
      const refused: string[] = [];
      for (const change of changes) {
        const problem = await made.change([change]).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (problem === undefined) continue;
        expect(problem).toMatchObject({ name: 'Problem', kind: 'sql' });
        refused.push(change.to.v1 ?? '');
      }
      expect(refused).toEqual(texts.slice(0, 7));
      expect(await made.ledger()).toEqual(changes.slice(7));
      expect((await made.rows()).map(({ v1 }) => v1)).toEqual([...refused.map(() => null), ...texts.slice(7)]);
    });

    test('are compared byte for byte where a collation knows no case and no blank at the end', async () => {
      const made = await stand({
        types: {
          id: 'text COLLATE NOCASE PRIMARY KEY',
          calcom_booking_id: 'text',
          calcom_v2_booking_id: 'varchar COLLATE RTRIM',
        },
        rows: [
          { id: 'a', calcom_v2_booking_id: '12' },
          { id: 'b', calcom_v2_booking_id: '12 ' },
        ],
      });
      expect(await made.backUp(['A'])).toBe(0);
      expect(await made.change([move('A', '12'), move('b', '12'), move('a', '12 ')])).toBe(0);
      expect(await made.change([move('a', '12')])).toBe(1);
    });

    test('end in a NUL, or stand in a table without rowids', async () => {
      const texts = ['12\0', '12', '\0', ''];
      const made = await stand({ rows: [] });
      await made.db.execute('DROP TABLE appointments');
      await made.db.execute(`CREATE TABLE appointments (id bigint NOT NULL, calcom_booking_id text,
        calcom_v2_booking_id text, ${BACKUP} text, PRIMARY KEY (id DESC)) WITHOUT ROWID`);
      await sqlite.insert(
        made.db,
        'appointments',
        texts.map((text, id) => ({ id, calcom_v2_booking_id: text })),
      );
      const wrong = texts.map((_, index) => move(String(index), texts.at(index - 1) ?? ''));
      expect(await made.change(wrong)).toBe(0);
      const right = texts.map((text, index) => move(String(index), text));
      expect(await made.change(right)).toBe(4);
      expect((await made.rows()).map(({ v1 }) => v1)).toEqual(texts);
      expect(await made.ledger()).toEqual(right);
    });

    test('that share an id are not changed', async () => {
      const made = await stand({
        types: { id: 'integer' },
        rows: [1, 1].map((id) => ({ id, calcom_v2_booking_id: '5' })),
      });
      await expect(made.change([move('1', '5')])).rejects.toMatchObject({ name: 'Problem', kind: 'sql' });
      expect((await made.rows()).map(({ v2 }) => v2)).toEqual(['5', '5']);
    });

    test('lose a column that nothing else names', async () => {
      const made = await stand({ rows: [{ id: 1 }] });
      await made.db.execute(`CREATE INDEX kept ON appointments (${BACKUP})`);
      const drop = () => made.writing.dropColumn(made.session, made.table, BACKUP, false);
      await expect(drop()).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('kept') });
      await made.db.execute('DROP INDEX kept');
      await drop();
      await expect(made.column(BACKUP)).rejects.toThrow('no column');
    });
  });
}

const stands: Stand[] = [];
async function opened(engine: TestEngine, options: StandOptions): Promise<Stand> {
  const made = await Stand.open(engine, options);
  stands.push(made);
  return made;
}
afterEach(async () => {
  for (const made of stands.splice(0)) await made.close();
});
