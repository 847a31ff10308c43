import { describe, expect, test } from 'vitest';
import { defaultContext } from '../../src/config/resolve.ts';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';
import { openOn } from './on-database.ts';

const MIGRATIONS = [
  ['0001_01_01_000002_create_jobs_table', 1],
  ['2025_10_11_000000_add_calcom_sync_tracking_to_appointments', 9],
  ['2026_01_01_000000_something_newer', 10],
] as const;

async function plantMigrations(db: TestDatabase): Promise<void> {
  await db.execute('CREATE TABLE migrations (id integer PRIMARY KEY, migration varchar(255), batch integer)');
  for (const [index, [name, batch]] of MIGRATIONS.entries()) {
    await db.execute('INSERT INTO migrations VALUES (?, ?, ?)', [index, name, batch]);
  }
}

for (const engine of ENGINES) {
  describe(`Schema on ${engine.name}`, () => {
    test('expected columns against the real ones', async () => {
      const extra = [`${engine.quoted('created_by')} varchar(7) NULL`];
      const appointments = { without: ['sync_error_code', 'source'], extra };
      await using open = await openOn(engine, [], { appointments, rows: 50, columns: 120 });
      const { console } = open;
      await console.sees('8 Schema').press('8').sees('[Columns 23, 2 missing]');
      await console.sees(/source +missing +.*Ids by source/, /sync_error_code +missing +.*Review: groups/);
      await console.sees(
        /created_by +extra +.*char.* +yes /,
        /calcom_v2_booking_uid +absent/,
        /requires_manual_review +present .* no .* Review/,
      );
      await console.press('/').type('missing').press('enter').sees('row 1 of 2 ').press('escape').sees('row 1 of 2');
    });

    test('a column that the config gives another name is known by it', async () => {
      const appointments = { without: ['source'], extra: [`${engine.quoted('Herkunft')} varchar(7) NULL`] };
      const columns = { ...defaultContext('', { engine: 'sqlite', path: '' }).columns, source: 'Herkunft' };
      await using open = await openOn(engine, [], { appointments, context: { columns }, rows: 50 });
      const { console } = open;
      await console
        .sees('8 Schema')
        .press('8')
        .sees('[Columns 24]', /Herkunft +present .* Ids by source/);
    });

    test('indexes and constraints', async () => {
      await using open = await openOn(engine, [], { appointments: { unique: true }, columns: 120 });
      const { console } = open;
      await console.sees('8 Schema').press('8').sees('[Columns 24]').press('tab').sees('[Indexes ');
      await console.sees(/appointments_calcom_v2_booking_id_index +unique +calcom_v2_booking_id/);
      await console.sees(/appointments_calcom_booking_id_index +calcom_booking_id/);
      await console
        .press('tab')
        .sees('[Constraints', /primary key +.*id/)
        .press('\u001b[Z')
        .sees('[Indexes ');
    });

    test("Laravel's migrations, the newest batch first, and a sync migration that is missing", async () => {
      await using open = await openOn(engine, [], { plant: plantMigrations, columns: 120 });
      const { console } = open;
      await console.sees('8 Schema').press('8').sees('Migrations 3').press('tab', 'tab', 'tab').sees('[Migrations 3]');
      await console.sees(/› add_sync_orchestration_to_appointments .*sync migration: missing/);
      await console.sees(/something_newer +10 +rolled back first\s+2025_10_11\S+ +9 +sync migration: found/);
      await console.sees(/create_jobs_table +1/);
    });

    test('a database without Laravel says so, and locks or the reason why there are none', async () => {
      await using open = await openOn(engine, []);
      const { console } = open;
      await console.sees('8 Schema').press('8').sees('[Columns').press('tab', 'tab', 'tab');
      await console.sees('there is no table migrations').press('tab').sees('[Locks');
      await console.sees(/nobody holds a lock|nobody waits|SQLite keeps its locks|holder|PROCESS/);
    });

    test.skipIf(engine.lock === undefined)('who locks the table is told while it is locked', async () => {
      await using open = await openOn(engine, [], { columns: 120, plant: plantMigrations });
      const { console, db } = open;
      await console.sees('8 Schema', 'empty');
      const unlock = await engine.lock?.(db, 'appointments');
      const waiting = db.execute('SELECT id FROM appointments');
      await console.press('8').sees(/\[Columns\] .*Migrations 3 +Locks/);
      await console.sees('appointments does not answer: probably somebody holds a lock: see 8 Schema, Locks');
      await console.press('\u001b[Z').sees('[Locks');
      if (engine.name === 'postgres') await console.sees(/holds .*appointments .*AccessExclusiveLock .*ALTER TABLE/);
      await console.press('R').sees(/waiting .*SELECT id FROM appointments/);
      await unlock?.();
      await waiting;
      await console.press('R').sees(/Columns 24/);
    });

    test('is read when first looked at, and again with R', async () => {
      await using open = await openOn(engine, []);
      const { console, database, db } = open;
      const seen = () => database.log.filter(({ sql }) => /index|constraint/i.test(sql)).length;
      await console.sees('8 Schema', 'empty');
      const before = seen();
      await console
        .press('8')
        .sees('[Columns 24]')
        .after(() => expect(seen()).toBeGreaterThan(before));
      const name = engine.quoted('brand_new');
      await console.after(() => db.execute(`ALTER TABLE appointments ADD COLUMN ${name} varchar(9)`)).press('R');
      await console.sees('[Columns 25]');
    });
  });
}
