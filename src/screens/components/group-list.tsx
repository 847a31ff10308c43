import { Box, Text } from 'ink';
import { useState } from 'react';
import { fit, visible } from '../../model/text.ts';
import type { Binding } from '../contract.ts';
import { useConsole, useTheme } from '../hooks/console.ts';
import { useKeys } from '../hooks/keys.ts';
import { GAP, placeColumns, type TableColumn } from '../table/columns.ts';

/** Most rows first, and groups of equal size always in the same order: a database gives them in any. */
export function steadily<Item extends { readonly rows: number }>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): readonly Item[] {
  return items
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((one, other) => other.item.rows - one.item.rows || (one.key < other.key ? -1 : 1))
    .map(({ item }) => item);
}

interface GroupListProps<Item> {
  readonly items: readonly Item[];
  readonly keyOf: (item: Item) => string;
  /** The first one names the group: its value is what is copied. */
  readonly columns: readonly TableColumn<Item>[];
  readonly width: number;
  /** Lines for the titles and the groups. */
  readonly height: number;
  /** Of several lists on screen only one has the cursor. */
  readonly focused: boolean;
  readonly empty: string;
  readonly onSelect?: (item: Item) => void;
  readonly onOpen: (item: Item) => void;
}

/** A short list of groups with their figures, one of several on a screen. The cursor stays with its group. */
export function GroupList<Item>(props: GroupListProps<Item>) {
  const { items, keyOf, columns, width, height, focused, empty, onSelect, onOpen } = props;
  const theme = useTheme();
  const console = useConsole();
  const [cursor, setCursor] = useState({ key: '', index: 0 });
  const room = Math.max(1, height - 1);
  const followed = items.findIndex((item) => keyOf(item) === cursor.key);
  const index = Math.max(0, followed < 0 ? Math.min(cursor.index, items.length - 1) : followed);
  const selected = items[index];
  // Only as far as needed to show the cursor: most lists fit as they are.
  const top = Math.max(0, Math.min(index - Math.floor(room / 2), items.length - room));
  const goTo = (wanted: number) => {
    const next = Math.max(0, Math.min(items.length - 1, wanted));
    const item = items[next];
    if (item === undefined) return;
    setCursor({ key: keyOf(item), index: next });
    onSelect?.(item);
  };
  const noGroup = () => (selected === undefined ? 'the list is empty' : undefined);
  const copy = () => selected !== undefined && console.copy(columns[0]?.value(selected) ?? '', 'the name');
  const bindings: readonly Binding[] = [
    {
      id: 'open',
      keys: ['enter'],
      title: 'Open the rows of the group',
      hint: 'rows',
      disabled: noGroup,
      run: () => selected !== undefined && onOpen(selected),
    },
    { id: 'down', keys: ['j', 'down'], title: 'Down', run: () => goTo(index + 1) },
    { id: 'up', keys: ['k', 'up'], title: 'Up', run: () => goTo(index - 1) },
    { id: 'page-down', keys: ['pagedown', 'ctrl-f'], title: 'A page down', run: () => goTo(index + room) },
    { id: 'page-up', keys: ['pageup', 'ctrl-b'], title: 'A page up', run: () => goTo(index - room) },
    { id: 'first', keys: ['g', 'home'], title: 'To the first group', run: () => goTo(0) },
    { id: 'last', keys: ['G', 'end'], title: 'To the last group', run: () => goTo(items.length - 1) },
    { id: 'copy-cell', keys: ['y'], title: 'Copy the name of the group', disabled: noGroup, run: copy },
  ];
  useKeys(focused ? bindings : []);
  const placed = placeColumns(columns, columns[0], width);
  const cells = (textOf: (column: TableColumn<Item>) => string | null) =>
    placed.map(({ column, width: wide }, position) => {
      const cell = fit(textOf(column) ?? '', wide, { align: column.align ?? 'left', ascii: theme.ascii });
      return { column, text: position < placed.length - 1 ? cell + ' '.repeat(GAP) : cell };
    });
  return (
    <Box flexDirection="column" width={width}>
      <Text wrap="truncate" {...theme.style(focused ? 'accent' : 'title')}>
        {`  ${cells(({ title }) => title)
          .map(({ text }) => text)
          .join('')}`}
      </Text>
      {items.length === 0 && <Text {...theme.style('muted')}>{`  ${visible(empty, theme.ascii)}`}</Text>}
      {items.slice(top, top + room).map((item, line) => {
        const here = focused && top + line === index;
        return (
          <Text key={keyOf(item)} wrap="truncate" inverse={here}>
            {here ? `${theme.glyphs.cursor} ` : '  '}
            {cells(({ shown, value }) => (shown === undefined ? value(item) : shown(item))).map(({ column, text }) => (
              <Text key={column.id} {...(here ? {} : theme.style(column.tone?.(item) ?? 'plain'))}>
                {text}
              </Text>
            ))}
          </Text>
        );
      })}
    </Box>
  );
}
