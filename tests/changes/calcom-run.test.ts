import { describe, expect, test } from 'vitest';
import type { Context } from '../../src/config/context.ts';
import { Refusal } from '../calcom/bookings.ts';
import { type CalcomServer, startCalcom } from '../calcom/server.ts';
import { ENGINES, type PlantedRow } from '../engines/engines.ts';
import { type Operated, operated, row } from './guarded.ts';

const SQL = `SELECT id AS pk, 77 AS event_type_id, 'Ada' AS attendee_name, 'ada@example.com' AS attendee_email,
  NULL AS attendee_phone, 'Europe/Berlin' AS time_zone, NULL AS language, NULL AS length_minutes FROM appointments`;

const flagged = (id: number, other: PlantedRow = {}): PlantedRow => ({
  ...row(id, null, null),
  starts_at: `2026-11-21 ${String(8 + (id % 10)).padStart(2, '0')}:00:00`,
  status: 'confirmed',
  sync_origin: 'retell',
  calcom_sync_status: 'failed',
  sync_attempt_count: 3,
  sync_error_code: 'HTTP_500',
  requires_manual_review: 1,
  manual_review_flagged_at: '2026-01-31 09:00:00',
  ...other,
});

const ALL = { filter: { includesDeleted: false }, columns: [] };

const asking = (
  server: CalcomServer & { readonly baseUrl: string },
  more: object = {},
): { context: Partial<Context> } => ({
  context: {
    retry: {
      strategy: 'calcom-api',
      laravel: { connections: [], jobs: undefined, appointment: undefined },
      command: undefined,
      calcomApi: { apiKey: server.key, baseUrl: server.baseUrl, parallel: 4, timeoutMs: 5_000, sql: SQL, ...more },
    },
  },
});

async function rowsOf({ db }: Operated) {
  const rows = await db.execute(
    `SELECT id, calcom_booking_id AS v1, calcom_v2_booking_id AS v2, calcom_sync_status AS status, sync_error_code AS code,
      requires_manual_review AS waits, sync_attempt_count AS n FROM appointments ORDER BY id`,
  );
  return rows.map(({ id, v1, v2, status, code, waits, n }) => ({
    id,
    v1,
    v2,
    status,
    code,
    n,
    waits: waits === '1' || waits === 'true' || waits === 't',
  }));
}

async function outcomes({ db }: Operated) {
  const rows = await db.execute('SELECT pk, outcome, detail FROM apptop_outcome ORDER BY run, pk');
  return rows.map(({ pk, outcome, detail }) => [pk, outcome, detail]);
}

