import { Text } from 'ink';
import { useLayoutEffect, useRef, useState } from 'react';
import { graphemes, visible, width } from '../../model/text.ts';
import { useRoot } from '../hooks/console.ts';
import type { KeyPress } from '../keys/keys.ts';

/** A text with a cursor between two of its graphemes. */
export interface Edit {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

const textOf = ({ before, after }: Edit): string => [...before, ...after].join('');

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

interface TextFieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Columns to draw on; a longer text shows its part around the cursor. */
  readonly columns: number;
}

/** A field for one line of text that takes every key that types or edits. */
export function TextField({ value, onChange, columns }: TextFieldProps) {
  const { router, theme } = useRoot();
  const [edit, setEdit] = useState<Edit>(() => ({ before: graphemes(value), after: [] }));
  // The owner may replace the text, as Tab does.
  const shown = textOf(edit) === value ? edit : { before: graphemes(value), after: [] };
  const latest = useRef(shown);
  useLayoutEffect(() => {
    latest.current = shown;
  });
  const change = useRef(onChange);
  useLayoutEffect(() => {
    change.current = onChange;
  });
  useLayoutEffect(() => {
    const apply = (next: Edit) => {
      latest.current = next;
      setEdit(next);
      change.current(textOf(next));
    };
    return router.addField({
      type: (press) => {
        const next = edited(latest.current, press);
        if (next !== undefined) apply(next);
        return next !== undefined;
      },
      paste: (text) => {
        const { before, after } = latest.current;
        apply({ before: [...before, ...graphemes(pasteable(text))], after });
      },
    });
  }, [router]);
  // Columns before the cursor stay in sight.
  let start = 0;
  const before = shown.before.map((grapheme) => visible(grapheme, theme.ascii));
  while (start < before.length && width(before.slice(start).join('')) > columns - 1) start += 1;
  const [under = ' ', ...rest] = shown.after.map((grapheme) => visible(grapheme, theme.ascii));
  return (
    <Text wrap="truncate">
      {before.slice(start).join('')}
      <Text inverse>{under}</Text>
      {rest.join('')}
    </Text>
  );
}
