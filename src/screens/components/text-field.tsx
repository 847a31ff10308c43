import { Text } from 'ink';
import { useLayoutEffect, useSyncExternalStore } from 'react';
import { visible, width } from '../../model/text.ts';
import { useRoot } from '../hooks/console.ts';
import type { TextModel } from '../keys/field.ts';

interface TextFieldProps {
  readonly text: TextModel;
  /** Columns to draw on; a longer text shows its part around the cursor. */
  readonly columns: number;
}

/** A field for one line of text that has the cursor while it is drawn. */
export function TextField({ text, columns }: TextFieldProps) {
  const { router, theme } = useRoot();
  const edit = useSyncExternalStore(text.subscribe, text.getEdit);
  useLayoutEffect(() => router.addField(text), [router, text]);
  // Columns before the cursor stay in sight.
  let start = 0;
  const before = edit.before.map((grapheme) => visible(grapheme, theme.ascii));
  while (start < before.length && width(before.slice(start).join('')) > columns - 1) start += 1;
  const [under = ' ', ...rest] = edit.after.map((grapheme) => visible(grapheme, theme.ascii));
  return (
    <Text wrap="truncate">
      {before.slice(start).join('')}
      <Text inverse>{under}</Text>
      {rest.join('')}
    </Text>
  );
}
