import fc from 'fast-check';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import type { ServerTarget, Target } from '../../src/config/target.ts';
import type { Statement } from '../../src/data/connection.ts';
import { stateTable } from '../../src/data/state/tables.ts';
import type { IdValues, RowChange, WritingSession } from '../../src/data/writing.ts';
import { ENGINES } from '../engines/engines.ts';
import { startPooler } from '../engines/pooler.ts';
import { severable } from '../engines/severable.ts';
import { poll } from '../support.ts';
import { after, BACKUP, move, RUN, Stand, type StandOptions } from './writing-stand.ts';

const statement = (sql: string, parameters: readonly unknown[] = []): Statement => ({ sql, parameters });

function serverTarget(target: Target): ServerTarget {
  if (target.engine === 'sqlite') throw new Error('not a server');
  return target;
}

const SETTINGS =
  statement(`SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement,
  current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('TimeZone') AS zone,
  current_setting('DateStyle') LIKE 'ISO%' AS iso`);
const SET = [{ lock: '500ms', statement: '1min', idle: '5s', zone: 'UTC', iso: 't' }];

/** Texts that mean something in an array's own words. */
const ARRAY_WORDS = [
  'NULL',
  'null',
  '{}',
  '{',
  '}',
  ',',
  '"',
  '""',
  '\\',
  '\\"',
  '{"a","b"}',
  ' a ',
  '\n',
  "'",
  '[1:2]={}',
];

