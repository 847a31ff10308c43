import type { Binding, Console, Export } from '../contract.ts';
import type { Filter } from '../hooks/keys.ts';
import type { TableColumn } from './columns.ts';
import type { List, Sort } from './list.ts';
import type { TableModel } from './model.ts';

export interface TableProps<Item> {
  /** The beginning of an export's file name. */
  readonly name: string;
  readonly list: List<Item>;
  /** Always the same array, so that rows need not be drawn again. */
  readonly columns: readonly TableColumn<Item>[];
  readonly width: number;
  /** Lines for everything: the titles, the rows and the line that says where one is. */
  readonly height: number;
  /** Why the list is empty without a filter, and what to do next. */
  readonly empty: string;
  /** What the list was filtered by, which the last line says. */
  readonly filter?: Filter | undefined;
  /** Rows there are without the filter, for an export that says how many of how many. */
  readonly of?: number | undefined;
  readonly sort?: Sort | undefined;
  readonly onSort?: (sort: Sort) => void;
  readonly onOpen?: (item: Item) => void;
  /** Which of several sections of the list a row is in, in words: each begins with a line that says so. */
  readonly sectionOf?: ((item: Item) => string) | undefined;
  /** What the last line says of the row under the cursor, instead of the column's name. */
  readonly about?: (item: Item) => string;
  /** More keys, for what can be done with the selected or the marked rows. */
  readonly actions?: (
    selected: Item | undefined,
    marks: ReadonlySet<string>,
    clearMarks: () => void,
  ) => readonly Binding[];
  /** Told which rows are on screen; always the same function. */
  readonly onShown?: ((rows: readonly Item[]) => void) | undefined;
}

interface TableKeys<Item> extends TableProps<Item> {
  readonly model: TableModel<Item>;
  readonly console: Console;
  /** The column under the cursor. */
  readonly at: number;
  readonly setAt: (change: (at: number) => number) => void;
}

const NULL_CELL = '';

/** A row as one line, which a value must not part. */
const tabbed = (values: readonly string[]): string =>
  values.map((value) => value.replaceAll(/\r\n|[\t\r\n]/g, ' ')).join('\t');

/** What E writes: every row of the list with every column that all of them have, drawn or not. */
function exportOf<Item>({ name, list, columns: all, of, model }: TableKeys<Item>): Export {
  const columns = all.filter(({ onScreen }) => onScreen === undefined);
  return {
    name,
    columns: columns.map(({ id }) => id),
    rows: model.getState().view.total,
    of,
    read: async function* (signal) {
      for await (const rows of list.readAll(signal)) yield rows.map((row) => columns.map(({ value }) => value(row)));
    },
  };
}

/** The keys of every list. */
export function tableBindings<Item>(table: TableKeys<Item>): readonly Binding[] {
  const { model, console, columns, at, setAt, list, onOpen, sort, onSort } = table;
  const column = columns[at];
  const withRow = (act: (row: Item) => void) => () => {
    if (model.selected !== undefined) act(model.selected);
  };
  const noRow = () => (model.selected === undefined ? 'the list is empty' : undefined);
  const { view, marks, anchor } = model.getState();
  const escape: readonly Binding[] =
    anchor !== undefined
      ? [{ id: 'end-range', keys: ['escape'], title: 'End the range', run: () => model.toggleRange() }]
      : view.loading !== undefined
        ? [{ id: 'cancel-loading', keys: ['escape'], title: 'Cancel the query', run: () => list.cancel() }]
        : [];
  const unsortable = () => (column?.sortable ? undefined : `rows can't be sorted by ${column?.title ?? 'nothing'}`);
  const sorting: readonly Binding[] =
    onSort === undefined
      ? []
      : [
          {
            id: 'sort',
            keys: ['s'],
            title: `Sort by ${column?.title ?? 'this column'}`,
            disabled: unsortable,
            run: () => column && onSort({ column: column.id, direction: 'asc' }),
          },
          {
            id: 'reverse',
            keys: ['S'],
            title: 'Reverse the order',
            disabled: () => (sort === undefined ? 'the rows are not sorted yet: s sorts them' : undefined),
            run: () => sort && onSort({ ...sort, direction: sort.direction === 'asc' ? 'desc' : 'asc' }),
          },
        ];
  const open: readonly Binding[] =
    onOpen === undefined
      ? []
      : [{ id: 'open', keys: ['enter'], title: 'Open the row', hint: 'open', disabled: noRow, run: withRow(onOpen) }];
  return [
    ...(table.actions?.(model.selected, marks, () => model.clearMarks()) ?? []),
    ...open,
    ...escape,
    { id: 'down', keys: ['j', 'down'], title: 'Down', run: () => model.move(1) },
    { id: 'up', keys: ['k', 'up'], title: 'Up', run: () => model.move(-1) },
    { id: 'page-down', keys: ['pagedown', 'ctrl-f'], title: 'A page down', run: () => model.page(1) },
    { id: 'page-up', keys: ['pageup', 'ctrl-b'], title: 'A page up', run: () => model.page(-1) },
    { id: 'first', keys: ['g', 'home'], title: 'To the first row', run: () => model.toStart() },
    { id: 'last', keys: ['G', 'end'], title: 'To the last row', run: () => model.toEnd() },
    {
      id: 'right',
      keys: ['l', 'right'],
      title: 'Next column',
      run: () => setAt((from) => Math.min(columns.length - 1, from + 1)),
    },
    { id: 'left', keys: ['h', 'left'], title: 'Previous column', run: () => setAt((from) => Math.max(0, from - 1)) },
    {
      id: 'mark',
      keys: ['space'],
      title: 'Mark the row',
      hint: 'mark',
      disabled: noRow,
      run: () => model.toggleMark(),
    },
    { id: 'range', keys: ['v'], title: 'Mark a range of rows', disabled: noRow, run: () => model.toggleRange() },
    {
      id: 'clear-marks',
      keys: ['ctrl-\\'],
      title: 'Take all marks away',
      disabled: () => (model.getState().marks.size === 0 ? 'nothing is marked' : undefined),
      run: () => model.clearMarks(),
    },
    ...sorting,
    {
      id: 'copy-cell',
      keys: ['y'],
      title: 'Copy the value under the cursor',
      disabled: noRow,
      run: withRow((row) => column && console.copy(column.value(row) ?? NULL_CELL, column.title)),
    },
    {
      id: 'copy-row',
      keys: ['Y'],
      title: 'Copy the row, tabs between its values',
      disabled: noRow,
      run: withRow((row) => console.copy(tabbed(columns.map(({ value }) => value(row) ?? NULL_CELL)), 'the row')),
    },
    {
      id: 'export',
      keys: ['E'],
      title: 'Export all filtered rows as CSV or JSON',
      disabled: noRow,
      run: () => console.exportRows(exportOf(table)),
    },
  ];
}
