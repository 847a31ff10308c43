import { Box, Text } from 'ink';
import { useMemo } from 'react';
import type { ChangesState } from '../changes/store-state.ts';
import type { QueryOptions } from '../data/database.ts';
import { fit } from '../model/text.ts';
import { distance } from '../model/time.ts';
import { type Level, notCalledFor } from '../rollback/levels.ts';
import { confirmView } from './change-confirm.tsx';
import { closedBecause, notNow } from './changes-lines.ts';
import { type NamedFact, namedLines } from './check-text.ts';
import { TextList } from './components/text-list.tsx';
import type { Binding, View } from './contract.ts';
import { useAsked } from './hooks/asked.ts';
import { useChanges, useConsole, useLive, useServices, useSize, useTheme } from './hooks/console.ts';
import { useKeys } from './hooks/keys.ts';
import { useNow } from './hooks/now.ts';
import type { Glyphs, Tone } from './theme.ts';

/** Which way back is called for, and what each costs. */
export const levelsView = (): View => ({ title: 'levels', element: <Levels /> });

const kindsOf = ({ kinds }: ChangesState) => kinds;

const NAMES = 9;
const TONES: Readonly<Record<Level['criteria'][number]['state'], Tone>> = {
  met: 'bad',
  'not-met': 'good',
  unknown: 'warn',
};

function factsOf(level: Level, recommended: boolean, { alert, dot, waiting }: Glyphs): readonly NamedFact[] {
  const { number, title, criteria, does, cost, loses, until, undo, impossible } = level;
  const marks = { met: alert, 'not-met': dot, unknown: waiting };
  return [
    [
      `level ${number}`,
      `${title}${recommended ? `  ${alert} recommended: the lowest one that is called for` : ''}`,
      'title',
    ],
    ...criteria.map(
      ({ title: what, state, value }): NamedFact => [state, `${marks[state]} ${what}: ${value}`, TONES[state]],
    ),
    ...does.map((text): NamedFact => ['does', text]),
    ['cost', cost],
    ...(loses.length === 0 ? [['loses', 'nothing'] as const] : loses.map((text): NamedFact => ['loses', text, 'bad'])),
    ['until', until],
    ...(undo === undefined ? [] : [['undo', undo] as const]),
    ...(impossible === undefined ? [] : [['not now', impossible, 'warn'] as const]),
    ['', ''],
  ];
}

function Levels() {
  const theme = useTheme();
  const console = useConsole();
  const { columns: width, rows } = useSize();
  const { changes: store, context, levels } = useServices();
  const server = useLive((live) => live.server);
  const kinds = useChanges(kindsOf) ?? [];
  const ask = async ({ signal }: QueryOptions) => {
    const found = await levels(signal ?? new AbortController().signal);
    return { ...found, at: Date.now() };
  };
  const { answer, problem, asking, again, cancel } = useAsked(ask, 'never');
  const now = useNow(60, { since: answer?.at });
  const ground = { context, server };
  const begin = (answer?.levels ?? []).flatMap((level): readonly Binding[] => {
    const kind = kinds.find(({ id }) => id === level.change);
    return [
      {
        id: `level-${level.number}`,
        keys: [],
        title: `Level ${level.number}: ${kind?.title ?? level.title}`,
        disabled: () => {
          const closed = closedBecause(ground);
          if (kind === undefined) return level.impossible ?? 'people do it, in the order that is shown';
          return closed === undefined ? notNow(kind, {}, store.getState(), ground) : `${closed.why}: ${closed.remedy}`;
        },
        run: () => kind !== undefined && console.open(confirmView(kind, {})),
      },
    ];
  });
  useKeys([
    { id: 'refresh', keys: ['R'], title: 'Look at the criteria again', hint: 'look again', run: again },
    ...(asking ? [{ id: 'cancel-looking', keys: ['escape'] as const, title: 'Cancel the look', run: cancel }] : []),
    ...begin,
  ]);
  const lines = useMemo(() => {
    const facts = (answer?.levels ?? []).flatMap((level) =>
      factsOf(level, level.number === answer?.recommended, theme.glyphs),
    );
    return namedLines(facts, { width: width - 3, names: NAMES, ascii: theme.ascii });
  }, [answer, width, theme]);
  const unknown = answer?.unknown ?? 0;
  const head = asking
    ? { text: 'the criteria are looked at: Esc cancels', tone: 'accent' as const }
    : problem !== undefined
      ? { text: `${problem.message}: ${problem.remedy}`, tone: 'bad' as const }
      : answer?.recommended === undefined
        ? { text: notCalledFor(unknown), tone: unknown > 0 ? ('warn' as const) : ('good' as const) }
        : { text: `level ${answer.recommended} is called for: m has it`, tone: 'bad' as const };
  const age = answer === undefined || asking ? '' : `, looked at ${distance(answer.at, now)}`;
  return (
    <Box flexDirection="column">
      <Text wrap="truncate" {...theme.style(head.tone)}>
        {fit(` ${head.text}${age}`, width, { ascii: theme.ascii })}
      </Text>
      <TextList lines={lines} width={width} height={Math.max(1, rows - 1)} empty="" />
    </Box>
  );
}
