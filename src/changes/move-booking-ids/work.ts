import { lastKey, type Swept, sampleIdRows, sweepIdRows, toLookAt, toMove } from '../../data/queries/id-rows.ts';
import { foundByRun } from '../../data/state/ledger.ts';
import { counted } from '../../model/format.ts';
import type { Run } from '../../model/run.ts';
import type { Following, Stretch } from '../batch-work.ts';
import type { ChangeGround } from '../change.ts';
import { Halted } from '../held-run.ts';
import { IdColumnsWork, type IdItem } from '../id-columns-work.ts';
import { type Decisions, itemFor } from './decide.ts';

/** Rows that a sweep looks at in one statement: it fetches next to none of them. */
const SWEPT_ROWS = 20_000;

/** Rows of a sweep that are held against the ledger: a few tell. */
const COMPARED_ROWS = 500;

/** Milliseconds that one scan of the table may take. */
const SCAN_MS = 15 * 60_000;

/** After the first pass and one sweep, rows that still appear are being written right now. */
const LAST_QUIET_PASS = 1;

/** Moves misplaced ids, clears duplicates, does as an operator decided, and keeps every original. */
export class MoveWork extends IdColumnsWork {
  readonly #decisions: Decisions;
  readonly #run: Pick<Run, 'id' | 'pass'>;

  /** @param run as it was begun or resumed */
  constructor(ground: ChangeGround, decisions: Decisions, run: Pick<Run, 'id' | 'pass'>) {
    super(ground);
    this.#decisions = decisions;
    this.#run = run;
  }

  /** Of a sweep only where there is something to sweep: one scan of 1,000,000 rows takes 0.3 s, in stretches 1.8 s. */
  async end(pass: number): Promise<string | undefined> {
    const { database, source, options } = this.ground;
    if (pass > 0) {
      const [found] = await sampleIdRows(database, source, toMove(source), 1, { ...options, timeoutMs: SCAN_MS });
      if (found === undefined) return undefined;
    }
    return lastKey(database, source, options);
  }

  /** The first pass looks at every row that has a value in the V2 column; the sweeps after it at what was written meanwhile. */
  async read(pass: number, cursor: string | undefined, until: string, limit: number): Promise<Stretch<IdItem>> {
    const { database, source, options } = this.ground;
    const [stretch, condition] =
      pass === 0
        ? [{ after: cursor, until, limit }, toLookAt(source, Object.keys(this.#decisions))]
        : [{ after: cursor, until, limit: SWEPT_ROWS }, toMove(source)];
    const { last, rows, scanned } = await sweepIdRows(database, source, stretch, condition, options);
    if (pass > this.#run.pass) await this.#assertStaysMoved(rows);
    return { cursor: last, scanned, items: this.#itemsOf(rows), counts: {} };
  }

  following(pass: number, changed: number): Following {
    if (pass === 0) return 'again';
    if (changed === 0) return 'over';
    if (pass <= LAST_QUIET_PASS) return 'again';
    return { halt: `V1 ids are still being written to the V2 column: ${counted(changed, 'row')} since the last sweep` };
  }

  /** Rows that stand as this run has found them before would be moved without end. @throws Halted */
  async #assertStaysMoved(rows: Swept['rows']): Promise<void> {
    const { database, source, options } = this.ground;
    const some = rows.slice(0, COMPARED_ROWS);
    const pks = some.map(({ pk }) => pk);
    const found = await foundByRun(database, source.appointments, this.#run.id, pks, options);
    const undone = some.filter(({ pk, ids }) =>
      found.some((was) => was.pk === pk && was.v1 === ids.v1 && was.v2 === ids.v2),
    );
    const [first] = undone;
    if (first === undefined) return;
    const what = counted(undone.length, 'row that this run has moved stands', 'rows that this run has moved stand');
    throw new Halted(`${what} as before, the first is ${first.pk}: probably a trigger undoes the write`);
  }

  #itemsOf(rows: Swept['rows']): readonly IdItem[] {
    const items: IdItem[] = [];
    for (const row of rows) {
      const item = itemFor(row, this.#decisions);
      if (item !== undefined) items.push(item);
    }
    return items;
  }
}
