import { describe, expect, test } from 'vitest';
import { Audit } from '../../src/audit/audit.ts';
import type { Parameters } from '../../src/changes/change.ts';
import { GuardedPath } from '../../src/changes/guarded-path.ts';
import { listOf } from '../../src/commands/change/parameters.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { CHANGES } from '../../src/rollback/all.ts';
import { DUMP, operated, row } from '../changes/guarded.ts';
import { ENGINES } from '../engines/engines.ts';

const UID = 'kDm3nC8TqV5xY7zA2bE4fG';

for (const engine of ENGINES) {
  describe(`rolling back on ${engine.name}`, () => {
    test('the plan tells the four kinds apart, and only rows that nobody changed are restored', async () => {
      const rows = [1, 2, 3, 4, 5].map((id) => row(id, null, String(100 + id)));
      await using on = await operated(engine, rows);
      await on.run('move-booking-ids');
      await on.db.execute(
        `UPDATE appointments SET calcom_booking_id = NULL, calcom_v2_booking_id = '102' WHERE id = 2`,
      );
      await on.db.execute(
        `UPDATE appointments SET calcom_booking_id = 999, calcom_v2_booking_id = '${UID}' WHERE id = 3`,
      );
      await on.db.execute('DELETE FROM appointments WHERE id = 4');
      const { plan } = await on.look('rollback-booking-ids');
      expect(plan.counts).toEqual({ restore: 2, already: 1, conflict: 1, deleted: 1 });
      expect(plan.sample[0]).toMatchObject({
        pk: '3',
        action: 'conflict',
        before: { v1: '999', v2: UID },
        after: { v1: '999', v2: UID },
      });
      const end = await on.run('rollback-booking-ids');
      expect(end?.run).toMatchObject({ state: 'done', counts: { changed: 2, already: 1, conflicts: 1, deleted: 1 } });
      expect(await on.ids()).toEqual({
        1: [null, '101', null],
        2: [null, '102', '102'],
        3: ['999', UID, '103'],
        5: [null, '105', null],
      });
    });

    test('values that mean something to the reading of the ledger come back as they are', async () => {
      const odd = ['=', '+', '+=', '=1'];
      const rows = odd.map((value, index) => row(index + 1, null, value));
      await using on = await operated(engine, [...rows, row(9, null, '109')]);
      const decisions = Object.fromEntries(rows.map(({ id }) => [String(id), 'keep-v1']));
      await on.run('move-booking-ids', { decisions });
      await on.db.execute("UPDATE appointments SET calcom_booking_id = NULL, calcom_v2_booking_id = '=' WHERE id = 9");
      const { plan } = await on.look('rollback-booking-ids');
      expect(plan.sample[0]).toMatchObject({
        pk: '9',
        action: 'conflict',
        after: { v1: null, v2: '=', backup: '109' },
      });
      const end = await on.run('rollback-booking-ids');
      expect(end?.run.counts).toMatchObject({ changed: 4, conflicts: 1 });
      expect(await on.ids()).toEqual({
        1: [null, '=', null],
        2: [null, '+', null],
        3: [null, '+=', null],
        4: [null, '=1', null],
        9: [null, '=', '109'],
      });
    });

    test('only some rows: by id, by tenant, by run', async () => {
      const rows = [1, 2, 3, 4].map((id) => ({ ...row(id, null, String(100 + id)), company_id: String(id % 2) }));
      await using on = await operated(engine, rows);
      await on.run('move-booking-ids');
      await engine.insert(on.db, 'appointments', [row(5, null, '105')]);
      await on.run('move-booking-ids');
      const moved = async () => Object.entries(await on.ids()).flatMap(([id, [v1]]) => (v1 === null ? [] : [id]));
      await on.run('rollback-booking-ids', { ids: ['1'] });
      expect(await moved()).toEqual(['2', '3', '4', '5']);
      await on.run('rollback-booking-ids', { tenant: '0' });
      expect(await moved()).toEqual(['3', '5']);
      await on.run('rollback-booking-ids', { runs: [2] });
      expect(await moved()).toEqual(['3']);
      await expect(on.look('rollback-booking-ids', { runs: [99] })).rejects.toThrow('run 99 is no move');
      await on.run('rollback-booking-ids');
      expect(await moved()).toEqual([]);
    });

    test('what is asked for and was never moved is told, and a key with a space is that key', async () => {
      const type = {
        sqlite: 'text PRIMARY KEY',
        mysql: 'varchar(36) PRIMARY KEY',
        postgres: 'varchar(36) PRIMARY KEY',
      };
      await using on = await operated(engine, [{ ...row('tail ', null, '101'), company_id: '7' }], {
        appointments: { types: { id: type[engine.name] }, extra: [`${engine.quoted('odd name')} int`] },
      });
      await on.run('move-booking-ids');
      const plan = async (parameters: Parameters) => (await on.look('rollback-booking-ids', parameters)).plan;
      expect(listOf('tail , 7', 'ids')).toEqual(['tail ', '7']);
      expect(await plan({ ids: ['tail '] })).toMatchObject({ rows: 1 });
      expect(await plan({ ids: ['tail ', 'no'] })).toMatchObject({
        notes: ['1 of the ids is in no line of the ledger: "no"'],
      });
      expect(await plan({ tenant: '8' })).toMatchObject({ rows: 0, notes: ['no row of tenant "8" is in the ledger'] });
      const { columns } = defaultContext('test', on.context.target);
      const odd = new GuardedPath(
        { ...on.context, columns: { ...columns, _migration_backup_v2_id: 'odd name' } },
        on.database,
        new Audit(on.context, on.database.dialect),
        CHANGES,
      );
      const move = await odd.look('move-booking-ids', {}, undefined, DUMP);
      expect(move.plan.sql[0]).toBe(`ALTER TABLE appointments ADD ${engine.quoted('odd name')}`);
    });

    test('a row that was moved twice is taken back twice', async () => {
      await using on = await operated(engine, [row(1, null, '101')]);
      await on.run('move-booking-ids');
      await on.db.execute("UPDATE appointments SET calcom_v2_booking_id = '101' WHERE id = 1");
      await on.run('move-booking-ids');
      expect(await on.ids()).toEqual({ 1: ['101', null, '101'] });
      await on.run('rollback-booking-ids');
      // What the application wrote between the two moves was no state of a move: there it stops.
      expect(await on.ids()).toEqual({ 1: ['101', '101', '101'] });
    });

    test('a unique index that another row has taken meanwhile sets the row aside, and the others go back', async () => {
      const rows = [1, 2, 3].map((id) => row(id, null, String(100 + id)));
      await using on = await operated(engine, rows, { appointments: { unique: true } });
      await on.run('move-booking-ids');
      await engine.insert(on.db, 'appointments', [row(9, '7', '102')]);
      const end = await on.run('rollback-booking-ids');
      expect(end?.run.counts).toMatchObject({ changed: 2, aside: 1 });
      expect(await on.ids()).toMatchObject({ 1: [null, '101', null], 2: ['102', null, '102'], 3: [null, '103', null] });
      const [aside] = await on.db.execute('SELECT pk, aside FROM apptop_ledger WHERE aside IS NOT NULL');
      expect(aside).toMatchObject({ pk: '2', aside: expect.stringMatching(/unique|duplicate/i) });
    });

    test('a move that the framework made is taken back from its backup column alone', async () => {
      await using on = await operated(
        engine,
        [
          { ...row(1, '101', null), _migration_backup_v2_id: '101' },
          { ...row(2, null, UID), _migration_backup_v2_id: UID },
          { ...row(3, '999', null), _migration_backup_v2_id: '103' },
          row(4, '104', null),
        ],
        { appointments: { extra: ['_migration_backup_v2_id varchar(255)'] } },
      );
      const { plan } = await on.look('rollback-booking-ids');
      expect(plan.counts).toEqual({ restore: 1, already: 1, conflict: 1 });
      expect(plan.notes.join()).toContain('does not tell');
      await on.run('rollback-booking-ids');
      expect(await on.ids()).toEqual({
        1: [null, '101', null],
        2: [null, UID, UID],
        3: ['999', null, '103'],
        4: ['104', null, null],
      });
      // What is left in the column can't be taken back, and keeps nobody from moving the ids again.
      expect(await on.run('move-booking-ids')).toMatchObject({ run: { state: 'done', counts: { moved: 1 } } });
      expect(await on.ids()).toMatchObject({ 1: ['101', null, '101'], 2: [null, UID, UID], 3: ['999', null, '103'] });
    });

    test('the backup column is not asked while the ledger knows more', async () => {
      await using on = await operated(engine, [row(1, '77', '77')]);
      await on.run('move-booking-ids');
      const look = (parameters: Parameters) => on.look('rollback-booking-ids', parameters);
      await expect(look({ from: 'backup' })).rejects.toThrow('the ledger has what run 1 did');
      await expect(look({ from: 'backup', runs: [1] })).rejects.toThrow('the backup column knows of no runs');
      await on.run('rollback-booking-ids');
      expect(await on.ids()).toEqual({ 1: ['77', '77', null] });
    });

    test('a move waits while the ids that somebody else moved can be taken back', async () => {
      const rows = [{ ...row(1, '101', null), _migration_backup_v2_id: '101' }, row(2, null, '102')];
      const extra = ['_migration_backup_v2_id varchar(255)'];
      await using on = await operated(engine, rows, { appointments: { extra } });
      await expect(on.run('move-booking-ids')).rejects.toThrow('1 id that was moved without apptop');
      // Nor does it write over what may be something else altogether.
      await on.db.execute('UPDATE appointments SET calcom_booking_id = 999 WHERE id = 1');
      await expect(on.run('move-booking-ids')).rejects.toThrow('holds 1 value that the id columns have not');
    });

    test('a backup column that holds nothing to take back is in the way of neither move nor cleanup', async () => {
      const extra = ['bak varchar(255)'];
      const { columns } = defaultContext('test', { engine: 'sqlite', path: '' });
      const context = { columns: { ...columns, _migration_backup_v2_id: 'bak' } };
      await using on = await operated(engine, [row(1, null, '101')], { context, appointments: { extra } });
      const { gates } = await on.look('cleanup-booking-ids');
      expect(gates.filter(({ state }) => state === 'red')).toEqual([]);
      await on.run('cleanup-booking-ids');
      expect(await on.db.execute('SELECT * FROM appointments')).toMatchObject([{ calcom_v2_booking_id: '101' }]);
      // The name of the operator's own is that of a column which the move makes.
      expect(await on.run('move-booking-ids')).toMatchObject({ run: { state: 'done', counts: { moved: 1 } } });
      expect(await on.db.execute('SELECT bak FROM appointments')).toEqual([{ bak: '101' }]);
      await on.db.execute('ALTER TABLE appointments DROP COLUMN bak');
      await on.db.execute('UPDATE appointments SET calcom_v2_booking_id = 102, calcom_booking_id = NULL');
      await on.db.execute('ALTER TABLE appointments ADD bak varchar(255)');
      await on.db.execute('DELETE FROM apptop_run');
      expect(await on.run('move-booking-ids')).toMatchObject({ run: { state: 'done', counts: { moved: 1 } } });
    });

    test('without a move there is nothing to take back', async () => {
      await using on = await operated(engine, [row(1, null, '101')]);
      await expect(on.look('rollback-booking-ids')).rejects.toThrow('nothing to take back');
    });
  });
}
