import type { Row } from './connection.ts';

/** Cells in the order of their columns, those of one row or of several. */
type Cells = Readonly<Record<number, string | null | undefined>>;

/**
 * Makes rows with these names. Assigning in a loop takes 0.05 µs a row of four cells, `Object.fromEntries` 0.28.
 * @returns a function that makes one of the cells from `first` on
 */
export function rowMaker(names: readonly string[]): (cells: Cells, first?: number) => Row {
  // Assigned to, this name would be the prototype.
  if (names.includes('__proto__')) {
    return (cells, first = 0) => Object.fromEntries(names.map((name, index) => [name, cells[first + index] ?? null]));
  }
  return (cells, first = 0) => {
    const row: Record<string, string | null> = {};
    let index = first;
    for (const name of names) row[name] = cells[index++] ?? null;
    return row;
  };
}
