import { Box, Text } from 'ink';
import { useState } from 'react';
import { fit, width } from '../../model/text.ts';
import type { Binding } from '../contract.ts';
import { useRoot, useSize } from '../hooks/console.ts';
import { useKeys } from '../hooks/keys.ts';
import { keyLabel } from '../keys/keys.ts';

/** One line of the help: keys, what they do, and why not now. */
function helpLine({ keys, title, disabled }: Binding, keysWidth: number): string {
  const reason = disabled?.();
  return `${fit(keys.map(keyLabel).join(' '), keysWidth)}  ${title}${reason === undefined ? '' : ` (not now: ${reason})`}`;
}

/** Every key of this screen, from the same list that handles them. */
export function Help() {
  const { model, router, theme } = useRoot();
  const { columns, rows } = useSize();
  const [top, setTop] = useState(0);
  // What the screen offered when the help was opened: under an overlay the screen's own keys rest.
  const [bindings] = useState(() => router.bindings().filter(({ keys }) => keys.length > 0));
  const keysWidth = Math.min(16, Math.max(...bindings.map(({ keys }) => width(keys.map(keyLabel).join(' ')))));
  const room = Math.max(1, rows - 2);
  const last = Math.max(0, bindings.length - room);
  const scroll = (by: number) => setTop((from) => Math.max(0, Math.min(last, from + by)));
  useKeys(
    [
      {
        id: 'close',
        keys: ['escape', '?', 'q', 'enter'],
        title: 'Close the help',
        hint: 'close',
        run: () => model.cover(undefined),
      },
      { id: 'down', keys: ['j', 'down'], title: 'Down', hint: 'down', run: () => scroll(1) },
      { id: 'up', keys: ['k', 'up'], title: 'Up', hint: 'up', run: () => scroll(-1) },
      { id: 'page-down', keys: ['pagedown', 'space', 'ctrl-d'], title: 'A page down', run: () => scroll(room) },
      { id: 'page-up', keys: ['pageup', 'ctrl-u'], title: 'A page up', run: () => scroll(-room) },
    ],
    'overlay',
  );
  const start = Math.min(top, last);
  return (
    <Box flexDirection="column">
      <Text {...theme.style('title')}>
        {fit(
          ` Keys of this screen${last > 0 ? ` (${start + 1} to ${Math.min(bindings.length, start + room)} of ${bindings.length})` : ''}`,
          columns,
        )}
      </Text>
      {rows > 2 && <Text> </Text>}
      {bindings.slice(start, start + room).map((binding) => (
        <Text key={`${binding.id} ${binding.keys.join()}`} wrap="truncate">
          {fit(` ${helpLine(binding, keysWidth)}`, columns, { ascii: theme.ascii })}
        </Text>
      ))}
    </Box>
  );
}
