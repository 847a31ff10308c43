import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import type { RowChange } from '../../src/data/writing.ts';
import { ENGINES, type TestEngine } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { after, BACKUP, type IdRow, move, RUN, Stand, type StandOptions, undo, whenFree } from './writing-stand.ts';

interface Words {
  /** The session's time zone, and how the engine calls UTC; undefined where sessions have none. */
  readonly zone: readonly [query: string, utc: string] | undefined;
  /** An update of a value that does not fit; undefined where everything does. */
  readonly unfit: string | undefined;
  /** A statement in an open transaction that keeps the table's definition as it is. */
  readonly holdsDefinition: string;
  /** The largest id of the field's `bigint`. */
  readonly largest: string;
  /** A trigger `on_move` on updates of the appointments. */
  readonly trigger: readonly string[];
}

const WORDS: Readonly<Record<TestEngine['name'], Words>> = {
  sqlite: {
    zone: undefined,
    unfit: undefined,
    holdsDefinition: "UPDATE appointments SET status = 'held'",
    largest: '9223372036854775807',
    trigger: [
      "CREATE TRIGGER on_move AFTER UPDATE ON appointments BEGIN UPDATE appointments SET status = 'seen' WHERE id = NEW.id; END",
    ],
  },
  mysql: {
    zone: ['SELECT @@session.time_zone AS zone', '+00:00'],
    unfit: "UPDATE appointments SET sync_error_code = REPEAT('x', 51)",
    holdsDefinition: 'SELECT * FROM appointments',
    largest: '18446744073709551615',
    trigger: ["CREATE TRIGGER on_move BEFORE UPDATE ON appointments FOR EACH ROW SET NEW.status = 'seen'"],
  },
  postgres: {
    zone: ["SELECT current_setting('TimeZone') AS zone", 'UTC'],
    unfit: "UPDATE appointments SET sync_error_code = repeat('x', 51)",
    holdsDefinition: 'SELECT * FROM appointments',
    largest: '9223372036854775807',
    trigger: [
      "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.status = 'seen'; RETURN NEW; END $$",
      'CREATE TRIGGER on_move BEFORE UPDATE ON appointments FOR EACH ROW EXECUTE FUNCTION see()',
    ],
  },
};

/** Texts that are 123 to a careless comparison, or mean something to SQL, a driver or a terminal. */
const HOSTILE = [
  '',
  ' ',
  '123 ',
  '123\n',
  '１２３',
  '0123',
  'abc',
  'ABC',
  'ábc',
  'abc ',
  "'; DROP TABLE appointments; --",
  '\\',
  "\\'",
  '"`$1?',
  '%_',
  '\u001b[2J',
  '\u0001\t\r',
  '😀𝒳',
  '{"a": [null]}',
  'x'.repeat(255),
];

