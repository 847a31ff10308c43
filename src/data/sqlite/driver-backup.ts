import type Database from 'better-sqlite3';
import { open, Refusal, type Serving } from './driver-values.ts';

/** Pages between two looks at whether the parent is still there: 4 MB, about 10 ms. */
const PAGES = 1_000;
/** How often a copy begins again because somebody wrote; after that the rest is copied at once, and writers wait for it. */
const RESTARTS = 3;

/** For a copy of the whole database while others write. */
export function openToBackUp(path: string): Serving {
  const database = open(path, true);
  return {
    database,
    async answer(request) {
      if (!('file' in request)) throw new Refusal('not a backup');
      await copy(database, request.file);
      return { changes: 0 };
    },
  };
}

/**
 * A copy begins again when another process writes between two steps of it, and would never end beside a busy writer. With
 * a write-ahead log a transaction that has read holds on to what it saw, and nobody waits for it.
 */
async function copy(database: Database.Database, file: string): Promise<void> {
  if (database.pragma('journal_mode', { simple: true }) === 'wal') {
    database.exec('BEGIN');
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
  }
  let restarts = 0;
  let left = Number.POSITIVE_INFINITY;
  await database.backup(file, {
    progress({ totalPages, remainingPages }) {
      if (remainingPages > left) restarts += 1;
      left = remainingPages;
      return restarts > RESTARTS ? totalPages : PAGES;
    },
  });
}
