import type { Line } from './line.ts';

/** A line that the cursor can be on, and where it stands. */
export interface Stop {
  readonly line: Line;
  readonly row: number;
  readonly column: number;
}

/** Which line a person is at. The key is what counts; the index says where to go on when that line is gone. */
export interface Cursor {
  readonly key: string | undefined;
  readonly index: number;
}

/** One row of the screen: the line of each column, or nothing. */
export type Row = readonly (Line | undefined)[];

/** The lines a cursor can be on, column by column. */
export function stopsOf(rows: readonly Row[]): readonly Stop[] {
  const stops = rows.flatMap((row, at) =>
    row.flatMap((line, column) =>
      line === undefined || (line.still && line.open === undefined) ? [] : [{ line, row: at, column }],
    ),
  );
  return stops.sort((one, other) => one.column - other.column || one.row - other.row);
}

/** The line under the cursor, or the one that took its place. */
export function stopAt(stops: readonly Stop[], { key, index }: Cursor): number {
  const same = stops.findIndex(({ line }) => line.key === key);
  return same >= 0 ? same : Math.max(0, Math.min(index, stops.length - 1));
}

/** The stop beside one, nearest in height. */
export function beside(stops: readonly Stop[], from: number, direction: 1 | -1): number {
  const here = stops[from];
  if (here === undefined) return from;
  let best = from;
  let nearest = Number.POSITIVE_INFINITY;
  for (const [index, { row, column }] of stops.entries()) {
    const away = Math.abs(row - here.row);
    if (column === here.column + direction && away < nearest) [best, nearest] = [index, away];
  }
  return best;
}

/** Rows above and below the cursor that are kept in view: a panel's title and what follows. */
const MARGIN = 2;

/** The first row to show of so many, with the cursor in view and no further from where it was than needed. */
export function scrolled(top: number, row: number, rows: number, height: number): number {
  const margin = Math.min(MARGIN, Math.max(0, Math.floor((height - 1) / 2)));
  const least = row + margin - height + 1;
  const most = row - margin;
  return Math.max(0, Math.min(rows - height, Math.max(least, Math.min(most, top))));
}
