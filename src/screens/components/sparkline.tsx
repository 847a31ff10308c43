import type { Glyphs } from '../theme.ts';

/** As many groups as there are cells, each by the last of its values that is known. */
function grouped(values: readonly (number | undefined)[], width: number): readonly (number | undefined)[] {
  if (values.length <= width) return values;
  return Array.from({ length: width }, (_, cell) => {
    const [from, to] = [cell, cell + 1].map((edge) => Math.floor((edge * values.length) / width));
    return values.slice(from, to).findLast((value) => value !== undefined);
  });
}

/** Values, the oldest first, as a line of levels between their least and their greatest; gaps where none is known. */
export function sparklineText(values: readonly (number | undefined)[], width: number, { levels }: Glyphs): string {
  const cells = grouped(values, width);
  const known = cells.filter((value) => value !== undefined);
  const [least, greatest] = [Math.min(...known), Math.max(...known)];
  const line = cells.map((value) => {
    if (value === undefined) return ' ';
    // A line without change runs along the bottom.
    const share = greatest === least ? 0 : (value - least) / (greatest - least);
    return levels[Math.round(share * (levels.length - 1))] ?? ' ';
  });
  return line.join('').padStart(width);
}
