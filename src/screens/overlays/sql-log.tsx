import { Box, Text } from 'ink';
import { useState } from 'react';
import type { Logged } from '../../data/sql-log.ts';
import { clock, counted, milliseconds } from '../../model/format.ts';
import { fit, visible } from '../../model/text.ts';
import { useDisplay, useLive, useRoot, useServices, useSize } from '../hooks/console.ts';
import { useKeys } from '../hooks/keys.ts';

const flat = (sql: string): string => sql.replace(/\s+/g, ' ');

/** What one statement did, in a line: when, how long, how many rows or what went wrong, the SQL on one line. */
function logLine({ at, durationMs, rows, problem, sql }: Logged, local: boolean): string {
  const outcome = problem === undefined ? counted(rows ?? 0, 'row') : problem.kind;
  return ` ${clock(at, local)}  ${fit(milliseconds(durationMs), 8, { align: 'right' })}  ${fit(outcome, 10)} ${flat(sql)}`;
}

/** Every statement of this session, the newest first. Enter copies the one under the cursor. */
export function SqlLogOverlay() {
  const { model, theme } = useRoot();
  const { database } = useServices();
  const { columns, rows } = useSize();
  const { localTime } = useDisplay();
  const [back, setBack] = useState(0);
  // A refresh is what adds statements.
  useLive((state) => state.receivedAt);
  const entries = database.log.toReversed();
  // The lower half is for the whole of the statement under the cursor.
  const room = rows < 8 ? Math.max(1, rows - 1) : Math.floor((rows - 2) / 2);
  const at = Math.min(back, Math.max(0, entries.length - 1));
  const top = Math.max(0, at - room + 1);
  const chosen = entries[at];
  const move = (by: number) => setBack(Math.max(0, Math.min(entries.length - 1, at + by)));
  useKeys(
    [
      {
        id: 'close',
        keys: ['escape', '@', 'q'],
        title: 'Close the SQL log',
        hint: 'close',
        run: () => model.cover(undefined),
      },
      {
        id: 'copy',
        keys: ['enter', 'y'],
        title: 'Copy the statement',
        hint: 'copy',
        run: () => chosen && model.copy(chosen.sql, 'the statement'),
      },
      { id: 'down', keys: ['j', 'down'], title: 'Older', hint: 'older', run: () => move(1) },
      { id: 'up', keys: ['k', 'up'], title: 'Newer', hint: 'newer', run: () => move(-1) },
    ],
    'overlay',
  );
  return (
    <Box flexDirection="column">
      <Text {...theme.style('title')}>
        {fit(` SQL of this session: ${entries.length} statements, newest first`, columns)}
      </Text>
      {entries.length === 0 && <Text>{fit(' nothing was asked yet', columns)}</Text>}
      {entries.slice(top, top + room).map((entry, index) => (
        <Text key={`${entry.at} ${entries.length - top - index}`} wrap="truncate" inverse={top + index === at}>
          {fit(logLine(entry, localTime), columns, { ascii: theme.ascii })}
        </Text>
      ))}
      {rows >= 8 && chosen !== undefined && (
        <Box flexDirection="column" marginTop={1} paddingX={1} width={columns}>
          <Text>{visible(flat(chosen.sql), theme.ascii)}</Text>
          <Text {...theme.style('muted')}>{visible(JSON.stringify(chosen.parameters), theme.ascii)}</Text>
          {chosen.problem !== undefined && (
            <Text {...theme.style('bad')}>{visible(chosen.problem.message, theme.ascii)}</Text>
          )}
        </Box>
      )}
    </Box>
  );
}
