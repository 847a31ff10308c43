import { Box, Text } from 'ink';
import { useEffect, useMemo, useState } from 'react';
import type { Check } from '../checks/check.ts';
import type { ChecksState } from '../checks/store.ts';
import type { Row } from '../data/connection.ts';
import { milliseconds } from '../model/format.ts';
import { fit, width as widthOf } from '../model/text.ts';
import { rowsTitle, Sample, whyNoRows } from './check-rows.tsx';
import { factLines, prose, sqlLines } from './check-text.ts';
import {
  type CheckLine,
  checkLine,
  isMoving,
  outcomeSentence,
  passedWords,
  ranWords,
  standingText,
  standingTone,
  trendText,
} from './checks-lines.ts';
import { CostQuestion, useRunChecks } from './checks-run.tsx';
import { Panes } from './components/panes.tsx';
import { TextList } from './components/text-list.tsx';
import type { View } from './contract.ts';
import { useChecks, useDisplay, useServices, useSize, useTheme, useVisible } from './hooks/console.ts';
import { useKeys } from './hooks/keys.ts';
import { useNow } from './hooks/now.ts';

/** One check in full: what it found, what it asked, why it matters. */
export const checkView = (id: string): View => ({ title: id, element: <CheckById id={id} /> });

const all = (state: ChecksState): ChecksState => state;

function CheckById({ id }: { id: string }) {
  const theme = useTheme();
  const { columns } = useSize();
  const state = useChecks(all);
  const check = state.checks?.find((candidate) => candidate.id === id);
  if (check === undefined)
    return <Text {...theme.style('muted')}>{fit(' this check is no longer there', columns)}</Text>;
  return <CheckView check={check} state={state} />;
}

const NO_ROWS: readonly Row[] = [];

/** On screens with fewer lines the reason and the remedy are a Tab away. */
const ROOM_FOR_ADVICE = 16;

function CheckView({ check, state }: { check: Check; state: ChecksState }) {
  const theme = useTheme();
  const { columns, rows } = useSize();
  const { localTime } = useDisplay();
  const now = useNow(useVisible() && state.running.has(check.id) ? 1 : 10);
  const { checks: store } = useServices();
  const [pane, setPane] = useState('rows');
  const line = useMemo(() => checkLine(check, state, now), [check, state, now]);
  // Of many that run Esc leaves this one's view; the list is where they are cancelled.
  const alone = isMoving(line) && state.running.size === 1;
  const { run, question } = useRunChecks(alone);
  // The rows of a result that cron has replaced since the last refresh may be gone.
  useEffect(() => store.reread(), [store]);
  const evidence = store.evidenceOf(check.id);
  useKeys([
    {
      id: 'run',
      keys: ['x'],
      title: 'Run the check',
      hint: 'run',
      disabled: () => (isMoving(line) ? 'it runs already' : undefined),
      run: () => run([check]),
    },
  ]);
  const advice = rows < ROOM_FOR_ADVICE ? [] : adviceLines(check, columns - 2, theme.ascii);
  const blank = advice.length > 0 ? 1 : 0;
  const height = Math.max(2, rows - (question === undefined ? 3 : 4) - advice.length - blank - 1);
  const text = { width: columns, height };
  const sample = evidence?.sample ?? NO_ROWS;
  const panes = [
    {
      id: 'rows',
      title: rowsTitle(sample.length, line.known?.violations ?? 0),
      element: <Sample check={check} sample={sample} empty={whyNoRows(line, evidence)} {...text} />,
    },
    {
      id: 'sql',
      title: 'SQL',
      element: (
        <TextList
          lines={sqlLines(evidence, columns - 3, theme.ascii)}
          empty={evidence === undefined ? 'x runs it and shows what was sent' : 'it sent nothing to the database'}
          {...text}
        />
      ),
    },
    {
      id: 'about',
      title: 'About',
      element: <TextList lines={factLines(line, columns - 3, localTime, theme)} empty="" {...text} />,
    },
  ];
  return (
    <Box flexDirection="column">
      <Standing line={line} />
      {question === undefined ? <History line={line} alone={alone} /> : <CostQuestion question={question} />}
      {advice.map(({ name, text }) => (
        <Text key={`${name} ${text}`} wrap="truncate">
          <Text {...theme.style('muted')}>{`  ${name.padEnd(ADVICE_NAME)}`}</Text>
          {text}
        </Text>
      ))}
      {blank > 0 && <Text> </Text>}
      <Panes panes={panes} current={pane} onChange={setPane} columns={columns} />
    </Box>
  );
}

const ADVICE_NAME = 8;

/** Why it matters and what to do, each in as many lines as it needs. */
function adviceLines({ reason, remedy }: Check, width: number, ascii: boolean) {
  const advice = [['why', reason] as const, ['remedy', remedy] as const];
  return advice.flatMap(([name, text]) =>
    prose(text, width - ADVICE_NAME, ascii).map((line, index) => ({ name: index === 0 ? name : '', text: line })),
  );
}

/** The verdict with what holds when it passes, and below it what was found: two lines. */
function Standing({ line }: { line: CheckLine }) {
  const theme = useTheme();
  const { columns } = useSize();
  const { check, standing } = line;
  const word = ` ${standingText(standing, theme)}  ${check.severity}  `;
  return (
    <>
      <Text wrap="truncate">
        <Text {...theme.style(standingTone(line))}>{word}</Text>
        <Text {...theme.style('title')}>{fit(check.title, columns - widthOf(word), { ascii: theme.ascii })}</Text>
      </Text>
      <Text wrap="truncate">{fit(`   ${outcomeSentence(line)}`, columns, { ascii: theme.ascii })}</Text>
    </>
  );
}

/** When it ran and passed, in a line; while it runs how long. */
function History({ line, alone }: { line: CheckLine; alone: boolean }) {
  const theme = useTheme();
  const { columns } = useSize();
  const { standing, known, check } = line;
  const cancel = alone ? ': Esc cancels' : '';
  const parts = [
    standing === 'running' ? `running for ${ranWords(line)}${cancel}` : undefined,
    standing === 'waiting' ? `waiting for its turn${cancel}` : undefined,
    known === undefined || standing === 'running'
      ? undefined
      : `ran ${ranWords(line)} ago in ${milliseconds(known.durationMs)}`,
    known === undefined ? undefined : known.passedAt === undefined ? 'never passed' : `passed ${passedWords(line)} ago`,
    trendText(line, Math.min(TREND_CELLS, known?.trend.length ?? 0), theme),
    check.phases.join(', '),
  ];
  const words = parts.filter(Boolean).join(` ${theme.glyphs.dot} `);
  return (
    <Text wrap="truncate" {...theme.style(isMoving(line) ? 'accent' : 'muted')}>
      {fit(`   ${words}`, columns, { ascii: theme.ascii })}
    </Text>
  );
}

const TREND_CELLS = 30;
