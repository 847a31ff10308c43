import { sql } from 'kysely';
import { defaultContext } from '../../src/config/resolve.ts';
import { Database } from '../../src/data/database.ts';
import { envelope, modelIdentifier, phpObject, phpString } from '../../src/data/demo/queue.ts';
import type { Source } from '../../src/data/queries/expressions.ts';
import { readFailedJobs } from '../../src/data/queries/failed-jobs.ts';
import { findLaravelQueue, type JobStretch, type QueueTable } from '../../src/data/queries/laravel-queue.ts';
import { sourceOf } from '../../src/data/queries/read-rows.ts';
import { type QueueTables, type ReadFailedJob, type Requeued, requeue } from '../../src/data/state/requeue.ts';
import { loadWriting, type WritingSession } from '../../src/data/writing.ts';
import type { FailedJob } from '../../src/model/laravel-job.ts';
import type { Result } from '../../src/model/result.ts';
import type { PlantedRow, TestDatabase, TestEngine } from '../engines/engines.ts';

/** Both tables as Laravel's migrations make them. */
const TABLES: Readonly<Record<TestEngine['name'], readonly string[]>> = {
  sqlite: [
    `CREATE TABLE jobs (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, queue varchar NOT NULL, payload text NOT NULL,
      attempts integer NOT NULL, reserved_at integer, available_at integer NOT NULL, created_at integer NOT NULL)`,
    `CREATE TABLE failed_jobs (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, uuid varchar NOT NULL, connection text NOT NULL,
      queue text NOT NULL, payload text NOT NULL, exception text NOT NULL, failed_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP)`,
  ],
  mysql: [
    `CREATE TABLE jobs (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, queue varchar(255) NOT NULL, payload longtext NOT NULL,
      attempts tinyint unsigned NOT NULL, reserved_at int unsigned NULL, available_at int unsigned NOT NULL,
      created_at int unsigned NOT NULL)`,
    `CREATE TABLE failed_jobs (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, uuid varchar(255) NOT NULL, connection text NOT NULL,
      queue text NOT NULL, payload longtext NOT NULL, exception longtext NOT NULL, failed_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP)`,
  ],
  postgres: [
    `CREATE TABLE jobs (id bigserial PRIMARY KEY, queue varchar(255) NOT NULL, payload text NOT NULL, attempts smallint NOT NULL,
      reserved_at integer NULL, available_at integer NOT NULL, created_at integer NOT NULL)`,
    `CREATE TABLE failed_jobs (id bigserial PRIMARY KEY, uuid varchar(255) NOT NULL, connection text NOT NULL, queue text NOT NULL,
      payload text NOT NULL, exception text NOT NULL, failed_at timestamp(0) without time zone NOT NULL DEFAULT CURRENT_TIMESTAMP)`,
  ],
};

const INDEXES = [
  'CREATE INDEX jobs_queue_index ON jobs (queue)',
  'CREATE UNIQUE INDEX failed_jobs_uuid_unique ON failed_jobs (uuid)',
];

/** Creates Laravel's tables of the queue. */
export async function createQueueTables(db: TestDatabase, { unique = true } = {}): Promise<void> {
  const made = TABLES[db.target.engine];
  for (const statement of [...made, ...INDEXES.slice(0, unique ? 2 : 1)]) await db.execute(statement);
}

const SYNC = 'App\\Jobs\\SyncAppointment';

export const uuidOf = (number: number): string => `0b6d1e3c-5a0e-4f7a-9c1d-${String(number).padStart(12, '0')}`;

/** A job that syncs an appointment. @param id as PHP writes it */
export const payloadOf = (number: number, id: string | number = `i:${number};`): string =>
  envelope(
    uuidOf(number),
    SYNC,
    SYNC,
    phpObject(SYNC, [
      `${phpString('\0*\0appointment')}${modelIdentifier(String(id))}`,
      `${phpString('note')}${phpString('Zürich 💈')}`,
    ]),
  );