for (const engine of ENGINES.filter(({ name }) => name === 'postgres')) {
  describe('writing to PostgreSQL', () => {
    const open: Stand[] = [];
    const stand = async (options?: StandOptions): Promise<Stand> => {
      const made = await Stand.open(engine, options);
      open.push(made);
      return made;
    };
    afterEach(async () => {
      for (const made of open.splice(0)) await made.close();
    });
    const nameOf = ({ db }: Stand): string => `"${serverTarget(db.target).database}"`;
    const session = async (made: Stand, changes: Partial<ServerTarget> = {}): Promise<WritingSession> => {
      const opened = await made.writing.open({ ...serverTarget(made.db.target), ...changes }, 5_000);
      onTestFinished(() => opened.close());
      return opened;
    };

    test('sets its own waits and times, whatever the database says', async () => {
      const made = await stand();
      for (const setting of [
        `TimeZone = 'Asia/Tokyo'`,
        `DateStyle = 'German'`,
        `default_transaction_isolation = 'serializable'`,
      ]) {
        await made.db.execute(`ALTER DATABASE ${nameOf(made)} SET ${setting}`);
      }
      const writer = await session(made);
      expect(await writer.query(SETTINGS)).toEqual(SET);
      const inside = statement("SELECT current_setting('transaction_isolation') AS level");
      expect(await writer.transaction(() => writer.query(inside))).toEqual([{ level: 'read committed' }]);
    });

    test.each(['drops', 'refuses'] as const)(
      'behind a pooler that %s its settings, they hold all the same',
      async (does) => {
        const made = await stand({ rows: [{ id: 1 }] });
        await made.db.execute(`ALTER DATABASE ${nameOf(made)} SET TimeZone = 'Asia/Tokyo'`);
        const target = serverTarget(made.db.target);
        const writer = await session(made, { port: await startPooler(target, does) });
        expect(await writer.query(SETTINGS)).toEqual(SET);
        expect(await writer.transaction(() => writer.query(SETTINGS))).toEqual(SET);
        expect(await writer.execute(statement("UPDATE appointments SET status = 'x'"))).toBe(1);
        await expect(writer.execute(statement('UPDATE appointments SET nothing = 1'))).rejects.toMatchObject({
          kind: 'missing',
        });
        expect(await writer.execute(statement('SELECT 1'))).toBe(1);
        expect(await made.db.execute('SELECT status FROM appointments')).toEqual([{ status: 'x' }]);
        const idle =
          "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
        expect(await made.db.execute(idle)).toEqual([{ n: '0' }]);
      },
    );

    test('a database that is closed for writes is refused', async () => {
      const made = await stand();
      await made.db.execute(`ALTER DATABASE ${nameOf(made)} SET default_transaction_read_only = on`);
      await expect(session(made)).rejects.toMatchObject({
        name: 'Problem',
        kind: 'refused',
        message: expect.stringContaining('closed for writes'),
      });
    });

    test('a database that is closed in the middle of the work is refused', async () => {
      const made = await stand({ rows: [{ id: 1 }] });
      await made.session.execute(statement('SET default_transaction_read_only = on'));
      const work = made.session.transaction(() => made.session.execute(statement('DELETE FROM appointments')));
      await expect(work).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringContaining('takes no writes'),
      });
    });

    test('the server has a name also for an account that may not ask for its number', async () => {
      const made = await stand();
      expect(made.session.instance).toMatch(/^cluster \d+ port \d+ timeline [1-9A-F]/);
      await made.db.execute('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC');
      const role = `humble_${Date.now()}`;
      await made.db.execute(`CREATE ROLE ${role} LOGIN PASSWORD 'throw-away'`);
      const [writer, other] = [await session(made, { user: role }), await session(made, { user: role })];
      expect(writer.instance).toMatch(/^127\.0\.0\.1 port \d+ timeline [1-9A-F]/);
      expect(other.instance).toBe(writer.instance);
      await writer.close();
      await other.close();
      await made.db.execute(`DROP ROLE ${role}`);
    });

    test.each([
      ['40001', 'busy'],
      ['40P01', 'busy'],
      ['55P03', 'busy'],
      ['23505', 'duplicate'],
      ['53100', 'full'],
      ['23514', 'sql'],
      ['42501', 'refused'],
      ['2BP01', 'refused'],
      ['57014', 'cancelled'],
    ])('SQLSTATE %s is %s', async (code, kind) => {
      const made = await stand();
      const raise = statement(`DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '${code}'; END $$`);
      await expect(made.session.execute(raise)).rejects.toMatchObject({ name: 'Problem', kind });
      await expect(made.session.transaction(() => made.session.execute(raise))).rejects.toMatchObject({ kind });
      expect(await made.session.query(statement('SELECT 1 AS one'))).toEqual([{ one: '1' }]);
    });

    test('what only shows at the COMMIT undoes all', async () => {
      const made = await stand({
        rows: [
          { id: 1, company_id: 1 },
          { id: 2, company_id: 2 },
        ],
      });
      await made.db.execute(
        'ALTER TABLE appointments ADD CONSTRAINT late UNIQUE (company_id) DEFERRABLE INITIALLY DEFERRED',
      );
      const update = statement('UPDATE appointments SET company_id = 3');
      await expect(made.session.transaction(() => made.session.execute(update))).rejects.toMatchObject({
        kind: 'duplicate',
      });
      expect(await made.db.execute('SELECT company_id FROM appointments ORDER BY id')).toEqual([
        { company_id: '1' },
        { company_id: '2' },
      ]);
      expect(await made.session.transaction(() => made.session.query(statement('SELECT 1 AS one')))).toEqual([
        { one: '1' },
      ]);
    });

    test('a connection that breaks before the answer to COMMIT leaves the outcome unknown', async () => {
      const made = await stand({ rows: [{ id: 1 }] });
      const way = await severable(serverTarget(made.db.target));
      const writer = await session(made, way.target);
      const work = writer.transaction(async () => {
        await writer.execute(statement("UPDATE appointments SET status = 'x'"));
        way.sever();
      });
      await expect(work).rejects.toMatchObject({ kind: 'lost', message: expect.stringMatching(/COMMIT .* unknown/) });
      await expect(writer.query(statement('SELECT 1'))).rejects.toMatchObject({ kind: 'lost' });
    });

    test('a transaction within a transaction is a bug', async () => {
      const { session: writer } = await stand();
      const nested = writer.transaction(() => writer.transaction(() => Promise.resolve()));
      await expect(nested).rejects.toThrow('within a transaction');
      await expect(writer.transaction(() => Promise.resolve('fine'))).resolves.toBe('fine');
    });

    describe('rows of a change', () => {
      test.each([
        { type: 'bigint', ids: (n: number) => String(n) },
        { type: 'bigint', ids: (n: number) => String(n * 1_000_000) },
        { type: 'integer', ids: (n: number) => String(n) },
        { type: 'numeric(20, 0)', ids: (n: number) => String(n) },
        { type: 'uuid', ids: (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` },
        { type: 'varchar(40)', ids: (n: number) => `id ${n} {"\\` },
        { type: 'text COLLATE "C"', ids: (n: number) => `id ${n}` },
        { type: 'char(36)', ids: (n: number) => `id ${n}` },
      ])('are found by the index of a $type', async ({ type, ids }) => {
        const made = await stand({ types: { id: `${type} PRIMARY KEY` } });
        const rows = Array.from({ length: 5_000 }, (_, n) => ({ id: ids(n), calcom_v2_booking_id: String(n + 1) }));
        await engine.insert(made.db, 'appointments', rows);
        await made.db.execute('ANALYZE appointments');
        const changes = rows.slice(100, 2_100).map(({ id, calcom_v2_booking_id }) => move(id, calcom_v2_booking_id));
        const sent: Statement[] = [];
        const listening: WritingSession = {
          server: made.session.server,
          instance: '',
          clustered: false,
          query: (asked) => made.session.query(asked),
          transaction: (work) => made.session.transaction(work),
          close: () => Promise.resolve(),
          execute: (asked) => {
            sent.push(asked);
            return made.session.execute(asked);
          },
        };
        const columns = await made.idColumns();
        const ledger = { table: stateTable(made.table, 'apptop_ledger'), run: RUN, pass: 0 };
        const nonsense = move('nonsense', '1');
        const changed = await made.writing.changeRows(columns, ledger, [...changes, nonsense])(listening);
        expect(changed).toBe(2_000);
        expect(await made.ledger()).toHaveLength(2_000);
        expect(await made.writing.backUp(listening, columns, [ids(3), ids(200), 'nonsense'])).toBe(1);
        expect(sent).toHaveLength(2);
        for (const { sql, parameters } of sent) {
          const plan = await made.session.query({ sql: `EXPLAIN ${sql}`, parameters });
          const lines = plan.map((row) => row['QUERY PLAN']).join('\n');
          expect(lines).toMatch(/Index Scan using appointments_pkey/);
          expect(lines).not.toMatch(/Seq Scan on appointments/);
        }
      });

      test.each(['1', '1000000'])('of ids that are %s apart, who changes one meanwhile is seen', async (apart) => {
        const ids = [1, 2, 3].map((n) => String(n * Number(apart)));
        const made = await stand({ rows: ids.map((id) => ({ id, calcom_v2_booking_id: '7' })) });
        await made.db.execute('BEGIN');
        await made.db.execute(
          `UPDATE appointments SET calcom_v2_booking_id = CASE id WHEN ${ids[1]} THEN 'uid' ELSE '7' END WHERE id > ${ids[0]}`,
        );
        const changing = made.changeWhenFree(ids.map((id) => move(id, '7')));
        await poll(async () => {
          const [waiting] = await made.connection.query(
            statement('SELECT count(*) AS n FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()'),
            5_000,
          );
          return waiting?.['n'] !== '0';
        });
        await made.db.execute('COMMIT');
        expect(await changing).toBe(2);
        expect((await made.ledger()).map(({ pk }) => pk)).toEqual([ids[0], ids[2]]);
      });

      test('what an array could take for its own stays what it is', async () => {
        const made = await stand({
          types: { calcom_booking_id: 'text' },
          rows: ARRAY_WORDS.map((word, index) => ({ id: index + 1, calcom_booking_id: word })),
        });
        const changes = ARRAY_WORDS.map(
          (word, index): RowChange => ({
            pk: String(index + 1),
            from: { v1: word, v2: null, backup: null },
            to: { v1: null, v2: `${word}x`, backup: ARRAY_WORDS.at(index - 1) ?? null },
          }),
        );
        expect(await made.change(changes)).toBe(ARRAY_WORDS.length);
        expect(await made.rows()).toEqual(changes.map(after));
        expect(await made.ledger()).toEqual(changes);
      });

      test('any values of any rows, some of them as they are', async () => {
        const made = await stand({ types: { calcom_booking_id: 'varchar(20)' } });
        const value = fc.constantFrom(null, null, '', '7', 'a', 'A', 'NULL');
        const values = fc.record({ v1: value, v2: value, backup: value });
        const row = fc.record({ there: values, from: fc.option(values, { freq: 2 }), to: values });
        await fc.assert(
          fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 8 }), async (rows) => {
            await made.db.execute('DELETE FROM appointments');
            await made.db.execute('DELETE FROM apptop_ledger');
            await engine.insert(
              made.db,
              'appointments',
              rows.map(({ there: { v1, v2, backup } }, id) => ({
                id,
                calcom_booking_id: v1,
                calcom_v2_booking_id: v2,
                [BACKUP]: backup,
              })),
            );
            const changes = rows.map(
              ({ there, from, to }, id): RowChange => ({ pk: String(id), from: from ?? there, to }),
            );
            const same = (one: IdValues, other: IdValues) =>
              one.v1 === other.v1 && one.v2 === other.v2 && one.backup === other.backup;
            const found = changes.filter(({ from }, index) => same(from, rows[index]?.there ?? from));
            expect(await made.change(changes)).toBe(found.length);
            expect(await made.ledger()).toEqual(found);
            expect(await made.rows()).toEqual(
              changes.map((change, index) =>
                found.includes(change) ? after(change) : { pk: change.pk, ...rows[index]?.there },
              ),
            );
          }),
          { numRuns: 60 },
        );
      });

      test('a row that a trigger keeps from changing leaves no line', async () => {
        const made = await stand({ rows: [1, 2].map((id) => ({ id, calcom_v2_booking_id: '7' })) });
        await made.db.execute(
          'CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.id = 1 THEN RETURN NULL; END IF; RETURN NEW; END $$',
        );
        await made.db.execute('CREATE TRIGGER kept BEFORE UPDATE ON appointments FOR EACH ROW EXECUTE FUNCTION keep()');
        expect(await made.change([move('1', '7'), move('2', '7')])).toBe(1);
        expect((await made.ledger()).map(({ pk }) => pk)).toEqual(['2']);
      });

      test('a V2 column of numbers is backed up to a column of texts', async () => {
        const made = await stand({
          types: { calcom_v2_booking_id: 'bigint' },
          rows: [{ id: 1, calcom_v2_booking_id: '9007199254740993' }],
        });
        expect(await made.backUp(['1'])).toBe(1);
        const from = { v1: null, v2: '9007199254740993', backup: '9007199254740993' };
        const change = { pk: '1', from, to: { v1: '9007199254740993', v2: null, backup: '9007199254740993' } };
        expect(await made.change([change])).toBe(1);
        expect(await made.rows()).toEqual([after(change)]);
      });
    });

    test('a backup column that something depends on is not dropped', async () => {
      const made = await stand();
      await made.db.execute(`CREATE VIEW shown AS SELECT "${BACKUP}" FROM appointments`);
      await expect(made.writing.dropColumn(made.session, made.table, BACKUP, true)).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringContaining('depend'),
      });
    });

    test('an account that may not see what others do does not know the load', async () => {
      const made = await stand();
      const role = `blind_${Date.now()}`;
      await made.db.execute(`CREATE ROLE ${role} LOGIN PASSWORD 'throw-away'`);
      const blind = await engine.connect({ ...serverTarget(made.db.target), user: role });
      expect(await made.writing.load(blind, made.product.dialect)).toEqual({
        runningThreads: undefined,
        replicaLagSeconds: undefined,
      });
      await blind.close();
      await made.db.execute(`DROP ROLE ${role}`);
    });

    test('side effects are what an update sets off, and nothing else', async () => {
      const made = await stand();
      for (const part of [
        'CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
        'CREATE TRIGGER on_insert AFTER INSERT ON appointments FOR EACH ROW EXECUTE FUNCTION note()',
        'CREATE TRIGGER asleep AFTER UPDATE ON appointments FOR EACH ROW EXECUTE FUNCTION note()',
        'ALTER TABLE appointments DISABLE TRIGGER asleep',
        'CREATE TRIGGER of_ids AFTER UPDATE OF calcom_booking_id ON appointments FOR EACH STATEMENT EXECUTE FUNCTION note()',
        'ALTER TABLE appointments ADD CONSTRAINT once UNIQUE (calcom_v2_booking_id)',
        'CREATE TABLE notes (uid varchar REFERENCES appointments (calcom_v2_booking_id) ON UPDATE CASCADE, id bigint REFERENCES appointments)',
        'CREATE RULE also AS ON UPDATE TO appointments WHERE OLD.id < 0 DO ALSO SELECT 1',
      ]) {
        await made.db.execute(part);
      }
      expect(await made.writing.sideEffects(made.connection, made.table)).toEqual([
        expect.stringMatching(/^trigger of_ids: .*AFTER UPDATE OF calcom_booking_id/),
        expect.stringMatching(/^rule also: /),
        expect.stringMatching(/^foreign key notes_uid_fkey of notes: .*ON UPDATE CASCADE$/),
      ]);
    });
  });
}
