import type { FullRow } from '../data/queries/read-rows.ts';
import type { Binding, Console } from './contract.ts';
import type { FieldLine } from './row-fields.ts';

interface RowKeys {
  readonly row: FullRow;
  readonly current: FieldLine | undefined;
  readonly at: number;
  readonly last: number;
  readonly room: number;
  readonly goTo: (index: number) => void;
  readonly goToField: (step: 1 | -1) => void;
  readonly console: Console;
}

/** The keys of one row in full. */
export function rowBindings({ row, current, at, last, room, goTo, goToField, console }: RowKeys): readonly Binding[] {
  const asJson = () => JSON.stringify(Object.fromEntries(row.fields.map(({ name, value }) => [name, value])), null, 2);
  const exported = {
    name: `row-${row.pk.replaceAll(/[^0-9A-Za-z-]/g, '_')}`,
    columns: row.fields.map(({ name }) => name),
    rows: 1,
    of: undefined,
    read: async function* () {
      yield [row.fields.map(({ value }) => value)];
    },
  };
  return [
    { id: 'down', keys: ['j', 'down'], title: 'Down', run: () => goTo(at + 1) },
    { id: 'up', keys: ['k', 'up'], title: 'Up', run: () => goTo(at - 1) },
    {
      id: 'right',
      keys: ['l', 'right', 'tab'],
      title: 'Next column',
      hint: 'next',
      run: () => goToField(1),
    },
    { id: 'left', keys: ['h', 'left', 'shift-tab'], title: 'Previous column', run: () => goToField(-1) },
    { id: 'page-down', keys: ['pagedown', 'ctrl-f', 'space'], title: 'A page down', run: () => goTo(at + room) },
    { id: 'page-up', keys: ['pageup', 'ctrl-b'], title: 'A page up', run: () => goTo(at - room) },
    { id: 'first', keys: ['g', 'home'], title: 'To the first column', run: () => goTo(0) },
    { id: 'last', keys: ['G', 'end'], title: 'To the last line', run: () => goTo(last) },
    {
      id: 'copy-cell',
      keys: ['y'],
      title: 'Copy the value under the cursor',
      hint: 'copy',
      run: () => current !== undefined && console.copy(current.field.value ?? '', current.field.name),
    },
    { id: 'copy-row', keys: ['Y'], title: 'Copy the row as JSON', run: () => console.copy(asJson(), 'the row') },
    { id: 'export', keys: ['E'], title: 'Export the row as CSV or JSON', run: () => console.exportRows(exported) },
  ];
}
