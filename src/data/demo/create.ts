import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { Sample } from '../../model/sample.ts';
import { temporaryFolder } from './folder.ts';
import { historyOf } from './history.ts';
import { manyRows } from './many-rows.ts';
import { queueOf } from './queue.ts';
import { randomOf } from './random.ts';
import { DEMO_COLUMNS, type DemoRow } from './row.ts';
import { INDEXES, INSERT_APPOINTMENT, TABLES } from './schema.ts';
import { seedRows } from './seed-rows.ts';
import { startSimulator } from './start.ts';

/** A demo database in a temporary file, which goes with this process. */
export interface Demo {
  /** The SQLite file. */
  readonly path: string;
  /** What a console that had been open would have recorded; empty for a made-up number of rows. */
  readonly history: readonly Sample[];
  /** Starts the process that keeps booking, syncing and failing in it. */
  simulate(): void;
  /** Ends the simulator and removes the file. */
  remove(): void;
}

const FAILED_JOBS = 12;
/** Rows between two looks at what else happens, about 0.1 s. */
const CHUNK = 20_000;

/**
 * Makes the demo database. A million rows take some seconds, in which signals are still heard.
 * @param rows how many appointments; undefined means the 128 of the field
 * @param now milliseconds since 1970
 */
export async function createDemo(rows: number | undefined, now: number): Promise<Demo> {
  let stop = () => {};
  const folder = temporaryFolder(() => stop());
  const path = join(folder.path, 'demo.sqlite');
  const seed = rows === undefined ? seedRows(now) : [];
  await fill(path, rows === undefined ? seed : manyRows(rows, now), now);
  return {
    path,
    history: seed.length === 0 ? [] : historyOf(seed, now),
    simulate() {
      stop = startSimulator(path);
    },
    remove: () => folder.remove(),
  };
}

/** Writes tables, rows and what the queue holds of them, and leaves a WAL database behind. */
async function fill(path: string, rows: Iterable<DemoRow>, now: number): Promise<void> {
  const database = new Database(path);
  try {
    // Nobody else reads it yet, and nobody needs half of it after a crash.
    database.pragma('journal_mode = OFF');
    database.pragma('synchronous = OFF');
    database.pragma('cache_size = -64000');
    database.exec(`BEGIN; ${TABLES}`);
    await insertRows(database, rows, now);
    for (const index of INDEXES) {
      database.exec(`CREATE ${index}`);
      await setImmediate();
    }
    database.exec('COMMIT');
    database.pragma('journal_mode = WAL');
  } finally {
    database.close();
  }
}

async function insertRows(database: Database.Database, rows: Iterable<DemoRow>, now: number): Promise<void> {
  const insert = database.prepare(INSERT_APPOINTMENT);
  const queue = queueOf(database);
  const retried: DemoRow[] = [];
  let inserted = 0;
  for (const row of rows) {
    insert.run(DEMO_COLUMNS.map((column) => row[column]));
    if (row.calcom_sync_status === 'pending') queue.push(jobOf(row), now, now);
    if (Number(row.sync_attempt_count) > 1) retried.push(row);
    if (retried.length > FAILED_JOBS) retried.shift();
    if (++inserted % CHUNK === 0) await setImmediate();
  }
  const random = randomOf(12);
  retried.forEach((row, index) => {
    const failedAt = Date.parse(`${row.last_sync_attempt_at}Z`);
    const job = { ...jobOf(row), uuid: random.uuid() };
    queue.fail(
      job,
      row.sync_error_message ?? 'Cal.com API v2 request failed: HTTP 401',
      failedAt,
      index % 4 === 3 ? 'listener' : 'job',
    );
  });
}

function jobOf(row: DemoRow) {
  const action = row.calcom_v2_booking_id === null ? 'create' : row.status === 'cancelled' ? 'cancel' : 'reschedule';
  return { uuid: row.sync_job_id ?? '', appointmentId: row.id ?? '', action } as const;
}
