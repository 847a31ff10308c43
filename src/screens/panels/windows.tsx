import { Box, Text } from 'ink';
import { memo } from 'react';
import { count, duration, percent } from '../../model/format.ts';
import { WINDOWS, type Window } from '../../model/windows.ts';
import { Summary } from '../components/summary.tsx';
import { useTheme } from '../hooks/console.ts';
import type { Glyphs } from '../theme.ts';
import { GUTTER } from './line.ts';
import { type Subject, WINDOW_WORDS } from './subject.ts';
import { successTarget } from './targets.ts';

/** Cells and lines that the table takes with its title. */
export const WINDOWS_SIZE = { width: 90, height: 12 } as const;

/** The same figures for every window, so that a bad hour can be told from a bad week. */
export const WindowsTable = memo(function WindowsTable({ subject }: { subject: Subject }) {
  const { glyphs, style } = useTheme();
  return (
    <Box flexDirection="column" marginLeft={GUTTER - 1}>
      <Text {...style('title')}> Windows side by side</Text>
      <Summary
        columns={['created', 'rows', 'synced', 'pending', 'failed', `latency avg ${glyphs.dot} p95 ${glyphs.dot} max`]}
        rows={WINDOWS.map((window) => figuresOf(subject, window, glyphs))}
      />
    </Box>
  );
});

function figuresOf({ snapshot, context }: Subject, window: Window, glyphs: Glyphs): readonly string[] {
  const [sync, latency] = [snapshot.sync?.[window], snapshot.latency?.[window]];
  const rows = sync?.rows ?? 0;
  const share = (status: string) => {
    const own = sync?.statuses.find((entry) => entry.status === status)?.rows ?? 0;
    return rows === 0 ? '' : percent(own / rows);
  };
  const missed = rows > 0 && (sync?.synced ?? 0) / rows < successTarget(context.thresholds, window);
  const times = [latency?.average, latency?.p95, latency?.max].map((seconds) =>
    seconds === undefined ? '' : duration(seconds),
  );
  return [
    WINDOW_WORDS[window],
    count(rows),
    missed ? `${share('synced')} ${glyphs.alert}` : share('synced'),
    share('pending'),
    share('failed'),
    latency?.rows ? times.join(` ${glyphs.dot} `) : '',
  ];
}
