import type { FitOptions } from '../../model/text.ts';
import type { Tone } from '../theme.ts';

/** A column of a table over rows of one kind. */
export interface TableColumn<Item> {
  readonly id: string;
  readonly title: string;
  /** Cells it needs. */
  readonly width: number;
  /** 1 is the most important; the least important are left out on a narrow terminal until the cursor is in them. */
  readonly priority: number;
  /** Takes the cells that are left over. */
  readonly grows?: boolean;
  readonly align?: FitOptions['align'];
  /** The raw value, as it is copied and exported; it is made visible when drawn. */
  readonly value: (item: Item) => string | null;
  /** What is drawn, if that differs: a time with its age. */
  readonly shown?: (item: Item) => string;
  readonly tone?: (item: Item) => Tone;
  /** Whether the rows can be sorted by it. */
  readonly sortable?: boolean;
  /** Whether its values are known of the rows on screen only: an export leaves it out. */
  readonly onScreen?: true;
}

export interface PlacedColumn<Item> {
  readonly column: TableColumn<Item>;
  readonly width: number;
}

/** Columns between two columns. */
export const GAP = 2;
/** Columns at the left for the cursor and the mark. */
const GUTTER = 2;

/**
 * Which columns are drawn and how wide: as many as fit, in their order, the one under the cursor always among them.
 */
export function placeColumns<Item>(
  columns: readonly TableColumn<Item>[],
  current: TableColumn<Item> | undefined,
  available: number,
): readonly PlacedColumn<Item>[] {
  const byImportance = columns.toSorted(
    (one, other) => Number(other === current) - Number(one === current) || one.priority - other.priority,
  );
  const room = available - GUTTER;
  const placed = new Map<TableColumn<Item>, number>();
  let taken = 0;
  for (const column of byImportance) {
    const needed = column.width + (placed.size === 0 ? 0 : GAP);
    // The first is there in any width, if only a part of it.
    if (placed.size > 0 && taken + needed > room) continue;
    placed.set(column, Math.max(1, Math.min(column.width, room)));
    taken += needed;
  }
  const growing = columns.filter((column) => column.grows && placed.has(column));
  const spare = Math.max(0, room - taken);
  for (const [index, column] of growing.entries()) {
    // Spare columns are shared; the first takes what can't be divided.
    const share = Math.floor(spare / growing.length) + (index === 0 ? spare % growing.length : 0);
    placed.set(column, (placed.get(column) ?? 0) + share);
  }
  return columns.flatMap((column) => {
    const width = placed.get(column);
    return width === undefined ? [] : [{ column, width }];
  });
}
