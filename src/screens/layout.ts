import type { Size } from './hooks/console.ts';

/** Which lines around the screen there is room for. The header goes first, then the rules, then the tabs. */
export interface Chrome {
  readonly header: boolean;
  readonly tabs: boolean;
  readonly rules: boolean;
  readonly footer: boolean;
  /** What is left for the screen. */
  readonly body: Size;
}

/** @param banners lines that banners take */
export function chromeFor({ columns, rows }: Size, banners: number): Chrome {
  const header = rows >= 10;
  const rules = rows >= 20;
  const tabs = rows >= 6;
  const footer = rows >= 4;
  const lines = Number(header) + Number(tabs) + (rules ? 2 : 0) + Number(footer) + banners;
  return { header, tabs, rules, footer, body: { columns, rows: Math.max(0, rows - lines) } };
}

/** A part of a line: the most important has priority 1. */
export interface Part {
  readonly width: number;
  readonly priority: number;
}

/** The parts that fit in so many columns with a gap between them: the least important are left out first. */
export function partsThatFit<Item extends Part>(parts: readonly Item[], columns: number, gap: number): readonly Item[] {
  const kept = [...parts];
  const taken = () => kept.reduce((sum, part) => sum + part.width, 0) + gap * (kept.length - 1);
  while (kept.length > 1 && taken() > columns) {
    const least = kept.reduce((worst, part) => (part.priority >= worst.priority ? part : worst));
    kept.splice(kept.indexOf(least), 1);
  }
  return kept;
}
