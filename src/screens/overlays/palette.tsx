import { Box, Text } from 'ink';
import { useState, useSyncExternalStore } from 'react';
import { fit } from '../../model/text.ts';
import { TextField } from '../components/text-field.tsx';
import { useRoot, useSize } from '../hooks/console.ts';
import { useKeys } from '../hooks/keys.ts';
import { TextModel } from '../keys/field.ts';
import { rank } from '../keys/fuzzy.ts';
import { keyLabel } from '../keys/keys.ts';

/** Every action and every screen, found by a few letters of its name. */
export function Palette() {
  const { model, router, theme } = useRoot();
  const { columns, rows } = useSize();
  const [text] = useState(() => new TextModel(''));
  const typed = useSyncExternalStore(text.subscribe, text.getText);
  const [selected, setSelected] = useState({ typed, index: 0 });
  const [bindings] = useState(() => router.bindings().filter(({ id }) => id !== 'palette'));
  const found = rank(bindings, typed, ({ title }) => title);
  const room = Math.max(1, rows - 2);
  // Other letters find other actions: the best one first.
  const at = Math.min(selected.typed === typed ? selected.index : 0, Math.max(0, found.length - 1));
  const top = Math.max(0, at - room + 1);
  const chosen = found[at];
  const run = () => {
    const reason = chosen?.disabled?.();
    if (reason !== undefined) return model.notify(`${chosen?.title}: ${reason}`);
    model.cover(undefined);
    chosen?.run();
  };
  const move = (by: number) => setSelected({ typed, index: Math.max(0, Math.min(found.length - 1, at + by)) });
  useKeys(
    [
      { id: 'close', keys: ['escape'], title: 'Close the palette', hint: 'close', run: () => model.cover(undefined) },
      { id: 'run', keys: ['enter'], title: 'Run the action', hint: 'run', run },
      { id: 'down', keys: ['down', 'ctrl-n', 'tab'], title: 'Down', hint: 'down', run: () => move(1) },
      { id: 'up', keys: ['up', 'ctrl-p', 'shift-tab'], title: 'Up', hint: 'up', run: () => move(-1) },
    ],
    'overlay',
  );
  return (
    <Box flexDirection="column">
      <Box>
        <Text {...theme.style('accent')}> : </Text>
        <TextField text={text} columns={Math.max(1, columns - 4)} />
      </Box>
      {rows > 2 && (
        <Text {...theme.style('muted')}>
          {found.length === 0 ? '   no action has these letters in this order' : ' '}
        </Text>
      )}
      {found.slice(top, top + room).map((binding, index) => (
        <Text key={binding.id} wrap="truncate" inverse={top + index === at}>
          {fit(` ${top + index === at ? theme.glyphs.cursor : ' '} ${binding.title}`, Math.max(1, columns - 14), {
            ascii: theme.ascii,
          })}
          {fit(binding.keys.slice(0, 2).map(keyLabel).join(' '), 12)}
        </Text>
      ))}
    </Box>
  );
}
