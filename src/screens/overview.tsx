import { Box, Text } from 'ink';
import { ROW_CLASSES } from '../model/booking-id.ts';
import { count } from '../model/format.ts';
import { fit } from '../model/text.ts';
import { useSize, useSnapshot, useTheme } from './hooks/console.ts';

/** Where every operator begins: what is true right now, in one look. */
export function Overview() {
  const theme = useTheme();
  const { columns } = useSize();
  const classes = useSnapshot((snapshot) => snapshot.classes);
  const total = useSnapshot((snapshot) => snapshot.total);
  return (
    <Box flexDirection="column">
      <Text {...theme.style('title')}>{fit(` Booking ids  ${count(total)} rows`, columns)}</Text>
      {ROW_CLASSES.filter((name) => classes[name] > 0).map((name) => (
        <Text key={name}>{fit(` ${fit(name, 10)} ${fit(count(classes[name]), 12, { align: 'right' })}`, columns)}</Text>
      ))}
    </Box>
  );
}
