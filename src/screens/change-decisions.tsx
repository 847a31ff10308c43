import { Box, Text } from 'ink';
import { useMemo, useState } from 'react';
import { DECISIONS, type Decision, type Decisions, itemFor } from '../changes/move-booking-ids/decide.ts';
import type { ChangesState } from '../changes/store-state.ts';
import type { AppointmentRow, RowsQuery, RowsSort } from '../data/queries/rows.ts';
import { count, counted } from '../model/format.ts';
import { fit } from '../model/text.ts';
import { Panes } from './components/panes.tsx';
import { Table } from './components/table.tsx';
import type { Binding, View } from './contract.ts';
import { useChanges, useConsole, useServices, useSize, useSnapshot, useTheme } from './hooks/console.ts';
import { useFilter } from './hooks/keys.ts';
import { rowView } from './row.tsx';
import { ALL_COLUMNS, type RowColumn, rowColumns } from './row-columns.ts';
import { namesOf, sortOf, textPart, useIdWidth, useRowColumnsOptions } from './rows.tsx';
import { useRowList } from './table/list.ts';
import type { Theme } from './theme.ts';

/** The classes that are never changed by themselves. */
const CLASSES = ['conflict', 'review'] as const;
type Undecided = (typeof CLASSES)[number];

/** What an operator decides about rows that the move leaves alone: it goes into the next plan of the move. */
export const decisionsView = (first: Undecided = 'conflict'): View => ({
  title: 'decisions',
  element: <DecisionsView first={first} />,
});

const decisionsOf = ({ decisions }: ChangesState): Decisions => decisions;

const WORDS: Readonly<Record<Decision, string>> = { 'keep-v1': 'keep V1', 'keep-v2': 'keep V2', skip: 'skip' };

function DecisionsView({ first }: { first: Undecided }) {
  const { columns, rows } = useSize();
  const classes = useSnapshot((snapshot) => snapshot.classes);
  const [pane, setPane] = useState<string>(first);
  const panes = CLASSES.map((name) => ({
    id: name,
    title: `${name} ${count(classes[name])}`,
    element: <Undecided of={name} height={Math.max(2, rows - 1)} />,
  }));
  return <Panes panes={panes} current={pane} onChange={setPane} columns={columns} />;
}

const literal = (value: string | null): string => (value === null ? 'NULL' : `'${value}'`);

/** What a decision makes of a row's two ids: `V1 '5', V2 NULL`. */
function becomes({ pk, class: rowClass, values }: AppointmentRow, decisions: Decisions): string {
  const ids = { v1: values['calcom_booking_id'] ?? null, v2: values['calcom_v2_booking_id'] ?? null, backup: null };
  const item = itemFor({ pk, class: rowClass, ids }, decisions);
  return item?.kind === 'change' ? `V1 ${literal(item.row.to.v1)}, V2 ${literal(item.row.to.v2)}` : 'stays as it is';
}

/** After the key: what is decided, and what that makes of the row. */
function decisionColumns(decisions: Decisions, columns: readonly RowColumn[], { glyphs }: Theme): readonly RowColumn[] {
  const [key, ...others] = columns;
  const own: readonly RowColumn[] = [
    {
      id: 'decision',
      title: 'decision',
      width: 9,
      priority: 2,
      value: ({ pk }) => decisions[pk] ?? null,
      shown: ({ pk }) => {
        const decision = decisions[pk];
        return decision === undefined ? glyphs.dot : WORDS[decision];
      },
      tone: ({ pk }) => (decisions[pk] === undefined ? 'muted' : 'accent'),
    },
    {
      id: 'becomes',
      title: 'becomes',
      width: 24,
      priority: 4,
      value: (row) => becomes(row, decisions),
      tone: ({ pk }) => (decisions[pk] === undefined ? 'muted' : 'plain'),
    },
  ];
  return [...(key === undefined ? [] : [key]), ...own, ...others];
}

function Undecided({ of, height }: { of: Undecided; height: number }) {
  const theme = useTheme();
  const console = useConsole();
  const { columns: width } = useSize();
  const { changes: store } = useServices();
  const decisions = useChanges(decisionsOf);
  const total = useSnapshot((snapshot) => snapshot.classes[of]);
  const filter = useFilter();
  const [sort, setSort] = useState<RowsSort>({ column: 'id', direction: 'asc' });
  const asked = useMemo(() => namesOf(rowColumns({ ...ALL_COLUMNS, withDeleted: true })), []);
  // The move is about deleted rows too.
  const query: RowsQuery = { filter: { class: of, ...textPart(filter), includesDeleted: true }, sort, columns: asked };
  const list = useRowList(query);
  const options = useRowColumnsOptions(useIdWidth(list));
  const columns = useMemo(() => {
    const rows = rowColumns({ ...options, withDeleted: true }).filter(({ id }) => id !== 'class');
    return decisionColumns(decisions, rows, theme);
  }, [options, decisions, theme]);
  const decided = Object.keys(decisions).length;
  return (
    <Box flexDirection="column">
      <Text wrap="truncate" {...theme.style('muted')}>
        {fit(
          ` ${decided === 0 ? 'nothing is decided: the move leaves these rows as they are' : `${counted(decided, 'row is', 'rows are')} decided about, for the next plan of the move`}`,
          width,
          { ascii: theme.ascii },
        )}
      </Text>
      <Table
        name={`decisions-${of}`}
        list={list}
        columns={columns}
        width={width}
        height={height - 1}
        empty={`no row is in class ${of}: there is nothing to decide`}
        filter={filter}
        of={total}
        sort={sort}
        onSort={(next) => setSort((before) => sortOf(next) ?? before)}
        onOpen={({ pk }) => console.open(rowView(pk))}
        actions={(selected, marks) => {
          const pks = marks.size > 0 ? [...marks] : selected === undefined ? [] : [selected.pk];
          return decisionKeys(pks, decisions, (decision) => store.decide(pks, decision));
        }}
      />
    </Box>
  );
}

/** One key walks through the decisions, and each has its own line in the menu. Nothing in the database changes by them. */
function decisionKeys(
  pks: readonly string[],
  decisions: Decisions,
  decide: (decision: Decision | undefined) => void,
): readonly Binding[] {
  const [first = ''] = pks;
  const present = decisions[first];
  const next = DECISIONS[present === undefined ? 0 : DECISIONS.indexOf(present) + 1];
  const what = pks.length > 1 ? `the ${count(pks.length)} marked rows` : 'the row';
  const disabled = () => (pks.length === 0 ? 'the list is empty' : undefined);
  return [
    {
      id: 'next-decision',
      keys: ['x'],
      title: next === undefined ? `Take back what is decided about ${what}` : `Decide about ${what}: ${WORDS[next]}`,
      hint: 'decide',
      disabled,
      run: () => decide(next),
    },
    ...DECISIONS.map(
      (decision): Binding => ({
        id: `decide-${decision}`,
        keys: [],
        title: `Decide about ${what}: ${WORDS[decision]}`,
        disabled,
        run: () => decide(decision),
      }),
    ),
    {
      id: 'undecide',
      keys: [],
      title: `Take back what is decided about ${what}`,
      disabled,
      run: () => decide(undefined),
    },
  ];
}
