import type { Key } from 'ink';
import { graphemes } from '../../model/text.ts';

/** A printable character as itself (`j`, `G`, `?`), the space as `space`, others by name; `ctrl-x` with Control. */
export type KeyName = string;

/** A press, as the router looks it up. */
export interface KeyPress {
  readonly name: KeyName;
  /** What it types into a text field; empty for keys that type nothing. */
  readonly text: string;
}

/** A chunk longer than this of different characters was never typed: a paste on a terminal without bracketed paste. */
const LONGEST_TYPED = 24;

const NAMED: readonly (readonly [keyof Key, KeyName])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
];

const CONTROL: Readonly<Record<string, KeyName>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\r\n': 'enter',
  '\t': 'tab',
  '\u001b': 'escape',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u001c': 'ctrl-\\',
  ' ': 'space',
};

function pressOf(grapheme: string): KeyPress {
  const name = CONTROL[grapheme];
  if (name !== undefined) return { name, text: grapheme === ' ' ? ' ' : '' };
  const code = grapheme.charCodeAt(0);
  if (code < 0x20) return { name: `ctrl-${String.fromCharCode(code + 0x60)}`, text: '' };
  return { name: grapheme, text: grapheme };
}

/** The presses in one chunk of input, or the text when the chunk can only be a paste. */
export function pressesIn(input: string, key: Key): { presses: readonly KeyPress[] } | { pasted: string } {
  if (key.tab) return { presses: [{ name: key.shift ? 'shift-tab' : 'tab', text: '' }] };
  const named = NAMED.find(([flag]) => key[flag] === true);
  if (named !== undefined) return { presses: [{ name: named[1], text: '' }] };
  if (key.ctrl) return { presses: input === '' ? [] : [{ name: `ctrl-${input}`, text: '' }] };
  const typed = graphemes(input);
  if (typed.length > LONGEST_TYPED && new Set(typed).size > 1) return { pasted: input };
  const presses = typed.map(pressOf);
  // On a slow link Esc and the next key arrive together and look like Alt with that key.
  return { presses: key.meta ? [{ name: 'escape', text: '' }, ...presses] : presses };
}

const LABELS: Readonly<Record<KeyName, string>> = {
  space: 'Space',
  up: 'Up',
  down: 'Down',
  left: 'Left',
  right: 'Right',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  home: 'Home',
  end: 'End',
  enter: 'Enter',
  escape: 'Esc',
  backspace: 'Backspace',
  delete: 'Del',
  tab: 'Tab',
  'shift-tab': 'Shift-Tab',
};

/** A key as the footer and the help write it: `Enter`, `Ctrl-\`, `j`. */
export const keyLabel = (name: KeyName): string =>
  LABELS[name] ?? (name.startsWith('ctrl-') ? `Ctrl-${name.slice(5)}` : name);
