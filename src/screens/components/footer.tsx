import { Box, Text } from 'ink';
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { LiveState } from '../../live/store.ts';
import { milliseconds } from '../../model/format.ts';
import { fit, visible, width } from '../../model/text.ts';
import { prose } from '../check-text.ts';
import { useConsoleState, useLive, useRoot } from '../hooks/console.ts';
import { keyLabel } from '../keys/keys.ts';
import { partsThatFit } from '../layout.ts';
import type { ConsoleState } from '../model.ts';
import { Rule } from './rule.tsx';

/** How long a note stays. */
const NOTICE_MS = 5_000;

/** Ids of the bindings that come first, in their order. */
const LEADING = ['help', 'palette', 'actions', 'do-step', 'retry-review'] as const;

const placeOf = (id: string): number => {
  const place = LEADING.findIndex((leading) => leading === id);
  return place === -1 ? LEADING.length : place;
};

const noticeOf = (state: ConsoleState) => state.notice;

/** How often figures are asked for and what one refresh costs; says so when the console slowed itself down. */
function refreshWords({ paused, interval, queryMs }: Pick<LiveState, 'paused' | 'interval' | 'queryMs'>): string {
  if (paused) return 'paused: p goes on';
  const every = `every ${Math.round(interval.seconds)} s`;
  if (queryMs === undefined) return every;
  const cost = milliseconds(queryMs);
  return interval.seconds > interval.wanted ? `${every}: query takes ${cost}` : `${every} · query ${cost}`;
}

/**
 * The same for a state that goes on. What a refresh cost is known after its figures are drawn, and said together with
 * the next ones: a frame of its own would double what an idle console costs.
 */
function lateRefreshWords(): (state: LiveState) => string {
  let drawn: LiveState | undefined;
  return (state) => {
    const same =
      drawn?.queryMs !== undefined &&
      drawn.receivedAt === state.receivedAt &&
      drawn.paused === state.paused &&
      drawn.interval.seconds === state.interval.seconds;
    if (!same) drawn = state;
    return refreshWords(drawn ?? state);
  };
}

/**
 * The keys of what is on screen, or a note; the refresh at the right where there is room for it.
 * @param lines for all of it: a long note takes two, which are else a rule and the keys
 */
export function Footer({ columns, lines }: { columns: number; lines: 1 | 2 }) {
  const { model, router, theme } = useRoot();
  const notice = useConsoleState(noticeOf);
  const [words] = useState(lateRefreshWords);
  const refresh = useLive(words).replace('·', theme.glyphs.dot);
  const hints = useSyncExternalStore(router.subscribe, () =>
    router
      .current()
      // The menu of actions is named where there is one.
      .filter(({ hint, id, disabled }) => hint !== undefined && (id !== 'actions' || disabled?.() === undefined))
      // What leads to everything else is there on the narrowest terminal.
      .toSorted((one, other) => placeOf(one.id) - placeOf(other.id))
      .map(({ keys, hint }) => `${keyLabel(keys[0] ?? '')} ${hint}`)
      .join('\n'),
  );
  useEffect(() => {
    if (notice === undefined) return undefined;
    const timer = setTimeout(() => model.clearNotice(), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [model, notice]);
  const note = notice && visible(notice.text, theme.ascii);
  const wide = note !== undefined && width(note) + width(refresh) + 3 > columns;
  const right = width(refresh) + 20 <= columns && !wide ? refresh : '';
  const room = Math.max(0, columns - width(right) - (right === '' ? 1 : 3));
  const parts = hints.split('\n').map((text, index) => ({ text, width: width(text), priority: index }));
  const hinted = partsThatFit(parts, room, 2)
    .map(({ text }) => text)
    .join('  ');
  const told = note === undefined ? [] : wide && lines === 2 ? noteLines(note, columns - 2, theme.ascii) : [note];
  const [above, last] = told.length > 1 ? told : [undefined, told[0] ?? hinted];
  const tone = note === undefined ? {} : theme.style('accent');
  return (
    <Box flexDirection="column">
      {above !== undefined && (
        <Text wrap="truncate" {...tone}>
          {fit(` ${above}`, columns, { ascii: theme.ascii })}
        </Text>
      )}
      {above === undefined && lines === 2 && <Rule columns={columns} />}
      <Text wrap="truncate">
        <Text {...tone}>{fit(` ${last ?? ''}`, room + 1, { ascii: theme.ascii })}</Text>
        <Text {...theme.style('muted')}>{right === '' ? '' : ` ${right} `}</Text>
      </Text>
    </Box>
  );
}

/** A long note in two lines; what is too long for them is cut in the second. */
function noteLines(note: string, width: number, ascii: boolean): readonly string[] {
  const [first = '', ...rest] = prose(note, Math.max(2, width), ascii);
  return rest.length === 0 ? [first] : [first, rest.join(' ')];
}
