import type { QueryOptions } from '../../data/database.ts';
import { lastSelected, type ReviewRow, readReviewRows, type Selection } from '../../data/queries/review-rows.ts';
import { countOutcomes, Outcomes } from '../../data/state/outcomes.ts';
import type { WritingSession } from '../../data/writing.ts';
import { Problem } from '../../model/problem.ts';
import { type NotedOutcome, OUTCOMES, type RowOutcome, seenOf } from '../../model/review.ts';
import type { Run } from '../../model/run.ts';
import type { Applied, BatchWork, CarriedOut, CarryingOut, Following, Ready, Stretch } from '../batch-work.ts';
import type { ChangeGround } from '../change.ts';

/** Milliseconds that one look for the rows of a selection may take. */
const LOOK_MS = 15 * 60_000;

/** One row that an action is about, and why it is left alone; undefined when it isn't. */
export interface ReviewItem {
  readonly row: ReviewRow;
  readonly refusal: string | undefined;
}

/** What an action on the review queue does. */
export interface ReviewAction<Item extends ReviewItem> {
  /** Whether what it hands on is made anew by it: how the row stood before says nothing then. */
  readonly resets?: true;
  /** As in `BatchWork`. */
  readonly nobodyWaits?: true;
  /** Rows of a batch at the most. */
  readonly most: number;
  /** Says of rows which are left alone, by the reading session. */
  examine(rows: readonly ReviewRow[]): Promise<readonly Item[]>;
  /** What becomes of a row when nobody interferes. */
  expected(item: Item): RowOutcome['outcome'];
  /** Inside a transaction: does it, and says what became of each row; one that it does not name is left alone. */
  perform(session: WritingSession, items: readonly Item[], run: Pick<Run, 'ticket'>): Promise<readonly RowOutcome[]>;
}

/** How outcomes count. What was left alone is on record too, but changed nothing. */
function countsOf(outcomes: readonly RowOutcome['outcome'][]): Applied {
  const n = (...wanted: readonly RowOutcome['outcome'][]) => outcomes.filter((each) => wanted.includes(each)).length;
  const left = n('refused');
  return {
    changed: outcomes.length - left,
    raced: 0,
    left,
    queued: n('queued'),
    succeeded: n('succeeded'),
    failed: n('failed', 'unknown'),
  };
}

const RACED = 'somebody changed the row meanwhile';

/** Works through the rows of a selection by primary key, each with a line that says what became of it. */
export class ReviewWork<Item extends ReviewItem> implements BatchWork<Item> {
  readonly #ground: ChangeGround;
  readonly #selection: Selection;
  readonly #action: ReviewAction<Item>;

  constructor(ground: ChangeGround, selection: Selection, action: ReviewAction<Item>) {
    this.#ground = ground;
    this.#selection = selection;
    this.#action = action;
  }

  get nobodyWaits(): true | undefined {
    return this.#action.nobodyWaits;
  }

