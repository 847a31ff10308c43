import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { openDatabase } from '../../src/data/database.ts';
import { History } from '../../src/live/history.ts';
import { readAll } from '../../src/live/read-all.ts';
import { createLiveStore } from '../../src/live/refresh.ts';
import { createRowsStore } from '../../src/live/row-window.ts';
import type { AppointmentsOptions, PlantedRow, TestDatabase, TestEngine } from '../engines/engines.ts';
import { type OpenOptions, openConsole } from '../terminal/console.ts';

interface OnDatabase extends OpenOptions {
  readonly context?: Partial<Context>;
  readonly appointments?: AppointmentsOptions;
  /** More than the appointments, before the console opens. */
  readonly plant?: (db: TestDatabase) => Promise<unknown>;
}

/**
 * A console on a fresh database with these appointments, refreshed only when a test says so; `await using` closes it
 * and drops the database.
 */
export async function openOn(engine: TestEngine, rows: readonly PlantedRow[], options: OnDatabase = {}) {
  const { context: change, appointments, plant, ...drawn } = options;
  const table = appointments?.table ?? 'appointments';
  const db = await engine.database();
  await engine.createAppointments(db, appointments);
  await engine.insert(db, table, rows);
  await plant?.(db);
  const context = { ...defaultContext('test', db.target), refreshSeconds: 3_600, ...change };
  const database = await openDatabase(context);
  const live = createLiveStore(database, context, new History(undefined));
  const console = await openConsole(
    {
      context,
      database,
      live,
      openRows: () => createRowsStore(database, context, live),
      readAll: (query, signal) => readAll(database, context, query, signal),
    },
    drawn,
  );
  live.start();
  return {
    console,
    database,
    db,
    live,
    /** Writes as the application would. */
    insert: (more: readonly PlantedRow[]) => engine.insert(db, table, more),
    [Symbol.asyncDispose]: async () => {
      await console[Symbol.asyncDispose]();
      await live.stop();
      await database.close();
      await db.drop();
    },
  };
}
