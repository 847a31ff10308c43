import { Box, Text } from 'ink';
import { type ReactNode, useState } from 'react';
import { fit, visible, width } from '../../model/text.ts';
import { useTheme, useVisible, VisibleContext } from '../hooks/console.ts';
import { useKeys } from '../hooks/keys.ts';

/** One of several parts of a screen that share its place. */
interface Pane {
  readonly id: string;
  /** With what a person wants to know before they go there: `Indexes 6`. */
  readonly title: string;
  readonly element: ReactNode;
}

interface PanesProps {
  readonly panes: readonly Pane[];
  /** The id of the one that is shown. */
  readonly current: string;
  readonly onChange: (id: string) => void;
  readonly columns: number;
}

/** A line of panes and the one that Tab chose. The others keep their state, and hear no keys. */
export function Panes({ panes, current, onChange, columns }: PanesProps) {
  const theme = useTheme();
  const seen = useVisible();
  const [visited, setVisited] = useState<readonly string[]>([current]);
  if (!visited.includes(current)) setVisited([...visited, current]);
  const at = panes.findIndex(({ id }) => id === current);
  const go = (by: number) => {
    const next = panes[(at + by + panes.length) % panes.length];
    if (next !== undefined) onChange(next.id);
  };
  useKeys([
    { id: 'next-pane', keys: ['tab'], title: 'Next pane', hint: 'pane', run: () => go(1) },
    { id: 'previous-pane', keys: ['shift-tab'], title: 'Previous pane', run: () => go(-1) },
  ]);
  // Brackets say which it is to those who see no colour.
  const titles = panes.map(({ id, title }) => ({ id, text: id === current ? `[${title}]` : ` ${title} ` }));
  const fits = titles.reduce((sum, { text }) => sum + width(text), 0) <= columns;
  const shown = fits ? titles : titles.filter(({ id }) => id === current);
  return (
    <Box flexDirection="column">
      <Text wrap="truncate">
        {shown.map(({ id, text }) => (
          <Text key={id} {...theme.style(id === current ? 'accent' : 'muted')}>
            {fits ? visible(text, theme.ascii) : fit(text, columns, { ascii: theme.ascii })}
          </Text>
        ))}
      </Text>
      {panes
        .filter(({ id }) => id === current || visited.includes(id))
        .map(({ id, element }) => (
          <VisibleContext key={id} value={seen && id === current}>
            <Box display={id === current ? 'flex' : 'none'} flexDirection="column">
              {element}
            </Box>
          </VisibleContext>
        ))}
    </Box>
  );
}
