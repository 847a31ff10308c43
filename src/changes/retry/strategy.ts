import { sql } from 'kysely';
import type { NewValues } from '../../data/appointment-writes.ts';
import type { Expression } from '../../data/connection.ts';
import { all, type Source } from '../../data/queries/expressions.ts';
import type { ReviewRow } from '../../data/queries/review-rows.ts';
import type { RowOutcome } from '../../model/review.ts';
import type { ChangeGround } from '../change.ts';
import { keptOf } from '../review/kept.ts';
import type { ReviewWords } from '../review/plan.ts';
import type { OutsideAction, ReviewAction, ReviewItem } from '../review/review-work.ts';
import { type Hindrance, hindranceOf } from './rules.ts';

/** One appointment to retry. */
export interface RetryItem extends ReviewItem {
  readonly handed?: Hindrance['handed'];
  /** What came of it, where another system was asked before anything is written. */
  readonly result?: RetryResult;
}

/** What came of a retry, and what the row's columns become by it. */
export interface RetryResult {
  readonly outcome: Extract<RowOutcome['outcome'], 'queued' | 'succeeded' | 'failed' | 'unknown' | 'refused'>;
  readonly detail: string | undefined;
  readonly sets: NewValues;
}

/** One way to try the sync of an appointment again. */
interface RetryStrategy<Item extends RetryItem> {
  readonly action: ReviewAction<Item> | OutsideAction<Item>;
  readonly words: Pick<ReviewWords<Item>, 'sql' | 'notes' | 'sample' | 'rowsPerSecond'> & {
    /** `gives 37 jobs back to the queue` */
    readonly does: (rows: number) => string;
  };
}

/** Makes a strategy for one run; @throws Problem, where the config or the database lacks what it takes */
export type MakeStrategy<Item extends RetryItem = RetryItem> = (ground: ChangeGround) => RetryStrategy<Item>;

/** Rows that no rule forbids to retry, and the others with the reason. */
export async function examineForRetry(ground: ChangeGround, rows: readonly ReviewRow[]): Promise<readonly RetryItem[]> {
  const { database, dialect, options } = ground;
  const kept = await keptOf(
    ground,
    rows.map(({ pk }) => pk),
  );
  const [clock] = await database.query(sql`SELECT ${dialect.now()} AS now`, options);
  const now = Number(clock?.['now']) * 1000;
  return rows.map((row) => {
    const { refusal, handed } = hindranceOf(row, kept.get(row.pk) ?? [], now) ?? {};
    return { row, refusal, ...(handed && { handed }) };
  });
}

/** A row that may still be retried, as a condition of the statement that changes it. */
export function mayRetry(source: Source): Expression {
  const { appointments, dialect } = source;
  const isNot = (name: 'sync_origin' | 'calcom_sync_status', value: string): readonly Expression[] => {
    const column = appointments.known.get(name);
    if (column === undefined) return [];
    const own = sql.id(column.name);
    return [sql`(${own} IS NULL OR LOWER(TRIM(${dialect.text(own)})) <> ${value})`];
  };
  return all([...isNot('sync_origin', 'calcom'), ...isNot('calcom_sync_status', 'synced')]);
}
