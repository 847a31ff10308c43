import type { IdRow } from '../../data/queries/id-rows.ts';
import type { IdValues, RowChange } from '../../data/writing.ts';
import { kindOfValue } from '../../model/booking-id.ts';
import { movedIds } from '../../model/move.ts';
import type { IdItem } from '../id-columns-work.ts';

/** What an operator may decide about a row that is never changed by itself. */
export const DECISIONS = ['keep-v1', 'keep-v2', 'skip'] as const;
export type Decision = (typeof DECISIONS)[number];

/** By primary key. */
export type Decisions = Readonly<Record<string, Decision>>;

/**
 * What a decision makes of the two ids, at once and for good: no sweep finds anything left to do. `keep-v1` leaves the V1
 * column as it is and clears the V2 column; `keep-v2` puts a V1 id of the V2 column into the V1 column, and leaves a V2
 * value of another kind alone and clears the V1 column.
 */
function decided(decision: Decision, row: IdRow): Pick<IdValues, 'v1' | 'v2'> {
  const { v1, v2 } = row.ids;
  if (decision === 'keep-v1') return { v1, v2: null };
  return kindOfValue(v2) === 'v1' ? { v1: v2, v2: null } : { v1: null, v2 };
}

const change = (row: IdRow, ids: Pick<IdValues, 'v1' | 'v2'>): RowChange => ({
  pk: row.pk,
  from: row.ids,
  to: { v1: ids.v1, v2: ids.v2, backup: row.ids.v2 },
});

/** What the move does to a row; undefined leaves it as it is. */
export function itemFor(row: IdRow, decisions: Decisions): IdItem | undefined {
  const { class: rowClass, ids, pk } = row;
  if (rowClass === 'misplaced') return { kind: 'change', as: 'moved', row: change(row, movedIds(rowClass, ids)) };
  if (rowClass === 'duplicate') return { kind: 'change', as: 'cleared', row: change(row, movedIds(rowClass, ids)) };
  const decision = rowClass === 'conflict' || rowClass === 'review' ? decisions[pk] : undefined;
  if (decision !== undefined && decision !== 'skip') {
    const to = decided(decision, row);
    // What is so already is skipped, whatever it was called: there is nothing to take back.
    if (to.v1 !== ids.v1 || to.v2 !== ids.v2) return { kind: 'change', as: 'decided', row: change(row, to) };
  }
  return ids.v2 !== null && ids.backup === null ? { kind: 'back-up', pk } : undefined;
}
