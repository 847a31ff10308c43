import { sql } from 'kysely';
import type { Column, Connection, Engine, Row, TableName } from '../../src/data/connection.ts';
import { createStateTables, named, stateTable } from '../../src/data/state/tables.ts';
import type { IdColumns, IdValues, RowChange, WritingEngine, WritingSession } from '../../src/data/writing.ts';
import { loadWriting } from '../../src/data/writing.ts';
import { Problem } from '../../src/model/problem.ts';
import type { AppointmentsOptions, PlantedRow, TestDatabase, TestEngine } from '../engines/engines.ts';
import { poll } from '../support.ts';

export const BACKUP = '_migration_backup_v2_id';
export const RUN = 7;

/** A row of the appointments as a change sees it. */
export interface IdRow extends IdValues {
  readonly pk: string;
}

export interface StandOptions extends AppointmentsOptions {
  readonly rows?: readonly PlantedRow[];
  /** The test creates it. */
  readonly withoutBackup?: boolean;
}

/** A database with appointments and state tables, and a session of the product's that writes to it. */
export class Stand {
  readonly db: TestDatabase;
  readonly product: Engine;
  readonly writing: WritingEngine;
  readonly session: WritingSession;
  readonly connection: Connection;
  readonly table: TableName = { schema: undefined, name: 'appointments' };

  private constructor(
    db: TestDatabase,
    product: Engine,
    writing: WritingEngine,
    session: WritingSession,
    connection: Connection,
  ) {
    this.db = db;
    this.product = product;
    this.writing = writing;
    this.session = session;
    this.connection = connection;
  }

  static async open(engine: TestEngine, options: StandOptions = {}): Promise<Stand> {
    const { rows = [], withoutBackup = false, extra = [] } = options;
    const db = await engine.database();
    const backup = withoutBackup ? [] : [`${engine.quoted(BACKUP)} varchar(255) NULL`];
    await engine.createAppointments(db, { ...options, extra: [...backup, ...extra] });
    await engine.insert(db, 'appointments', rows);
    const writing = await loadWriting(engine.name);
    const session = await writing.open(db.target, 5_000);
    const stand = new Stand(db, await engine.load(), writing, session, await engine.connect(db.target));
    await stand.createStateTables();
    return stand;
  }

  async close(): Promise<void> {
    await this.session.close();
    await this.connection.close();
    await this.db.drop();
  }

  async createStateTables(): Promise<void> {
    const id = await this.column('id');
    await createStateTables(this.session, this.product.dialect, this.table, this.writing.stateTypes, id);
  }

  columns(): Promise<readonly Column[]> {
    return this.product.introspection.columns(this.connection, this.table);
  }

  async column(name: string): Promise<Column> {
    const column = (await this.columns()).find((candidate) => candidate.name === name);
    if (column === undefined) throw new Error(`no column ${name}`);
    return column;
  }

  async idColumns(): Promise<IdColumns> {
    return {
      table: this.table,
      id: await this.column('id'),
      v1: await this.column('calcom_booking_id'),
      v2: await this.column('calcom_v2_booking_id'),
      backup: await this.column(BACKUP),
      touched: this.writing.touchedColumn(await this.columns()),
    };
  }

  /** One batch: a transaction that changes these rows. */
  async change(rows: readonly RowChange[], { session = this.session, run = RUN } = {}): Promise<number> {
    const columns = await this.idColumns();
    const ledger = { table: stateTable(this.table, 'apptop_ledger'), run, pass: 0 };
    return session.transaction(() => this.writing.changeRows(columns, ledger, rows)(session));
  }

  /** The same by somebody who tries again while the server says busy. */
  changeWhenFree(rows: readonly RowChange[]): Promise<number> {
    return whenFree(() => this.change(rows));
  }

  async backUp(pks: readonly string[]): Promise<number> {
    const columns = await this.idColumns();
    return this.session.transaction(() => this.writing.backUp(this.session, columns, pks));
  }

  /** What stands in the table, by primary key. */
  async rows(): Promise<readonly IdRow[]> {
    const { text } = this.product.dialect;
    const rows = await this.#read(sql`SELECT ${text(sql.id('id'))} AS pk, ${text(sql.id('calcom_booking_id'))} AS v1,
      ${text(sql.id('calcom_v2_booking_id'))} AS v2, ${text(sql.id(BACKUP))} AS backup FROM ${named(this.table)}`);
    return rows.map(rowOf).sort(byKey);
  }

  /** The lines of a run's ledger, by primary key. */
  async ledger(run = RUN): Promise<readonly RowChange[]> {
    const { text } = this.product.dialect;
    const fields = ['pk', 'old_v1', 'old_v2', 'old_backup', 'new_v1', 'new_v2', 'new_backup'];
    const texts = sql.join(fields.map((name) => sql`${text(sql.id(name))} AS ${sql.id(name)}`));
    const rows = await this.#read(
      sql`SELECT ${texts} FROM ${named(stateTable(this.table, 'apptop_ledger'))} WHERE run = ${run} AND aside IS NULL`,
    );
    return rows
      .map((row) => ({
        pk: row['pk'] ?? '',
        from: { v1: row['old_v1'] ?? null, v2: row['old_v2'] ?? null, backup: row['old_backup'] ?? null },
        to: { v1: row['new_v1'] ?? null, v2: row['new_v2'] ?? null, backup: row['new_backup'] ?? null },
      }))
      .sort(byKey);
  }

  #read(query: ReturnType<typeof sql>): Promise<readonly Row[]> {
    return this.connection.query(this.product.dialect.compile(query), 5_000);
  }
}

const rowOf = (row: Row): IdRow => ({
  pk: row['pk'] ?? '',
  v1: row['v1'] ?? null,
  v2: row['v2'] ?? null,
  backup: row['backup'] ?? null,
});

/** By number where both are, else by bytes. */
function byKey(a: { readonly pk: string }, b: { readonly pk: string }): number {
  if (/^\d+$/.test(a.pk) && /^\d+$/.test(b.pk)) return BigInt(a.pk) < BigInt(b.pk) ? -1 : 1;
  return a.pk < b.pk ? -1 : 1;
}

/** What the move does to a row that holds a V1 id in its V2 column. */
export const move = (pk: string, v2: string): RowChange => ({
  pk,
  from: { v1: null, v2, backup: null },
  to: { v1: v2, v2: null, backup: v2 },
});

/** The same change backwards. */
export const undo = ({ pk, from, to }: RowChange): RowChange => ({ pk, from: to, to: from });

export const after = ({ pk, to }: RowChange): IdRow => ({ pk, ...to });

/** Tries again while the server says busy. */
export function whenFree<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  return poll(
    async () => {
      try {
        return { answer: await work() };
      } catch (error) {
        if (error instanceof Problem && error.kind === 'busy') return undefined;
        throw error;
      }
    },
    { deadlineMs: 15_000, what: 'a free row' },
  ).then(({ answer }) => answer);
}
