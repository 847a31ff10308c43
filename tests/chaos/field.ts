import { rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Context } from '../../src/config/context.ts';
import type { PlantedRow, TestDatabase, TestEngine } from '../engines/engines.ts';
import { contextOf } from './order.ts';

/** How a SQLite file keeps what is not yet committed. */
export type Journal = 'wal' | 'delete';

/** A file of which nothing is open between two statements; their rows nobody wants. */
function closed(path: string): TestDatabase {
  return {
    target: { engine: 'sqlite', path },
    url: path,
    execute: async (statement) => {
      const file = new Sqlite(path);
      try {
        file.exec(statement);
      } finally {
        file.close();
      }
      return [];
    },
    drop: async () => {
      for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
    },
  };
}

/** A database with appointments, of which this process keeps nothing open: the operator that is killed may be the last. */
export class Field implements AsyncDisposable {
  readonly db: TestDatabase;
  readonly context: Context;

  private constructor(db: TestDatabase) {
    this.db = db;
    this.context = contextOf(db.target);
  }

  /** @param folder for a SQLite file */
  static async of(engine: TestEngine, rows: readonly PlantedRow[], journal: Journal, folder?: string): Promise<Field> {
    const db = await engine.database();
    await engine.createAppointments(db);
    await engine.insert(db, 'appointments', rows);
    if (db.target.engine !== 'sqlite') return new Field(db);
    const path = join(folder ?? dirname(db.target.path), `${basename(db.target.path)}.field`);
    await db.execute(`VACUUM INTO '${path}'`);
    await db.drop();
    const field = new Field(closed(path));
    await field.db.execute(`PRAGMA journal_mode = ${journal}`);
    return field;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.db.drop();
  }
}
