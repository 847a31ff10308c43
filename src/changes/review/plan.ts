import type { Selection } from '../../data/queries/review-rows.ts';
import { counted } from '../../model/format.ts';
import type { ChangeGround, LeftRows, Planned, PlanSample } from '../change.ts';
import { assertQueue, examined, type ReviewAction, type ReviewItem } from './review-work.ts';

/** Rows that a plan shows. */
const SAMPLE_ROWS = 20;
/** Rows that are named for each reason to leave some alone. */
const NAMED_ROWS = 5;

/** Rows of an action in a second on an ordinary server, for a first guess. */
const ROWS_PER_SECOND = 5_000;

/** What an action on the queue says of itself in a plan. */
export interface ReviewWords<Item> {
  /** `retries 37 appointments`, from a number of rows. */
  summary(rows: number): readonly string[];
  readonly sql: readonly string[];
  sample(item: Item): Omit<PlanSample, 'pk'>;
  readonly rollback: string;
  readonly notes: readonly string[];
  readonly rowsPerSecond?: number;
}

/** Rows that are left alone, by why. */
class Left {
  readonly #byReason = new Map<string, { readonly reason: string; rows: number; readonly named: string[] }>();

  add(reason: string, pk: string): void {
    const found = this.#byReason.get(reason) ?? { reason, rows: 0, named: [] };
    found.rows += 1;
    if (found.named.length < NAMED_ROWS) found.named.push(pk);
    this.#byReason.set(reason, found);
  }

  get all(): readonly LeftRows[] {
    return [...this.#byReason.values()];
  }

  get rows(): number {
    return this.all.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** `left alone: 3 rows (7, 9, 12): a row of origin calcom …` */
  get notes(): readonly string[] {
    return this.all.map(({ reason, rows, named }) => {
      const more = rows > named.length ? ', …' : '';
      return `left alone: ${counted(rows, 'row')} (${named.join(', ')}${more}): ${reason}`;
    });
  }
}

/**
 * What an action would do to the rows of a selection: every one of them is looked at, as when it runs.
 * @throws Problem
 */
export async function planReview<Item extends ReviewItem>(
  ground: ChangeGround,
  selection: Selection,
  action: ReviewAction<Item>,
  words: ReviewWords<Item>,
): Promise<Planned> {
  assertQueue(ground);
  const left = new Left();
  const sample: PlanSample[] = [];
  let rows = 0;
  for await (const items of examined(ground, selection, action)) {
    for (const item of items) {
      const { pk } = item.row;
      if (item.refusal !== undefined) {
        left.add(item.refusal, pk);
        continue;
      }
      rows += 1;
      if (sample.length < SAMPLE_ROWS) sample.push({ pk, ...words.sample(item) });
    }
  }
  const missing = 'ids' in selection ? selection.ids.length - rows - left.rows : 0;
  const gone = missing > 0 ? [`${counted(missing, 'row is', 'rows are')} not there`] : [];
  return {
    rows,
    total: rows + left.rows,
    counts: { rows, left: left.rows },
    summary: words.summary(rows),
    sql: words.sql,
    sample,
    loses: [],
    rollback: words.rollback,
    seconds: rows / (words.rowsPerSecond ?? ROWS_PER_SECOND),
    notes: [...words.notes, ...left.notes, ...gone],
    untouched: [...left.notes, ...gone],
    left: left.all,
  };
}
