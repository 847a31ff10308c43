import Database from 'better-sqlite3';
import { randomOf } from './random.ts';
import { simulate } from './simulation.ts';

/** How often it looks at the clock: a sync is never later than this. */
const TICK_MS = 500;
const BUSY_TIMEOUT_MS = 5_000;

// This process has one job, and no reason to live without the console that started it.
process.on('disconnect', () => process.exit());

const database = new Database(process.argv[2], { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
database.pragma('synchronous = NORMAL');
const simulation = simulate(database, randomOf(Date.now()), Date.now());

setInterval(() => {
  // The parent may have gone before anybody listened.
  if (!process.connected) process.exit();
  try {
    simulation.tick(Date.now());
  } catch (error) {
    // Somebody holds the write lock for longer than we wait: a tick that is left out is made up for by the next.
    if (!(error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY')) throw error;
  }
}, TICK_MS);
