import { useMemo, useState } from 'react';
import type { Check } from '../checks/check.ts';
import type { Evidence } from '../checks/evidence.ts';
import type { Row } from '../data/connection.ts';
import { count } from '../model/format.ts';
import { width as widthOf } from '../model/text.ts';
import { whyNoRow } from './check-text.ts';
import type { CheckLine } from './checks-lines.ts';
import { Table } from './components/table.tsx';
import type { Binding } from './contract.ts';
import { useConsole } from './hooks/console.ts';
import { useFilter } from './hooks/keys.ts';
import { rowView } from './row.tsx';
import type { TableColumn } from './table/columns.ts';
import { type Sort, useArrayList } from './table/list.ts';

/** `Rows 20 of 102`; rows that a passing check shows violate nothing. */
export function rowsTitle(shown: number, violations: number): string {
  if (shown === 0) return 'Rows';
  return violations < shown ? `Rows ${count(shown)}` : `Rows ${count(shown)} of ${count(violations)}`;
}

/** Why there are no rows to see. */
export function whyNoRows({ standing, known }: CheckLine, evidence: Evidence | undefined): string {
  if (known === undefined) return standing === 'never' ? 'it has never run: x runs it' : 'no rows yet';
  if (known.verdict === 'pass') return 'no row violates it';
  if (known.verdict !== 'fail') return 'it has not looked at any row';
  // Its file is damaged, or an earlier version wrote none.
  if (evidence === undefined) return 'its rows are lost: x finds them again';
  return known.figure === undefined
    ? 'its rows are too large to keep: the SQL finds them'
    : 'no single row is at fault: the figure above is';
}

interface SampleRow {
  readonly key: string;
  readonly row: Row;
}

interface SampleProps {
  readonly check: Check;
  readonly sample: readonly Row[];
  readonly empty: string;
  readonly width: number;
  readonly height: number;
}

const keyOf = ({ key }: SampleRow): string => key;

/** The first violating rows; Enter opens the appointment that one is. */
export function Sample({ check, sample, empty, width, height }: SampleProps) {
  const console = useConsole();
  // Rows of a user's own SELECT may be the same, or have no key.
  const items = useMemo(() => sample.map((row, index) => ({ key: `${row['pk'] ?? ''} ${index}`, row })), [sample]);
  const columns = useMemo(() => sampleColumns(sample), [sample]);
  const [sort, setSort] = useState<Sort>();
  const filter = useFilter();
  const list = useArrayList({ items, keyOf, columns, filter, sort });
  const actions = (selected: SampleRow | undefined): readonly Binding[] => {
    const pk = selected?.row['pk'];
    return [
      {
        id: 'open',
        keys: ['enter'],
        title: 'Open the row',
        hint: 'open',
        disabled: () => (selected === undefined ? 'there are no rows here' : whyNoRow(check, pk)),
        run: () => typeof pk === 'string' && console.open(rowView(pk)),
      },
    ];
  };
  return (
    <Table
      name={check.id.replaceAll('/', '-')}
      list={list}
      columns={columns}
      width={width}
      height={height}
      empty={empty}
      filter={filter}
      of={sample.length}
      sort={sort}
      onSort={setSort}
      actions={actions}
    />
  );
}

/** Cells of a value at most, where other columns need room too. */
const WIDEST = 40;

/** A column for each that the rows have, as wide as its values. */
function sampleColumns(sample: readonly Row[]): readonly TableColumn<SampleRow>[] {
  const names = [...new Set(sample.flatMap((row) => Object.keys(row)))];
  return names.map((name, index) => {
    const widths = sample.map((row) => Math.min(WIDEST, widthOf(shownValue(row[name]).slice(0, WIDEST))));
    return {
      id: name,
      title: name,
      width: Math.max(Math.min(WIDEST, widthOf(name)), ...widths),
      priority: index + 1,
      grows: index === names.length - 1,
      sortable: true,
      value: ({ row }) => row[name] ?? null,
      shown: ({ row }) => shownValue(row[name]),
      tone: ({ row }) => (row[name] === null ? 'muted' : 'plain'),
    };
  });
}

const shownValue = (value: string | null | undefined): string => (value === null ? 'NULL' : (value ?? ''));
