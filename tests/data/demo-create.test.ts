import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Connection, Row } from '../../src/data/connection.ts';
import { createDemo, type Demo } from '../../src/data/demo/create.ts';
import { loadEngine } from '../../src/data/engines.ts';
import { poll } from '../support.ts';

async function connect(path: string): Promise<Connection> {
  return (await loadEngine('sqlite')).connect({ engine: 'sqlite', path }, 5_000);
}

describe('the demo database', () => {
  let demo: Demo;
  let connection: Connection;
  const query = (sql: string): Promise<readonly Row[]> => connection.query({ sql, parameters: [] }, 5_000);

  beforeAll(async () => {
    demo = await createDemo(undefined, Date.now());
    connection = await connect(demo.path);
  });
  afterAll(async () => {
    await connection.close();
    demo.remove();
  });

  test('holds the figures of the field', async () => {
    const numeric = "calcom_v2_booking_id NOT GLOB '*[^0-9]*'";
    expect(
      await query(`
        SELECT count(*) AS total,
          sum(calcom_booking_id IS NULL AND ${numeric}) AS misplaced,
          sum(calcom_booking_id IS NOT NULL AND NOT ${numeric}) AS "both",
          sum(calcom_booking_id IS NULL AND NOT ${numeric}) AS v2,
          sum(calcom_booking_id IS NULL AND calcom_v2_booking_id IS NULL) AS none
        FROM appointments WHERE deleted_at IS NULL`),
    ).toEqual([{ total: '128', misplaced: '102', both: '2', v2: '1', none: '23' }]);
    expect(
      await query('SELECT source, count(*) AS n FROM appointments GROUP BY source ORDER BY n DESC, source'),
    ).toEqual([
      { source: 'cal.com', n: '101' },
      { source: 'phone', n: '9' },
      { source: 'other', n: '8' },
      { source: 'test', n: '6' },
      { source: 'calcom_import', n: '2' },
      { source: 'retell_transcript', n: '2' },
    ]);
    expect(await query('SELECT calcom_booking_id, calcom_v2_booking_id FROM appointments WHERE id = 512')).toEqual([
      { calcom_booking_id: null, calcom_v2_booking_id: '8212577' },
    ]);
  });

  test('has run both sync migrations and not the id migration', async () => {
    expect(await query("SELECT migration FROM migrations WHERE migration LIKE '%sync%' ORDER BY id")).toEqual([
      { migration: '2025_10_11_000000_add_calcom_sync_tracking_to_appointments' },
      { migration: '2025_10_13_160319_add_sync_orchestration_to_appointments' },
    ]);
    expect(await query("SELECT name FROM pragma_table_info('appointments') WHERE name LIKE '%backup%'")).toEqual([]);
  });

  test('has twelve failed jobs of existing appointments, and a job for each pending one', async () => {
    const failed = await query('SELECT uuid, payload FROM failed_jobs');
    expect(failed).toHaveLength(12);
    for (const { uuid, payload } of failed) {
      const { uuid: inside, data } = JSON.parse(payload ?? '');
      expect(inside).toBe(uuid);
      const id = /ModelIdentifier":5:\{s:5:"class";s:22:"App\\Models\\Appointment";s:2:"id";i:(\d+);/.exec(
        data.command,
      );
      expect(await query(`SELECT count(*) AS n FROM appointments WHERE id = ${id?.[1]}`)).toEqual([{ n: '1' }]);
    }
    const pending = await query(
      "SELECT sync_job_id AS uuid FROM appointments WHERE calcom_sync_status = 'pending' ORDER BY uuid",
    );
    expect(await query("SELECT payload ->> 'uuid' AS uuid FROM jobs ORDER BY uuid")).toEqual(pending);
  });

  test('is of the size that was asked for, and goes when it is removed', async () => {
    const large = await createDemo(30_000, Date.now());
    const session = await connect(large.path);
    expect(await session.query({ sql: 'SELECT count(*) AS n FROM appointments', parameters: [] }, 5_000)).toEqual([
      { n: '30000' },
    ]);
    await session.close();
    large.remove();
    expect(existsSync(large.path)).toBe(false);
  });
});

describe('a process with a demo', () => {
  let folder: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'apptop-test-'));
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a process that holds a demo, and waits until the database is there. */
  async function host(): Promise<{ readonly child: ChildProcess; readonly path: string }> {
    const file = fileURLToPath(new URL('./demo-host.ts', import.meta.url));
    const child = spawn(process.execPath, [file], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const [path] = await once(createInterface({ input: child.stdout }), 'line');
    return { child, path: String(path) };
  }

  const simulatorLives = (path: string) =>
    execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' }).includes(path);

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('leaves no file and no simulator behind after %s', async (signal, code) => {
    const { child, path } = await host();
    expect(existsSync(path)).toBe(true);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([code, null]);
    expect(readdirSync(folder)).toEqual([]);
    await poll(() => !simulatorLives(path), { what: 'the end of the simulator' });
  });

  test('ends its simulator even when it is killed, and the next demo sweeps up', async () => {
    const { child, path } = await host();
    await poll(() => simulatorLives(path), { what: 'the start of the simulator' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await poll(() => !simulatorLives(path), { what: 'the end of the simulator' });
    expect(existsSync(path)).toBe(true);

    const next = await host();
    expect(existsSync(path)).toBe(false);
    expect(existsSync(next.path)).toBe(true);
  });

  test('sees its simulator book and sync', async () => {
    const { path } = await host();
    const session = await connect(path);
    const count = async (condition: string) => {
      const sql = `SELECT count(*) AS n FROM appointments WHERE ${condition}`;
      return Number((await session.query({ sql, parameters: [] }, 5_000))[0]?.n);
    };
    const booked = () => count('id > 557');
    const verified = () => count("id <= 557 AND sync_verified_at > datetime('now', '-2 minutes')");
    const patience = { deadlineMs: 10_000 };
    expect(await poll(booked, { ...patience, what: 'a new booking' })).toBeGreaterThan(0);
    expect(await poll(verified, { ...patience, what: 'a sync of what was pending' })).toBeGreaterThan(0);
    await session.close();
  });
});
