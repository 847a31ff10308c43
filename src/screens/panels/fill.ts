import type { Line } from './line.ts';

/** A block of figures about one thing. */
export interface Panel {
  readonly title: Line;
  readonly lines: readonly Line[];
  /** What comes after `lines`, of which as much is shown as there is room for. */
  readonly list?: {
    /** The first of them; no terminal shows more than a hundred. */
    readonly lines: readonly Line[];
    readonly total: number;
    /** Stands for the others. */
    readonly rest: (hidden: number) => Line;
  };
  /** Said below the list. */
  readonly notes?: readonly Line[];
  /** Only where there is room for all of it. */
  readonly optional?: boolean;
}

/** Lines of a list that are always shown, and those that it gets before anything optional does. */
const LISTED_LEAST = 3;
const LISTED_FIRST = 12;
/** Of longer lists these lines are made. */
export const LISTED_MOST = 100;

interface Filled {
  readonly panel: Panel;
  listed: number;
}

/** A list's lines, and one that says how many more there are. */
function listLines({ list }: Panel, listed: number): readonly Line[] {
  if (list === undefined) return [];
  const shown = list.lines.slice(0, listed);
  const hidden = list.total - shown.length;
  // A line that says "1 more" may as well be that one.
  if (hidden === 1 && list.lines.length > shown.length) return list.lines.slice(0, listed + 1);
  return hidden > 0 ? [...shown, list.rest(hidden)] : shown;
}

const panelLines = ({ panel, listed }: Filled): readonly Line[] => [
  panel.title,
  ...panel.lines,
  ...listLines(panel, listed),
  ...(panel.notes ?? []),
];

const heightOf = (filled: readonly Filled[]): number =>
  filled.reduce((sum, one) => sum + panelLines(one).length, 0) + Math.max(0, filled.length - 1);

/** Lets lists grow by turns while everything fits. */
function grow(filled: readonly Filled[], height: number, most: number): void {
  let grown = true;
  while (grown) {
    grown = false;
    for (const one of filled) {
      if (one.listed >= Math.min(most, one.panel.list?.lines.length ?? 0)) continue;
      one.listed += 1;
      if (heightOf(filled) <= height) grown = true;
      else one.listed -= 1;
    }
  }
}

/**
 * Panels one below the other, with an empty line (undefined) between two. What is not optional is there in any
 * height, if with the beginnings of its lists only.
 */
export function fillColumn(panels: readonly Panel[], height: number): readonly (Line | undefined)[] {
  const filled: Filled[] = panels.filter(({ optional }) => !optional).map((panel) => ({ panel, listed: LISTED_LEAST }));
  grow(filled, height, LISTED_FIRST);
  for (const panel of panels.filter(({ optional }) => optional)) {
    const wider = [...filled, { panel, listed: LISTED_LEAST }];
    if (heightOf(wider) <= height) filled.push({ panel, listed: LISTED_LEAST });
  }
  grow(filled, height, LISTED_MOST);
  return filled.flatMap((one, index) => [...(index === 0 ? [] : [undefined]), ...panelLines(one)]);
}
