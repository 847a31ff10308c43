import { sql } from 'kysely';
import type { Run } from '../../model/run.ts';
import type { Dialect, TableName } from '../connection.ts';
import type { Database, QueryOptions } from '../database.ts';
import type { WritingSession } from '../writing.ts';
import { Speaker } from './speaker.ts';
import { named, stateTable } from './tables.ts';

/** Characters of a reason that the table holds. */
const REASON_CHARACTERS = 255;

/** Rows of other tables than the appointments that the database refused to change, through one writing session. */
export class Aside {
  readonly #speaker: Speaker;
  readonly #appointments: TableName;

  constructor(session: WritingSession, dialect: Dialect, appointments: TableName) {
    this.#speaker = new Speaker(session, dialect);
    this.#appointments = appointments;
  }

  /**
   * Notes a row and why it was refused; it stays as it is.
   * @returns false when an earlier pass has noted that
   */
  async set({ id }: Pick<Run, 'id'>, pk: string, reason: string): Promise<boolean> {
    const table = named(stateTable(this.#appointments, 'apptop_aside'));
    const noted = await this.#speaker.query(sql`SELECT 1 AS one FROM ${table} WHERE run = ${id} AND pk = ${pk}`);
    if (noted.length > 0) return false;
    await this.#speaker.execute(
      sql`INSERT INTO ${table} (run, pk, reason) VALUES (${id}, ${pk}, ${reason.slice(0, REASON_CHARACTERS)})`,
    );
    return true;
  }
}

/** Rows that a run set aside, with why. @throws Problem missing, before the first change */
export async function asideRows(
  database: Database,
  appointments: TableName,
  run: number,
  limit: number,
  options: QueryOptions,
): Promise<readonly { readonly pk: string; readonly reason: string }[]> {
  const table = named(stateTable(appointments, 'apptop_aside'));
  const rows = await database.query(
    sql`SELECT pk, reason FROM ${table} WHERE run = ${run} ORDER BY pk LIMIT ${sql.lit(limit)}`,
    options,
  );
  return rows.map(({ pk, reason }) => ({ pk: pk ?? '', reason: reason ?? '' }));
}
