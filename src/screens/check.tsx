import { Box, Text } from 'ink';
import { useMemo, useState } from 'react';
import type { Check, CheckResult } from '../checks/check.ts';
import type { ChecksState } from '../checks/store.ts';
import type { Row } from '../data/connection.ts';
import { count, milliseconds } from '../model/format.ts';
import { fit, width as widthOf } from '../model/text.ts';
import { factLines, prose, sqlLines, whyNoRow } from './check-text.ts';
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
import { Table } from './components/table.tsx';
import { TextList } from './components/text-list.tsx';
import type { Binding, View } from './contract.ts';
import { useChecks, useConsole, useDisplay, useSize, useTheme, useVisible } from './hooks/console.ts';
import { useFilter, useKeys } from './hooks/keys.ts';
import { useNow } from './hooks/now.ts';
import { rowView } from './row.tsx';
import type { TableColumn } from './table/columns.ts';
import { type Sort, useArrayList } from './table/list.ts';

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

/** On screens with fewer lines the reason and the remedy are a Tab away. */
const ROOM_FOR_ADVICE = 16;

function CheckView({ check, state }: { check: Check; state: ChecksState }) {
  const theme = useTheme();
  const { columns, rows } = useSize();
  const { localTime } = useDisplay();
  const now = useNow(useVisible() && state.running.has(check.id) ? 1 : 10);
  const [pane, setPane] = useState('rows');
  const line = useMemo(() => checkLine(check, state, now), [check, state, now]);
  // Of many that run Esc leaves this one's view; the list is where they are cancelled.
  const alone = isMoving(line) && state.running.size === 1;
  const { run, question } = useRunChecks(alone);
  const last = state.results.get(check.id);
  // Another process may have found something newer, whose rows are not here.
  const result = last?.at === line.known?.at ? last : undefined;
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
  const sample = result?.sample ?? NO_ROWS;
  const panes = [
    {
      id: 'rows',
      title: sample.length === 0 ? 'Rows' : `Rows ${count(sample.length)} of ${count(line.known?.violations ?? 0)}`,
      element: <Sample check={check} sample={sample} empty={whyNoRows(line, result)} {...text} />,
    },
    {
      id: 'sql',
      title: 'SQL',
      element: (
        <TextList
          lines={sqlLines(result, columns - 3, theme.ascii)}
          empty={result === undefined ? 'x runs it and shows what was sent' : 'it sent nothing to the database'}
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

/** Why there are no rows to see. */
function whyNoRows({ standing, known }: CheckLine, result: CheckResult | undefined): string {
  if (known === undefined) return standing === 'never' ? 'it has never run: x runs it' : 'no rows yet';
  if (result === undefined && known.verdict === 'fail')
    return 'the rows of other sessions are not kept: x runs it again';
  if (known.verdict === 'pass') return 'no row violates it';
  return known.verdict === 'fail' ? 'no single row is at fault: the figure above is' : 'it has not looked at any row';
}

interface SampleRow {
  readonly key: string;
  readonly row: Row;
}

interface SampleProps {
  readonly check: Check;
  readonly sample: readonly Row[];
  readonly empty: string;
  readonly width: number;
  readonly height: number;
}

const NO_ROWS: readonly Row[] = [];
const keyOf = ({ key }: SampleRow): string => key;

/** The first violating rows; Enter opens the appointment that one is. */
function Sample({ check, sample, empty, width, height }: SampleProps) {
  const console = useConsole();
  // Rows of a user's own SELECT may be the same, or have no key.
  const items = useMemo(() => sample.map((row, index) => ({ key: `${row['pk'] ?? ''} ${index}`, row })), [sample]);
  const columns = useMemo(() => sampleColumns(sample), [sample]);
  const [sort, setSort] = useState<Sort>();
  const filter = useFilter();
  const list = useArrayList({ items, keyOf, columns, filter, sort });
  const actions = (selected: SampleRow | undefined): readonly Binding[] => {
    const pk = selected?.row['pk'];
    return [
      {
        id: 'open',
        keys: ['enter'],
        title: 'Open the row',
        hint: 'open',
        disabled: () => (selected === undefined ? 'there are no rows here' : whyNoRow(check, pk)),
        run: () => typeof pk === 'string' && console.open(rowView(pk)),
      },
    ];
  };
  return (
    <Table
      name={check.id.replaceAll('/', '-')}
      list={list}
      columns={columns}
      width={width}
      height={height}
      empty={empty}
      filter={filter}
      of={sample.length}
      sort={sort}
      onSort={setSort}
      actions={actions}
    />
  );
}

/** Cells of a value at most, where other columns need room too. */
const WIDEST = 40;

/** A column for each that the rows have, as wide as its values. */
function sampleColumns(sample: readonly Row[]): readonly TableColumn<SampleRow>[] {
  const names = [...new Set(sample.flatMap((row) => Object.keys(row)))];
  return names.map((name, index) => {
    const widths = sample.map((row) => Math.min(WIDEST, widthOf(shownValue(row[name]).slice(0, WIDEST))));
    return {
      id: name,
      title: name,
      width: Math.max(Math.min(WIDEST, widthOf(name)), ...widths),
      priority: index + 1,
      grows: index === names.length - 1,
      sortable: true,
      value: ({ row }) => row[name] ?? null,
      shown: ({ row }) => shownValue(row[name]),
      tone: ({ row }) => (row[name] === null ? 'muted' : 'plain'),
    };
  });
}

const shownValue = (value: string | null | undefined): string => (value === null ? 'NULL' : (value ?? ''));
