import { basename } from 'node:path';
import { Box, Text } from 'ink';
import { memo, useCallback } from 'react';
import type { LiveState } from '../../live/store.ts';
import { age, clock } from '../../model/format.ts';
import { fit, visible, width } from '../../model/text.ts';
import { useDisplay, useLive, useRoot, useServices } from '../hooks/console.ts';
import { useNow } from '../hooks/now.ts';
import { partsThatFit } from '../layout.ts';
import type { Glyphs, Style } from '../theme.ts';

/** What the live state says in a few words, with the age of the data. */
function liveWords(state: Pick<LiveState, 'phase' | 'receivedAt' | 'paused'>, now: number, glyphs: Glyphs): string {
  if (state.phase === 'connecting' || state.receivedAt === undefined) return `${glyphs.waiting} connecting`;
  const old = age((now - state.receivedAt) / 1000);
  if (state.phase === 'stale') return `${glyphs.alert} stale ${old}`;
  return state.paused ? `${glyphs.paused} paused ${old}` : `${glyphs.live} ${old} ago`;
}

/** The same for a screen reader, which speaks the screen again whenever this changes. */
function stillWords({ phase, paused }: Pick<LiveState, 'phase' | 'paused'>): string {
  return phase === 'live' && paused ? 'paused' : phase;
}

/** A refresh that begins or began within this many milliseconds saves a frame. */
const NEAR_MS = 500;

const phaseOf = (state: LiveState) => state.phase;
const receivedAtOf = (state: LiveState) => state.receivedAt;
const pausedOf = (state: LiveState) => state.paused;

/** The age of the data and the clock: with the banner the only parts that draw again each second. */
const Ticking = memo(function Ticking({ columns, style }: { columns: number; style: Style }) {
  const { theme, draw } = useRoot();
  const { localTime } = useDisplay();
  // Not the whole state: it changes four times in a refresh, and every frame costs an idle console 10 ms of CPU.
  const state = { phase: useLive(phaseOf), receivedAt: useLive(receivedAtOf), paused: useLive(pausedOf) };
  const { live: store } = useServices();
  // A refresh draws the age and the clock with its figures.
  const skip = useCallback(() => {
    const { nextAt = 0, refreshingSince = 0 } = store.getState();
    return [nextAt, refreshingSince].some((at) => Math.abs(at - Date.now()) < NEAR_MS);
  }, [store]);
  const now = useNow(draw.lowBandwidth ? 10 : 1, { since: state.receivedAt, skip });
  const live = liveWords(state, now, theme.glyphs);
  const time = clock(now, localTime);
  const ticking = width(live) + width(time) + 3 <= columns ? `${live}  ${time} ` : `${live} `;
  const text = draw.screenReader ? `${stillWords(state)} ` : ticking;
  return (
    <Text wrap="truncate" {...style}>
      {fit(text, columns, { align: 'right', ascii: theme.ascii })}
    </Text>
  );
});

/** Columns for the live state with the clock, `▲ stale 12 min  12:04:31Z`, and where there is no room for both. */
const TICKING_WIDTH = { withClock: 26, alone: 16 } as const;
/** Narrower terminals do without the clock. */
const CLOCK_FROM = 64;

/** Which database this is and what one may do to it, in the environment's colour; red and in words when the world is stopped. */
export function Header({ columns, stopped }: { columns: number; stopped: boolean }) {
  const { theme } = useRoot();
  const { context } = useServices();
  const server = useLive((state) => state.server);
  const style = stopped ? theme.stopped : theme.environment(context.environment);
  const ticking = Math.min(
    columns < CLOCK_FROM ? TICKING_WIDTH.alone : TICKING_WIDTH.withClock,
    Math.max(0, columns - context.environment.length - 2),
  );
  const part = (text: string, priority: number) => ({ text, width: width(text), priority });
  const parts = [
    ...(stopped ? [part('STOP THE WORLD', 0)] : []),
    // A file is known by its name; its folders would take the line.
    part(visible(basename(server?.database ?? context.name), theme.ascii), 3),
    part(context.environment.toUpperCase(), 1),
    ...(server === undefined ? [] : [part(visible(`${server.product} ${server.version}`, theme.ascii), 4)]),
    ...(server?.place === undefined ? [] : [part(visible(server.place, theme.ascii), 6)]),
    ...(server?.role === 'replica' ? [part('REPLICA', 5)] : []),
    part(context.access === 'read' ? 'READ-ONLY' : 'OPERATE', 2),
  ];
  const left = Math.max(0, columns - ticking);
  const shown = partsThatFit(parts, left - 2, 3);
  return (
    <Box width={columns} height={1}>
      <Text wrap="truncate" {...style}>
        {fit(` ${shown.map(({ text }) => text).join('   ')}`, left, { ascii: theme.ascii })}
      </Text>
      <Ticking columns={ticking} style={style} />
    </Box>
  );
}
