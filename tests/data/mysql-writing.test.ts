import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { problemOfWriting } from '../../src/data/mysql/problems.ts';
import type { RowChange, WritingSession } from '../../src/data/writing.ts';
import { loadWriting } from '../../src/data/writing.ts';
import { ENGINES } from '../engines/engines.ts';
import { openMysql } from '../engines/mysql.ts';
import { startMysql, type ThrowAway } from '../engines/servers.ts';
import { severable } from '../engines/severable.ts';
import { targetOf, type Writer, withDatabase } from '../engines/writer.ts';
import { poll } from '../support.ts';
import { after, BACKUP, move, Stand, type StandOptions } from './writing-stand.ts';

describe('what a failed statement of a writing session is', () => {
  const target = targetOf('mysql', 'mysql://nobody@db.example:3306/shop');
  if (target.engine === 'sqlite') throw new Error('not a server');
  const kindOf = (errno: number | undefined, message = 'some words') =>
    problemOfWriting(Object.assign(new Error(message), { errno }), target, 60_000).kind;

  test.each([
    [1205, 'busy'],
    [1213, 'busy'],
    [1020, 'busy'],
    [1412, 'busy'],
    [1637, 'busy'],
    [3101, 'busy'],
    [1062, 'duplicate'],
    [1021, 'full'],
    [1114, 'full'],
    [1047, 'lost'],
    [2013, 'lost'],
    [undefined, 'lost'],
    [1290, 'refused'],
    [1665, 'refused'],
    [1845, 'refused'],
    [1969, 'timeout'],
    [1146, 'missing'],
    [1264, 'sql'],
  ])('%s: %s', (number, kind) => {
    expect(kindOf(number)).toBe(kind);
  });

  test('a file that could not be written is a full disk only when the server says so', () => {
    expect(kindOf(3, 'Error writing file \'/tmp/MLx\' (Errcode: 28 "No space left on device")')).toBe('full');
    expect(kindOf(1026, "Error writing file 'binlog' (errno: 28)")).toBe('full');
    expect(kindOf(3, 'Error writing file \'/tmp/MLx\' (Errcode: 5 "Input/output error")')).toBe('sql');
  });
});

