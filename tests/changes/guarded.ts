import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Audit } from '../../src/audit/audit.ts';
import type { Parameters } from '../../src/changes/change.ts';
import { phraseOf } from '../../src/changes/confirm.ts';
import type { RunEnd } from '../../src/changes/execute.ts';
import { GuardedPath, type Look } from '../../src/changes/guarded-path.ts';
import { changeNamed } from '../../src/changes/list.ts';
import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { type Database, openDatabase } from '../../src/data/database.ts';
import type { Run } from '../../src/model/run.ts';
import { changesOf } from '../../src/rollback/all.ts';
import type { AppointmentsOptions, PlantedRow, TestDatabase, TestEngine } from '../engines/engines.ts';

/** A state folder of this test file's own: what is recorded on this machine goes there. */
const home = mkdtempSync(join(tmpdir(), 'apptop-changes-'));
process.env['XDG_STATE_HOME'] = home;

/** A dump that is fresh, for engines that make none by themselves. */
export const DUMP = join(home, 'dump.sql');
writeFileSync(DUMP, 'a dump\n');

/** The three columns of a row that changes are about, by primary key. */
export type IdTable = Readonly<Record<string, readonly [v1: string | null, v2: string | null, backup: string | null]>>;

/** An operator of one database with the right to change it. */
export class Operated implements AsyncDisposable {
  readonly engine: TestEngine;
  readonly db: TestDatabase;
  readonly context: Context;
  readonly database: Database;
  readonly path: GuardedPath;

  constructor(engine: TestEngine, db: TestDatabase, context: Context, database: Database) {
    this.engine = engine;
    this.db = db;
    this.context = context;
    this.database = database;
    this.path = new GuardedPath(context, database, new Audit(context, database.dialect), changesOf(context));
  }

  look(change: string, parameters: Parameters = {}): Promise<Look> {
    return this.path.look(change, parameters, undefined, DUMP);
  }

  /** Plans a change and runs it, confirmed as it asks for. */
  async run(
    change: string,
    parameters: Parameters = {},
    options: { readonly leave?: AbortSignal; readonly onProgress?: (run: Run) => void | Promise<void> } = {},
  ): Promise<RunEnd | undefined> {
    const { plan } = await this.look(change, parameters);
    const phrase = phraseOf(changeNamed(this.path.kinds, change).tier, plan);
    return this.path.run(
      plan,
      { phrase, reason: 'TEST-1' },
      { leave: new AbortController().signal, backup: DUMP, ...options },
    );
  }

  resume(
    id?: number,
    options: { readonly takeOver?: boolean; readonly onProgress?: (run: Run) => void | Promise<void> } = {},
  ): Promise<RunEnd> {
    return this.path.resume(id, { leave: new AbortController().signal, ...options });
  }

  /** A second operator: another console on the same database. */
  async second(): Promise<Operated> {
    return new Operated(this.engine, this.db, this.context, await openDatabase(this.context));
  }

  /** The id columns as the database holds them; a backup column that is not there reads as null. */
  async ids(): Promise<IdTable> {
    const rows = await this.db.execute('SELECT * FROM appointments ORDER BY id');
    return Object.fromEntries(
      rows.map((row) => [
        row['id'],
        [row['calcom_booking_id'] ?? null, row['calcom_v2_booking_id'] ?? null, row['_migration_backup_v2_id'] ?? null],
      ]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database.close();
  }
}

/** A fresh database with these appointments and an operator; `await using` closes and drops it. */
export async function operated(
  engine: TestEngine,
  rows: readonly PlantedRow[],
  options: { readonly context?: Partial<Context>; readonly appointments?: AppointmentsOptions } = {},
) {
  const db = await engine.database();
  await engine.createAppointments(db, options.appointments);
  await engine.insert(db, 'appointments', rows);
  const context: Context = {
    ...defaultContext('test', db.target),
    environment: 'staging',
    access: 'operate',
    ...options.context,
  };
  const operator = new Operated(engine, db, context, await openDatabase(context));
  return Object.assign(operator, {
    [Symbol.asyncDispose]: async () => {
      await operator.database.close();
      await db.drop();
    },
  });
}

/** A row of the table by its two ids. */
export const row = (id: number | string, v1: string | null, v2: string | null): PlantedRow => ({
  id: String(id),
  calcom_booking_id: v1,
  calcom_v2_booking_id: v2,
  created_at: '2026-01-31 08:00:00',
  updated_at: '2026-01-31 08:00:00',
});