for (const engine of ENGINES) {
  describe(`writing to ${engine.name}`, () => {
    const words = WORDS[engine.name];
    const open: Stand[] = [];
    const stand = async (options?: StandOptions): Promise<Stand> => {
      const made = await Stand.open(engine, options);
      open.push(made);
      return made;
    };
    afterEach(async () => {
      for (const made of open.splice(0)) await made.close();
    });

    /** Rows 1 to `count`, each with a V1 id in its V2 column. */
    const misplaced = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ id: index + 1, calcom_v2_booking_id: String(1_001 + index) }));
    const moves = (count: number): RowChange[] =>
      Array.from({ length: count }, (_, index) => move(String(index + 1), String(1_001 + index)));
    const asRead = (change: RowChange): IdRow => ({ pk: change.pk, ...change.from });

    describe('a session', () => {
      const statement = (sql: string, parameters: readonly unknown[] = []) => ({ sql, parameters });

      test('says where it is', async () => {
        const { session, db, writing, product } = await stand();
        const other = await writing.open(db.target, 5_000);
        expect(session.server).toMatchObject({ product: expect.stringMatching(/\w/), role: other.server.role });
        expect(session.instance).toMatch(/\w/);
        expect(other.instance).toBe(session.instance);
        expect(session.clustered).toBe(false);
        await other.close();
        const [clock] = await session.query(product.dialect.compile(sql`SELECT ${product.dialect.now()} AS now`));
        expect(Math.abs(Number(clock?.['now']) - Date.now() / 1_000)).toBeLessThan(60);
      });

      test.runIf(words.zone)('is in UTC', async () => {
        const { session } = await stand();
        const [query, utc] = words.zone ?? ['', ''];
        expect(await session.query(statement(query))).toEqual([{ zone: utc }]);
      });

      test.runIf(words.unfit)('never cuts a value that does not fit', async () => {
        const { session, db } = await stand({ rows: misplaced(1) });
        await expect(session.execute(statement(words.unfit ?? ''))).rejects.toMatchObject({ kind: 'sql' });
        expect(await db.execute('SELECT sync_error_code FROM appointments')).toEqual([{ sync_error_code: null }]);
      });

      test('counts the rows that it found, also where nothing changed in them', async () => {
        const { session } = await stand({ rows: misplaced(3) });
        const update = statement("UPDATE appointments SET status = 'x' WHERE id <= 2");
        expect(await session.execute(update)).toBe(2);
        expect(await session.execute(update)).toBe(2);
        expect(await session.execute(statement('DELETE FROM appointments WHERE id > 3'))).toBe(0);
        expect(await session.query(statement('SELECT status FROM appointments WHERE id <= 2'))).toEqual([
          { status: 'x' },
          { status: 'x' },
        ]);
      });

      test('commits what succeeds, reads its own writes, and undoes what fails', async () => {
        const { session, db } = await stand({ rows: misplaced(1) });
        const status = () => db.execute('SELECT status FROM appointments');
        const answer = await session.transaction(async () => {
          await session.execute(statement("UPDATE appointments SET status = 'one'"));
          expect(await status()).toEqual([{ status: null }]);
          return session.query(statement('SELECT status FROM appointments'));
        });
        expect(answer).toEqual([{ status: 'one' }]);
        expect(await status()).toEqual([{ status: 'one' }]);

        const failing = session.transaction(async () => {
          await session.execute(statement("UPDATE appointments SET status = 'two'"));
          throw new Error('on purpose');
        });
        await expect(failing).rejects.toThrow('on purpose');
        const wrong = session.transaction(async () => {
          await session.execute(statement("UPDATE appointments SET status = 'three'"));
          await session.execute(statement('UPDATE no_such_table SET status = 1'));
        });
        await expect(wrong).rejects.toMatchObject({ name: 'Problem', kind: 'missing' });
        expect(await status()).toEqual([{ status: 'one' }]);
        expect(await session.execute(statement("UPDATE appointments SET status = 'four'"))).toBe(1);
        expect(await status()).toEqual([{ status: 'four' }]);
      });

      test('a row that somebody holds is busy after a short wait, the transaction is undone, and may be tried again', async () => {
        const { session, db } = await stand({ rows: misplaced(2) });
        await db.execute('BEGIN');
        await db.execute("UPDATE appointments SET status = 'held' WHERE id = 2");
        const work = () =>
          session.transaction(async () => {
            await session.execute(statement("UPDATE appointments SET status = 'ours' WHERE id = 1"));
            await session.execute(statement("UPDATE appointments SET status = 'ours' WHERE id = 2"));
          });
        const began = performance.now();
        await expect(work()).rejects.toMatchObject({ name: 'Problem', kind: 'busy' });
        expect(performance.now() - began).toBeLessThan(9_000);
        await db.execute('COMMIT');
        expect(await db.execute('SELECT status FROM appointments ORDER BY id')).toEqual([
          { status: null },
          { status: 'held' },
        ]);
        await work();
        expect(await db.execute('SELECT status FROM appointments')).toEqual([{ status: 'ours' }, { status: 'ours' }]);
      });

      test('work that goes on after its transaction was undone writes nothing', async () => {
        const { session, db } = await stand({ rows: misplaced(2) });
        await db.execute('BEGIN');
        await db.execute("UPDATE appointments SET status = 'held' WHERE id = 2");
        const stubborn = session.transaction(async () => {
          await session.execute(statement("UPDATE appointments SET status = 'ours' WHERE id = 2")).catch(() => 0);
          await session.execute(statement("UPDATE appointments SET status = 'ours' WHERE id = 1")).catch(() => 0);
        });
        await expect(stubborn).rejects.toMatchObject({ kind: 'busy' });
        await db.execute('ROLLBACK');
        expect(await db.execute('SELECT status FROM appointments')).toEqual([{ status: null }, { status: null }]);
      });

      test.runIf(engine.sever)('that the server ends is lost, and nothing of its transaction stays', async () => {
        const { session, db } = await stand({ rows: misplaced(1) });
        const lost = session.transaction(async () => {
          await session.execute(statement("UPDATE appointments SET status = 'ours'"));
          await engine.sever?.(db);
        });
        await expect(lost).rejects.toMatchObject({ name: 'Problem', kind: 'lost' });
        await expect(session.query(statement('SELECT 1 AS one'))).rejects.toMatchObject({ kind: 'lost' });
        await poll(async () => (await db.execute("UPDATE appointments SET source = 'free'")) !== undefined);
        expect(await db.execute('SELECT status FROM appointments')).toEqual([{ status: null }]);
      });

      test('can create the state tables again', async () => {
        const made = await stand();
        await made.createStateTables();
        expect(await made.ledger()).toEqual([]);
      });
    });

    describe('rows of a change', () => {
      test('change, with a line of the ledger for each, and back', async () => {
        const made = await stand({ rows: misplaced(5) });
        const changes = moves(4);
        expect(await made.change(changes)).toBe(4);
        expect(await made.rows()).toEqual([...changes.map(after), { pk: '5', v1: null, v2: '1005', backup: null }]);
        expect(await made.ledger()).toEqual(changes);
        await made.db.execute('DELETE FROM apptop_ledger');
        expect(await made.change(changes.map(undo))).toBe(4);
        expect(await made.rows()).toEqual(moves(5).map(asRead));
        expect(await made.ledger()).toEqual(changes.map(undo));
      });

      test('none is no change', async () => {
        const made = await stand({ rows: misplaced(1) });
        expect(await made.change([])).toBe(0);
        expect(await made.backUp([])).toBe(0);
        expect(await made.ledger()).toEqual([]);
      });

      test('that somebody changed or deleted since stay as they are and leave no line', async () => {
        const made = await stand({ rows: misplaced(6) });
        const changes = moves(6);
        // The last one into just what the change would make of it.
        await made.db.execute("UPDATE appointments SET calcom_v2_booking_id = 'uid_of_2' WHERE id = 2");
        await made.db.execute('UPDATE appointments SET calcom_booking_id = 9 WHERE id = 3');
        await made.db.execute(`UPDATE appointments SET ${engine.quoted(BACKUP)} = '' WHERE id = 4`);
        await made.db.execute('DELETE FROM appointments WHERE id = 5');
        await made.db.execute(
          `UPDATE appointments SET calcom_booking_id = 1006, calcom_v2_booking_id = NULL, ${engine.quoted(BACKUP)} = '1006' WHERE id = 6`,
        );
        expect(await made.change(changes)).toBe(1);
        expect(await made.rows()).toEqual([
          { pk: '1', v1: '1001', v2: null, backup: '1001' },
          { pk: '2', v1: null, v2: 'uid_of_2', backup: null },
          { pk: '3', v1: '9', v2: '1003', backup: null },
          { pk: '4', v1: null, v2: '1004', backup: '' },
          { pk: '6', v1: '1006', v2: null, backup: '1006' },
        ]);
        expect(await made.ledger()).toEqual(changes.slice(0, 1));
      });

      test('that somebody changes while the change waits for them stay as they made them', async () => {
        const made = await stand({ rows: misplaced(3) });
        await made.db.execute('BEGIN');
        await made.db.execute("UPDATE appointments SET calcom_v2_booking_id = 'new_uid_2' WHERE id = 2");
        const changing = made.changeWhenFree(moves(3));
        // Long enough to be waiting; the outcome is the same when it is not yet.
        await sleep(150);
        await made.db.execute('COMMIT');
        expect(await changing).toBe(2);
        expect((await made.ledger()).map(({ pk }) => pk)).toEqual(['1', '3']);
        expect((await made.rows())[1]).toEqual({ pk: '2', v1: null, v2: 'new_uid_2', backup: null });
      });

      test('that somebody holds make all busy, and nothing is half done', async () => {
        const made = await stand({ rows: misplaced(3) });
        await made.db.execute('BEGIN');
        await made.db.execute("UPDATE appointments SET status = 'held' WHERE id = 2");
        await expect(made.change(moves(3))).rejects.toMatchObject({ kind: 'busy' });
        expect(await made.ledger()).toEqual([]);
        await made.db.execute('COMMIT');
        expect(await made.rows()).toEqual(moves(3).map(asRead));
        expect(await made.change(moves(3))).toBe(3);
        expect(await made.ledger()).toEqual(moves(3));
      });

      test.runIf(engine.sever).each([3, 100, 1_000])(
        'are not kept by the one of %i that somebody holds beside them',
        async (count) => {
          const made = await stand({ rows: misplaced(count) });
          const middle = Math.ceil(count / 2);
          await made.db.execute('BEGIN');
          await made.db.execute(`UPDATE appointments SET status = 'held' WHERE id = ${middle}`);
          const others = moves(count).filter(({ pk }) => pk !== String(middle));
          expect(await made.backUp(others.map(({ pk }) => pk))).toBe(count - 1);
          await made.db.execute('ROLLBACK');
          await made.db.execute(`UPDATE appointments SET ${engine.quoted(BACKUP)} = NULL`);
          await made.db.execute('BEGIN');
          await made.db.execute(`UPDATE appointments SET status = 'held' WHERE id = ${middle}`);
          expect(await made.change(others)).toBe(count - 1);
          await made.db.execute('ROLLBACK');
        },
      );

      test('two sessions that change the same rows change each once', async () => {
        const made = await stand({ rows: misplaced(300) });
        const other = await made.writing.open(made.db.target, 5_000);
        const first = whenFree(() => made.change(moves(300)));
        const second = whenFree(() => made.change(moves(300).reverse(), { session: other, run: RUN + 1 }));
        expect((await first) + (await second)).toBe(300);
        const lines = [...(await made.ledger()), ...(await made.ledger(RUN + 1))];
        expect(lines.sort((a, b) => Number(a.pk) - Number(b.pk))).toEqual(moves(300));
        expect(await made.rows()).toEqual(moves(300).map(after));
        await other.close();
      });

      test('are found by an id beyond 2^53, and by no other', async () => {
        const ids = ['9007199254740992', '9007199254740993', words.largest];
        const made = await stand({
          rows: ids.map((id) => ({ id, calcom_v2_booking_id: '7' })),
          types: { calcom_booking_id: 'varchar(255) NULL' },
        });
        const changes = ids.slice(1).map((id) => move(id, '7'));
        expect(await made.change([...changes, move('9007199254740994', '7'), move('7', '7')])).toBe(2);
        expect(await made.ledger()).toEqual(changes);
        expect((await made.rows())[0]).toEqual({ pk: ids[0], v1: null, v2: '7', backup: null });
      });

      test('V1 ids beyond 2^53 count to the last digit', async () => {
        const ids = ['9007199254740992', '9007199254740993', words.largest];
        const made = await stand({ rows: ids.map((v1, index) => ({ id: index + 1, calcom_booking_id: v1 })) });
        const backwards = (pk: string, v1: string): RowChange => ({
          pk,
          from: { v1, v2: null, backup: null },
          to: { v1: null, v2: v1, backup: null },
        });
        const wrong = [backwards('1', '9007199254740993'), backwards('2', '9007199254740992')];
        expect(await made.change(wrong)).toBe(0);
        const right = ids.map((v1, index) => backwards(String(index + 1), v1));
        expect(await made.change(right)).toBe(3);
        expect(await made.rows()).toEqual(right.map(after));
        await made.db.execute('DELETE FROM apptop_ledger');
        expect(await made.change(right.map(undo))).toBe(3);
        expect(await made.rows()).toEqual(right.map(asRead));
      });

      test('texts are compared and kept byte for byte, in a V1 column of texts too', async () => {
        const made = await stand({
          types: { calcom_booking_id: 'varchar(255) NULL' },
          rows: HOSTILE.map((text, index) => ({ id: index + 1, calcom_v2_booking_id: text, calcom_booking_id: text })),
        });
        const change = (text: string, index: number): RowChange => ({
          pk: String(index + 1),
          from: { v1: text, v2: text, backup: null },
          to: { v1: null, v2: [...text].slice(1).join(''), backup: text },
        });
        // Each row, taken for holding its neighbour's text.
        const neighbours = HOSTILE.map((_, index) => HOSTILE.at(index - 1) ?? '').map(change);
        expect(await made.change(neighbours)).toBe(0);
        expect(await made.ledger()).toEqual([]);
        const changes = HOSTILE.map(change);
        expect(await made.change(changes)).toBe(HOSTILE.length);
        expect(await made.rows()).toEqual(changes.map(after));
        expect(await made.ledger()).toEqual(changes);
        await made.db.execute('DELETE FROM apptop_ledger');
        expect(await made.change(changes.map(undo))).toBe(HOSTILE.length);
        expect(await made.rows()).toEqual(changes.map(asRead));
      });

      test('get what no column of theirs has, or what columns have of each other, many of them too', async () => {
        const texts = { calcom_booking_id: 'varchar(255) NULL' };
        const ids = Array.from({ length: 250 }, (_, index) => index + 1);
        const made = await stand({
          types: texts,
          rows: ids.map((id) => ({ id, calcom_booking_id: `a${id}`, calcom_v2_booking_id: `b${id}` })),
        });
        const changes = ids.map((id): RowChange => {
          const from = { v1: `a${id}`, v2: `b${id}`, backup: null };
          const swapped = { v1: `b${id}`, v2: `a${id}`, backup: `b${id}` };
          return {
            pk: String(id),
            from,
            to: id % 10 === 0 ? swapped : { v1: `c${id}`, v2: `d${id}`, backup: `c${id}` },
          };
        });
        expect(await made.change(changes)).toBe(250);
        expect(await made.rows()).toEqual(changes.map(after));
        const lines = await made.ledger();
        expect([...lines].sort((a, b) => Number(a.pk) - Number(b.pk))).toEqual(changes);
        await made.db.execute('DELETE FROM apptop_ledger');
        expect(await made.change(changes.map(undo))).toBe(250);
        expect(await made.rows()).toEqual(changes.map(asRead));
      });

      test('are told apart where the id and the value of one make the same text as those of another', async () => {
        const made = await stand({
          types: { id: 'varchar(36) NOT NULL PRIMARY KEY' },
          rows: [
            { id: '1', calcom_v2_booking_id: '123' },
            { id: '11', calcom_v2_booking_id: '23' },
          ],
        });
        expect(await made.change([move('1', '999'), move('11', '23')])).toBe(1);
        expect(await made.rows()).toEqual([
          { pk: '1', v1: null, v2: '123', backup: null },
          { pk: '11', v1: '23', v2: null, backup: '23' },
        ]);
      });

      test('can have texts for ids', async () => {
        const ids = [
          '0b6d1e3c-5a0e-4f7a-9c1d-000000000001',
          'B6D1E3C0-5A0E-4F7A-9C1D-00000000000A',
          'short',
          "o'clock \\",
        ];
        const made = await stand({
          types: { id: 'char(36) NOT NULL PRIMARY KEY' },
          rows: ids.map((id) => ({ id, calcom_v2_booking_id: '123' })),
        });
        const trimmed = (row: IdRow): IdRow => ({ ...row, pk: row.pk.trimEnd() });
        const changes = ids.map((id) => move(id, '123')).sort((a, b) => (a.pk < b.pk ? -1 : 1));
        expect(await made.backUp(['SHORT', 'ｓhort'])).toBe(0);
        expect(await made.change([move('b6d1e3c0-5a0e-4f7a-9c1d-00000000000a', '123')])).toBe(0);
        expect(await made.ledger()).toEqual([]);
        expect(await made.change(changes)).toBe(4);
        expect((await made.rows()).map(trimmed)).toEqual(changes.map(after));
        expect((await made.ledger()).map((line) => ({ ...line, pk: line.pk.trimEnd() }))).toEqual(changes);
      });

      test.each(['calcom_booking_id', 'calcom_v2_booking_id'])(
        'a unique %s refuses all, and nothing is half done',
        async (name) => {
          const made = await stand({ rows: [...misplaced(3), { id: 4, calcom_booking_id: 1002 }] });
          await made.db.execute(`CREATE UNIQUE INDEX only_once ON appointments (${name})`);
          const clash: RowChange =
            name === 'calcom_booking_id'
              ? move('2', '1002')
              : { pk: '2', from: { v1: null, v2: '1002', backup: null }, to: { v1: null, v2: '1003', backup: null } };
          const before = await made.rows();
          await expect(made.change([move('1', '1001'), clash])).rejects.toMatchObject({
            name: 'Problem',
            kind: 'duplicate',
          });
          expect(await made.rows()).toEqual(before);
          expect(await made.ledger()).toEqual([]);
          expect(await made.change([move('1', '1001')])).toBe(1);
        },
      );

      test.runIf(words.unfit)('a value that does not fit fails the whole, and is never cut', async () => {
        const made = await stand({ rows: misplaced(2) });
        const uid: RowChange = {
          pk: '2',
          from: { v1: null, v2: '1002', backup: null },
          to: { v1: '12x', v2: null, backup: '1002' },
        };
        await expect(made.change([move('1', '1001'), uid])).rejects.toMatchObject({ kind: 'sql' });
        await expect(
          made.change([move('1', '1001'), { ...uid, to: { v1: null, v2: 'x'.repeat(256), backup: null } }]),
        ).rejects.toMatchObject({ kind: 'sql' });
        expect(await made.rows()).toEqual(moves(2).map(asRead));
        expect(await made.ledger()).toEqual([]);
      });

      test('keep updated_at as it was, also where the server would set it', async () => {
        const automatic = engine.name === 'mysql';
        const made = await stand({
          types: automatic
            ? { updated_at: 'timestamp NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP' }
            : {},
          rows: misplaced(3).map((row) => ({ ...row, updated_at: '2020-02-02 02:02:02' })),
        });
        expect((await made.idColumns()).touched?.name).toBe(automatic ? 'updated_at' : undefined);
        expect(await made.backUp(['3'])).toBe(1);
        expect(await made.change(moves(2))).toBe(2);
        const rows = await made.db.execute('SELECT DISTINCT updated_at FROM appointments');
        expect(rows).toEqual([{ updated_at: '2020-02-02 02:02:02' }]);
      });

      test('5,000 at once, some of them gone', async () => {
        const made = await stand({ rows: misplaced(5_000) });
        await made.db.execute('UPDATE appointments SET calcom_v2_booking_id = NULL WHERE id IN (1, 2500, 5000)');
        const left = moves(5_000).filter(({ pk }) => !['1', '2500', '5000'].includes(pk));
        expect(await made.change(moves(5_000))).toBe(4_997);
        expect(await made.ledger()).toEqual(left);
        const changed = (await made.rows()).filter(({ v1 }) => v1 !== null);
        expect(changed).toEqual(left.map(after));
      });
    });

    test('backing up copies what is not empty to where it is empty', async () => {
      const made = await stand({
        rows: [...misplaced(3), { id: 4, calcom_v2_booking_id: 'other', [BACKUP]: '' }, { id: 5 }],
      });
      expect(await made.backUp(['1', '3', '4', '5', '99', 'nonsense'])).toBe(2);
      expect((await made.rows()).map(({ v2, backup }) => [v2, backup])).toEqual([
        ['1001', '1001'],
        ['1002', null],
        ['1003', '1003'],
        ['other', ''],
        [null, null],
      ]);
      expect(await made.backUp(['1', '2'])).toBe(1);
    });

    describe('the backup column', () => {
      const added = async (made: Stand) =>
        made.writing.addBackupColumn(made.session, made.table, await made.column('calcom_v2_booking_id'), BACKUP);

      test('comes with the type of the V2 column, nullable and empty, and goes again', async () => {
        const made = await stand({ withoutBackup: true, rows: misplaced(3) });
        await added(made);
        const [v2, backup] = [await made.column('calcom_v2_booking_id'), await made.column(BACKUP)];
        expect(backup).toMatchObject({ type: v2.type, kind: v2.kind, nullable: true });
        expect(await made.rows()).toEqual(moves(3).map(asRead));
        await expect(added(made)).rejects.toMatchObject({ name: 'Problem' });
        expect(await made.change(moves(3))).toBe(3);
        await made.writing.dropColumn(made.session, made.table, BACKUP, true);
        await expect(made.column(BACKUP)).rejects.toThrow('no column');
        expect(await made.db.execute('SELECT SUM(calcom_booking_id) AS n FROM appointments')).toEqual([{ n: '3006' }]);
        await expect(made.writing.dropColumn(made.session, made.table, BACKUP, true)).rejects.toMatchObject({
          name: 'Problem',
        });
      });

      test('waits for an open transaction only shortly, and nobody stays waiting behind it', async () => {
        const made = await stand({ withoutBackup: true, rows: misplaced(3) });
        const reader = await engine.connect(made.db.target);
        const other = { sql: 'SELECT COUNT(*) AS n FROM appointments', parameters: [] };
        await made.db.execute('BEGIN');
        await made.db.execute(words.holdsDefinition);
        const began = performance.now();
        const adding = added(made);
        await expect(adding).rejects.toMatchObject({ name: 'Problem', kind: 'busy' });
        expect(performance.now() - began).toBeLessThan(9_000);
        expect(await reader.query(other, 5_000)).toEqual([{ n: '3' }]);
        await made.db.execute('ROLLBACK');
        await whenFree(() => added(made));
        await made.db.execute('BEGIN');
        await made.db.execute(words.holdsDefinition);
        await expect(made.writing.dropColumn(made.session, made.table, BACKUP, true)).rejects.toMatchObject({
          kind: 'busy',
        });
        await made.db.execute('ROLLBACK');
        expect(await made.rows()).toHaveLength(3);
        await reader.close();
      });
    });

    test('the load counts the sessions that run something, this one left out', async () => {
      const made = await stand();
      const load = () => made.writing.load(made.connection, made.product.dialect);
      const idle = await load();
      expect(idle.replicaLagSeconds).toBeUndefined();
      if (idle.runningThreads === undefined) return;
      const slow = await engine.connect(made.db.target);
      const running = slow.query({ sql: engine.slowQuery, parameters: [] }, 60_000).catch(() => undefined);
      await poll(async () => ((await load()).runningThreads ?? 0) > 0);
      await slow.cancel();
      await running;
      await slow.close();
    });

    test('triggers and generated columns are told, and are no obstacle', async () => {
      const made = await stand({ rows: misplaced(2) });
      expect(await made.writing.sideEffects(made.connection, made.table)).toEqual([]);
      const other = await stand({
        rows: misplaced(2),
        extra: ['doubled bigint GENERATED ALWAYS AS (calcom_booking_id * 2) STORED'],
      });
      for (const part of words.trigger) await other.db.execute(part);
      const lines = await other.writing.sideEffects(other.connection, other.table);
      expect(lines).toHaveLength(2);
      expect(lines).toContainEqual(expect.stringContaining('on_move'));
      expect(lines).toContainEqual(expect.stringContaining('doubled'));
      expect(await other.change(moves(2))).toBe(2);
      expect(await other.db.execute('SELECT doubled, status FROM appointments ORDER BY id')).toEqual([
        { doubled: '2002', status: 'seen' },
        { doubled: '2004', status: 'seen' },
      ]);
    });
  });
}