  /** One pass does it: who comes into the queue meanwhile was not confirmed. */
  async end(pass: number): Promise<string | undefined> {
    if (pass > 0) return undefined;
    const { database, source } = this.#ground;
    return lastSelected(database, source, this.#selection, this.#options);
  }

  async read(_pass: number, cursor: string | undefined, until: string, limit: number): Promise<Stretch<Item>> {
    const { database, source } = this.#ground;
    const stretch = { after: cursor, until, limit: Math.min(limit, this.#action.most) };
    const rows = await readReviewRows(database, source, this.#selection, stretch, this.#options);
    return {
      cursor: rows.at(-1)?.pk,
      scanned: rows.length,
      items: rows.length === 0 ? [] : await this.#action.examine(rows),
      counts: {},
    };
  }

  keyOf({ row }: Item): string {
    return row.pk;
  }

  ready(run: Pick<Run, 'id' | 'ticket'>, items: readonly Item[]): Ready {
    const expected = items.map((item) => (item.refusal === undefined ? this.#action.expected(item) : 'refused'));
    return { expected: countsOf(expected), apply: (session) => this.#apply(session, run, items) };
  }

  async #apply(session: WritingSession, run: Pick<Run, 'id' | 'ticket'>, items: readonly Item[]): Promise<Applied> {
    const open = items.filter(({ refusal }) => refusal === undefined);
    const done = open.length === 0 ? [] : await this.#action.perform(session, open, run);
    const told = new Set(done.map(({ pk }) => pk));
    const left = items.flatMap(({ row: { pk }, refusal }): readonly RowOutcome[] => {
      if (refusal !== undefined) return [{ pk, outcome: 'refused', detail: refusal }];
      return told.has(pk) ? [] : [{ pk, outcome: 'refused', detail: RACED }];
    });
    const rows = new Map(open.map(({ row }) => [row.pk, row] as const));
    const outcomes = [...done, ...left].map((one): NotedOutcome => {
      const row = one.outcome === 'queued' && !this.#action.resets ? rows.get(one.pk) : undefined;
      return row === undefined ? one : { ...one, seen: seenOf(row) };
    });
    await this.#outcomes(session).note(run.id, outcomes);
    return countsOf(outcomes.map(({ outcome }) => outcome));
  }

  async setAside(session: WritingSession, run: Pick<Run, 'id' | 'pass'>, item: Item, reason: string): Promise<boolean> {
    await this.#outcomes(session).note(run.id, [this.aside(item, reason)]);
    return true;
  }

  /** What becomes of a row that the database refuses to change. */
  protected aside({ row: { pk } }: Item, reason: string): RowOutcome {
    return { pk, outcome: 'refused', detail: reason };
  }

  following(): Following {
    return 'over';
  }

  async recorded(run: Pick<Run, 'id'>, options: QueryOptions): Promise<number> {
    const { database, source } = this.#ground;
    const counts = await countOutcomes(database, source.appointments.table, run.id, options);
    const changed = OUTCOMES.filter((outcome) => outcome !== 'refused' && outcome !== 'unwritten');
    return changed.reduce((sum, outcome) => sum + (counts[outcome] ?? 0), 0);
  }

  get #options(): QueryOptions {
    return { ...this.#ground.options, timeoutMs: LOOK_MS };
  }

  #outcomes(session: WritingSession): Outcomes {
    const { dialect, source } = this.#ground;
    return new Outcomes(session, dialect, source.appointments);
  }
}

/** An action that another system carries out. */
export interface OutsideAction<Item extends ReviewItem> extends ReviewAction<Item> {
  /** As in `BatchWork`; of rows that are not left alone. */
  begin(session: WritingSession, run: Pick<Run, 'id'>, items: readonly Item[]): Promise<readonly Item[]>;
  carryOut(items: readonly Item[], how: CarryingOut): Promise<CarriedOut<Item>>;
}

/** The same where another system does it. */
export class OutsideWork<Item extends ReviewItem> extends ReviewWork<Item> {
  readonly #outside: OutsideAction<Item>;

  constructor(ground: ChangeGround, selection: Selection, action: OutsideAction<Item>) {
    super(ground, selection, action);
    this.#outside = action;
  }

  /** What was done is done although its row can't be written. */
  protected override aside({ row: { pk } }: Item, reason: string): RowOutcome {
    return { pk, outcome: 'unwritten', detail: `it was done, and the row could not be written: ${reason}` };
  }

  async begin(session: WritingSession, run: Pick<Run, 'id'>, items: readonly Item[]): Promise<readonly Item[]> {
    const open = items.filter(({ refusal }) => refusal === undefined);
    const begun = await this.#outside.begin(session, run, open);
    const byKey = new Map(begun.map((item) => [item.row.pk, item] as const));
    return items.map((item) => byKey.get(item.row.pk) ?? item);
  }

  async carryOut(items: readonly Item[], how: CarryingOut): Promise<CarriedOut<Item>> {
    const open = items.filter(({ refusal }) => refusal === undefined);
    if (open.length === 0) return { items, halt: undefined };
    const { items: carried, halt } = await this.#outside.carryOut(open, how);
    const byKey = new Map(carried.map((item) => [item.row.pk, item] as const));
    const left = items.findIndex(({ row, refusal }) => refusal === undefined && !byKey.has(row.pk));
    const reached = left === -1 ? items : items.slice(0, left);
    return { items: reached.map((item) => byKey.get(item.row.pk) ?? item), halt };
  }
}

/** Every row of a selection as an action sees it, in stretches. @throws Problem */
export async function* examined<Item extends ReviewItem>(
  { database, source, options }: ChangeGround,
  selection: Selection,
  action: ReviewAction<Item>,
): AsyncGenerator<readonly Item[]> {
  const looking = { ...options, timeoutMs: LOOK_MS };
  const until = await lastSelected(database, source, selection, looking);
  if (until === undefined) return;
  for (let after: string | undefined; ; ) {
    const rows = await readReviewRows(database, source, selection, { after, until, limit: STRETCH }, looking);
    if (rows.length === 0) return;
    yield await action.examine(rows);
    after = rows.at(-1)?.pk;
  }
}

/** Rows of one look when a selection is planned. */
const STRETCH = 500;

/** @throws Problem blocked, where the table has no column that says what waits for review */
export function assertQueue({ source, context }: ChangeGround): void {
  if (source.appointments.known.has('requires_manual_review')) return;
  throw new Problem(
    'blocked',
    'there is no review queue: the table has no column requires_manual_review',
    `the sync migrations add it; where it has another name, say so in contexts.${context.name}.columns`,
  );
}
