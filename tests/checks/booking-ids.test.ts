import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BOOKING_ID_CHECKS } from '../../src/checks/booking-ids/checks.ts';
import { ENGINES, type PlantedRow } from '../engines/engines.ts';
import { ago, CheckedDatabase } from './checked-database.ts';

const name = (check: string) => `booking-ids/${check}`;
const [UID, OTHER_UID] = ['aB3dE5fG7hJ9kL1mN3pQ5r', 'zY3dE5fG7hJ9kL1mN3pQ5r'];
const HOUR = 3_600;
const DAY = 24 * HOUR;

interface Case {
  readonly check: string;
  readonly about: string;
  /** Planted beside the right rows; those that violate the check have the ids in `finds`. */
  readonly rows: readonly PlantedRow[];
  readonly finds: readonly string[];
  readonly figure?: string;
}

/** One row of each class that is right, as old as the sync. */
const RIGHT: readonly PlantedRow[] = [
  { id: 1, source: 'cal.com', created_at: ago(3 * DAY), calcom_booking_id: 8_212_577 },
  { id: 2, source: 'cal.com', created_at: ago(3 * DAY), calcom_v2_booking_id: UID },
  { id: 3, source: 'cal.com', created_at: ago(60), calcom_booking_id: 8_212_578, calcom_v2_booking_id: OTHER_UID },
  { id: 4, source: 'phone', created_at: ago(60) },
];

/** The same after the move: 1 was moved, 2 is a uid that was kept, 3 was booked since, 4 has no id. */
const MOVED: readonly PlantedRow[] = RIGHT.map((row, index) => ({
  ...row,
  updated_at: row['created_at'] ?? null,
  _migration_backup_v2_id: ['8212577', UID, null, null][index] ?? null,
}));

const withoutBackup: readonly Case[] = [
  {
    check: 'no-conflicts',
    about: 'two different V1 ids',
    rows: [
      { id: 10, calcom_booking_id: 5, calcom_v2_booking_id: '6' },
      { id: 11, calcom_booking_id: 7, calcom_v2_booking_id: '7' },
      { id: 12, calcom_booking_id: 8, calcom_v2_booking_id: '9', deleted_at: ago(60) },
    ],
    finds: ['10'],
  },
  {
    check: 'no-impossible-ids',
    about: 'values that are neither id nor uid',
    rows: [
      { id: 10, calcom_v2_booking_id: '007' },
      { id: 11, calcom_booking_id: 4_294_967_296 },
      { id: 12, calcom_v2_booking_id: '' },
      { id: 13, calcom_v2_booking_id: '12' },
    ],
    finds: ['10', '11', '12'],
  },
  {
    check: 'no-writers',
    about: 'V1 ids in the V2 column of rows of the last hour',
    rows: [
      { id: 10, calcom_v2_booking_id: '5', created_at: ago(1_800) },
      { id: 11, calcom_v2_booking_id: '6', created_at: ago(5_400) },
      { id: 12, calcom_booking_id: 7, calcom_v2_booking_id: '7', created_at: ago(60) },
    ],
    finds: ['12', '10'],
  },
  {
    check: 'none-misplaced',
    about: 'V1 ids in the V2 column, of deleted rows too',
    rows: [
      { id: 10, calcom_v2_booking_id: '5' },
      { id: 11, calcom_booking_id: 7, calcom_v2_booking_id: '7' },
      { id: 12, calcom_v2_booking_id: '8', deleted_at: ago(60) },
    ],
    finds: ['10', '11', '12'],
  },
  {
    check: 'none-newly-misplaced',
    about: 'V1 ids in the V2 column of rows of the last day',
    rows: [
      { id: 10, calcom_v2_booking_id: '5', created_at: ago(20 * HOUR) },
      { id: 11, calcom_v2_booking_id: '6', created_at: ago(30 * HOUR) },
    ],
    finds: ['10'],
  },
  {
    check: 'sync-operational',
    about: 'pushed rows of which nothing came through',
    rows: [
      { id: 10, sync_origin: 'retell', calcom_sync_status: 'failed', sync_initiated_at: ago(5 * HOUR) },
      { id: 11, sync_origin: 'admin', calcom_sync_status: 'pending', sync_initiated_at: ago(HOUR) },
      { id: 12, sync_origin: 'admin', calcom_sync_status: 'failed', sync_initiated_at: ago(2 * DAY) },
      { id: 13, sync_origin: 'calcom', calcom_sync_status: 'synced', sync_initiated_at: ago(60) },
    ],
    finds: ['11', '10'],
    figure: '0 synced of 2 pushed in 24 h',
  },
];

