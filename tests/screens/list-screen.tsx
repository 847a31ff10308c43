import { Text } from 'ink';
import { useState } from 'react';
import type { AppointmentRow } from '../../src/data/queries/rows.ts';
import { Table } from '../../src/screens/components/table.tsx';
import { TextList } from '../../src/screens/components/text-list.tsx';
import type { Screen } from '../../src/screens/contract.ts';
import { useConsole, useSize } from '../../src/screens/hooks/console.ts';
import { useFilter } from '../../src/screens/hooks/keys.ts';
import type { TableColumn } from '../../src/screens/table/columns.ts';
import { type Sort, useArrayList, useRowList } from '../../src/screens/table/list.ts';

const value = (name: string) => (row: AppointmentRow) => row.values[name] ?? null;

const COLUMNS: readonly TableColumn<AppointmentRow>[] = [
  { id: 'id', title: 'id', width: 8, priority: 1, value: (row) => row.pk, sortable: true },
  { id: 'source', title: 'source', width: 18, priority: 2, value: value('source'), sortable: true },
  { id: 'branch_id', title: 'branch', width: 36, priority: 4, value: value('branch_id') },
  {
    id: 'sync_error_message',
    title: 'message',
    width: 20,
    priority: 3,
    grows: true,
    value: value('sync_error_message'),
  },
];

export const row = (pk: string, values: AppointmentRow['values'] = {}): AppointmentRow => ({
  pk,
  class: 'none',
  values,
});

const keyOf = (item: AppointmentRow) => item.pk;

/** A list over the rows of an array, as a screen would draw it. */
export function arrayScreen(items: readonly AppointmentRow[]): readonly Screen[] {
  const List = () => {
    const console = useConsole();
    const { columns, rows } = useSize();
    const filter = useFilter();
    const [sort, onSort] = useState<Sort>();
    const list = useArrayList({ items, keyOf, columns: COLUMNS, filter, sort });
    return (
      <Table
        name="rows"
        list={list}
        columns={COLUMNS}
        width={columns}
        height={rows}
        of={items.length}
        empty="no rows: make some"
        filter={filter}
        sort={sort}
        onSort={onSort}
        onOpen={({ pk }) => console.open({ title: `row ${pk}`, element: <Text>{`all of row ${pk}`}</Text> })}
      />
    );
  };
  return [{ id: 'list', key: '1', title: 'List', component: List }];
}

/** A list over a store of rows. */
export function storeScreen(): readonly Screen[] {
  const List = () => {
    const { columns, rows } = useSize();
    const list = useRowList({
      filter: { includesDeleted: false },
      sort: { column: 'id', direction: 'asc' },
      columns: [],
    });
    return <Table name="rows" list={list} columns={COLUMNS} width={columns} height={rows} empty="no rows" />;
  };
  return [{ id: 'list', key: '1', title: 'List', component: List }];
}

/** A text of so many lines. */
export function textScreen(count: number): Screen {
  const lines = Array.from({ length: count }, (_, at) => ({
    text: `text ${at + 1}`,
    tone: 'plain' as const,
    copied: { text: '', what: 'the text' },
  }));
  const List = () => {
    const { columns, rows } = useSize();
    return <TextList lines={lines} width={columns} height={rows} empty="no text" />;
  };
  return { id: 'text', key: '1', title: 'Text', component: List };
}
