import { createChangesStore } from '../../src/changes/store.ts';
import { isChanging } from '../../src/changes/store-state.ts';
import type { Check } from '../../src/checks/check.ts';
import { Results } from '../../src/checks/results.ts';
import { createChecksStore } from '../../src/checks/store.ts';
import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { openDatabase } from '../../src/data/database.ts';
import { History } from '../../src/live/history.ts';
import { readAll } from '../../src/live/read-all.ts';
import { createLiveStore } from '../../src/live/refresh.ts';
import { createRowsStore } from '../../src/live/row-window.ts';
import { rollbackLevels } from '../../src/rollback/levels.ts';
import { createRunbooksStore } from '../../src/runbooks/console-store.ts';
import type { AppointmentsOptions, PlantedRow, TestDatabase, TestEngine } from '../engines/engines.ts';
import { type OpenOptions, openConsole } from '../terminal/console.ts';
import { engineFor, pathOf } from './memory.ts';

export interface OnDatabase extends OpenOptions {
  readonly context?: Partial<Context>;
  readonly appointments?: AppointmentsOptions;
  /** More than the appointments, before the console opens. */
  readonly plant?: (db: TestDatabase) => Promise<unknown>;
  readonly checks?: readonly Check[];
  /** What is remembered of them. */
  readonly results?: Results;
  /** Milliseconds that a confirmation holds. */
  readonly confirmMs?: number;
}

/** A console on a database that is there already; `await using` closes it. */
export async function consoleOn(context: Context, options: OnDatabase = {}) {
  const {
    context: _context,
    appointments: _appointments,
    plant: _plant,
    checks: list = [],
    results = new Results(undefined),
    confirmMs,
    ...drawn
  } = options;
  const database = await openDatabase(context);
  const live = createLiveStore(database, context, new History(undefined));
  const checks = createChecksStore(database, context, results, async () => list);
  const changes = createChangesStore(database, context, {
    loadPath: () => pathOf(context, database),
    onEnded: () => live.refresh(),
    confirmMs,
  });
  const runbooks = createRunbooksStore(context, {
    loadEngine: () => engineFor(context, database),
    ceremonies: () => changes.getState().ceremonies,
    changing: () => isChanging(changes.getState()),
    onSaid: () => live.refresh(),
  });
  live.refreshWith(async (signal) => {
    await changes.reread(signal);
    await changes.settle(signal);
    await runbooks.watch(signal);
  });
  const console = await openConsole(
    {
      context,
      database,
      live,
      checks,
      changes,
      runbooks,
      levels: async (signal) => rollbackLevels(await pathOf(context, database), context, database, signal),
      openRows: () => createRowsStore(database, context, live),
      readAll: (query, signal) => readAll(database, context, query, signal),
    },
    drawn,
  );
  live.start();
  await checks.load();
  return {
    console,
    context,
    changes,
    runbooks,
    checks,
    database,
    live,
    [Symbol.asyncDispose]: async () => {
      await console[Symbol.asyncDispose]();
      checks.cancel();
      await changes.stop(10_000);
      await runbooks.leave(10_000);
      await live.stop();
      await database.close();
    },
  };
}

/**
 * A console on a fresh database with these appointments, refreshed only when a test says so; `await using` closes it
 * and drops the database.
 */
export async function openOn(engine: TestEngine, rows: readonly PlantedRow[], options: OnDatabase = {}) {
  const { context: change, appointments, plant } = options;
  const table = appointments?.table ?? 'appointments';
  const db = await engine.database();
  await engine.createAppointments(db, appointments);
  await engine.insert(db, table, rows);
  await plant?.(db);
  const context = { ...defaultContext('test', db.target), refreshSeconds: 3_600, ...change };
  const open = await consoleOn(context, options);
  return {
    ...open,
    db,
    /** Writes as the application would. */
    insert: (more: readonly PlantedRow[]) => engine.insert(db, table, more),
    [Symbol.asyncDispose]: async () => {
      await open[Symbol.asyncDispose]();
      await db.drop();
    },
  };
}
