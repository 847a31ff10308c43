import { Box, Text } from 'ink';
import { useEffect, useMemo, useState } from 'react';
import { failuresNow } from '../checks/alerts.ts';
import type { Check } from '../checks/check.ts';
import type { ChecksState } from '../checks/store.ts';
import type { LiveState } from '../live/store.ts';
import { PHASES, SYSTEMS } from '../model/check-words.ts';
import { count, counted } from '../model/format.ts';
import { fit } from '../model/text.ts';
import { checkView } from './check.tsx';
import { checkColumns } from './checks-columns.ts';
import {
  BY_URGENCY,
  type CheckLine,
  checkLine,
  isMoving,
  type LastStanding,
  lastStanding,
  outcomeOf,
  standingWord,
  tally,
} from './checks-lines.ts';
import { CostQuestion, type Question, useMovingWords, useRunChecks } from './checks-run.tsx';
import { Panes } from './components/panes.tsx';
import { Table } from './components/table.tsx';
import type { Binding } from './contract.ts';
import { useChecks, useConsole, useServices, useSize, useTheme, useVisible } from './hooks/console.ts';
import { useFilter, useKeys } from './hooks/keys.ts';
import { useNow } from './hooks/now.ts';
import { type Sort, useArrayList } from './table/list.ts';
import type { Theme } from './theme.ts';

/** Whether a check of the last day says that something is wrong now. */
export function checksNeedAttention({ snapshot, receivedAt }: LiveState, { checks, known }: ChecksState): boolean {
  if (snapshot === undefined || receivedAt === undefined || checks === undefined) return false;
  return failuresNow(checks, known, snapshot, receivedAt).length > 0;
}

const everything = (state: ChecksState): ChecksState => state;

const systemOrder = ({ check }: CheckLine): number => SYSTEMS.indexOf(check.system);

/** Every validation, by system and phase: how it stands, and since when. */
export function Checks() {
  const theme = useTheme();
  const { columns } = useSize();
  const { checks: store } = useServices();
  const state = useChecks(everything);
  // Seconds are counted only while somebody sees them.
  const now = useNow(useVisible() && state.running.size > 0 ? 1 : 10);
  const [pane, setPane] = useState('all');
  const [only, setOnly] = useState<LastStanding>();
  const { run, question } = useRunChecks(state.running.size > 0);
  useEffect(() => void store.runCheap(), [store]);
  const lines = useMemo(() => {
    const found = (state.checks ?? []).map((check) => checkLine(check, state, now));
    return found.sort((one, other) => systemOrder(one) - systemOrder(other));
  }, [state, now]);
  if (state.checks === undefined) return <Text {...theme.style('muted')}>{fit(' loading the checks', columns)}</Text>;
  const paneOf = (id: string, title: string, of: readonly CheckLine[]) => ({
    id,
    title: `${title} ${count(of.length)}${of.some(needsSomebody) ? theme.glyphs.attention : ''}`,
    element: <CheckList lines={of} all={lines.length} only={only} onOnly={setOnly} question={question} onRun={run} />,
  });
  const panes = [
    paneOf('all', 'All', lines),
    ...PHASES.map((phase) => {
      const inPhase = lines.filter(({ check }) => check.phases.includes(phase));
      return paneOf(phase, phase, inPhase);
    }),
  ];
  return <Panes panes={panes} current={pane} onChange={setPane} columns={columns} />;
}

const needsSomebody = (line: CheckLine): boolean => lastStanding(line) === 'fail' && line.check.severity !== 'info';

const keyOf = ({ check }: CheckLine): string => check.id;

interface CheckListProps {
  readonly lines: readonly CheckLine[];
  /** How many checks there are, in any phase. */
  readonly all: number;
  /** The only verdict that is shown; undefined shows all. */
  readonly only: LastStanding | undefined;
  readonly onOnly: (only: LastStanding | undefined) => void;
  readonly question: Question | undefined;
  readonly onRun: (checks: readonly Check[]) => void;
}

