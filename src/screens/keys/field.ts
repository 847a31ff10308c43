import { graphemes } from '../../model/text.ts';
import type { KeyPress } from './keys.ts';
import type { Field } from './router.ts';

/** A text with a cursor between two of its graphemes. */
export interface Edit {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Longer answers are nothing that a person types. */
const LONGEST_TEXT = 4096;

/** What a paste leaves in a field: one line without control characters. */
const pasteable = (text: string): string =>
  text.slice(0, LONGEST_TEXT).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '');

/** The text without its last word. */
function withoutWord(before: readonly string[]): readonly string[] {
  const kept = before.join('').trimEnd();
  return graphemes(kept.slice(0, kept.lastIndexOf(' ') + 1));
}

/** The edit after a key, as readline does it; undefined when the key edits nothing. */
function edited({ before, after }: Edit, { name, text }: KeyPress): Edit | undefined {
  if (text !== '') return { before: [...before, text], after };
  switch (name) {
    case 'backspace':
      return { before: before.slice(0, -1), after };
    case 'delete':
      return { before, after: after.slice(1) };
    case 'left':
      return before.length === 0
        ? { before, after }
        : { before: before.slice(0, -1), after: [...before.slice(-1), ...after] };
    case 'right':
      return after.length === 0
        ? { before, after }
        : { before: [...before, ...after.slice(0, 1)], after: after.slice(1) };
    case 'home':
    case 'ctrl-a':
      return { before: [], after: [...before, ...after] };
    case 'end':
    case 'ctrl-e':
      return { before: [...before, ...after], after: [] };
    case 'ctrl-u':
      return { before: [], after };
    case 'ctrl-k':
      return { before, after: [] };
    case 'ctrl-w':
      return { before: withoutWord(before), after };
    default:
      return undefined;
  }
}

/**
 * One line of text that every key that types or edits changes at once: what answers Enter never waits for a drawing.
 * Knows nothing of React.
 */
export class TextModel implements Field {
  #edit: Edit;
  readonly #listeners = new Set<() => void>();

  constructor(text: string) {
    this.#edit = { before: graphemes(text), after: [] };
  }

  getEdit = (): Edit => this.#edit;

  getText = (): string => [...this.#edit.before, ...this.#edit.after].join('');

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Puts another text there, with the cursor at its end. */
  replace(text: string): void {
    this.#set({ before: graphemes(text), after: [] });
  }

  type(press: KeyPress): boolean {
    const next = edited(this.#edit, press);
    if (next !== undefined) this.#set(next);
    return next !== undefined;
  }

  paste(text: string): void {
    const { before, after } = this.#edit;
    this.#set({ before: [...before, ...graphemes(pasteable(text))], after });
  }

  #set(edit: Edit): void {
    this.#edit = edit;
    for (const listener of this.#listeners) listener();
  }
}
