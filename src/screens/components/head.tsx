import { Text } from 'ink';
import { fit } from '../../model/text.ts';
import { useSize, useTheme } from '../hooks/console.ts';
import type { Fact } from './dialog-parts.tsx';

/** What a screen says above its list, a line each, cut where the screen ends. */
export function Head({ facts }: { readonly facts: readonly Fact[] }) {
  const theme = useTheme();
  const { columns } = useSize();
  return facts.map(({ text, tone }) => (
    <Text key={text} wrap="truncate" {...theme.style(tone)}>
      {fit(` ${text}`, columns, { ascii: theme.ascii })}
    </Text>
  ));
}
