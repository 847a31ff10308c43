import { Text } from 'ink';
import Table from 'ink-table';
import { createContext, type PropsWithChildren, use } from 'react';
import { fit, visible, width } from '../../model/text.ts';
import { useTheme } from '../hooks/console.ts';

/** ink-table draws every row at every frame, two lines each: 450 ms at 1,000 rows. Longer lists are for `Table`. */
const MOST_ROWS = 15;
/** What ink-table leaves free at both sides of a cell. */
const PADDING = 1;

const asciiLines: Readonly<Record<string, string>> = { '─': '-', '│': '|', ' ': ' ' };

interface SummaryProps {
  readonly columns: readonly string[];
  /** Cells as they shall read, in the order of the columns; those after the 15th row are left out. */
  readonly rows: readonly (readonly string[])[];
}

/** The texts that ink-table's cells stand for, each as wide as its column. */
const TextsContext = createContext<readonly (readonly string[])[]>([]);

/** A small table that stays as it is: the figures of a few groups. */
export function Summary({ columns, rows }: SummaryProps) {
  const { ascii } = useTheme();
  const shown = rows.slice(0, MOST_ROWS).map((row) => row.map((cell) => visible(cell, ascii)));
  const widths = columns.map((title, column) =>
    Math.max(2, width(title), ...shown.map((row) => width(row[column] ?? ''))),
  );
  const fitted = (row: readonly string[]) => widths.map((wide, column) => fit(row[column] ?? '', wide, { ascii }));
  const titles = fitted(columns);
  // ink-table measures text in UTF-16 units, which is wrong for wide and combining characters: it gets the number of
  // the row in as many digits and blanks as the column is wide, and draws the text that stands for it.
  const data = shown.map((_, row) =>
    Object.fromEntries(titles.map((title, column) => [title, String(row).padEnd(widths[column] ?? 0)])),
  );
  return (
    <TextsContext value={shown.map(fitted)}>
      <Table data={data} columns={titles} padding={PADDING} header={Title} cell={Cell} skeleton={Line} />
    </TextsContext>
  );
}

function Cell({ children, column }: PropsWithChildren<{ column: number }>) {
  const padding = ' '.repeat(PADDING);
  return <Text>{`${padding}${use(TextsContext)[Number(children)]?.[column] ?? ''}${padding}`}</Text>;
}

function Title({ children }: PropsWithChildren) {
  return <Text {...useTheme().style('title')}>{children}</Text>;
}

function Line({ children }: PropsWithChildren) {
  const { ascii, style } = useTheme();
  const line = String(children);
  return <Text {...style('muted')}>{ascii ? line.replace(/[^]/g, (part) => asciiLines[part] ?? '+') : line}</Text>;
}