function CheckList({ lines, all, only, onOnly, question, onRun }: CheckListProps) {
  const theme = useTheme();
  const console = useConsole();
  const { columns: width, rows } = useSize();
  const moving = useMovingWords();
  const [sort, setSort] = useState<Sort>();
  const columns = useMemo(() => checkColumns(theme, width), [theme, width]);
  const items = useMemo(
    () => (only === undefined ? lines : lines.filter((line) => lastStanding(line) === only)),
    [lines, only],
  );
  const there = BY_URGENCY.filter((standing) => lines.some((line) => lastStanding(line) === standing));
  const next = there[only === undefined ? 0 : there.indexOf(only) + 1];
  const widen = {
    id: 'every-verdict',
    keys: ['escape'],
    title: 'Show every verdict again',
    run: () => onOnly(undefined),
  };
  const filter = useFilter();
  const list = useArrayList({ items, keyOf, columns, filter, sort });
  useKeys(only === undefined || filter !== undefined ? [] : [widen]);
  const actions = (selected: CheckLine | undefined, marks: ReadonlySet<string>): readonly Binding[] => {
    const marked = lines.flatMap(({ check }) => (marks.has(check.id) ? [check] : []));
    const chosen = marked.length > 0 ? marked : selected === undefined ? [] : [selected.check];
    const shown = list.getView().rows.map(({ check }) => check);
    const empty = 'the list is empty';
    const moves = marked.length === 0 && selected !== undefined && isMoving(selected);
    return [
      {
        id: 'run',
        keys: ['x'],
        title: marked.length > 0 ? `Run ${counted(marked.length, 'marked check')}` : 'Run the check',
        hint: 'run',
        disabled: () => (chosen.length === 0 ? empty : moves ? 'it runs already' : undefined),
        run: () => onRun(chosen),
      },
      {
        id: 'run-all',
        keys: ['a'],
        title: `Run all that the list shows: ${count(shown.length)} of ${count(all)}`,
        hint: 'run all',
        disabled: () => (shown.length === 0 ? empty : undefined),
        run: () => onRun(shown),
      },
      {
        id: 'verdict',
        keys: ['f'],
        title: next === undefined ? 'Show every verdict again' : `Show only what is: ${standingWord(next)}`,
        hint: 'verdict',
        run: () => onOnly(next),
      },
    ];
  };
  const sectionOf = useMemo(() => sectionsOf(lines, theme), [lines, theme]);
  const head = only === undefined ? tally(lines, theme) : `only ${standingWord(only)}: Esc shows every verdict`;
  return (
    <Box flexDirection="column">
      {question !== undefined && <CostQuestion question={question} />}
      {question === undefined && (
        <Text wrap="truncate" {...theme.style(moving === '' ? 'muted' : 'accent')}>
          {fit(` ${moving === '' ? head : moving}`, width, { ascii: theme.ascii })}
        </Text>
      )}
      <Table
        name="checks"
        list={list}
        columns={columns}
        width={width}
        height={Math.max(2, rows - (question === undefined ? 2 : 3))}
        empty={EMPTY}
        filter={filter}
        of={lines.length}
        sort={sort}
        onSort={setSort}
        onOpen={({ check }) => console.open(checkView(check.id))}
        sectionOf={sort === undefined ? sectionOf : undefined}
        about={aboutIn(theme)}
        actions={actions}
      />
    </Box>
  );
}

const EMPTY = 'no check is like this: Tab goes to another phase, f to another verdict';

/** `booking-ids  3 FAIL · 12 pass` */
function sectionsOf(lines: readonly CheckLine[], theme: Theme): (line: CheckLine) => string {
  const systems = Map.groupBy(lines, ({ check }) => check.system);
  const titles = new Map([...systems].map(([system, group]) => [system, `${system}  ${tally(group, theme)}`]));
  return ({ check }) => titles.get(check.system) ?? check.system;
}

/** `sync/success · 93.1 % synced in 24 h, target > 95 %` */
const aboutIn =
  ({ glyphs }: Theme) =>
  (line: CheckLine): string =>
    [line.check.id, outcomeOf(line)].filter(Boolean).join(` ${glyphs.dot} `);
