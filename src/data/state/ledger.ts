import { sql } from 'kysely';
import type { Run } from '../../model/run.ts';
import type { Appointments } from '../appointments.ts';
import type { Dialect, Expression, TableName } from '../connection.ts';
import type { Database, QueryOptions } from '../database.ts';
import { all } from '../queries/expressions.ts';
import type { IdColumns, IdValues, RowChange, WritingSession } from '../writing.ts';
import { Speaker } from './speaker.ts';
import { named, stateTable } from './tables.ts';

/** Characters of a reason that the table holds. */
const REASON_CHARACTERS = 255;

/** A line of the ledger: what a run made of a row. */
export interface LedgerLine {
  readonly run: number;
  readonly pk: string;
  readonly old: IdValues;
  readonly new: IdValues;
}

const ledgerTable = (appointments: TableName): Expression => named(stateTable(appointments, 'apptop_ledger'));

/** What is set aside: a change of a row, or the copy of its original. */
type Refused = { readonly kind: 'change'; readonly row: RowChange } | { readonly kind: 'back-up'; readonly pk: string };

/** Lines of the ledger through one writing session. */
export class Ledger {
  readonly #speaker: Speaker;
  readonly #columns: IdColumns;

  constructor(session: WritingSession, dialect: Dialect, columns: IdColumns) {
    this.#speaker = new Speaker(session, dialect);
    this.#columns = columns;
  }

  /**
   * Notes that the database refused to change a row, and why; it stays as it is.
   * @returns false when an earlier pass has noted that
   */
  async setAside(run: Pick<Run, 'id' | 'pass'>, item: Refused, reason: string): Promise<boolean> {
    const pk = item.kind === 'change' ? item.row.pk : item.pk;
    const { v1, v2 } = item.kind === 'change' ? item.row.from : { v1: null, v2: null };
    const key = this.#speaker.dialect.parameter(this.#columns.id, pk);
    const ledger = ledgerTable(this.#columns.table);
    const noted = all([sql`run = ${run.id}`, sql`pk = ${key}`, sql`aside IS NOT NULL`]);
    if ((await this.#speaker.query(sql`SELECT 1 AS one FROM ${ledger} WHERE ${noted}`)).length > 0) return false;
    await this.#speaker.execute(sql`INSERT INTO ${ledger} (run, pass_number, pk, old_v1, old_v2, aside)
        VALUES (${run.id}, ${run.pass}, ${key}, ${v1}, ${v2}, ${reason.slice(0, REASON_CHARACTERS)})`);
    return true;
  }
}

/** How many lines a run has that changed a row. */
export async function countLines(
  database: Database,
  appointments: TableName,
  run: number,
  options: QueryOptions,
): Promise<number> {
  const [row] = await database.query(
    sql`SELECT COUNT(*) - COUNT(aside) AS n FROM ${ledgerTable(appointments)} WHERE run = ${run}`,
    options,
  );
  return Number(row?.['n']);
}

/** What a run found in some rows when it changed them; a row that it changed in two passes comes twice. */
export async function foundByRun(
  database: Database,
  { table, id }: Appointments,
  run: number,
  pks: readonly string[],
  options: QueryOptions,
): Promise<readonly (Pick<IdValues, 'v1' | 'v2'> & { readonly pk: string })[]> {
  if (pks.length === 0) return [];
  const { dialect } = database;
  const [pk, v1, v2] = ['pk', 'old_v1', 'old_v2'].map((name) => dialect.text(sql.id(name)));
  const keys = sql.join(pks.map((key) => dialect.parameter(id, key)));
  const rows = await database.query(
    sql`SELECT ${pk} AS line_pk, ${v1} AS was_v1, ${v2} AS was_v2 FROM ${ledgerTable(table)}
      WHERE ${all([sql`run = ${run}`, sql`pk IN (${keys})`, sql`aside IS NULL`])}`,
    options,
  );
  return rows.map((row) => ({ pk: row['line_pk'] ?? '', v1: row['was_v1'] ?? null, v2: row['was_v2'] ?? null }));
}

/** Rows that a run set aside, with why. */
export async function asideLines(
  database: Database,
  appointments: TableName,
  run: number,
  limit: number,
  options: QueryOptions,
): Promise<readonly { readonly pk: string; readonly reason: string }[]> {
  const { dialect } = database;
  const rows = await database.query(
    sql`SELECT ${dialect.text(sql.id('pk'))} AS line_pk, aside FROM ${ledgerTable(appointments)}
      WHERE ${all([sql`run = ${run}`, sql`aside IS NOT NULL`])} LIMIT ${sql.lit(limit)}`,
    options,
  );
  return rows.map((row) => ({ pk: row['line_pk'] ?? '', reason: row['aside'] ?? '' }));
}
