import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SCHEMA_CHECKS } from '../../src/checks/schema/checks.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { type AppointmentsOptions, ENGINES, type PlantedRow } from '../engines/engines.ts';
import { openMysql } from '../engines/mysql.ts';
import { openPostgres } from '../engines/postgres.ts';
import { poll } from '../support.ts';
import { CheckedDatabase } from './checked-database.ts';

const name = (check: string) => `schema/${check}`;
const MIGRATION = '2025_10_18_000001_optimize_appointments_database_schema';

for (const engine of ENGINES) {
  describe(`the schema on ${engine.name}`, () => {
    let checked: CheckedDatabase;
    beforeEach(async () => {
      checked = new CheckedDatabase(engine, await engine.database(), SCHEMA_CHECKS);
    });
    afterEach(() => checked.db.drop());

    const appointments = (options: AppointmentsOptions = {}) => engine.createAppointments(checked.db, options);
    const context = () => defaultContext('test', checked.db.target);

    describe('phantom columns', () => {
      test("are nobody's guess: without codeWrites the check says what it needs", async () => {
        await appointments();
        expect(await checked.finds(name('phantom-columns'))).toEqual([
          'not-applicable',
          'needs codeWrites in the config, or --code DIR',
        ]);
      });

      test('are those of the field when the config lists what the code writes', async () => {
        await appointments({ extra: ['Created_By varchar(20)'] });
        const codeWrites = { appointments: ['created_by', 'booking_source', 'booked_by_user_id'] };
        const { verdict, sample, figure } = await checked.result(name('phantom-columns'), { codeWrites });
        expect([verdict, ...sample.map(({ pk }) => pk)]).toEqual([
          'fail',
          'appointments.booking_source',
          'appointments.booked_by_user_id',
        ]);
        expect(figure).toBe('3 columns of codeWrites');
      });

      test('come from the config, for any table', async () => {
        await appointments();
        await checked.sql('CREATE TABLE calls (id integer, note varchar(20))');
        const codeWrites = { appointments: ['status', 'tip'], calls: ['note', 'mood'], gone: ['x'] };
        expect(await checked.finds(name('phantom-columns'), { codeWrites })).toEqual([
          'fail',
          'appointments.tip',
          'calls.mood',
          'gone',
        ]);
        const right = { appointments: ['status', 'starts_at'], calls: ['note'] };
        const { verdict, figure } = await checked.result(name('phantom-columns'), { codeWrites: right });
        expect([verdict, figure]).toEqual(['pass', '3 columns of codeWrites']);
      });
    });

    describe('the hotfix', () => {
      const hotfix = { indexes: ['idx_appointments_call_id', 'idx_by_phone', 'idx_by_day'], migrations: [MIGRATION] };

      test('is looked for only where the config says that the database gets it', async () => {
        await appointments();
        for (const check of ['hotfix-indexes', 'hotfix-migrated']) {
          const [verdict, need] = await checked.finds(name(check));
          expect([verdict, need]).toEqual(['not-applicable', expect.stringMatching(/^needs hotfix in the config/)]);
        }
      });

      test('leaves its indexes behind', async () => {
        await appointments();
        const { indexes } = hotfix;
        expect(await checked.finds(name('hotfix-indexes'), { hotfix })).toEqual(['fail', ...indexes]);
        for (const index of indexes.slice(1)) await checked.sql(`CREATE INDEX ${index} ON appointments (company_id)`);
        const { sample, figure } = await checked.result(name('hotfix-indexes'), { hotfix });
        expect(sample).toEqual([{ pk: 'idx_appointments_call_id' }]);
        expect(figure).toMatch(/^2 of 3 there; the table has \d+ indexes$/);
        const others = { ...hotfix, indexes: indexes.slice(1) };
        expect(await checked.finds(name('hotfix-indexes'), { hotfix: others })).toEqual(['pass']);
      });

      test('stands in the migrations table', async () => {
        await appointments();
        expect(await checked.finds(name('hotfix-migrated'), { hotfix })).toEqual([
          'not-applicable',
          'needs table migrations',
        ]);
        await checked.sql('CREATE TABLE migrations (id integer, migration varchar(255), batch integer)');
        expect(await checked.finds(name('hotfix-migrated'), { hotfix })).toEqual(['fail', MIGRATION]);
        await engine.insert(checked.db, 'migrations', [{ id: 1, migration: MIGRATION, batch: 3 }]);
        expect(await checked.finds(name('hotfix-migrated'), { hotfix })).toEqual(['pass']);
      });

      test.runIf(engine.name === 'postgres')('makes metadata JSONB with a GIN index', async () => {
        await appointments({ extra: ['metadata text'] });
        const problems = async () => (await checked.result(name('metadata-json'))).sample.map((row) => row['problem']);
        expect(await problems()).toEqual(['is text, expected jsonb', 'has no gin index']);
        await checked.sql(
          'ALTER TABLE appointments ALTER metadata TYPE jsonb USING metadata::jsonb',
          'CREATE INDEX plain ON appointments (metadata)',
        );
        expect(await problems()).toEqual(['has no gin index']);
        await checked.sql('CREATE INDEX gin ON appointments USING gin (metadata)');
        expect(await checked.finds(name('metadata-json'))).toEqual(['pass']);
      });

      test('says where JSON can’t be searched by an index', async () => {
        await appointments();
        const note = engine.name === 'postgres' ? 'needs column metadata' : 'needs an engine with an index for JSON';
        expect(await checked.finds(name('metadata-json'))).toEqual(['not-applicable', note]);
      });
    });

    describe('double bookings', () => {
      const ANNA = 'a0000000-0000-4000-8000-000000000001';
      const day = (id: string, from: string, to: string, change: PlantedRow = {}): PlantedRow => ({
        id,
        staff_id: ANNA,
        starts_at: `2026-03-01 ${from}:00`,
        ends_at: `2026-03-01 ${to}:00`,
        status: 'confirmed',
        deleted_at: null,
        ...change,
      });

      test('are the rows that the next one begins inside', async () => {
        await appointments();
        await engine.insert(checked.db, 'appointments', [
          day('1', '09:00', '12:00'),
          day('2', '09:30', '10:00'),
          day('3', '10:30', '11:00'),
          day('4', '12:00', '13:00'),
          day('9007199254740993', '12:00', '12:30'),
          day('6', '12:45', '14:00'),
        ]);
        const { sample, violations } = await checked.result(name('double-bookings'));
        expect(violations).toBe(2);
        expect(sample).toEqual([
          {
            pk: '4',
            staff_id: ANNA,
            starts_at: '2026-03-01 12:00:00',
            ends_at: '2026-03-01 13:00:00',
            next_id: '9007199254740993',
            next_starts_at: '2026-03-01 12:00:00',
          },
          expect.objectContaining({ pk: '1', next_id: '2', next_starts_at: '2026-03-01 09:30:00' }),
        ]);
      });

      test('are none where people, days or states differ', async () => {
        await appointments();
        await engine.insert(checked.db, 'appointments', [
          day('1', '09:00', '10:00'),
          day('2', '10:00', '11:00'),
          day('3', '09:00', '10:00', { staff_id: 'b0000000-0000-4000-8000-000000000001' }),
          day('4', '09:00', '10:00', { staff_id: null }),
          day('5', '09:00', '10:00', { staff_id: null }),
          day('6', '09:00', '10:00', { deleted_at: '2026-02-01 00:00:00' }),
          day('7', '09:00', '10:00', { status: 'Cancelled' }),
          day('8', '09:30', '09:30'),
          day('9', '09:30', '09:40', { ends_at: null }),
          day('10', '11:00', '12:00', { status: null }),
        ]);
        expect(await checked.finds(name('double-bookings'))).toEqual(['pass']);
      });

      test('can’t be told without the staff', async () => {
        await appointments({ without: ['staff_id'] });
        expect(await checked.finds(name('double-bookings'))).toEqual(['not-applicable', 'needs column staff_id']);
      });
    });

    describe('watched queries', () => {
      const fast = { name: 'fast', sql: 'SELECT 1 AS one', maxMs: 5_000 };

      test('are told with their times, and those over their limit are violations', async () => {
        await appointments();
        const slow = { name: 'slow', sql: engine.slowQuery, maxMs: 1 };
        const change = { timedQueries: [fast, slow], statementTimeoutMs: 300 };
        const { verdict, sample, figure } = await checked.result(name('timed-queries'), change);
        expect([verdict, sample.map(({ pk }) => pk)]).toEqual(['fail', ['slow']]);
        expect(sample[0]?.['limit']).toBe('1 ms');
        expect(figure).toMatch(/^fast \d+ m?s · slow stopped after 300 ms$/);
        expect((await checked.result(name('timed-queries'), { timedQueries: [fast] })).verdict).toBe('pass');
      });

      test('that write or are no SQL say so and hold up no other', async () => {
        await appointments();
        const timedQueries = [
          { name: 'wrong', sql: 'SELEKT 1', maxMs: 100 },
          { name: 'writes', sql: "UPDATE appointments SET status = 'x'", maxMs: 100 },
          fast,
        ];
        expect(await checked.finds(name('timed-queries'), { timedQueries })).toEqual(['fail', 'wrong', 'writes']);
      });

      test('are none by default', async () => {
        await appointments();
        expect(await checked.finds(name('timed-queries'))).toEqual([
          'not-applicable',
          'needs timedQueries in the config',
        ]);
      });
    });

    describe('locks', () => {
      test.runIf(engine.name === 'sqlite')('are not told by SQLite', async () => {
        await appointments();
        expect(await checked.finds(name('no-long-locks'))).toEqual([
          'not-applicable',
          'SQLite keeps its locks in the file system and does not say who holds them',
        ]);
      });

      test.runIf(engine.name !== 'sqlite')(
        'that are held for longer than the limit are told with their holder',
        async () => {
          await appointments();
          await engine.insert(checked.db, 'appointments', [{ id: '1', source: 'phone' }]);
          const open = engine.name === 'mysql' ? openMysql : openPostgres;
          const other = await open(checked.db.url);
          try {
            const own = engine.name === 'mysql' ? 'connection_id()' : 'pg_backend_pid()';
            const [session] = await other.execute(`SELECT ${own} AS id`);
            await other.execute('BEGIN');
            await other.execute("UPDATE appointments SET source = 'web' WHERE id = 1");
            const { thresholds } = context();
            const limited = (lockSeconds: number) => ({ thresholds: { ...thresholds, lockSeconds } });
            // The locks of the whole server are told, those of other tests too: what they hold is over sooner or later.
            const mine = async () => {
              const { sample } = await checked.result(name('no-long-locks'), limited(0));
              return sample.find(({ pk }) => pk === String(session?.['id']));
            };
            const told = await poll(mine, { deadlineMs: 15_000, what: 'the lock of the other session' });
            expect(told).toMatchObject({
              state: 'holds',
              for: expect.stringMatching(/ s$/),
            });
            const patient = await checked.result(name('no-long-locks'), limited(3_600));
            expect([patient.verdict, patient.figure]).toEqual([
              'pass',
              expect.stringMatching(/^oldest .*, limit 1 h$/),
            ]);
          } finally {
            await other.close();
          }
        },
      );
    });
  });
}
