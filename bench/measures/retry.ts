import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAppointments, insert } from '../../tests/engines/appointments.ts';
import type { TestDatabase } from '../../tests/engines/writer.ts';
import { Application } from '../../tests/laravel/application.ts';
import { findPhp } from '../../tests/laravel/php.ts';
import { atMost, type Figure, type Measure, timesAtLeast } from '../support/figure.ts';
import { memoryOf } from '../support/processes.ts';
import { runToExit } from '../support/runs.ts';
import { LAUNCHER, type Stage, type Stand } from '../support/stage.ts';
import { median } from '../support/statistics.ts';

const JOBS = 10_000;
const ROUNDS = 3;
/** Rows of one INSERT. */
const CHUNK = 1_000;
/** The number of the appointment whose job is taken for a pattern, which stands nowhere else in it. */
const PATTERN = 987_654_321;

/** A config in which the queue may be retried. */
function configOf(stage: Stage, stand: Stand): string {
  const file = join(stage.folder, 'bench-retry.json');
  const context = {
    connection: stand.url,
    environment: 'local',
    access: 'operate',
    retry: { strategy: 'laravel-queue' },
  };
  writeFileSync(file, JSON.stringify({ contexts: { bench: context } }));
  return file;
}

const uuidOf = (number: number): string => `0b6d1e3c-5a0e-4f7a-9c1d-${String(number).padStart(12, '0')}`;

const numbers = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);

/** Appointments, each with a job that failed in Laravel's worker as the first of them did. */
async function fill(db: TestDatabase, app: Application): Promise<void> {
  await createAppointments(db);
  await app.migrate();
  await insert(db, 'appointments', [{ id: PATTERN }]);
  await app.dispatch('SyncAppointment', [PATTERN]);
  await app.work(401);
  const [pattern] = await db.execute('SELECT uuid, connection, queue, payload, exception, failed_at FROM failed_jobs');
  await db.execute('DELETE FROM failed_jobs');
  const payloadOf = (number: number) =>
    (pattern?.['payload'] ?? '')
      .replace(pattern?.['uuid'] ?? '', uuidOf(number))
      .replace(`i:${PATTERN};`, `i:${number};`);
  for (let from = 1; from <= JOBS; from += CHUNK) {
    const chunk = numbers(from, CHUNK);
    await insert(
      db,
      'appointments',
      chunk.map((id) => ({ id, requires_manual_review: true, calcom_sync_status: 'failed', sync_origin: 'api' })),
    );
    const failed = chunk.map((number) => ({ ...pattern, uuid: uuidOf(number), payload: payloadOf(number) }));
    await insert(db, 'failed_jobs', failed);
  }
  await db.execute('CREATE TABLE failed_before AS SELECT * FROM failed_jobs');
}

interface Filled {
  readonly stand: Stand;
  readonly app: Application;
}

async function filled(stage: Stage, engine: Stand['engine'], name: string, php: string): Promise<Filled> {
  const stand = await stage.database(engine, name);
  const writer = await stand.open();
  const { target } = stand.context;
  const app = new Application(php, target);
  await fill(
    { target, url: stand.url, execute: (sql, values) => writer.execute(sql, values), drop: async () => {} },
    app,
  );
  await writer.close();
  return { stand, app };
}

/** @throws Error where other jobs are in the queue than all */
async function assertMoved({ stand }: Filled): Promise<void> {
  const writer = await stand.open();
  const [row] = await writer.execute(
    'SELECT (SELECT COUNT(*) FROM jobs) AS jobs, (SELECT COUNT(*) FROM failed_jobs) AS failed',
  );
  await writer.close();
  if (row?.['jobs'] !== String(JOBS) || row['failed'] !== '0') throw new Error(`the queue has ${JSON.stringify(row)}`);
}

/** Puts everything back to where it was. */
async function reset({ stand }: Filled): Promise<void> {
  const writer = await stand.open();
  await writer.execute('DELETE FROM jobs');
  // Else its appointments would count as being retried.
  await writer.execute('DROP TABLE IF EXISTS apptop_outcome');
  await writer.execute('INSERT INTO failed_jobs SELECT * FROM failed_before');
  await writer.close();
}

/** Jobs a second of Laravel's own command, from its start to its end. */
async function laravelRate(filled: Filled): Promise<number> {
  const began = performance.now();
  await filled.app.artisan(['queue:retry', ...numbers(1, JOBS).map(uuidOf)]);
  const ms = performance.now() - began;
  await assertMoved(filled);
  return (1000 * JOBS) / ms;
}

async function figuresOf(stage: Stage, engine: Stand['engine'], php: string): Promise<readonly Figure[]> {
  const made = await filled(stage, engine, 'bench_retry', php);
  const command = [process.execPath, LAUNCHER, 'review', 'retry', '--all', '--confirm', 'Y', '--json'];
  const config = ['--config', configOf(stage, made.stand)];
  const [own, laravel, sizes]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const ran = await runToExit([...command, ...config], {
      env: stage.environment,
      look: (pid) => sizes.push(memoryOf([pid]).rss),
    });
    await assertMoved(made);
    own.push((1000 * JOBS) / ran.ms);
    await reset(made);
    laravel.push(await laravelRate(made));
    await reset(made);
  }
  return [
    timesAtLeast(5, {
      subject: `${engine}, ${JOBS.toLocaleString('en')} failed jobs, the whole process`,
      unit: 'rows/s',
      value: median(own),
      reference: { name: "Laravel's queue:retry", value: median(laravel) },
    }),
    atMost(120, { subject: `${engine}, largest RSS`, unit: 'MB', value: Math.max(...sizes) }),
  ];
}

export const retryMeasure: Measure = {
  name: 'retry',
  title: "failed jobs put back into Laravel's queue, against its own command",
  async run(stage) {
    const php = findPhp();
    const figures: Figure[] = [];
    for (const engine of stage.engines.filter((name) => name !== 'sqlite')) {
      if (php !== undefined) figures.push(...(await figuresOf(stage, engine, php)));
    }
    return figures;
  },
};