for (const engine of ENGINES) {
  describe(`retries by Cal.com's API on ${engine.name}`, () => {
    test('book what is missing, move what moved, cancel what is cancelled, and write all of it', async () => {
      await using server = await startCalcom();
      const at = (hour: number) => Date.UTC(2026, 10, 21, hour);
      const moved = server.bookings.plant({ start: at(7), metadata: { crm_appointment_id: '2' } });
      const gone = server.bookings.plant({ start: at(11), metadata: { crm_appointment_id: '3' } });
      const rows = [
        flagged(1),
        flagged(2, { calcom_booking_id: String(moved.id), calcom_v2_booking_id: moved.uid }),
        flagged(3, { calcom_v2_booking_id: gone.uid, status: 'cancelled' }),
        flagged(4, { sync_origin: 'calcom' }),
      ];
      await using on = await operated(engine, rows, asking(server));
      const end = await on.run('retry-review', ALL);
      expect(end?.run).toMatchObject({ state: 'done', counts: { changed: 3, succeeded: 3, left: 1 } });
      const live = server.bookings.live;
      const [made, again] = [at(9), at(10)].map((start) => live.find((booking) => booking.start === start));
      expect(live).toHaveLength(2);
      expect(made?.metadata['crm_appointment_id']).toBe('1');
      expect(again?.from).toBe(moved.uid);
      const done = { status: 'synced', code: null, n: '3', waits: false };
      expect(await rowsOf(on)).toEqual([
        { id: '1', v1: String(made?.id), v2: made?.uid, ...done },
        { id: '2', v1: String(again?.id), v2: again?.uid, ...done },
        { id: '3', v1: String(gone.id), v2: gone.uid, ...done },
        { id: '4', v1: null, v2: null, ...done, status: 'failed', code: 'HTTP_500', waits: true },
      ]);
    });

    test('the first 401 halts the run; who corrects the key goes on with a new one', async () => {
      await using server = await startCalcom();
      const rows = Array.from({ length: 12 }, (_, index) => flagged(index + 1));
      await using on = await operated(engine, rows, asking(server, { apiKey: 'cal_wrong', parallel: 1 }));
      const end = await on.run('retry-review', ALL);
      expect(end?.run).toMatchObject({ state: 'halted', reason: 'Cal.com refuses the API key (401)' });
      expect(server.seen).toHaveLength(1);
      const [first, ...others] = await rowsOf(on);
      expect(first).toMatchObject({ status: 'failed', code: 'HTTP_401', n: '4', waits: true });
      expect(others.every(({ code, n }) => code === 'HTTP_500' && n === '3')).toBe(true);
      const [line] = await outcomes(on);
      expect(line?.slice(0, 2)).toEqual(['1', 'failed']);
      expect(JSON.stringify(await on.db.execute('SELECT * FROM apptop_outcome'))).not.toContain('cal_wrong');
    });

    test('an answer that is lost doubles nothing, and a refusal comes back with its code', async () => {
      await using server = await startCalcom();
      server.misbehave('create', { does: 'yes', says: 'drop' });
      server.bookings.slots = true;
      const attendee = { name: 'Bob', timeZone: 'UTC', email: 'bob@example.com' };
      server.bookings.plant({ start: Date.UTC(2026, 10, 21, 10), attendee });
      await using on = await operated(engine, [flagged(1), flagged(2)], asking(server, { parallel: 1 }));
      const end = await on.run('retry-review', ALL);
      expect(end?.run.counts).toMatchObject({ succeeded: 1, failed: 1 });
      expect(server.bookings.live).toHaveLength(2);
      const [one, two] = await rowsOf(on);
      expect(one).toMatchObject({ status: 'synced', waits: false });
      expect(two).toMatchObject({ status: 'failed', code: 'HTTP_400', waits: true, n: '4' });
      // The failed one can be tried again, the other one not.
      expect((await on.look('retry-review', { ids: ['1', '2'] })).plan.rows).toBe(1);
    });

    test('what was begun when apptop ended is verified, and not booked twice', async () => {
      await using server = await startCalcom();
      await using on = await operated(engine, [flagged(1), flagged(2)], asking(server));
      await on.run('take-review', { ids: ['1'] });
      const { plan } = await on.look('retry-review', ALL);
      await on.db.execute(
        `INSERT INTO apptop_run SELECT 2, 'retry-review', 'paused', NULL, NULL, ?, ?, 0, NULL, '2', token, '{}', batch_size, 2, 2, operator, NULL, started_at, updated_at, NULL, 0 FROM apptop_run`,
        [plan.digest, JSON.stringify(ALL)],
      );
      await on.db.execute("INSERT INTO apptop_outcome (run, pk, outcome, at) VALUES (2, 1, 'begun', 0)");
      server.bookings.plant({ start: Date.UTC(2026, 10, 21, 9), metadata: { crm_appointment_id: '1' } });
      const { run } = await on.resume(2);
      expect(run).toMatchObject({ state: 'done', counts: { succeeded: 2 } });
      expect(server.bookings.live).toHaveLength(2);
      expect(server.times('create')).toBe(1);
    });

    test('a row that the database refuses to write is told as done and unwritten', async () => {
      await using server = await startCalcom();
      const taken = server.bookings.plant({ start: Date.UTC(2026, 10, 21, 9), metadata: { crm_appointment_id: '1' } });
      const options = { ...asking(server), appointments: { unique: true } };
      const other = { ...row(9, null, taken.uid), status: 'confirmed' };
      await using on = await operated(engine, [flagged(1), other], options);
      const end = await on.run('retry-review', { ids: ['1'] });
      expect(end?.run).toMatchObject({ state: 'done', counts: { changed: 0, aside: 1 } });
      expect((await outcomes(on))[0]).toEqual(['1', 'unwritten', expect.stringContaining('could not be written')]);
      expect((await rowsOf(on))[0]).toMatchObject({ v2: null, status: 'failed', waits: true });
    });

    test('a pause waits for what has begun, and the rest is done when it goes on', async () => {
      await using server = await startCalcom();
      server.misbehave('create', { does: 'no', says: new Refusal(500, 'INTERNAL_SERVER_ERROR', 'later') });
      const rows = Array.from({ length: 6 }, (_, index) => flagged(index + 1));
      await using on = await operated(engine, rows, asking(server, { parallel: 2 }));
      await using other = await on.second();
      const running = on.run('retry-review', ALL);
      await expect.poll(() => server.times('create'), { timeout: 10_000 }).toBeGreaterThan(0);
      await other.path.ask(undefined, 'pause');
      const end = await running;
      const before = end?.run.counts.succeeded ?? 0;
      if (end?.run.state === 'paused') await on.resume();
      expect(before).toBeGreaterThan(0);
      expect(server.bookings.live).toHaveLength(6);
      expect((await rowsOf(on)).every(({ status, waits }) => status === 'synced' && !waits)).toBe(true);
    });
  });
}
