import type { LedgerLine } from '../data/state/ledger.ts';
import type { IdValues } from '../data/writing.ts';

/**
 * How a row stands to what a move made of it:
 *
 * - `restore`: it still is that, and becomes what it was
 * - `already`: it is what it was
 * - `conflict`: somebody changed it since; it is left alone
 * - `deleted`: it is gone
 */
const COMPARISONS = ['restore', 'already', 'conflict', 'deleted'] as const;
export type Comparison = (typeof COMPARISONS)[number];

type Ids = Pick<IdValues, 'v1' | 'v2'>;

const same = (one: Ids, other: Ids): boolean => one.v1 === other.v1 && one.v2 === other.v2;

/** What a comparison finds, with what the row becomes when it is restored. */
export type Compared =
  | { readonly kind: Exclude<Comparison, 'restore'> }
  | { readonly kind: 'restore'; readonly to: IdValues };

/**
 * The three-way comparison of a row with the ledger's lines about it.
 * @param lines of one row, newest run first: one that was moved twice is taken back twice
 * @param now undefined when the row is gone
 */
export function compare(lines: readonly LedgerLine[], now: IdValues | undefined): Compared {
  if (now === undefined) return { kind: 'deleted' };
  let state: IdValues | undefined;
  for (const line of lines) {
    const present = state ?? now;
    // First: a line that changed nothing has nothing to take back.
    if (same(present, line.old)) continue;
    if (!same(present, line.new)) return state === undefined ? { kind: 'conflict' } : { kind: 'restore', to: state };
    state = line.old;
  }
  return state === undefined ? { kind: 'already' } : { kind: 'restore', to: state };
}
