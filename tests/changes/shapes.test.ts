import { describe, expect, test } from 'vitest';
import { DEFAULT_CHANGE_RULES } from '../../src/config/changes.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { ENGINES } from '../engines/engines.ts';
import { operated, row } from './guarded.ts';

const BEYOND = '9007199254740993';

for (const engine of ENGINES) {
  describe(`tables of the field on ${engine.name}`, () => {
    test('ids beyond 2^53, all tenants and soft-deleted rows move', async () => {
      await using on = await operated(engine, [
        { ...row(BEYOND, null, '2147483647'), company_id: '7' },
        { ...row('9007199254740995', null, '1'), company_id: '8', deleted_at: '2026-02-01 00:00:00' },
        row('9007199254740994', null, '2147483648'),
      ]);
      expect(await on.run('move-booking-ids')).toMatchObject({ run: { state: 'done', counts: { moved: 2 } } });
      expect(await on.ids()).toEqual({
        [BEYOND]: ['2147483647', null, '2147483647'],
        '9007199254740994': [null, '2147483648', '2147483648'],
        '9007199254740995': ['1', null, '1'],
      });
    });

    test('a V1 column that is text, and text primary keys', async () => {
      const key = { sqlite: 'text PRIMARY KEY', mysql: 'char(36) PRIMARY KEY', postgres: 'uuid PRIMARY KEY' }[
        engine.name
      ];
      const [one, two] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
      await using on = await operated(engine, [row(one, null, '101'), row(two, '7', '7')], {
        appointments: { types: { id: key, calcom_booking_id: 'varchar(30) NULL' } },
      });
      await on.run('move-booking-ids');
      expect(await on.ids()).toEqual({ [one]: ['101', null, '101'], [two]: ['7', null, '7'] });
      await on.run('rollback-booking-ids');
      expect(await on.ids()).toEqual({ [one]: [null, '101', null], [two]: ['7', '7', null] });
    });

    test('without an id of its own for each row nothing is changed', async () => {
      const number = engine.name === 'sqlite' ? 'integer' : 'bigint';
      const key = { id: `${number} NOT NULL` };
      const rows = [
        { ...row(1, null, '101'), company_id: '1', requires_manual_review: '1' },
        { ...row(1, null, '102'), company_id: '2', requires_manual_review: '1' },
      ];
      const closed = { id: 'key', state: 'red', detail: expect.stringContaining('id is not unique') };
      for (const appointments of [
        { types: key },
        { types: { ...key, company_id: `${number} NOT NULL` }, extra: ['PRIMARY KEY (id, company_id)'] },
      ]) {
        await using on = await operated(engine, rows, { appointments });
        const before = await on.db.execute('SELECT calcom_booking_id FROM appointments');
        for (const [change, parameters] of [
          ['move-booking-ids', {}],
          ['dismiss-review', { ids: ['1'] }],
        ] as const) {
          const { gates } = await on.look(change, parameters);
          expect(gates).toContainEqual(expect.objectContaining(closed));
          await expect(on.run(change, parameters)).rejects.toThrow('id is not unique');
        }
        expect(await on.db.execute('SELECT calcom_booking_id FROM appointments')).toEqual(before);
      }
      // A column that is no key stands for none, nor does an index on some rows.
      await using on = await operated(engine, rows.slice(0, 1), {
        context: {
          columns: {
            ...defaultContext('test', { engine: 'sqlite', path: '' }).columns,
            id: 'company_id',
            company_id: 'id',
          },
        },
      });
      if (engine.name !== 'mysql')
        await on.db.execute('CREATE UNIQUE INDEX some_rows ON appointments (company_id) WHERE status IS NULL');
      expect((await on.look('move-booking-ids')).gates).toContainEqual(
        expect.objectContaining({ ...closed, detail: expect.stringContaining('company_id is not unique') }),
      );
      await on.db.execute('CREATE UNIQUE INDEX every_row ON appointments (company_id)');
      // It still may be null.
      expect((await on.look('move-booking-ids')).gates).toContainEqual(
        expect.objectContaining({ id: 'key', state: 'red' }),
      );
    });

    test('two columns of the config that are one in the table are a mistake, whichever way it came about', async () => {
      const { columns } = defaultContext('test', { engine: 'sqlite', path: '' });
      for (const [wrong, keys] of [
        [{ ...columns, calcom_booking_id: 'calcom_v2_booking_id' }, 'calcom_booking_id'],
        [{ ...columns, _migration_backup_v2_id: 'CALCOM_BOOKING_ID' }, '_migration_backup_v2_id'],
      ] as const) {
        await using on = await operated(engine, [row(1, '5', '101')], { context: { columns: wrong } });
        const looked = on.look('move-booking-ids');
        await expect(looked).rejects.toMatchObject({
          kind: 'config',
          message: expect.stringContaining(`columns.${keys}`),
        });
      }
    });

    test.runIf(engine.name === 'mysql')(
      'a table that can only be altered by a copy says so before, and is when allowed',
      async () => {
        await using on = await operated(engine, [row(1, null, '101')], {
          context: { changes: { ...DEFAULT_CHANGE_RULES, monitorHours: 0 } },
        });
        await on.db.execute(
          'ALTER TABLE appointments ADD twin varchar(300) AS (concat(status, 1)) VIRTUAL, ADD KEY (twin)',
        );
        for (const change of ['move-booking-ids', 'cleanup-booking-ids']) {
          await expect(on.run(change)).rejects.toThrow('the table may be copied: twin is virtual and in an index');
          expect(await on.run(change, { mayCopy: true })).toMatchObject({ run: { state: 'done' } });
        }
        expect(await on.ids()).toEqual({ 1: ['101', null, null] });
      },
    );

    test('a unique V1 column: an id that is taken stays a conflict, and two of the same are not begun', async () => {
      await using on = await operated(engine, [row(1, '101', null), row(2, null, '101'), row(3, null, '103')], {
        appointments: { unique: true },
      });
      await on.db.execute('CREATE UNIQUE INDEX only_one ON appointments (calcom_booking_id)');
      const { plan } = await on.look('move-booking-ids');
      expect(plan.counts).toMatchObject({ move: 1, conflict: 1 });
      expect(await on.run('move-booking-ids')).toMatchObject({ run: { state: 'done', counts: { moved: 1 } } });
      expect(await on.ids()).toMatchObject({ 2: [null, '101', '101'], 3: ['103', null, '103'] });
    });

    test('a value that the table refuses is set aside with its reason, and the others move', async () => {
      await using on = await operated(
        engine,
        [1, 2, 3, 4, 5].map((id) => row(id, null, String(100 + id))),
      );
      await refuse103[engine.name](on.db);
      const end = await on.run('move-booking-ids');
      expect(end?.run.counts).toMatchObject({ moved: 4, aside: 1 });
      expect(await on.ids()).toMatchObject({ 3: [null, '103', null], 5: ['105', null, '105'] });
      const [aside] = await on.db.execute('SELECT pk, aside FROM apptop_ledger WHERE aside IS NOT NULL');
      expect(aside).toMatchObject({ pk: '3', aside: expect.stringContaining('not this one') });
    });

    test('a trigger that undoes the write halts the run at its first sweep, and the reason says so', async () => {
      await using on = await operated(engine, [row(1, null, '101'), row(2, null, '102')]);
      await undo[engine.name](on.db);
      const end = await on.run('move-booking-ids');
      expect(end?.run).toMatchObject({
        state: 'halted',
        pass: 1,
        counts: { moved: 2 },
        reason: '2 rows that this run has moved stand as before, the first is 1: probably a trigger undoes the write',
      });
      // Whoever has taken the trigger away goes on with the run.
      await on.db.execute(`DROP TRIGGER undoes${engine.name === 'postgres' ? ' ON appointments' : ''}`);
      expect(await on.resume()).toMatchObject({ run: { state: 'done' } });
      expect(await on.ids()).toEqual({ 1: ['101', null, '101'], 2: ['102', null, '102'] });
    });

    test('a generated column and a trigger on the ids are told in the plan and do not stop it', async () => {
      await using on = await operated(engine, [row(1, null, '101')]);
      await generated[engine.name](on.db);
      const { plan } = await on.look('move-booking-ids');
      expect(plan.notes.join(' ')).toContain('booking_key');
      await on.run('move-booking-ids');
      expect(await on.db.execute('SELECT booking_key FROM appointments')).toEqual([{ booking_key: '101' }]);
    });
  });
}

