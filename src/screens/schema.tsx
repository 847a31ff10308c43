import { Box, Text } from 'ink';
import { useMemo, useState } from 'react';
import type { Lock } from '../data/connection.ts';
import { readLocks, readMigrations, readTable, type Unavailable } from '../data/queries/schema.ts';
import { fit } from '../model/text.ts';
import { Panes } from './components/panes.tsx';
import { Table } from './components/table.tsx';
import { type Asked, useAsked } from './hooks/asked.ts';
import { useConsole, useServices, useSize, useTheme } from './hooks/console.ts';
import { useFilter, useKeys } from './hooks/keys.ts';
import { COLUMNS, CONSTRAINTS, columnLines, INDEXES, LOCKS, MIGRATIONS, migrationLines } from './schema-columns.ts';
import type { TableColumn } from './table/columns.ts';
import { type Sort, useArrayList } from './table/list.ts';

/** Seconds between two looks: a schema seldom changes, and asking reads the server's catalogues. */
const EVERY = 30;

/** The table as the server has it against what apptop expects, and who locks it; each part comes when it can. */
export function Schema() {
  const theme = useTheme();
  const console = useConsole();
  const { columns: width, rows } = useSize();
  const { context, database, live } = useServices();
  const [current, setCurrent] = useState('columns');
  const locks = useAsked((options) => readLocks(database, options), EVERY);
  const migrations = useAsked((options) => readMigrations(database, context.table.schema, options), EVERY);
  const table = useAsked((options) => readTable(database, options), EVERY);
  const asked = [table, migrations, locks];
  const refresh = () => {
    for (const { again } of asked) again();
    live.refresh();
    console.notify('the schema is read again');
  };
  const cancel = () => {
    for (const part of asked) part.cancel();
  };
  useKeys([
    { id: 'refresh', keys: ['R'], title: 'Read the schema again', run: refresh },
    ...(asked.some(({ asking }) => asking)
      ? [{ id: 'cancel-asking', keys: ['escape'], title: 'Cancel the query', run: cancel }]
      : []),
  ]);
  const problem = asked.find((part) => part.problem !== undefined)?.problem;
  const schema = table.answer;
  const columns = useMemo(() => schema && columnLines(schema, context.columns), [schema, context]);
  const lines = useMemo(() => mapped(migrations.answer, migrationLines), [migrations.answer]);
  const held = useMemo(() => mapped(locks.answer, withoutTwins), [locks.answer]);
  const lacking = columns?.filter(({ state }) => state === 'missing').length ?? 0;
  const shape = { width, height: Math.max(2, rows - (problem === undefined ? 1 : 2)) };
  const name = schema?.table ?? context.table.name;
  const panes = [
    {
      id: 'columns',
      title: `${titled('Columns', schema?.columns)}${lacking === 0 ? '' : `, ${lacking} missing`}`,
      element: (
        <Part name="columns" part={columns} asked={table} columns={COLUMNS} keyOf={nameOf} empty="" {...shape} />
      ),
    },
    {
      id: 'indexes',
      title: titled('Indexes', schema?.indexes),
      element: (
        <Part
          name="indexes"
          part={schema?.indexes}
          asked={table}
          columns={INDEXES}
          keyOf={nameOf}
          empty={`the table ${name} has no index`}
          {...shape}
        />
      ),
    },
    {
      id: 'constraints',
      title: titled('Constraints', schema?.constraints),
      element: (
        <Part
          name="constraints"
          part={schema?.constraints}
          asked={table}
          columns={CONSTRAINTS}
          keyOf={JSON.stringify}
          empty={`the table ${name} has no constraint`}
          {...shape}
        />
      ),
    },
    {
      id: 'migrations',
      title: titled('Migrations', migrations.answer),
      element: (
        <Part
          name="migrations"
          part={lines}
          asked={migrations}
          columns={MIGRATIONS}
          keyOf={JSON.stringify}
          empty="no migration has run"
          {...shape}
        />
      ),
    },
    {
      id: 'locks',
      title: titled('Locks', held),
      element: (
        <Part
          name="locks"
          part={held}
          asked={locks}
          columns={LOCKS}
          keyOf={lockKey}
          empty="nobody holds a lock or waits for one"
          {...shape}
        />
      ),
    },
  ];
  return (
    <Box flexDirection="column" width={width}>
      {problem !== undefined && (
        <Text wrap="truncate" {...theme.style('bad')}>
          {fit(` ${theme.glyphs.alert} ${problem.message}: ${problem.remedy}`, width, { ascii: theme.ascii })}
        </Text>
      )}
      <Panes panes={panes} current={current} onChange={setCurrent} columns={width} />
    </Box>
  );
}

/** A part of the schema: undefined until it is read. */
type SchemaPart<Item> = readonly Item[] | Unavailable | undefined;

const itemsOf = <Item,>(part: SchemaPart<Item>): readonly Item[] | undefined =>
  part === undefined || 'unavailable' in part ? undefined : part;

function mapped<Item, Line>(
  part: SchemaPart<Item>,
  change: (items: readonly Item[]) => readonly Line[],
): SchemaPart<Line> {
  return part === undefined || 'unavailable' in part ? part : change(part);
}

/** With how many there are, where that is known. */
const titled = (title: string, part: SchemaPart<unknown>): string => {
  const items = itemsOf(part);
  return items === undefined ? title : `${title} ${items.length}`;
};

/** The same one each time. */
const NOTHING: readonly never[] = [];

const nameOf = ({ name }: { readonly name: string }): string => name;

/** What tells locks apart; how long one has been held changes. */
const lockKey = ({ holder, object, mode, waiting }: Lock) => JSON.stringify([holder, object, mode, waiting]);

/** Servers list a lock once for each page or row that it is on. */
const withoutTwins = (locks: readonly Lock[]): readonly Lock[] => [
  ...new Map(locks.map((lock) => [lockKey(lock), lock])).values(),
];

interface PartProps<Item> {
  readonly name: string;
  readonly part: SchemaPart<Item>;
  /** The question that it comes from. */
  readonly asked: Pick<Asked<unknown>, 'asking' | 'problem'>;
  readonly columns: readonly TableColumn<Item>[];
  readonly keyOf: (item: Item) => string;
  readonly empty: string;
  readonly width: number;
  readonly height: number;
}

/** Why a part has no lines. */
function reason({ part, asked, empty }: Pick<PartProps<unknown>, 'part' | 'asked' | 'empty'>): string {
  if (part !== undefined) return 'unavailable' in part ? part.unavailable : empty;
  if (asked.problem === undefined || asked.asking) return 'reading the schema: Esc cancels';
  return 'not known: R reads the schema again';
}

/** One part of the schema as a table with its own filter and order. */
function Part<Item extends object>({ part, asked, columns, keyOf, empty, ...table }: PartProps<Item>) {
  const filter = useFilter();
  const [sort, setSort] = useState<Sort>();
  const items = itemsOf(part) ?? NOTHING;
  const list = useArrayList({ items, keyOf, columns, filter, sort });
  const nothing = items.length === 0 || filter === undefined;
  return (
    <Table
      list={list}
      columns={columns}
      empty={
        nothing ? reason({ part, asked, empty }) : `nothing is like "${filter.needle}" here: Esc clears the filter`
      }
      of={items.length}
      sort={sort}
      onSort={setSort}
      {...table}
    />
  );
}
