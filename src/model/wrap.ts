import { graphemes, visible, width } from './text.ts';

const printableAscii = /^[\x20-\x7e]*$/;

/** A visible text cut wherever a line is full: every character stays, none is moved for the sake of words. */
function chunks(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let [line, used] = ['', 0];
  const parts = printableAscii.test(text) ? (text.match(new RegExp(`.{1,${columns}}`, 'g')) ?? []) : graphemes(text);
  for (const part of parts) {
    const wide = width(part);
    if (used > 0 && used + wide > columns) {
      lines.push(line);
      [line, used] = ['', 0];
    }
    line += part;
    used += wide;
  }
  return [...lines, line];
}

/**
 * A text of any length made visible, in lines of at most so many columns (at least 2, the widest character). Its own
 * line feeds are shown and end a line.
 */
export function wrap(text: string, columns: number, ascii = false): readonly string[] {
  return text.split(/(?<=\n)/).flatMap((line) => chunks(visible(line, ascii), Math.max(2, columns)));
}
