import { Box, Text } from 'ink';
import { useState } from 'react';
import { count } from '../../model/format.ts';
import { fit } from '../../model/text.ts';
import { useConsole, useTheme } from '../hooks/console.ts';
import { useKeys } from '../hooks/keys.ts';
import type { Tone } from '../theme.ts';

/** One line of a text that is read from top to bottom. */
export interface TextLine {
  /** Visible, and no wider than the text's place. */
  readonly text: string;
  readonly tone: Tone;
  /** What `y` copies while the cursor is here, and what that is. */
  readonly copied: { readonly text: string; readonly what: string };
}

interface TextListProps {
  readonly lines: readonly TextLine[];
  readonly width: number;
  readonly height: number;
  readonly empty: string;
}

/** A text of any length with a cursor over its lines. */
export function TextList({ lines, width, height, empty }: TextListProps) {
  const theme = useTheme();
  const console = useConsole();
  const [wanted, setWanted] = useState(0);
  const [top, setTop] = useState(0);
  const room = Math.max(1, height - 1);
  const at = Math.max(0, Math.min(wanted, lines.length - 1));
  const first = Math.max(0, Math.min(top, at, lines.length - room), at - room + 1);
  const current = lines[at];
  const goTo = (index: number) => {
    setWanted(Math.max(0, Math.min(lines.length - 1, index)));
    setTop(first);
  };
  useKeys([
    { id: 'down', keys: ['j', 'down'], title: 'Down', run: () => goTo(at + 1) },
    { id: 'up', keys: ['k', 'up'], title: 'Up', run: () => goTo(at - 1) },
    { id: 'page-down', keys: ['pagedown', 'ctrl-f', 'space'], title: 'A page down', run: () => goTo(at + room) },
    { id: 'page-up', keys: ['pageup', 'ctrl-b'], title: 'A page up', run: () => goTo(at - room) },
    { id: 'first', keys: ['g', 'home'], title: 'To the first line', run: () => goTo(0) },
    { id: 'last', keys: ['G', 'end'], title: 'To the last line', run: () => goTo(lines.length - 1) },
    {
      id: 'copy-cell',
      keys: ['y'],
      title: current === undefined ? 'Copy' : `Copy ${current.copied.what}`,
      hint: 'copy',
      disabled: () => (current === undefined ? 'there is nothing to copy' : undefined),
      run: () => current !== undefined && console.copy(current.copied.text, current.copied.what),
    },
  ]);
  if (current === undefined) {
    return (
      <Box width={width} paddingX={1}>
        <Text {...theme.style('muted')}>{empty}</Text>
      </Box>
    );
  }
  return (
    <Box flexDirection="column" width={width}>
      {lines.slice(first, first + room).map((line, offset) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is where it is
        <Text key={first + offset} wrap="truncate">
          <Text {...theme.style('accent')}>{first + offset === at ? theme.glyphs.cursor : ' '} </Text>
          <Text {...theme.style(line.tone)}>{line.text}</Text>
        </Text>
      ))}
      {height > 1 && (
        <Text wrap="truncate" {...theme.style('muted')}>
          {fit(
            ` line ${count(at + 1)} of ${count(lines.length)} ${theme.glyphs.dot} y copies ${current.copied.what}`,
            width,
            { ascii: theme.ascii },
          )}
        </Text>
      )}
    </Box>
  );
}
