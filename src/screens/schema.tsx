import { Box, Text } from 'ink';
import { useMemo, useState } from 'react';
import type { Lock } from '../data/connection.ts';
import { readSchema, type TableSchema } from '../data/queries/schema.ts';
import { fit } from '../model/text.ts';
import { Panes } from './components/panes.tsx';
import { Table } from './components/table.tsx';
import { useAsked } from './hooks/asked.ts';
import { useConsole, useServices, useSize, useTheme } from './hooks/console.ts';
import { useFilter, useKeys } from './hooks/keys.ts';
import { COLUMNS, CONSTRAINTS, columnLines, INDEXES, LOCKS, MIGRATIONS, migrationLines } from './schema-columns.ts';
import type { TableColumn } from './table/columns.ts';
import { type Sort, useArrayList } from './table/list.ts';

/** Seconds between two looks: a schema seldom changes, and asking reads the server's catalogues. */
const EVERY = 30;

/** The table as the server has it against what apptop expects; read when first looked at. */
export function Schema() {
  const theme = useTheme();
  const console = useConsole();
  const { columns } = useSize();
  const { database, live } = useServices();
  const { answer, problem, asking, again, cancel } = useAsked((options) => readSchema(database, options), EVERY);
  const refresh = () => {
    again();
    live.refresh();
    console.notify('the schema is read again');
  };
  useKeys([
    { id: 'refresh', keys: ['R'], title: 'Read the schema again', run: refresh },
    ...(asking ? [{ id: 'cancel-asking', keys: ['escape'], title: 'Cancel the query', run: cancel }] : []),
  ]);
  return (
    <Box flexDirection="column" width={columns}>
      {problem !== undefined && (
        <Text wrap="truncate" {...theme.style('bad')}>
          {fit(` ${theme.glyphs.alert} ${problem.message}: ${problem.remedy}`, columns, { ascii: theme.ascii })}
        </Text>
      )}
      {answer === undefined && problem === undefined && (
        <Text {...theme.style('muted')}>{fit(' reading the schema: Esc cancels', columns)}</Text>
      )}
      {answer !== undefined && <Parts schema={answer} linesAbove={problem === undefined ? 0 : 1} />}
    </Box>
  );
}

function Parts({ schema, linesAbove }: { schema: TableSchema; linesAbove: number }) {
  const { columns: width, rows } = useSize();
  const { context } = useServices();
  const [current, setCurrent] = useState('columns');
  const { locks, migrations } = schema;
  const columns = useMemo(() => columnLines(schema, context.columns), [schema, context]);
  const lines = useMemo(() => ('unavailable' in migrations ? [] : migrationLines(migrations)), [migrations]);
  const held = useMemo(() => ('unavailable' in locks ? [] : withoutTwins(locks)), [locks]);
  const missing = columns.filter(({ state }) => state === 'missing').length;
  const around = { width, height: Math.max(2, rows - linesAbove - 1) };
  const panes = [
    {
      id: 'columns',
      title:
        missing === 0 ? `Columns ${schema.columns.length}` : `Columns ${schema.columns.length}, ${missing} missing`,
      element: <Part name="columns" items={columns} columns={COLUMNS} keyOf={nameOf} empty="" {...around} />,
    },
    {
      id: 'indexes',
      title: `Indexes ${schema.indexes.length}`,
      element: (
        <Part
          name="indexes"
          items={schema.indexes}
          columns={INDEXES}
          keyOf={nameOf}
          empty={`the table ${schema.table} has no index`}
          {...around}
        />
      ),
    },
    {
      id: 'constraints',
      title: `Constraints ${schema.constraints.length}`,
      element: (
        <Part
          name="constraints"
          items={schema.constraints}
          columns={CONSTRAINTS}
          keyOf={JSON.stringify}
          empty={`the table ${schema.table} has no constraint`}
          {...around}
        />
      ),
    },
    {
      id: 'migrations',
      title: 'unavailable' in migrations ? 'Migrations' : `Migrations ${migrations.length}`,
      element: (
        <Part
          name="migrations"
          items={lines}
          columns={MIGRATIONS}
          keyOf={JSON.stringify}
          empty={'unavailable' in migrations ? migrations.unavailable : 'no migration has run'}
          {...around}
        />
      ),
    },
    {
      id: 'locks',
      title: 'unavailable' in locks ? 'Locks' : `Locks ${held.length}`,
      element: (
        <Part
          name="locks"
          items={held}
          columns={LOCKS}
          keyOf={lockKey}
          empty={'unavailable' in locks ? locks.unavailable : 'nobody holds a lock or waits for one'}
          {...around}
        />
      ),
    },
  ];
  return <Panes panes={panes} current={current} onChange={setCurrent} columns={width} />;
}

const nameOf = ({ name }: { readonly name: string }): string => name;

/** What tells locks apart; how long one has been held changes. */
const lockKey = ({ holder, object, mode, waiting }: Lock) => JSON.stringify([holder, object, mode, waiting]);

/** Servers list a lock once for each page or row that it is on. */
const withoutTwins = (locks: readonly Lock[]): readonly Lock[] => [
  ...new Map(locks.map((lock) => [lockKey(lock), lock])).values(),
];

interface PartProps<Item> {
  readonly name: string;
  readonly items: readonly Item[];
  readonly columns: readonly TableColumn<Item>[];
  readonly keyOf: (item: Item) => string;
  readonly empty: string;
  readonly width: number;
  readonly height: number;
}

/** One part of the schema as a table with its own filter and order. */
function Part<Item extends object>({ items, columns, keyOf, empty, ...table }: PartProps<Item>) {
  const filter = useFilter();
  const [sort, setSort] = useState<Sort>();
  const list = useArrayList({ items, keyOf, columns, filter, sort });
  return (
    <Table
      list={list}
      columns={columns}
      empty={filter === undefined ? empty : `nothing is like "${filter.needle}" here: Esc clears the filter`}
      of={items.length}
      sort={sort}
      onSort={setSort}
      {...table}
    />
  );
}
