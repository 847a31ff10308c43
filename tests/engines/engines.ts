import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { Target } from '../../src/config/target.ts';
import type { Connection, Engine } from '../../src/data/connection.ts';
import { loadEngine } from '../../src/data/engines.ts';
import { type AppointmentsOptions, createAppointments, insert, type PlantedRow, quoted } from './appointments.ts';
import { openMysql } from './mysql.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';
import { type TestDatabase, targetOf, type Writer, withDatabase } from './writer.ts';

export type { AppointmentsOptions, PlantedRow } from './appointments.ts';
export type { TestDatabase } from './writer.ts';

/** A real engine to hold the product against. */
export interface TestEngine {
  readonly name: Target['engine'];
  /** A fresh, empty database. It goes with the server at the end of the run; `drop` is for tests that make many. */
  database(name?: string): Promise<TestDatabase>;
  createAppointments(db: TestDatabase, options?: AppointmentsOptions): Promise<void>;
  insert(db: TestDatabase, table: string, rows: readonly PlantedRow[]): Promise<void>;
  /** A name as this engine quotes it. */
  quoted(name: string): string;
  /** The product's engine of that name. */
  load(): Promise<Engine>;
  /** A session of the product's, reading only. */
  connect(target: Target, timeoutMs?: number): Promise<Connection>;
  /** A SELECT that runs for minutes, and touches no table of a test's. */
  readonly slowQuery: string;
  /** Ends every other session with the database from the server's side; undefined where there is no server. */
  readonly sever: ((db: TestDatabase) => Promise<void>) | undefined;
  /** Locks a table against reading, in a session of its own, and tells how to end that; undefined where readers never wait. */
  readonly lock: ((db: TestDatabase, table: string) => Promise<() => Promise<void>>) | undefined;
}

const provided = inject('engines');

function common(name: Target['engine']) {
  return {
    name,
    createAppointments,
    insert,
    quoted: (identifier: string) => quoted(name, identifier),
    load: () => loadEngine(name),
    connect: async (target: Target, timeoutMs = 5_000) => (await loadEngine(name)).connect(target, timeoutMs),
  };
}

function uniqueName(): string {
  return `apptop_${randomUUID().replaceAll('-', '').slice(0, 16)}`;
}

/** A database on a server, and a writer that sees it. */
async function onServer(
  engine: 'mysql' | 'postgres',
  serverUrl: string,
  open: (url: string) => Promise<Writer>,
  name: string,
): Promise<TestDatabase> {
  const asServer = async (sql: string) => {
    const writer = await open(serverUrl);
    await writer.execute(sql);
    await writer.close();
  };
  await asServer(`DROP DATABASE IF EXISTS ${quoted(engine, name)}`);
  await asServer(`CREATE DATABASE ${quoted(engine, name)}`);
  const url = withDatabase(serverUrl, name);
  const writer = await open(url);
  return {
    target: targetOf(engine, url),
    url,
    execute: (sql, parameters) => writer.execute(sql, parameters),
    drop: async () => {
      await writer.close();
      await asServer(`DROP DATABASE ${quoted(engine, name)}${engine === 'postgres' ? ' WITH (FORCE)' : ''}`);
    },
  };
}

/** Its session's end ends the lock. */
async function locking(open: (url: string) => Promise<Writer>, { url }: TestDatabase, statements: readonly string[]) {
  const writer = await open(url);
  for (const statement of statements) await writer.execute(statement);
  return () => writer.close();
}

const sqlite: TestEngine = {
  ...common('sqlite'),
  database: async (name = uniqueName()) => {
    const path = join(provided.folder, `${name}.sqlite`);
    const remove = () => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    };
    remove();
    const writer = openSqlite(path);
    return {
      target: { engine: 'sqlite', path },
      url: path,
      execute: (sql, parameters) => writer.execute(sql, parameters),
      drop: async () => {
        await writer.close();
        remove();
      },
    };
  },
  slowQuery:
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000000000) SELECT count(*) AS n FROM n',
  sever: undefined,
  lock: undefined,
};

function mysql(url: string): TestEngine {
  return {
    ...common('mysql'),
    database: (name = uniqueName()) => onServer('mysql', url, openMysql, name),
    slowQuery:
      'SELECT count(*) AS n FROM information_schema.collations a, information_schema.collations b, information_schema.collations c, information_schema.collations d',
    sever: async (db) => {
      const others = await db.execute(
        'SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()',
      );
      for (const { id } of others) await db.execute(`KILL ${id}`);
    },
    lock: (db, table) => locking(openMysql, db, [`LOCK TABLES ${table} WRITE`]),
  };
}

function postgres(url: string): TestEngine {
  return {
    ...common('postgres'),
    database: (name = uniqueName()) => onServer('postgres', url, openPostgres, name),
    slowQuery: 'SELECT count(*) AS n FROM pg_sleep(600)',
    sever: async (db) => {
      await db.execute(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
    },
    lock: (db, table) => locking(openPostgres, db, ['BEGIN', `ALTER TABLE ${table} ADD under_way int`]),
  };
}

/** A server of a test's own. */
export const engineOn = (name: 'mysql' | 'postgres', url: string): TestEngine =>
  name === 'mysql' ? mysql(url) : postgres(url);

/** Every engine that this run has: `for (const engine of ENGINES) describe(engine.name, …)`. */
export const ENGINES: readonly TestEngine[] = [
  sqlite,
  ...(provided.mysql === undefined ? [] : [mysql(provided.mysql)]),
  ...(provided.postgres === undefined ? [] : [postgres(provided.postgres)]),
];
