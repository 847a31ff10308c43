import { fit, visible, width } from '../../model/text.ts';
import { partsThatFit } from '../layout.ts';
import type { Theme, Tone } from '../theme.ts';

/** A piece of a line as it is drawn: visible text of a known width. */
interface Segment {
  readonly text: string;
  readonly tone: Tone;
  /** A picture of a figure that stands beside it: nothing for a screen reader. */
  readonly silent?: boolean;
}

/** Why a line deserves a look: `person` waits for somebody, `target` is missed, `look` is for later. */
export type Mark = 'person' | 'target' | 'look';

/** One line of a panel. */
export interface Line {
  /** The same for the same fact at each refresh; unique on its screen. */
  readonly key: string;
  readonly mark?: Mark | undefined;
  readonly segments: readonly Segment[];
  /** A title or a sentence: no place for the cursor, unless it opens something. */
  readonly still?: true;
  /** Opens what is behind it. */
  readonly open?: (() => void) | undefined;
}

/** What a panel is drawn on. */
export interface Paper {
  /** Cells of a line with its gutter. */
  readonly width: number;
  readonly theme: Theme;
}

/** Cells at the left of each line, for the cursor and the mark. */
export const GUTTER = 3;
const GAP = 1;
/** A text that is cut shorter than this names nothing. */
const LEAST_TEXT = 8;

export interface GridColumn {
  /** Said once in the title's line. */
  readonly header?: string;
  readonly align?: 'left' | 'right';
  /** 1 is the most important; the least important are left out where it is narrow. */
  readonly priority: number;
  /** Cells it has at least; with pictures the ones it needs. */
  readonly least?: number;
  /** Cells it has at most. */
  readonly most?: number;
  /** Takes the cells that are left over. One column of a grid may. */
  readonly grows?: boolean;
}

/** A text in a tone, or a picture drawn at the column's width. */
export type Cell = string | { readonly text: string | ((width: number) => string); readonly tone: Tone };

export interface GridRow extends Omit<Line, 'segments'> {
  readonly cells: readonly Cell[];
}

export interface Grid {
  /** The names of the columns behind a title. */
  title(key: string, text: string): Line;
  /** The names of the columns alone, under a title that leaves them no room. */
  headers(key: string): Line;
  readonly lines: readonly Line[];
}

const textOf = (cell: Cell | undefined): string | ((width: number) => string) =>
  typeof cell === 'object' ? cell.text : (cell ?? '');

/** Rows of cells as lines with aligned columns, each as wide as its widest cell. */
export function grid(columns: readonly GridColumn[], rows: readonly GridRow[], { width: whole, theme }: Paper): Grid {
  const { ascii } = theme;
  const room = Math.max(1, whole - GUTTER);
  const wanted = columns.map((column, index) => {
    const widths = rows.map(({ cells }) => {
      const text = textOf(cells[index]);
      return typeof text === 'string' ? width(visible(text.slice(0, room), ascii)) : 0;
    });
    // What grows may be cut to its least: no other column gives way to a long text.
    const widest = column.grows ? (column.least ?? LEAST_TEXT) : Math.max(column.least ?? 0, ...widths);
    const needed = Math.max(width(column.header ?? ''), widest);
    return { column, index, priority: column.priority, width: Math.min(column.most ?? room, needed) };
  });
  const placed = partsThatFit(
    wanted.filter((part) => part.width > 0),
    room,
    GAP,
  );
  const taken = placed.reduce((sum, part) => sum + part.width, 0) + GAP * Math.max(0, placed.length - 1);
  const spare = room - taken;
  const parts = placed.map((part) => ({
    ...part,
    width: Math.max(1, part.width + (part.column.grows || placed.length === 1 ? spare : 0)),
  }));
  const lines = rows.map(({ cells, ...line }) => ({
    ...line,
    segments: parts.flatMap(({ column, index, width: wide }, place): readonly Segment[] => {
      const cell = cells[index];
      const text = textOf(cell);
      const gap = place < parts.length - 1 ? ' '.repeat(GAP) : '';
      const silent = typeof text === 'function';
      const drawn = silent ? text(wide) : fit(text, wide, { align: column.align ?? 'left', ascii });
      return [{ text: drawn + gap, tone: typeof cell === 'object' ? cell.tone : 'plain', silent }];
    }),
  }));
  const headersOf = (from: number): string =>
    parts
      .slice(from)
      .map(({ column, width: wide }) => fit(column.header ?? '', wide, { align: column.align ?? 'left', ascii }))
      .join(' '.repeat(GAP));
  return {
    lines,
    headers: (key) => ({ key, still: true, segments: [{ text: headersOf(0), tone: 'muted' }] }),
    title: (key, text) => {
      const first = parts.findIndex(({ column }) => column.header !== undefined);
      const before = parts.slice(0, Math.max(0, first)).reduce((sum, part) => sum + part.width + GAP, 0);
      // A title longer than the columns before the first header goes alone.
      if (first < 0 || before <= width(text)) return titleLine(key, text, '', { width: whole, theme });
      const name: Segment = { text: fit(text, before, { ascii }), tone: 'title' };
      return { key, still: true, segments: [name, { text: headersOf(first), tone: 'muted' }] };
    },
  };
}

/** A panel's first line, with a note at its right end. */
export function titleLine(key: string, text: string, note: string, { width: whole, theme }: Paper): Line {
  const room = Math.max(1, whole - GUTTER);
  const shown = visible(note, theme.ascii);
  const taken = width(shown) + width(text) + 2 <= room ? width(shown) : 0;
  const segments: Segment[] = [{ text: fit(text, room - taken, { ascii: theme.ascii }), tone: 'title' }];
  if (taken > 0) segments.push({ text: shown, tone: 'muted' });
  return { key, still: true, segments };
}

/** A sentence in as many lines as it needs, without a figure of its own. */
export function textLines(
  key: string,
  text: string,
  { width: whole, theme }: Paper,
  tone: Tone = 'muted',
): readonly Line[] {
  const room = Math.max(1, whole - GUTTER);
  return wrapped(visible(text, theme.ascii).split(' '), ' ', room).map((line, index) => ({
    key: `${key} ${index}`,
    still: true,
    segments: [{ text: fit(line, room, { ascii: theme.ascii }), tone }],
  }));
}

/** Pieces of visible text in lines of at most so many cells; a piece is never parted. */
export function wrapped(pieces: readonly string[], joint: string, room: number): readonly string[] {
  const lines: string[] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    const longer = last === undefined ? piece : `${last}${joint}${piece}`;
    if (last !== undefined && width(longer) <= room) lines[lines.length - 1] = longer;
    else lines.push(piece);
  }
  return lines;
}