for (const engine of ENGINES.filter(({ name }) => name === 'mysql')) {
  describe('writing to MySQL and MariaDB', () => {
    const open: Stand[] = [];
    const stand = async (options?: StandOptions): Promise<Stand> => {
      const made = await Stand.open(engine, options);
      open.push(made);
      return made;
    };
    afterEach(async () => {
      for (const made of open.splice(0)) await made.close();
    });

    test('the columns can have any character set, and numbers any declaration', async () => {
      const made = await stand({
        types: {
          id: 'decimal(30, 0) NOT NULL PRIMARY KEY',
          calcom_booking_id: 'int(10) unsigned zerofill NULL',
          calcom_v2_booking_id: 'varchar(255) CHARACTER SET latin1 NULL',
        },
        rows: [
          { id: '123456789012345678901', calcom_v2_booking_id: '42' },
          { id: '123456789012345678902', calcom_v2_booking_id: 'é\u00a0ü' },
        ],
      });
      const [first, second] = ['123456789012345678901', '123456789012345678902'];
      expect(await made.backUp([first])).toBe(1);
      const changes: RowChange[] = [
        { pk: first, from: { v1: null, v2: '42', backup: '42' }, to: { v1: '0000000042', v2: null, backup: '42' } },
        { pk: second, from: { v1: null, v2: 'é\u00a0ü', backup: null }, to: { v1: null, v2: 'ß', backup: 'é\u00a0ü' } },
      ];
      expect(await made.change(changes)).toBe(2);
      expect(await made.ledger()).toEqual(changes);
      expect(await made.rows()).toEqual(changes.map(after));
    });

    test('bytes that are no text are never taken for what a person reads there', async () => {
      const made = await stand({
        types: { calcom_v2_booking_id: 'varbinary(255) NULL' },
        rows: [
          { id: 1, calcom_v2_booking_id: Buffer.from([0x31, 0xff]) },
          { id: 2, calcom_v2_booking_id: '42 ' },
        ],
      });
      const [read] = await made.rows();
      expect(read?.v2).toBe('1?');
      expect(await made.change([move('1', '1?')])).toBe(0);
      expect(await made.ledger()).toEqual([]);
      expect(await made.change([{ ...move('2', '42 '), to: { v1: null, v2: 'ünï', backup: null } }])).toBe(1);
      expect((await made.rows())[1]).toEqual({ pk: '2', v1: null, v2: 'ünï', backup: null });
    });

    test('a time that is none stays in a column that the server would set', async () => {
      const made = await stand({
        types: { updated_at: "timestamp NOT NULL DEFAULT '2020-02-02 02:02:02' ON UPDATE CURRENT_TIMESTAMP" },
        rows: [{ id: 1, calcom_v2_booking_id: '42' }],
      });
      await made.db.execute("SET SESSION sql_mode = ''");
      await made.db.execute("UPDATE appointments SET updated_at = '0000-00-00 00:00:00'");
      expect(await made.change([move('1', '42')])).toBe(1);
      const [row] = await made.db.execute('SELECT updated_at FROM appointments');
      expect(row).toEqual({ updated_at: '0000-00-00 00:00:00' });
      expect((await made.column('updated_at')).default).toMatch(/2020.* on update current_timestamp/);
      expect((await made.column('created_at')).default).toBeNull();
    });

    test('a column of an index goes only when a copy is allowed, and comes back without one', async () => {
      const made = await stand({ rows: [{ id: 1, calcom_v2_booking_id: '42' }] });
      await made.db.execute(`CREATE INDEX by_backup ON appointments (${BACKUP})`);
      const { writing, session, table } = made;
      await expect(writing.dropColumn(session, table, BACKUP, false)).rejects.toMatchObject({
        kind: 'refused',
        remedy: expect.stringContaining('copy'),
      });
      await writing.dropColumn(session, table, BACKUP, true);
      await writing.addBackupColumn(session, table, await made.column('calcom_v2_booking_id'), BACKUP);
      await writing.dropColumn(session, table, BACKUP, false);
      await expect(made.column(BACKUP)).rejects.toThrow('no column');
    });

    test('a compressed table gets its backup column too, with the character set of the ids', async () => {
      const made = await stand({
        withoutBackup: true,
        types: { calcom_v2_booking_id: 'varchar(90) CHARACTER SET latin1 COLLATE latin1_bin NULL' },
        rows: [{ id: 1, calcom_v2_booking_id: '42' }],
      });
      await made.db.execute('ALTER TABLE appointments ROW_FORMAT=COMPRESSED');
      const v2 = await made.column('calcom_v2_booking_id');
      await made.writing.addBackupColumn(made.session, made.table, v2, BACKUP);
      expect(await made.column(BACKUP)).toMatchObject({ type: 'varchar(90)', collation: 'latin1_bin', nullable: true });
    });

    test('what else follows an update is told, and what the account may not see', async () => {
      const made = await stand();
      await made.db.execute(`CREATE TABLE followers (v1 bigint unsigned,
        FOREIGN KEY (v1) REFERENCES appointments (calcom_booking_id) ON UPDATE CASCADE)`);
      await made.db.execute('ALTER TABLE appointments ADD seen_at timestamp NULL ON UPDATE CURRENT_TIMESTAMP');
      await made.db.execute('ALTER TABLE appointments ADD also_at timestamp NULL ON UPDATE CURRENT_TIMESTAMP');
      const lines = await made.writing.sideEffects(made.connection, made.table);
      expect(lines).toEqual([
        expect.stringContaining('also_at'),
        expect.stringMatching(/^foreign key .* of followers: on update of calcom_booking_id CASCADE$/),
      ]);
      const { target } = made.db;
      if (target.engine === 'sqlite') throw new Error('not a server');
      await made.db.execute("CREATE USER blind@'%' IDENTIFIED BY 'throw-away'");
      await made.db.execute(`GRANT SELECT ON \`${target.database}\`.* TO blind@'%'`);
      const blind = await engine.connect({ ...target, user: 'blind' });
      expect(await made.writing.sideEffects(blind, made.table)).toContainEqual(
        expect.stringContaining('GRANT TRIGGER'),
      );
      expect((await made.writing.load(blind, made.product.dialect)).runningThreads).toBeGreaterThanOrEqual(0);
      await blind.close();
      await made.db.execute("DROP USER blind@'%'");
    });

    test('rows stay what they were found to be, whoever comes between two statements of a batch', async () => {
      const made = await stand({
        rows: ['1001', 'uid_of_2'].map((v2, index) => ({ id: index + 1, calcom_v2_booking_id: v2 })),
      });
      const { session, db } = made;
      await db.execute('SET SESSION innodb_lock_wait_timeout = 0');
      const seen: string[] = [];
      const refused = (sql: string) => expect(db.execute(sql)).rejects.toThrow('Lock wait timeout');
      /** Somebody else, after each kind of statement. */
      const meanwhile: Readonly<Record<string, () => Promise<unknown>>> = {
        INSERT: async () => {
          await refused("UPDATE appointments SET calcom_v2_booking_id = 'uid_of_1' WHERE id = 1");
          // One comes to be what was read, and another one appears.
          await db.execute("UPDATE appointments SET calcom_v2_booking_id = '1002' WHERE id = 2");
          await engine.insert(db, 'appointments', [{ id: 3, calcom_v2_booking_id: '1003' }]);
        },
        SELECT: () => refused('DELETE FROM appointments WHERE id = 1'),
      };
      const watch = async <Answer>(sql: string, answer: Promise<Answer>): Promise<Answer> => {
        const result = await answer;
        if (sql.includes('information_schema')) return result;
        const [kind = ''] = /^\w+/.exec(sql) ?? [];
        seen.push(kind);
        await meanwhile[kind]?.();
        return result;
      };
      const watched: WritingSession = {
        server: session.server,
        instance: session.instance,
        clustered: session.clustered,
        query: (statement) => watch(statement.sql, session.query(statement)),
        execute: (statement) => watch(statement.sql, session.execute(statement)),
        transaction: (work) => session.transaction(work),
        close: () => session.close(),
      };
      const changes = ['1001', '1002', '1003'].map((v2, index) => move(String(index + 1), v2));
      expect(await made.change(changes, { session: watched })).toBe(1);
      expect(seen).toEqual(['INSERT', 'SELECT', 'UPDATE']);
      expect((await made.ledger()).map(({ pk }) => pk)).toEqual(['1']);
      expect(await made.rows()).toEqual([
        { pk: '1', v1: '1001', v2: null, backup: '1001' },
        { pk: '2', v1: null, v2: '1002', backup: null },
        { pk: '3', v1: null, v2: '1003', backup: null },
      ]);
    });

    test('statements that several ask for at once run one after the other', async () => {
      const { session } = await stand({ rows: [{ id: 1 }] });
      const add = { sql: 'UPDATE appointments SET company_id = COALESCE(company_id, 0) + 1', parameters: [] };
      await session.transaction(() => Promise.all(Array.from({ length: 20 }, () => session.execute(add))));
      expect(await session.query({ sql: 'SELECT company_id AS n FROM appointments', parameters: [] })).toEqual([
        { n: '20' },
      ]);
    });
  });

  describe('writing to a server that is set up in its own way', () => {
    let server: ThrowAway | undefined;
    let writer: Writer;

    beforeAll(async () => {
      server = await startMysql();
      if (server === undefined) return;
      writer = await openMysql(server.url);
      await writer.execute('CREATE DATABASE shop');
      await writer.execute('CREATE TABLE shop.numbers (n tinyint)');
    });
    afterAll(async () => {
      await writer?.close();
      await server?.stop();
    });

    const session = async (url: string) =>
      (await loadWriting('mysql')).open(targetOf('mysql', withDatabase(url, 'shop')), 5_000);

    test('settings of all sessions do not change what a writing one does', async ({ skip }) => {
      const url = server?.url ?? skip();
      const [{ version = '' } = {}] = await writer.execute('SELECT VERSION() AS version');
      const mariadb = /mariadb/i.test(version ?? '');
      const globals: Readonly<Record<string, string>> = {
        sql_mode: "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
        autocommit: '0',
        completion_type: "'CHAIN'",
        sql_safe_updates: '1',
        [mariadb ? 'tx_read_only' : 'transaction_read_only']: '1',
        [mariadb ? 'tx_isolation' : 'transaction_isolation']: "'SERIALIZABLE'",
        ...(mariadb && { max_statement_time: '0.000001' }),
        time_zone: "'+05:00'",
      };
      for (const [name, value] of Object.entries(globals)) await writer.execute(`SET GLOBAL ${name} = ${value}`);
      try {
        const writing = await session(url);
        await writing.execute({ sql: 'INSERT INTO numbers VALUES (1)', parameters: [] });
        await writing.transaction(() => writing.execute({ sql: 'UPDATE numbers SET n = ?', parameters: ['2'] }));
        await expect(writing.execute({ sql: 'UPDATE numbers SET n = 300', parameters: [] })).rejects.toMatchObject({
          kind: 'sql',
        });
        expect(await writer.execute('SELECT n FROM shop.numbers')).toEqual([{ n: '2' }]);
        expect(await writing.query({ sql: 'SELECT ? AS text', parameters: ['\'\\"'] })).toEqual([{ text: '\'\\"' }]);
        await writing.close();
      } finally {
        for (const name of Object.keys(globals)) await writer.execute(`SET GLOBAL ${name} = DEFAULT`);
      }
    });

    test('a server that is set to read only is refused, and one that becomes it says so', async ({ skip }) => {
      const url = server?.url ?? skip();
      await writer.execute("CREATE USER lowly@'%' IDENTIFIED BY 'throw-away'");
      await writer.execute("GRANT ALL ON shop.* TO lowly@'%'");
      const lowly = new URL(url);
      lowly.username = 'lowly';
      const writing = await session(lowly.href);
      await writer.execute('SET GLOBAL read_only = 1');
      try {
        await expect(session(url)).rejects.toMatchObject({
          name: 'Problem',
          kind: 'refused',
          message: expect.stringContaining('read_only'),
          remedy: expect.stringContaining('primary'),
        });
        await expect(writing.execute({ sql: 'UPDATE numbers SET n = 3', parameters: [] })).rejects.toMatchObject({
          kind: 'refused',
          remedy: expect.stringContaining('primary'),
        });
      } finally {
        await writer.execute('SET GLOBAL read_only = 0');
        await writing.close();
      }
    });

    test('a COMMIT that has to wait is busy and undone, and lost when the connection breaks meanwhile', async ({
      skip,
    }) => {
      const url = server?.url ?? skip();
      const target = targetOf('mysql', withDatabase(url, 'shop'));
      if (target.engine === 'sqlite') throw new Error('not a server');
      const way = await severable(target);
      const writing = await (await loadWriting('mysql')).open(way.target, 5_000);
      const locking = await openMysql(url);
      await writer.execute('DELETE FROM shop.numbers');
      const adding = (meanwhile: () => Promise<unknown>) =>
        writing.transaction(async () => {
          await writing.execute({ sql: 'INSERT INTO numbers VALUES (1)', parameters: [] });
          // As a dump does.
          await locking.execute('FLUSH TABLES WITH READ LOCK');
          await meanwhile();
        });
      await expect(adding(() => Promise.resolve())).rejects.toMatchObject({ name: 'Problem', kind: 'busy' });
      await locking.execute('UNLOCK TABLES');
      expect(await writer.execute('SELECT n FROM shop.numbers')).toEqual([]);

      const lost = adding(() => Promise.resolve()).catch((problem: unknown) => problem);
      await poll(async () => {
        const waiting = await writer.execute("SELECT 1 FROM information_schema.processlist WHERE info = 'COMMIT'");
        return waiting.length > 0;
      });
      way.sever();
      expect(await lost).toMatchObject({ name: 'Problem', kind: 'lost' });
      await locking.close();
      await writing.close();
    });

    test('long texts go in statements that the smallest server takes', async ({ skip }) => {
      const url = server?.url ?? skip();
      await writer.execute('SET GLOBAL max_allowed_packet = 1048576');
      const made = await Stand.open({ ...engine, database: (name = 'packets') => ownDatabase(url, name) }, {});
      try {
        const text = '\\'.repeat(255);
        await made.db.execute(
          `INSERT INTO appointments (id, calcom_v2_booking_id) SELECT seq, REPEAT('\\\\', 255) FROM seq_1_to_3000`,
        );
        const changes = Array.from(
          { length: 3_000 },
          (_, index): RowChange => ({
            pk: String(index + 1),
            from: { v1: null, v2: text, backup: null },
            to: { v1: null, v2: null, backup: text },
          }),
        );
        expect(await made.change(changes)).toBe(3_000);
        expect(await made.ledger()).toHaveLength(3_000);
      } finally {
        await made.close();
        await writer.execute('SET GLOBAL max_allowed_packet = DEFAULT');
      }
    });
  });
}

async function ownDatabase(url: string, name: string) {
  const writer = await openMysql(url);
  await writer.execute(`CREATE DATABASE ${name}`);
  await writer.execute(`USE ${name}`);
  const own = withDatabase(url, name);
  return {
    target: targetOf('mysql', own),
    url: own,
    execute: writer.execute,
    drop: () => writer.close(),
  };
}
