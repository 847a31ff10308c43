import type { QueryOptions } from '../data/database.ts';
import { countLines, Ledger } from '../data/state/ledger.ts';
import { stateTable } from '../data/state/tables.ts';
import type { IdColumns, RowChange, WritingSession } from '../data/writing.ts';
import { BACKUP_COLUMN } from '../model/columns.ts';
import { keysOf } from '../model/keys.ts';
import type { Run, RunCounts } from '../model/run.ts';
import type { Applied, BatchWork, Following, Ready, Stretch } from './batch-work.ts';
import type { ChangeGround } from './change.ts';

/** How a changed row counts. */
type ChangedAs = 'moved' | 'cleared' | 'decided';

/** One thing to do to the ids of one row. */
export type IdItem =
  | { readonly kind: 'change'; readonly as: ChangedAs; readonly row: RowChange }
  /** Keeps the original of a row that stays as it is. */
  | { readonly kind: 'back-up'; readonly pk: string };

/** The columns that batches change. @throws Error, when the backup column was not made */
function idColumnsOf({ source, writing }: ChangeGround): IdColumns {
  const { table, id, v1, v2, columns, known } = source.appointments;
  const backup = known.get(BACKUP_COLUMN);
  if (backup === undefined) throw new Error('the backup column is not there');
  return { table, id, v1, v2, backup, touched: writing.touchedColumn(columns) };
}

/** Work on the id columns and their backup, every changed row with its line in the ledger. What to do the heirs say. */
export abstract class IdColumnsWork implements BatchWork<IdItem> {
  protected readonly ground: ChangeGround;
  readonly #columns: IdColumns;

  /** @param ground with the table as it is after its preparation */
  constructor(ground: ChangeGround) {
    this.ground = ground;
    this.#columns = idColumnsOf(ground);
  }

  abstract end(pass: number): Promise<string | undefined>;

  abstract read(pass: number, cursor: string | undefined, until: string, limit: number): Promise<Stretch<IdItem>>;

  abstract following(pass: number, changed: number): Following;

  keyOf(item: IdItem): string {
    return item.kind === 'change' ? item.row.pk : item.pk;
  }

  ready(run: Pick<Run, 'id' | 'pass'>, items: readonly IdItem[]): Ready {
    const { writing } = this.ground;
    const rows: Record<ChangedAs, RowChange[]> = { moved: [], cleared: [], decided: [] };
    const backUps: string[] = [];
    for (const item of items) {
      if (item.kind === 'change') rows[item.as].push(item.row);
      else backUps.push(item.pk);
    }
    const table = stateTable(this.#columns.table, 'apptop_ledger');
    const ledger = { table, run: run.id, pass: run.pass };
    const steps = keysOf(rows).flatMap((as) =>
      rows[as].length === 0 ? [] : [{ as, change: writing.changeRows(this.#columns, ledger, rows[as]) }],
    );
    const expected = {
      moved: rows.moved.length,
      cleared: rows.cleared.length,
      decided: rows.decided.length,
      backedUp: backUps.length,
      raced: 0,
    };
    return {
      expected: totalled(expected),
      apply: async (session) => {
        const applied = { moved: 0, cleared: 0, decided: 0, backedUp: 0, raced: 0 };
        for (const { as, change } of steps) applied[as] = await change(session);
        if (backUps.length > 0) applied.backedUp = await writing.backUp(session, this.#columns, backUps);
        for (const kind of keysOf(rows)) applied.raced += expected[kind] - applied[kind];
        applied.raced += expected.backedUp - applied.backedUp;
        return totalled(applied);
      },
    };
  }

  setAside(session: WritingSession, run: Pick<Run, 'id' | 'pass'>, item: IdItem, reason: string): Promise<boolean> {
    return new Ledger(session, this.ground.dialect, this.#columns).setAside(run, item, reason);
  }

  async recorded(run: Pick<Run, 'id'>, options: QueryOptions): Promise<number> {
    const { database, source } = this.ground;
    return countLines(database, source.appointments.table, run.id, options);
  }
}

const totalled = (counts: Pick<RunCounts, ChangedAs | 'backedUp' | 'raced'>): Applied => ({
  ...counts,
  changed: counts.moved + counts.cleared + counts.decided,
});
