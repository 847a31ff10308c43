/** Text from a database is hostile to a terminal: everything of it that reaches one goes through here. */
import stringWidth from 'string-width';

/**
 * What a terminal obeys instead of showing, and what it shows as nothing: control characters (C0, DEL, C1), formats
 * (bidi marks, zero-width characters, tags), invisible fillers, line separators, halves of surrogate pairs.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const printableAscii = /^[\x20-\x7e]*$/;
const mark = /^\p{M}/u;

/** The code point of an unseen character, or the symbol that Unicode has for it. */
function symbolOf(character: string, ascii: boolean): string {
  const code = character.codePointAt(0) ?? 0;
  if (!ascii && code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (!ascii && code === 0x7f) return '␡';
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return ascii ? `<${name}>` : `⟪${name}⟫`;
}

/**
 * The text with every unseen character as a visible symbol: `␛`, `␊`, `⟪U+202E⟫`; in ASCII `<U+001B>`. What comes out
 * can be sent to a terminal and takes the width that `width` says.
 */
export function visible(text: string, ascii = false): string {
  if (printableAscii.test(text)) return text;
  const seen = text.replace(unseen, (character) => symbolOf(character, ascii));
  // A combining mark at the start would join what stands before the text.
  return mark.test(seen) ? `${ascii ? '?' : '◌'}${seen}` : seen;
}

/** Columns that a visible text takes on a terminal. */
export const width = (text: string): number => (printableAscii.test(text) ? text.length : stringWidth(text));

/** A letter with more combining marks than this is nothing that a language writes; the rest is cut. */
const LONGEST_GRAPHEME = 8;

let segmenter: Intl.Segmenter | undefined;

/** What a person sees as single characters. */
export function graphemes(text: string): string[] {
  // Made when first needed: it costs the start 10 ms, and plain ASCII never needs it.
  if (printableAscii.test(text)) return text.split('');
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return [...segmenter.segment(text)].map(({ segment }) => segment);
}

export interface FitOptions {
  readonly align?: 'left' | 'right';
  readonly ascii?: boolean;
}

/**
 * Any text made visible and exactly so many columns wide: cut with an ellipsis or filled with spaces. Wide, combining
 * and joined characters count as a terminal counts them; a text of any length costs no more than its first part.
 */
export function fit(text: string, columns: number, { align = 'left', ascii = false }: FitOptions = {}): string {
  if (columns <= 0) return '';
  // Eight code units for a column are plenty: an emoji of two columns with all its joiners has eleven.
  const cut = text.length > columns * 8 + 16 ? text.slice(0, columns * 8 + 16) : text;
  const shown = visible(cut, ascii);
  const fitted = printableAscii.test(shown) ? fitAscii(shown, columns, ascii) : fitGraphemes(shown, columns, ascii);
  const filling = ' '.repeat(columns - width(fitted));
  return align === 'right' ? filling + fitted : fitted + filling;
}

const ellipsis = (ascii: boolean): string => (ascii ? '~' : '…');

function fitAscii(text: string, columns: number, ascii: boolean): string {
  return text.length <= columns ? text : text.slice(0, columns - 1) + ellipsis(ascii);
}

function fitGraphemes(text: string, columns: number, ascii: boolean): string {
  let [fitted, used] = ['', 0];
  // Up to where the text may go when an ellipsis has to follow.
  let short = '';
  for (const segment of graphemes(text)) {
    const grapheme = segment.length > LONGEST_GRAPHEME ? [...segment].slice(0, 4).join('') : segment;
    const wide = width(grapheme);
    if (used + wide > columns) return short + ellipsis(ascii);
    fitted += grapheme;
    used += wide;
    if (used < columns) short = fitted;
  }
  return fitted;
}