const besideBackup: readonly Case[] = [
  {
    check: 'moved-equals-backup',
    about: 'V1 ids that are not what was in the V2 column',
    rows: [
      { id: 10, calcom_booking_id: 5, _migration_backup_v2_id: '6' },
      { id: 11, calcom_booking_id: null, _migration_backup_v2_id: '7' },
      { id: 12, calcom_v2_booking_id: '8', _migration_backup_v2_id: '8' },
      { id: 13, calcom_booking_id: 9, calcom_v2_booking_id: 'cC3dE5fG7hJ9kL1mN3pQ5r', _migration_backup_v2_id: '9' },
    ],
    finds: ['10', '11'],
  },
  {
    check: 'uids-unchanged',
    about: 'uids that are gone or others, to the letter',
    rows: [
      { id: 10, calcom_v2_booking_id: null, _migration_backup_v2_id: 'cC3dE5fG7hJ9kL1mN3pQ5r' },
      { id: 11, calcom_v2_booking_id: 'dD3dE5fG7hJ9kL1mN3pQ5r', _migration_backup_v2_id: 'DD3dE5fG7hJ9kL1mN3pQ5r' },
    ],
    finds: ['10', '11'],
  },
  {
    check: 'backup-complete',
    about: 'ids that were there at the move, for sure, and have no backup',
    rows: [
      { id: 10, calcom_v2_booking_id: 'cC3dE5fG7hJ9kL1mN3pQ5r', created_at: ago(9 * DAY), updated_at: ago(8 * DAY) },
      { id: 11, calcom_v2_booking_id: 'dD3dE5fG7hJ9kL1mN3pQ5r', created_at: ago(9 * DAY), updated_at: ago(DAY) },
      { id: 12, calcom_v2_booking_id: '5', created_at: ago(9 * DAY), updated_at: null },
      { id: 13, calcom_booking_id: 6, created_at: ago(9 * DAY), updated_at: ago(8 * DAY) },
    ],
    finds: ['10', '12'],
  },
  {
    check: 'conservation',
    about: 'originals that are in neither column',
    rows: [
      { id: 10, calcom_booking_id: 5, _migration_backup_v2_id: '6' },
      { id: 11, calcom_v2_booking_id: '7', _migration_backup_v2_id: '7' },
      { id: 12, calcom_booking_id: 8, _migration_backup_v2_id: '8', deleted_at: ago(60) },
    ],
    finds: ['10'],
    figure: '5 originals = 2 moved + 1 uid kept + 1 left in place + 1 in neither column',
  },
  {
    check: 'none-newly-misplaced',
    about: 'V1 ids in the V2 column that no rollback put there',
    rows: [
      { id: 10, calcom_v2_booking_id: '5', created_at: ago(30 * DAY) },
      { id: 11, calcom_v2_booking_id: '6', _migration_backup_v2_id: '6' },
      { id: 12, calcom_v2_booking_id: '7', _migration_backup_v2_id: '8' },
    ],
    finds: ['10', '12'],
  },
];

