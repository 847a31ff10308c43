import { Readable } from 'node:stream';
import Sqlite from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import { manyRows } from '../../src/data/demo/many-rows.ts';
import { DEMO_COLUMNS, type DemoRow } from '../../src/data/demo/row.ts';
import { INDEXES, INSERT_APPOINTMENT, TABLES } from '../../src/data/demo/schema.ts';
import { seedRows } from '../../src/data/demo/seed-rows.ts';
import { createAppointments } from '../../tests/engines/appointments.ts';
import { openPostgres } from '../../tests/engines/postgres.ts';
import type { TestDatabase, Writer } from '../../tests/engines/writer.ts';

/** What a table holds: the field's 128 rows, or many as the demo makes them; a queue has every row in review. */
export interface Shape {
  readonly rows: number | 'seed';
  readonly queue: boolean;
}

const FALLBACK_ERROR = { sync_error_code: 'HTTP_422', sync_error_message: 'Cal.com rejected the booking: no slot' };

function* rowsOf({ rows, queue }: Shape): Generator<DemoRow> {
  const now = Date.now();
  for (const row of rows === 'seed' ? seedRows(now) : manyRows(rows, now)) {
    if (!queue) yield row;
    else {
      const error = row.sync_error_code === null ? FALLBACK_ERROR : {};
      yield { ...row, ...error, requires_manual_review: '1', manual_review_flagged_at: row.created_at };
    }
  }
}

/** Runs of rows, so that one statement writes many. */
function* chunksOf(rows: Iterable<DemoRow>, size: number): Generator<readonly DemoRow[]> {
  let chunk: DemoRow[] = [];
  for (const row of rows) {
    chunk.push(row);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** Makes the demo's tables with rows in a new SQLite file. */
export function fillSqlite(path: string, shape: Shape): void {
  const database = new Sqlite(path);
  database.pragma('synchronous = OFF');
  database.pragma('cache_size = -64000');
  database.exec(`BEGIN; ${TABLES}`);
  const insert = database.prepare(INSERT_APPOINTMENT);
  for (const row of rowsOf(shape)) insert.run(DEMO_COLUMNS.map((column) => row[column]));
  for (const index of INDEXES) database.exec(`CREATE ${index}`);
  database.exec('COMMIT');
  database.pragma('journal_mode = WAL');
  database.close();
}

/** The field's table with its indexes: those that `createAppointments` makes, and the demo's others. */
async function createTable(db: TestDatabase): Promise<void> {
  await createAppointments(db);
  const others = INDEXES.filter((index) => index.includes(' ON appointments ') && !index.includes('booking_id'));
  for (const index of others) await db.execute(`CREATE ${index}`);
}

/** Makes the field's table with rows in an empty PostgreSQL database. */
export async function fillPostgres(db: TestDatabase, shape: Shape): Promise<void> {
  await createTable(db);
  const writer: Writer = await openPostgres(db.url);
  for (const chunk of chunksOf(rowsOf(shape), 20_000)) {
    await writer.execute('INSERT INTO appointments SELECT * FROM json_populate_recordset(NULL::appointments, ?)', [
      JSON.stringify(chunk),
    ]);
  }
  // What a server does by itself after a while.
  await writer.execute('VACUUM (ANALYZE) appointments');
  await writer.close();
}

/** A value as LOAD DATA reads it. */
const field = (value: string | null): string =>
  value === null ? '\\N' : value.replace(/[\\\t\n]/g, (character) => `\\${character}`);

/** Makes the field's table with rows in an empty MariaDB or MySQL database. */
export async function fillMysql(db: TestDatabase, shape: Shape): Promise<void> {
  await createTable(db);
  const lines = function* () {
    for (const chunk of chunksOf(rowsOf(shape), 1_000)) {
      // The driver wants bytes.
      yield Buffer.from(
        chunk.map((row) => `${DEMO_COLUMNS.map((column) => field(row[column])).join('\t')}\n`).join(''),
      );
    }
  };
  const connection = await createConnection({ uri: db.url, timezone: 'Z', charset: 'utf8mb4' });
  await connection.query("SET time_zone = '+00:00'");
  await connection.query({
    sql: `LOAD DATA LOCAL INFILE 'rows' INTO TABLE appointments CHARACTER SET utf8mb4 (${DEMO_COLUMNS.join(', ')})`,
    infileStreamFactory: () => Readable.from(lines()),
  });
  await connection.query('ANALYZE TABLE appointments');
  await connection.end();
}
