import type { Glyphs } from '../theme.ts';

/**
 * A share from 0 to 1 as a bar with steps of an eighth of a cell, in ASCII of a whole one. Something is never drawn as
 * nothing.
 */
export function barText(share: number, width: number, { bar }: Glyphs): string {
  if (!(share > 0) || width < 1) return ''.padEnd(Math.max(0, width));
  const steps = bar.length;
  const filled = Math.max(1, Math.round(Math.min(1, share) * width * steps));
  const partial = filled % steps;
  const full = (bar[0] ?? '').repeat(Math.floor(filled / steps));
  return `${full}${partial === 0 ? '' : (bar[steps - partial] ?? '')}`.padEnd(width);
}
