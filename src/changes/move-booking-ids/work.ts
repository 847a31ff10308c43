import { lastKey, readIdRows, sweepIdRows, toMove } from '../../data/queries/id-rows.ts';
import { Ledger } from '../../data/state/ledger.ts';
import { stateTable } from '../../data/state/tables.ts';
import type { IdColumns, WritingSession } from '../../data/writing.ts';
import { BACKUP_COLUMN } from '../../model/columns.ts';
import { counted } from '../../model/format.ts';
import type { Applied, BatchWork, Following, Item, Stretch } from '../batch-work.ts';
import type { ChangeGround } from '../change.ts';
import { type Decisions, itemFor } from './decide.ts';

/** Rows that a sweep looks at in one statement: it fetches next to none of them. */
const SWEPT_ROWS = 20_000;

/** After the first pass and one sweep, rows that still appear are being written right now. */
const LAST_QUIET_PASS = 1;

/** The columns that the move changes. @throws Error, when the backup column was not made */
export function idColumnsOf({ source, writing }: ChangeGround): IdColumns {
  const { table, id, v1, v2, columns, known } = source.appointments;
  const backup = known.get(BACKUP_COLUMN);
  if (backup === undefined) throw new Error('the backup column is not there');
  return { table, id, v1, v2, backup, touched: writing.touchedColumn(columns) };
}

/** Applies items to the id columns, with the ledger. */
export async function applyItems(
  ground: ChangeGround,
  columns: IdColumns,
  session: WritingSession,
  run: number,
  items: readonly Item[],
): Promise<Applied> {
  const ledger = { table: stateTable(columns.table, 'apptop_ledger'), run };
  const applied = { moved: 0, cleared: 0, decided: 0, backedUp: 0, raced: 0 };
  for (const as of ['moved', 'cleared', 'decided'] as const) {
    const rows = items.flatMap((item) => (item.kind === 'change' && item.as === as ? [item.row] : []));
    if (rows.length === 0) continue;
    applied[as] = await ground.writing.changeRows(session, columns, ledger, rows);
    applied.raced += rows.length - applied[as];
  }
  const backUps = items.flatMap((item) => (item.kind === 'back-up' ? [item.pk] : []));
  if (backUps.length > 0) {
    applied.backedUp = await ground.writing.backUp(session, columns, backUps);
    applied.raced += backUps.length - applied.backedUp;
  }
  return applied;
}

/** Moves misplaced ids, clears duplicates, does as an operator decided, and keeps every original. */
export class MoveWork implements BatchWork {
  readonly #ground: ChangeGround;
  readonly #columns: IdColumns;
  readonly #decisions: Decisions;

  constructor(ground: ChangeGround, decisions: Decisions) {
    this.#ground = ground;
    this.#columns = idColumnsOf(ground);
    this.#decisions = decisions;
  }

  end(): Promise<string | undefined> {
    const { database, source, options } = this.#ground;
    return lastKey(database, source, options);
  }

  /** The first pass looks at every row; the sweeps after it at what was written meanwhile. */
  async read(pass: number, cursor: string | undefined, until: string, limit: number): Promise<Stretch> {
    const { database, source, options } = this.#ground;
    if (pass > 0) {
      const stretch = { after: cursor, until, limit: SWEPT_ROWS };
      const { last, rows, scanned } = await sweepIdRows(database, source, stretch, toMove(source), options);
      return { cursor: last, scanned, items: this.#itemsOf(rows), counts: {} };
    }
    const rows = await readIdRows(database, source, { after: cursor, until, limit }, options);
    return { cursor: rows.at(-1)?.pk, scanned: rows.length, items: this.#itemsOf(rows), counts: {} };
  }

  apply(session: WritingSession, run: number, items: readonly Item[]): Promise<Applied> {
    return applyItems(this.#ground, this.#columns, session, run, items);
  }

  setAside(session: WritingSession, run: number, item: Item, reason: string): Promise<void> {
    return new Ledger(session, this.#ground.dialect, this.#columns).setAside(run, item, reason);
  }

  following(pass: number, changed: number): Following {
    if (pass === 0) return 'again';
    if (changed === 0) return 'over';
    if (pass <= LAST_QUIET_PASS) return 'again';
    return { halt: `V1 ids are still being written to the V2 column: ${counted(changed, 'row')} since the last sweep` };
  }

  #itemsOf(rows: Awaited<ReturnType<typeof readIdRows>>): readonly Item[] {
    return rows.flatMap((row) => itemFor(row, this.#decisions) ?? []);
  }
}
