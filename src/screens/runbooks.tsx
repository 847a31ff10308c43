import { Box } from 'ink';
import { useMemo, useState } from 'react';
import { count } from '../model/format.ts';
import { isOpenRun, type RunbookRun } from '../model/runbook-run.ts';
import { distance } from '../model/time.ts';
import type { FoundRunbook } from '../runbooks/all.ts';
import { type KnownRun, type RunbooksState, runKeyOf } from '../runbooks/console-state.ts';
import type { ListedRun } from '../runbooks/engine.ts';
import type { Fact } from './components/dialog-parts.tsx';
import { Head } from './components/head.tsx';
import { Table } from './components/table.tsx';
import type { Attention } from './contract.ts';
import { useConsole, useRunbooks, useServices, useSize, useTheme } from './hooks/console.ts';
import { useDatabaseClock } from './hooks/database-clock.ts';
import { useFilter, useKeys } from './hooks/keys.ts';
import { useFreshRunbooks } from './hooks/runbooks.ts';
import { knownOpen, lastEnded, runbookView, runView } from './runbook-run.tsx';
import { endedWords, nextWords, RUN_TONES, type RunbookWord, shareOf } from './runbooks-words.ts';
import type { TableColumn } from './table/columns.ts';
import { type Sort, useArrayList } from './table/list.ts';

const all = (state: RunbooksState): RunbooksState => state;

/** Whether a runbook is stopped until a person decides. */
export const runbooksNeedAttention = ({ changes: { ceremonies } }: Attention): boolean =>
  ceremonies.some(({ state }) => state === 'stopped');

/** A line of the screen: a runbook that there is, or a run of one. */
type ListLine =
  | {
      readonly of: 'runbook';
      readonly found: FoundRunbook;
      readonly known: KnownRun | undefined;
      /** The newest run where that has ended. */
      readonly ended: RunbookRun | undefined;
    }
  | { readonly of: 'run'; readonly listed: ListedRun };

const keyOf = (line: ListLine): string => (line.of === 'runbook' ? line.found.id : runKeyOf(line.listed));

function wordOf(line: ListLine): RunbookWord {
  if (line.of === 'run') return line.listed.run.state;
  if ('problem' in line.found) return 'unreadable';
  return line.known?.record.run.state ?? line.ended?.state ?? 'not begun';
}

/** Where a runbook is, or what it is for; what became of a run. */
function aboutOf(line: ListLine, dot: string, now: number): string {
  if (line.of === 'run') {
    const { run, place } = line.listed;
    const kept = place === 'local' ? 'kept here only' : undefined;
    return [run.reason, kept, distance(run.endedAt ?? run.beganAt, now)].filter(Boolean).join(` ${dot} `);
  }
  if ('problem' in line.found) return line.found.problem.message;
  const { known, found, ended } = line;
  if (known === undefined && ended !== undefined) return endedWords(ended, now);
  const { reason } = known?.record.run ?? {};
  if (known?.looked === undefined) return reason ?? found.runbook.purpose;
  const { standing } = known.looked;
  return [reason, shareOf(standing), nextWords(standing)].filter(Boolean).join(` ${dot} `);
}

function columnsFor(width: number, dot: string, now: number): readonly TableColumn<ListLine>[] {
  return [
    {
      id: 'what',
      title: 'runbook',
      width: width < 60 ? 20 : 22,
      priority: 1,
      sortable: true,
      value: (line) => (line.of === 'runbook' ? line.found.id : `${line.listed.run.id} ${line.listed.run.runbook}`),
    },
    {
      id: 'state',
      title: 'state',
      width: 10,
      priority: 2,
      sortable: true,
      value: wordOf,
      tone: (line) => RUN_TONES[wordOf(line)],
    },
    {
      id: 'about',
      title: 'where it is, outcome',
      width: 26,
      priority: 3,
      grows: true,
      value: (line) => aboutOf(line, dot, now),
    },
  ];
}

const lastLine = (line: ListLine): string => {
  if (line.of === 'run') return `begun by ${line.listed.run.operator}`;
  return 'problem' in line.found ? line.found.problem.remedy : line.found.runbook.title;
};

/** The ceremonies that there are, where each is, and the runs that were. */
export function Runbooks() {
  const theme = useTheme();
  const console = useConsole();
  const { columns: width, rows } = useSize();
  const { runbooks: store, live } = useServices();
  const state = useRunbooks(all);
  const now = useDatabaseClock();
  useFreshRunbooks();
  useKeys([
    {
      id: 'refresh',
      keys: ['R'],
      title: 'Read the runbooks and their runs again',
      run: () => {
        void store.reread();
        live.refresh();
      },
    },
  ]);
  const filter = useFilter();
  const [sort, setSort] = useState<Sort>();
  const columns = useMemo(() => columnsFor(width, theme.glyphs.dot, now), [width, theme, now]);
  const items = useMemo(
    (): readonly ListLine[] => [
      ...(state.found ?? []).map(
        (found): ListLine => ({
          of: 'runbook',
          found,
          known: knownOpen(state, found.id),
          ended: lastEnded(state, found.id),
        }),
      ),
      ...(state.runs ?? []).map((listed): ListLine => ({ of: 'run', listed })),
    ],
    [state],
  );
  const list = useArrayList({ items, keyOf, columns, filter, sort });
  const head = headOf(state).slice(0, Math.max(1, rows - 6));
  const sections = { runbook: 'Runbooks', run: `Runs ${count(state.runs?.length ?? 0)}` };
  const open = (line: ListLine) => {
    if (line.of === 'run') return console.open(runView(line.listed));
    if ('problem' in line.found) return console.notify(`${line.found.problem.message}: ${line.found.problem.remedy}`);
    return console.open(runbookView(line.found.id));
  };
  return (
    <Box flexDirection="column">
      <Head facts={head} />
      <Table
        name="runbooks"
        list={list}
        columns={columns}
        width={width}
        height={Math.max(2, rows - head.length)}
        empty={state.found === undefined ? 'loading the runbooks' : 'there is no runbook'}
        filter={filter}
        of={items.length}
        sort={sort}
        onSort={setSort}
        onOpen={open}
        sectionOf={sort === undefined ? ({ of }) => sections[of] : undefined}
        about={lastLine}
      />
    </Box>
  );
}

/** What one wants to know before anything else. */
function headOf({ runs, doubts, problem }: RunbooksState): readonly Fact[] {
  const open = runs?.filter(({ run }) => isOpenRun(run)) ?? [];
  const stopped = open.filter(({ run }) => run.state === 'stopped');
  const text =
    runs === undefined
      ? 'Runs  not known yet'
      : open.length > 0
        ? `Runs  ${count(open.length)} under way${stopped.length > 0 ? `, ${count(stopped.length)} stopped` : ''}`
        : runs.length === 0
          ? 'Runs  none was ever begun here: Enter opens a runbook, m begins a run'
          : 'Runs  none is under way';
  return [
    { text, tone: stopped.length > 0 ? 'bad' : 'title' },
    ...(problem === undefined ? [] : [{ text: `${problem.message}: ${problem.remedy}`, tone: 'bad' } as const]),
    ...doubts.map((line): Fact => ({ text: line, tone: 'bad' })),
  ];
}