type Database = Parameters<(typeof ENGINES)[number]['createAppointments']>[0];

/** A trigger that refuses one id. */
const refuse103: Readonly<Record<(typeof ENGINES)[number]['name'], (db: Database) => Promise<unknown>>> = {
  sqlite: (db) =>
    db.execute(`CREATE TRIGGER refuse BEFORE UPDATE ON appointments WHEN new.calcom_booking_id = 103
      BEGIN SELECT RAISE(ABORT, 'not this one'); END`),
  mysql: (db) =>
    db.execute(`CREATE TRIGGER refuse BEFORE UPDATE ON appointments FOR EACH ROW
      IF new.calcom_booking_id = 103 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not this one'; END IF`),
  postgres: async (db) => {
    await db.execute(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN IF new.calcom_booking_id = 103 THEN RAISE EXCEPTION ''not this one''; END IF; RETURN new; END'`);
    await db.execute('CREATE TRIGGER refuse BEFORE UPDATE ON appointments FOR EACH ROW EXECUTE FUNCTION refuse()');
  },
};

const undo: Readonly<Record<(typeof ENGINES)[number]['name'], (db: Database) => Promise<unknown>>> = {
  sqlite: (db) =>
    db.execute(`CREATE TRIGGER undoes AFTER UPDATE OF calcom_booking_id ON appointments BEGIN UPDATE appointments
      SET calcom_booking_id = old.calcom_booking_id, calcom_v2_booking_id = old.calcom_v2_booking_id WHERE id = new.id; END`),
  mysql: (db) =>
    db.execute(`CREATE TRIGGER undoes BEFORE UPDATE ON appointments FOR EACH ROW
      SET new.calcom_booking_id = old.calcom_booking_id, new.calcom_v2_booking_id = old.calcom_v2_booking_id`),
  postgres: async (db) => {
    await db.execute(`CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN new.calcom_booking_id := old.calcom_booking_id; new.calcom_v2_booking_id := old.calcom_v2_booking_id; RETURN new; END'`);
    await db.execute('CREATE TRIGGER undoes BEFORE UPDATE ON appointments FOR EACH ROW EXECUTE FUNCTION undo()');
  },
};

const key = 'booking_key varchar(255) GENERATED ALWAYS AS';
const generated: Readonly<Record<(typeof ENGINES)[number]['name'], (db: Database) => Promise<unknown>>> = {
  sqlite: (db) =>
    db.execute(`ALTER TABLE appointments ADD ${key} (coalesce(calcom_v2_booking_id, calcom_booking_id)) VIRTUAL`),
  mysql: (db) =>
    db.execute(`ALTER TABLE appointments ADD ${key} (coalesce(calcom_v2_booking_id, calcom_booking_id)) STORED`),
  postgres: (db) =>
    db.execute(`ALTER TABLE appointments ADD ${key} (coalesce(calcom_v2_booking_id, calcom_booking_id::text)) STORED`),
};
