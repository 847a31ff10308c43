import { styleText } from 'node:util';
import { fit, visible, width } from '../../model/text.ts';
import { wrap } from '../../model/wrap.ts';

/** How a text is laid out for people. */
export interface Layout {
  readonly columns: number;
  readonly ascii: boolean;
}

/** Columns where nobody said: what a terminal has at least. */
const COLUMNS = 80;
/** Longer lines are hard to read. */
const WIDEST = 120;
/** A cell is not made narrower than this for the sake of others. */
const NARROWEST = 4;
const GAP = 2;

export const layoutOf = (ascii: boolean): Layout => ({
  columns: Math.min(WIDEST, process.stdout.columns || COLUMNS),
  ascii,
});

/** styleText leaves the colour out where stdout is no terminal or NO_COLOR is set. */
export const coloured = (colour: 'red' | 'green' | 'yellow' | 'cyan' | 'bold', text: string): string =>
  styleText(colour, text, { stream: process.stdout });

/** A text made visible, in lines of whole words behind an indent; a word that fits on no line is cut. */
export function paragraph(text: string, indent: number, { columns, ascii }: Layout): readonly string[] {
  const room = Math.max(NARROWEST, columns - indent);
  const lines: string[] = [];
  const shown = visible(ascii ? text.replaceAll('…', '...') : text, ascii);
  for (const word of shown.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && width(last) + 1 + width(word) <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(...wrap(word, room, ascii));
  }
  return lines.map((line) => `${' '.repeat(indent)}${line}`);
}

/** The same with something before the first line: a mark, a name. */
export function hanging(head: string, text: string, indent: number, layout: Layout): readonly string[] {
  return paragraph(text, indent, layout).map((line, index) => (index === 0 ? head + line.slice(width(head)) : line));
}

/** Rows of cells made visible and aligned; the widest cells give way until a row fits. */
export function aligned(
  rows: readonly (readonly string[])[],
  indent: number,
  { columns, ascii }: Layout,
): readonly string[] {
  const widths = (rows[0] ?? []).map((_, cell) =>
    Math.max(...rows.map((row) => width(visible(row[cell] ?? '', ascii)))),
  );
  const room = columns - indent - GAP * (widths.length - 1);
  for (;;) {
    const widest = Math.max(...widths);
    if (widths.reduce((sum, each) => sum + each, 0) <= room || widest <= NARROWEST) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  const gap = ' '.repeat(GAP);
  return rows.map((row) =>
    (' '.repeat(indent) + row.map((cell, index) => fit(cell, widths[index] ?? 0, { ascii })).join(gap)).trimEnd(),
  );
}
