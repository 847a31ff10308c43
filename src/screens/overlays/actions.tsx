import { Box, Text } from 'ink';
import { useState } from 'react';
import { fit } from '../../model/text.ts';
import { prose } from '../check-text.ts';
import { useRoot, useSize } from '../hooks/console.ts';
import { useKeys } from '../hooks/keys.ts';
import { isAction } from '../keys/console-bindings.ts';

/** What can be done here that no key does by itself, each with the reason when not now. */
export function Actions() {
  const { model, router, theme } = useRoot();
  const { columns, rows } = useSize();
  const [at, setAt] = useState(0);
  // What the screen offered when the menu was opened: under an overlay the screen's own keys rest.
  const [actions] = useState(() =>
    router
      .bindings()
      .filter(isAction)
      .map((action) => ({ action, reason: action.disabled?.() })),
  );
  const close = () => model.cover(undefined);
  const chosen = actions[at];
  const run = () => {
    if (chosen === undefined) return;
    if (chosen.reason !== undefined) return model.notify(`${chosen.action.title}: ${chosen.reason}`);
    close();
    chosen.action.run();
  };
  const move = (by: number) => setAt(Math.max(0, Math.min(actions.length - 1, at + by)));
  useKeys(
    [
      { id: 'run', keys: ['enter'], title: 'Run the action', hint: 'choose', run },
      { id: 'close', keys: ['escape', 'm', 'q'], title: 'Close the menu', hint: 'close', run: close },
      { id: 'down', keys: ['j', 'down', 'tab'], title: 'Down', hint: 'down', run: () => move(1) },
      { id: 'up', keys: ['k', 'up', 'shift-tab'], title: 'Up', hint: 'up', run: () => move(-1) },
    ],
    'overlay',
  );
  const why =
    chosen?.reason === undefined ? [] : prose(`not now: ${chosen.reason}`, Math.max(2, columns - 3), theme.ascii);
  const room = Math.max(1, rows - 1 - Math.min(3, why.length));
  const top = Math.max(0, at - room + 1);
  return (
    <Box flexDirection="column">
      <Text {...theme.style('title')}>{fit(' What can be done here', columns)}</Text>
      {actions.slice(top, top + room).map(({ action, reason }, index) => {
        const here = top + index === at;
        // A mark says it to those who see no colour.
        const mark = `${here ? theme.glyphs.cursor : ' '} ${reason === undefined ? ' ' : '-'}`;
        return (
          <Text
            key={action.id}
            wrap="truncate"
            inverse={here}
            {...(here || reason === undefined ? {} : theme.style('muted'))}
          >
            {fit(` ${mark} ${action.title}`, columns, { ascii: theme.ascii })}
          </Text>
        );
      })}
      {why.slice(0, 3).map((line) => (
        <Text key={line} wrap="truncate" {...theme.style('warn')}>
          {fit(`   ${line}`, columns, { ascii: theme.ascii })}
        </Text>
      ))}
    </Box>
  );
}
