import { Box, Text } from 'ink';
import { placesText } from '../../config/redact.ts';
import type { LiveState } from '../../live/store.ts';
import { fit, visible } from '../../model/text.ts';
import { useLive, useRoot, useServices, useSize } from '../hooks/console.ts';
import { useNow } from '../hooks/now.ts';
import type { Stop } from '../hooks/stops.ts';

const all = (state: LiveState): LiveState => state;

/** Seconds until a time, in words. */
function retrying(nextAt: number | undefined, now: number): string {
  if (nextAt === undefined) return 'press R to try again';
  const seconds = Math.ceil((nextAt - now) / 1000);
  return seconds > 0 ? `retrying in ${seconds} s` : 'retrying';
}

/** Says how old the data is while the database does not answer. */
export function StaleBanner({ columns }: { columns: number }) {
  const { theme, draw } = useRoot();
  const { receivedAt, problem, nextAt } = useLive(all);
  const now = useNow();
  const age = Math.max(0, Math.floor((now - (receivedAt ?? now)) / 1000));
  const reason = problem?.message ?? 'no answer';
  const text = draw.screenReader
    ? ` stale: ${reason}`
    : ` ${theme.glyphs.alert} stale ${age} s: ${reason}, ${retrying(nextAt, now)}`;
  return (
    <Text wrap="truncate" {...theme.style('bad')}>
      {fit(text, columns, { ascii: theme.ascii })}
    </Text>
  );
}

/** Says on every screen what has stopped the world, and where somebody decides. */
export function StopBanner({ columns, stops }: { columns: number; stops: readonly Stop[] }) {
  const { theme } = useRoot();
  const [first] = stops;
  if (first === undefined) return null;
  const more = stops.length > 1 ? ` (and ${stops.length - 1} more)` : '';
  const text = ` ${theme.glyphs.alert} ${first.screen} decides${more}: ${first.what}: ${first.reason}`;
  return (
    <Text wrap="truncate" {...theme.style('bad')}>
      {fit(text, columns, { ascii: theme.ascii })}
    </Text>
  );
}

/** In the screen's place until the first figures are there: where to, what went wrong, what to try. */
export function Connecting() {
  const { theme, draw } = useRoot();
  const { context } = useServices();
  const { columns } = useSize();
  const { problem, nextAt, refreshingSince } = useLive(all);
  const now = useNow();
  const { target } = context;
  const where =
    target.engine === 'sqlite'
      ? target.path
      : `${target.engine} at ${[target, ...(target.others ?? [])].map(placesText).join(', ')}`;
  const shown = (text: string) => visible(text, theme.ascii);
  return (
    <Box flexDirection="column" paddingX={1} width={columns}>
      <Text>{shown(`connecting to ${where} (${context.name})${theme.ascii ? ' ...' : ' …'}`)}</Text>
      {problem !== undefined && (
        <>
          <Text {...theme.style('bad')}>{shown(`${theme.glyphs.alert} ${problem.message}`)}</Text>
          <Text>{shown(`try: ${problem.remedy}`)}</Text>
          <Text {...theme.style('muted')}>
            {refreshingSince === undefined && !draw.screenReader ? retrying(nextAt, now) : 'trying again'}
          </Text>
        </>
      )}
    </Box>
  );
}
