import type { Context } from '../config/context.ts';
import type { Database, QueryOptions } from '../data/database.ts';
import { runbookRunOf, selectRunbookRuns } from '../data/state/runbooks.ts';
import { stateTable } from '../data/state/tables.ts';
import { Problem } from '../model/problem.ts';
import type { RunbookRun } from '../model/runbook-run.ts';

/** Of each runbook one run is open: there are not more in a database. */
const MOST = 100;

/** Reads the runs of runbooks that have not ended, again and again; where none was ever begun, without a failure. */
export class OpenRunbooks {
  readonly #database: Database;
  readonly #context: Context;
  #there = false;

  constructor(database: Database, context: Context) {
    this.#database = database;
    this.#context = context;
  }

  /** Newest first, without their definitions. @throws Problem */
  async read(options: QueryOptions): Promise<readonly RunbookRun[]> {
    const { table } = this.#context;
    // A statement about a table that is not there would be an error in a server's log.
    this.#there ||= await this.#database.introspect(options, async (has, connection) => {
      const columns = await has.columns(connection, stateTable(table, 'apptop_runbook'));
      return columns.length > 0;
    });
    if (!this.#there) return [];
    try {
      const rows = await this.#database.query(selectRunbookRuns(table, MOST, ['running', 'stopped']), options);
      return rows.map(runbookRunOf);
    } catch (error) {
      if (!(error instanceof Problem && error.kind === 'missing')) throw error;
      this.#there = false;
      return [];
    }
  }
}

/** Why nothing may be changed: a runbook that is stopped until a person decides; undefined when none is. */
export function stopOf(ceremonies: readonly RunbookRun[]): string | undefined {
  const run = ceremonies.find(({ state }) => state === 'stopped');
  return run && `run ${run.id} of runbook ${run.runbook} is stopped: ${run.reason ?? 'a stop condition holds'}`;
}

/** What there is to do about it. */
export const STOP_REMEDY = 'assess it, then decide: 7 Runbooks, or apptop runbook decide --name NAME --reason WHY';