for (const engine of ENGINES) {
  describe(`checks of the booking ids on ${engine.name}`, () => {
    let before: CheckedDatabase;
    let after: CheckedDatabase;

    beforeAll(async () => {
      before = new CheckedDatabase(engine, await engine.database(), BOOKING_ID_CHECKS);
      after = new CheckedDatabase(engine, await engine.database(), BOOKING_ID_CHECKS);
      await engine.createAppointments(before.db);
      await engine.createAppointments(after.db, { extra: ['_migration_backup_v2_id varchar(255)'] });
    });
    afterAll(() => Promise.all([before.db.drop(), after.db.drop()]));
    beforeEach(async () => {
      for (const { db } of [before, after]) await db.execute('DELETE FROM appointments');
      await engine.insert(before.db, 'appointments', RIGHT);
      await engine.insert(after.db, 'appointments', MOVED);
    });

    test('all pass on rows that are right, before the move and after its cleanup', async () => {
      const ids = withoutBackup.map(({ check }) => name(check));
      const results = await before.results([...ids, name('no-backup-column')]);
      expect(results.map(({ check, verdict }) => [check.id, verdict])).toEqual(
        results.map(({ check }) => [check.id, 'pass']),
      );
    });

    test('all pass after a move', async () => {
      const ids = [...besideBackup.map(({ check }) => name(check)), name('none-misplaced')];
      const results = await after.results(ids);
      expect(results.map(({ check, verdict }) => [check.id, verdict])).toEqual(
        results.map(({ check }) => [check.id, 'pass']),
      );
      const { figure } = results.find(({ check }) => check.id === name('conservation')) ?? {};
      expect(figure).toBe('2 originals = 1 moved + 1 uid kept');
    });

    test.each(withoutBackup)('$check finds $about', async ({ check, rows, finds, figure }) => {
      await engine.insert(before.db, 'appointments', rows);
      expect(await before.finds(name(check))).toEqual(['fail', ...finds]);
      expect((await before.result(name(check))).figure).toBe(figure);
    });

    test.each(besideBackup)('beside a backup, $check finds $about', async ({ check, rows, finds, figure }) => {
      await engine.insert(after.db, 'appointments', rows);
      expect(await after.finds(name(check))).toEqual(['fail', ...finds]);
      expect((await after.result(name(check))).figure).toBe(figure);
    });

    test('a backup column that was never filled covers no id', async () => {
      await after.sql('UPDATE appointments SET _migration_backup_v2_id = NULL');
      expect(await after.finds(name('backup-complete'))).toEqual(['fail', '1', '2', '3']);
    });

    test('the backup column is told with what it holds', async () => {
      const { verdict, violations, figure } = await after.result(name('no-backup-column'));
      expect([verdict, violations]).toEqual(['fail', 1]);
      expect(figure).toBe('_migration_backup_v2_id is there and holds 2 ids');
    });

    test('something synced, or nothing pushed, is an operational sync', async () => {
      const push = { sync_origin: 'retell', sync_initiated_at: ago(HOUR) };
      expect((await before.result(name('sync-operational'))).figure).toBe('nothing pushed in 24 h');
      await engine.insert(before.db, 'appointments', [
        { id: 10, ...push, calcom_sync_status: 'failed' },
        { id: 11, ...push, calcom_sync_status: 'synced', sync_verified_at: ago(60) },
      ]);
      const { verdict, figure } = await before.result(name('sync-operational'));
      expect([verdict, figure]).toEqual(['pass', '1 synced of 2 pushed in 24 h']);
    });

    test('classes, the five lines and sources are told and are never a failure', async () => {
      await engine.insert(before.db, 'appointments', [
        { id: 10, source: 'cal.com', calcom_v2_booking_id: '5' },
        { id: 11, source: null, calcom_v2_booking_id: '05' },
        { id: 12, source: 'cal.com', calcom_v2_booking_id: '6', deleted_at: ago(60) },
      ]);
      const results = await before.results(['classes', 'summary', 'sources'].map(name));
      expect(results.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass']);
      const [classes, summary, sources] = results;
      expect(classes?.figure).toBe('6 rows: 1 none, 1 v1, 1 v2, 1 both, 1 misplaced, 1 review');
      expect(summary?.figure).toBe(
        'of 6, overlapping: V1 id in the V1 column 2, V2 uid in the V2 column 2, V1 id in the V2 column 1, both columns filled 1, no id 1',
      );
      expect(sources?.sample).toEqual([
        { source: 'cal.com', rows: '4', with_ids: '4', without_ids: '0' },
        { source: 'phone', rows: '1', with_ids: '0', without_ids: '1' },
        { source: null, rows: '1', with_ids: '1', without_ids: '0' },
      ]);
    });

    test('ids that a unique V1 column has no room for are told: wanted twice, and as conflicts those that are taken', async () => {
      expect(await before.finds(name('no-unique-clashes'))).toEqual([
        'not-applicable',
        'needs a unique index on calcom_booking_id',
      ]);
      const index = engine.quoted('v1_unique');
      await before.sql(`CREATE UNIQUE INDEX ${index} ON appointments (calcom_booking_id)`);
      expect(await before.finds(name('no-unique-clashes'))).toEqual(['pass']);
      await engine.insert(before.db, 'appointments', [
        { id: 10, calcom_booking_id: 5, deleted_at: ago(60) },
        { id: 11, calcom_v2_booking_id: '5' },
        { id: 12, calcom_v2_booking_id: '6' },
        { id: 13, calcom_v2_booking_id: '6', deleted_at: ago(60) },
        { id: 14, calcom_v2_booking_id: '7' },
      ]);
      expect(await before.finds(name('no-unique-clashes'))).toEqual(['fail', '12', '13']);
      expect(await before.finds(name('no-conflicts'))).toEqual(['fail', '11']);
      await before.sql(`DROP INDEX ${index}${engine.name === 'mysql' ? ' ON appointments' : ''}`);
    });

    test('numeric ids that stand in the V2 column by design are not misplaced', async () => {
      const db = await engine.database();
      await engine.createAppointments(db, { extra: ['calcom_v2_booking_uid varchar(50)'] });
      await engine.insert(db, 'appointments', [{ id: 10, calcom_v2_booking_id: '5', calcom_v2_booking_uid: UID }]);
      const checked = new CheckedDatabase(engine, db, BOOKING_ID_CHECKS);
      expect(await checked.finds(name('none-misplaced'))).toEqual(['pass']);
      await db.drop();
    });

    test('what a table lacks makes a check not applicable', async () => {
      const db = await engine.database();
      await engine.createAppointments(db, { without: ['source', 'created_at', 'sync_origin', 'deleted_at'] });
      await engine.insert(db, 'appointments', [{ id: 10, calcom_v2_booking_id: '5' }]);
      const checked = new CheckedDatabase(engine, db, BOOKING_ID_CHECKS);
      const backup = 'needs column _migration_backup_v2_id';
      const expected = {
        sources: 'needs column source',
        'no-writers': 'needs column created_at',
        'moved-equals-backup': backup,
        'uids-unchanged': backup,
        'backup-complete': `${backup}, created_at`,
        conservation: backup,
        'none-newly-misplaced': `${backup} or created_at`,
        'sync-operational': 'needs column sync_origin',
      };
      const results = await checked.results(Object.keys(expected).map(name));
      expect(
        Object.fromEntries(results.map(({ check, note }) => [check.id.slice('booking-ids/'.length), note])),
      ).toEqual(expected);
      expect(await checked.finds(name('none-misplaced'))).toEqual(['fail', '10']);
      await db.drop();
    });
  });
}
