import { Box, Text } from 'ink';
import { useMemo, useState, useSyncExternalStore } from 'react';
import type { AppointmentRow, RowsFilter, RowsQuery, RowsSort } from '../data/queries/rows.ts';
import { CLASS_MEANING } from '../model/booking-id.ts';
import { KNOWN_COLUMNS, type KnownColumn } from '../model/columns.ts';
import { fit } from '../model/text.ts';
import { Table } from './components/table.tsx';
import type { View } from './contract.ts';
import { useConsole, useDisplay, useLive, useSize, useSnapshot, useTheme } from './hooks/console.ts';
import { useDatabaseClock } from './hooks/database-clock.ts';
import { type Filter, useFilter } from './hooks/keys.ts';
import { rowView } from './row.tsx';
import { ALL_COLUMNS, type RowColumn, type RowColumnsOptions, rowColumns, WITH_YEARS } from './row-columns.ts';
import { type List, type Sort, useRowList } from './table/list.ts';

/** Which rows: the scope of deleted ones is the console's, the text is the view's own filter. */
export type ListFilter = Omit<RowsFilter, 'includesDeleted' | 'text'>;

/** A list of the appointments that a filter finds. */
export const rowsView = (title: string, filter: ListFilter): View => ({ title, element: <Rows filter={filter} /> });

/** A table's sort as the database knows it. */
export function sortOf({ column, direction }: Sort): RowsSort | undefined {
  const known = KNOWN_COLUMNS.find((name) => name === column);
  return known === undefined ? undefined : { column: known, direction };
}

/** What a query asks for beside the ids. */
export const namesOf = (columns: readonly RowColumn[]): readonly KnownColumn[] => columns.flatMap(({ of }) => of ?? []);

/** A filter that was typed, as a part of a query. */
export const textPart = (filter: Filter | undefined): Pick<RowsFilter, 'text'> =>
  filter === undefined ? {} : { text: filter };

/** Cells of the longest primary key that was seen in a list: it only grows, so that paging never shifts columns. */
export function useIdWidth(list: List<AppointmentRow>): number {
  const cells = useSyncExternalStore(
    (listener) => list.subscribe(listener),
    () => list.getView().rows.reduce((longest, { pk }) => Math.max(longest, pk.length), 4),
  );
  const [widest, setWidest] = useState(cells);
  if (cells > widest) setWidest(cells);
  return Math.max(cells, widest);
}

/** What columns of rows need to know of the console; the same object until something in it changes. */
export function useRowColumnsOptions(idWidth: number): RowColumnsOptions {
  const now = useDatabaseClock();
  const { localTime: local } = useDisplay();
  const lacking = useSnapshot((snapshot) => snapshot.missing.join());
  const short = useSize().columns < WITH_YEARS;
  return useMemo(() => {
    const names = lacking.split(',');
    return { now, local, idWidth, short, missing: KNOWN_COLUMNS.filter((name) => names.includes(name)) };
  }, [now, local, idWidth, lacking, short]);
}

function Rows({ filter: wanted }: { filter: ListFilter }) {
  const theme = useTheme();
  const console = useConsole();
  const { columns: width, rows: height } = useSize();
  const includesDeleted = useLive((state) => state.includesDeleted);
  const total = useSnapshot((snapshot) => snapshot.total);
  const filter = useFilter();
  const [sort, setSort] = useState<RowsSort>({ column: 'id', direction: 'desc' });
  const asked = useMemo(() => namesOf(rowColumns({ ...ALL_COLUMNS, withDeleted: true })), []);
  const query: RowsQuery = { filter: { ...wanted, ...textPart(filter), includesDeleted }, sort, columns: asked };
  const list = useRowList(query);
  const options = useRowColumnsOptions(useIdWidth(list));
  const columns = useMemo(() => {
    const all = rowColumns({ ...options, withDeleted: includesDeleted });
    // Every row of the list has the same class: the note above says it.
    return wanted.class === undefined ? all : all.filter(({ id }) => id !== 'class');
  }, [options, includesDeleted, wanted.class]);
  const meaning = wanted.class === undefined || height <= 5 ? undefined : CLASS_MEANING[wanted.class];
  return (
    <Box flexDirection="column">
      {meaning !== undefined && (
        <Text wrap="truncate" {...theme.style('muted')}>
          {fit(` ${meaning.meaning} ${theme.glyphs.arrow} ${meaning.move}`, width, { ascii: theme.ascii })}
        </Text>
      )}
      <Table
        name="rows"
        list={list}
        columns={columns}
        width={width}
        height={meaning === undefined ? height : height - 1}
        empty="no row is like this now: Esc goes back, R asks again"
        filter={filter}
        of={total}
        sort={sort}
        onSort={(next) => setSort((before) => sortOf(next) ?? before)}
        onOpen={({ pk }) => console.open(rowView(pk))}
      />
    </Box>
  );
}
