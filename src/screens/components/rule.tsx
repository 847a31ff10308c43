import { Text } from 'ink';
import { useTheme } from '../hooks/console.ts';

export function Rule({ columns }: { columns: number }) {
  const theme = useTheme();
  return <Text {...theme.style('muted')}>{theme.glyphs.rule.repeat(columns)}</Text>;
}