/** A failed job about the appointment of the same number. */
export const failedRow = (number: number, other: PlantedRow = {}): PlantedRow => ({
  id: number,
  uuid: uuidOf(number),
  connection: 'database',
  queue: 'calcom-sync',
  payload: payloadOf(number),
  exception:
    'RuntimeException: HTTP 401 from Cal.com in /var/www/app/Jobs/SyncAppointment.php:87\nStack trace:\n#0 {main}',
  failed_at: '2026-01-31 08:00:00',
  ...other,
});

/** The same job while it waits. */
export const jobRow = (number: number, other: PlantedRow = {}): PlantedRow => ({
  queue: 'calcom-sync',
  payload: payloadOf(number),
  attempts: 0,
  reserved_at: null,
  available_at: 1_700_000_000,
  created_at: 1_700_000_000,
  ...other,
});

export const OPTIONS = { lane: 'rows' } as const;

const found = (table: Result<QueueTable, string>): QueueTable => {
  if (!table.ok) throw new Error(table.error);
  return table.value;
};

export interface QueueStandOptions {
  readonly failed?: readonly PlantedRow[];
  readonly jobs?: readonly PlantedRow[];
  /** Whether a uuid may fail once only, as in Laravel's own table. */
  readonly unique?: boolean;
  /** Creates both tables. */
  readonly migrate?: (db: TestDatabase) => Promise<void>;
}

/** A database with Laravel's queue, a reading session and one that writes. */
export class QueueStand {
  readonly engine: TestEngine;
  readonly db: TestDatabase;
  readonly database: Database;
  readonly session: WritingSession;

  private constructor(engine: TestEngine, db: TestDatabase, database: Database, session: WritingSession) {
    this.engine = engine;
    this.db = db;
    this.database = database;
    this.session = session;
  }

  static async open(
    engine: TestEngine,
    {
      failed = [],
      jobs = [],
      unique = true,
      migrate = (db) => createQueueTables(db, { unique }),
    }: QueueStandOptions = {},
  ): Promise<QueueStand> {
    const db = await engine.database();
    await engine.createAppointments(db);
    await migrate(db);
    await engine.insert(db, 'failed_jobs', failed);
    await engine.insert(db, 'jobs', jobs);
    const context = defaultContext('test', db.target);
    const session = await (await loadWriting(engine.name)).open(db.target, 5_000);
    return new QueueStand(engine, db, new Database(context, await engine.load()), session);
  }

  async close(): Promise<void> {
    await this.session.close();
    await this.database.close();
    await this.db.drop();
  }

  /** Another operator's session. */
  async another(): Promise<WritingSession> {
    return (await loadWriting(this.engine.name)).open(this.db.target, 5_000);
  }

  source(): Promise<Source> {
    return sourceOf(this.database, defaultContext('test', this.db.target), OPTIONS);
  }

  find() {
    return findLaravelQueue(this.database, { schema: undefined, name: 'appointments' }, OPTIONS);
  }

  async tables(): Promise<QueueTables> {
    const { failed, jobs } = await this.find();
    return { failed: found(failed), jobs: found(jobs) };
  }

  async failed(stretch: Partial<JobStretch> = {}): Promise<readonly FailedJob[]> {
    const { failed } = await this.tables();
    return (await readFailedJobs(this.database, failed, { after: undefined, limit: 1_000, ...stretch }, OPTIONS)).jobs;
  }

  /** One batch. */
  async requeue(jobs: readonly ReadFailedJob[], session = this.session): Promise<Requeued> {
    const tables = await this.tables();
    return session.transaction(() => requeue(session, this.database.dialect, tables, jobs));
  }

  /** The database's clock, in seconds. */
  async now(): Promise<number> {
    const [row] = await this.database.query(sql`SELECT ${this.database.dialect.now()} AS now`, OPTIONS);
    return Number(row?.['now']);
  }

  rows(table: 'jobs' | 'failed_jobs') {
    return this.db.execute(`SELECT * FROM ${table} ORDER BY id`);
  }
}
