import { setWhere } from '../../data/appointment-writes.ts';
import { all } from '../../data/queries/expressions.ts';
import { Outcomes } from '../../data/state/outcomes.ts';
import type { RowOutcome } from '../../model/review.ts';
import type { ChangeGround } from '../change.ts';
import type { OutsideAction } from '../review/review-work.ts';
import { examineForRetry, mayRetry, type RetryItem, type RetryResult } from './strategy.ts';

/** How another system is asked to retry appointments. */
interface Outside {
  /** Appointments of a batch: what a pause waits for. */
  readonly most: number;
  /** What becomes of one that was begun when apptop was ended; undefined where it may simply be begun again. */
  readonly interrupted: RetryResult | undefined;
  readonly carryOut: OutsideAction<RetryItem>['carryOut'];
}

const UNTOLD: RetryResult = { outcome: 'unknown', detail: 'nobody told what came of it', sets: {} };

/** A strategy's action where another system does it: what has begun is on record before, what came of it after. */
export function outsideAction(
  ground: ChangeGround,
  { most, interrupted, carryOut }: Outside,
): OutsideAction<RetryItem> {
  const { source, dialect, writing } = ground;
  return {
    most,
    examine: (rows) => examineForRetry(ground, rows),
    async begin(session, run, items) {
      const outcomes = new Outcomes(session, dialect, source.appointments);
      const begun =
        interrupted === undefined
          ? new Set<string>()
          : await outcomes.begun(
              run.id,
              items.map(({ row }) => row.pk),
            );
      const starting = items.filter(({ row }) => !begun.has(row.pk));
      await outcomes.note(
        run.id,
        starting.map(({ row: { pk } }) => ({ pk, outcome: 'begun', detail: undefined })),
      );
      return items.map((item) =>
        begun.has(item.row.pk) && interrupted !== undefined ? { ...item, result: interrupted } : item,
      );
    },
    async carryOut(items, how) {
      const { items: done, halt } = await carryOut(
        items.filter(({ result }) => result === undefined),
        how,
      );
      const byKey = new Map(done.map((item) => [item.row.pk, item] as const));
      const left = items.findIndex(({ row, result }) => result === undefined && !byKey.has(row.pk));
      const reached = left === -1 ? items : items.slice(0, left);
      return { items: reached.map((item) => byKey.get(item.row.pk) ?? item), halt };
    },
    expected: ({ result = UNTOLD }) => result.outcome,
    async perform(session, items) {
      const outcomes: RowOutcome[] = [];
      for (const { row, result = UNTOLD } of items) {
        const { pk } = row;
        const { outcome, detail, sets } = result;
        // What was done elsewhere is written whoever has synced the row meanwhile.
        const rows = { pks: [pk], condition: outcome === 'succeeded' ? all([]) : mayRetry(source) };
        const set = Object.keys(sets).length === 0 || (await setWhere(session, writing, source, rows, sets)).has(pk);
        const more = set
          ? detail
          : `${detail ?? outcome}; the row was not written: somebody else has synced it meanwhile`;
        outcomes.push({ pk, outcome, detail: more });
      }
      return outcomes;
    },
  };
}
