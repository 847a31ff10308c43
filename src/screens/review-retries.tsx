import { Box, Text } from 'ink';
import { useMemo, useState } from 'react';
import type { QueryOptions } from '../data/database.ts';
import { sourceOf } from '../data/queries/read-rows.ts';
import { MOST_RETRIES, type RetryLine, type RetryStanding, readRetries } from '../data/queries/retries.ts';
import { counted } from '../model/format.ts';
import { fit } from '../model/text.ts';
import { Table } from './components/table.tsx';
import { useAsked } from './hooks/asked.ts';
import { useChanges, useConsole, useDisplay, useServices, useSize, useTheme } from './hooks/console.ts';
import { useDatabaseClock } from './hooks/database-clock.ts';
import { useFilter, useKeys } from './hooks/keys.ts';
import { operatorName, wasChanged } from './review-standing.ts';
import { rowView } from './row.tsx';
import { listTime, listTimeWidth, type RowColumnsOptions, WITH_YEARS } from './row-columns.ts';
import type { TableColumn } from './table/columns.ts';
import { type Sort, useArrayList } from './table/list.ts';
import type { Tone } from './theme.ts';

const NOTHING: readonly RetryLine[] = [];

/** What a retry is called by how it stands, and whether that needs a person. */
const STANDINGS: Readonly<Record<RetryStanding, readonly [string, Tone]>> = {
  retrying: ['retrying', 'accent'],
  succeeded: ['synced', 'good'],
  'failed-again': ['failed again', 'bad'],
  again: ['retried again', 'muted'],
  gone: ['row is gone', 'muted'],
  begun: ['unknown', 'bad'],
  unknown: ['unknown', 'bad'],
  unwritten: ['unwritten', 'bad'],
  failed: ['failed', 'bad'],
  refused: ['left alone', 'warn'],
  dismissed: ['dismissed', 'muted'],
  taken: ['taken', 'muted'],
  released: ['released', 'muted'],
  noted: ['noted', 'muted'],
};

const keyOf = ({ run, pk }: RetryLine): string => `${run} ${pk}`;
const wordOf = ({ standing }: RetryLine): string => STANDINGS[standing][0];

const SHORTEST_KEY = 4;

function retryColumns(options: Omit<RowColumnsOptions, 'missing'>): readonly TableColumn<RetryLine>[] {
  return [
    {
      id: 'row',
      title: 'row',
      width: options.idWidth,
      priority: 1,
      align: 'right',
      sortable: true,
      value: ({ pk }) => pk,
    },
    {
      id: 'state',
      title: 'state',
      width: 13,
      priority: 1,
      sortable: true,
      value: wordOf,
      tone: ({ standing }) => STANDINGS[standing][1],
    },
    {
      id: 'when',
      title: 'when',
      width: listTimeWidth(options),
      priority: 3,
      sortable: true,
      value: ({ at }) => new Date(at).toISOString(),
      shown: ({ at }) => listTime(at, options),
    },
    {
      id: 'by',
      title: 'by',
      width: 8,
      priority: 4,
      sortable: true,
      value: ({ operator }) => operator,
      shown: ({ operator }) => operatorName(operator),
    },
    { id: 'run', title: 'run', width: 5, priority: 5, align: 'right', sortable: true, value: ({ run }) => String(run) },
    {
      id: 'detail',
      title: 'detail',
      width: 20,
      priority: 2,
      grows: true,
      value: ({ detail }) => detail ?? null,
    },
  ];
}

/** The newest retries of all operators, and how each stands by what the database says now. */
export function Retries({ height }: { height: number }) {
  const theme = useTheme();
  const console = useConsole();
  const { columns: width } = useSize();
  const { context, database } = useServices();
  const { localTime: local } = useDisplay();
  const now = useDatabaseClock();
  const changed = useChanges(wasChanged);
  const ask = async (options: QueryOptions): Promise<readonly RetryLine[]> => {
    if (!changed) return NOTHING;
    return readRetries(database, await sourceOf(database, context, options), 'retry-review', options);
  };
  const { answer, problem, asking, again, cancel } = useAsked(ask, 'refresh');
  useKeys([
    { id: 'refresh', keys: ['R'], title: 'Read the retries again', run: again },
    ...(asking ? [{ id: 'cancel-asking', keys: ['escape'], title: 'Cancel the query', run: cancel }] : []),
  ]);
  const items = answer ?? NOTHING;
  const [sort, setSort] = useState<Sort>();
  const filter = useFilter();
  const idWidth = items.reduce((longest, { pk }) => Math.max(longest, pk.length), SHORTEST_KEY);
  const short = width < WITH_YEARS;
  const columns = useMemo(() => retryColumns({ now, local, short, idWidth }), [now, local, short, idWidth]);
  const list = useArrayList({ items, keyOf, columns, filter, sort });
  return (
    <Box flexDirection="column">
      <Text wrap="truncate" {...theme.style(problem === undefined ? 'muted' : 'bad')}>
        {fit(
          problem === undefined
            ? ` ${summaryOf(items)}`
            : ` ${theme.glyphs.alert} ${problem.message}: ${problem.remedy}`,
          width,
          { ascii: theme.ascii },
        )}
      </Text>
      <Table
        name="retries"
        list={list}
        columns={columns}
        width={width}
        height={height - 1}
        empty={
          answer === undefined ? 'reading the retries' : 'nothing was retried here yet: r in the queue retries a row'
        }
        filter={filter}
        of={items.length}
        sort={sort}
        onSort={setSort}
        onOpen={({ pk }) => console.open(rowView(pk))}
      />
    </Box>
  );
}

/** `3 retries: 1 retrying, 2 synced` */
function summaryOf(lines: readonly RetryLine[]): string {
  const newest = lines.length === MOST_RETRIES ? 'the newest ' : '';
  const counts = Map.groupBy(lines, wordOf);
  const words = [...counts].map(([word, some]) => `${some.length} ${word}`);
  return `${newest}${counted(lines.length, 'retry', 'retries')}${words.length === 0 ? '' : `: ${words.join(', ')}`}`;
}
