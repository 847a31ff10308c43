import type { RowClass } from './booking-id.ts';

/** The two booking id columns of a row. */
export interface BookingIds {
  readonly v1: string | null;
  readonly v2: string | null;
}

/** What the move makes of a row's ids: only a misplaced id moves, and only a duplicate is cleared. */
export function movedIds(rowClass: RowClass, { v1, v2 }: BookingIds): BookingIds {
  if (rowClass === 'misplaced') return { v1: v2, v2: null };
  return rowClass === 'duplicate' ? { v1, v2: null } : { v1, v2 };
}
