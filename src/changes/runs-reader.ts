import type { Context } from '../config/context.ts';
import type { Database, QueryOptions } from '../data/database.ts';
import { leaseOf, selectLease } from '../data/state/lease.ts';
import { runOf, selectRuns } from '../data/state/runs.ts';
import { stateTable } from '../data/state/tables.ts';
import { Problem } from '../model/problem.ts';
import type { Lease, Run } from '../model/run.ts';
import type { RunbookRun } from '../model/runbook-run.ts';
import { OpenRunbooks } from './open-runbooks.ts';

/** Runs that are looked at each time, some 50 KB at most. */
const NEWEST = 50;

/** What the tables beside the data say of changes. */
export interface RunsNow {
  /** Newest first; empty before the first change. */
  readonly runs: readonly Run[];
  /** Who holds it now; undefined when nobody does. */
  readonly lease: Lease | undefined;
  /** Runs of runbooks that have not ended, newest first, without their definitions. */
  readonly ceremonies: readonly RunbookRun[];
}

const NOTHING: Omit<RunsNow, 'ceremonies'> = { runs: [], lease: undefined };

/** Reads runs and lease by a reading session, again and again; where nothing was ever changed, without a failure. */
export class RunsReader {
  readonly #database: Database;
  readonly #context: Context;
  readonly #ceremonies: OpenRunbooks;
  #there = false;

  constructor(database: Database, context: Context) {
    this.#database = database;
    this.#context = context;
    this.#ceremonies = new OpenRunbooks(database, context);
  }

  /** @throws Problem */
  async read(options: QueryOptions): Promise<RunsNow> {
    return { ...(await this.changes(options)), ceremonies: await this.#ceremonies.read(options) };
  }

  /** The same without runbooks. @throws Problem */
  async changes(options: QueryOptions): Promise<Omit<RunsNow, 'ceremonies'>> {
    const { table } = this.#context;
    // A table that is not there is asked for in the catalogue: a statement about it would be an error in a server's log.
    this.#there ||= await this.#database.introspect(options, async (has, connection) => {
      const columns = await has.columns(connection, stateTable(table, 'apptop_run'));
      return columns.length > 0;
    });
    if (!this.#there) return NOTHING;
    try {
      const runs = await this.#database.query(selectRuns(table, NEWEST), options);
      const [row] = await this.#database.query(selectLease(this.#database.dialect, table), options);
      const lease = row && leaseOf(row);
      return { runs: runs.map(runOf), lease: lease?.expired === false ? lease : undefined };
    } catch (error) {
      if (!(error instanceof Problem && error.kind === 'missing')) throw error;
      this.#there = false;
      return NOTHING;
    }
  }
}
