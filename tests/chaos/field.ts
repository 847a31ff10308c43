import { rmSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import type { Context } from '../../src/config/context.ts';
import type { Target } from '../../src/config/target.ts';
import type { PlantedRow, TestEngine } from '../engines/engines.ts';
import { contextOf } from './order.ts';

/** How a SQLite file keeps what is not yet committed. */
export type Journal = 'wal' | 'delete';

/** A database with appointments, of which this process keeps nothing open: the operator that is killed may be the last. */
export class Field implements AsyncDisposable {
  readonly target: Target;
  readonly context: Context;
  /** A statement of somebody else's. */
  readonly execute: (statement: string) => Promise<unknown>;
  readonly #drop: () => Promise<void>;

  private constructor(target: Target, execute: (statement: string) => Promise<unknown>, drop: () => Promise<void>) {
    this.target = target;
    this.context = contextOf(target);
    this.execute = execute;
    this.#drop = drop;
  }

  static async of(engine: TestEngine, rows: readonly PlantedRow[], journal: Journal): Promise<Field> {
    const db = await engine.database();
    await engine.createAppointments(db);
    await engine.insert(db, 'appointments', rows);
    if (db.target.engine !== 'sqlite') return new Field(db.target, db.execute, db.drop);
    const path = `${db.target.path}.field`;
    await db.execute(`VACUUM INTO '${path}'`);
    await db.drop();
    const once = async (statement: string) => {
      const file = new Sqlite(path);
      file.exec(statement);
      file.close();
    };
    await once(`PRAGMA journal_mode = ${journal}`);
    return new Field({ engine: 'sqlite', path }, once, async () => {
      for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#drop();
  }
}
