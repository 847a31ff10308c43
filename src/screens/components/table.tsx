import { Box, Text } from 'ink';
import { memo, type ReactNode, useEffect, useLayoutEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { count } from '../../model/format.ts';
import { fit, visible } from '../../model/text.ts';
import { useConsole, useTheme } from '../hooks/console.ts';
import { type Filter, filterWords, useKeys } from '../hooks/keys.ts';
import { GAP, type PlacedColumn, placeColumns, type TableColumn } from '../table/columns.ts';
import { type TableProps, tableBindings } from '../table/keys.ts';
import type { ListView, Sort } from '../table/list.ts';
import { TableModel } from '../table/model.ts';
import type { Theme, Tone } from '../theme.ts';

/** A list of any length: draws the rows that are on screen and follows the one under the cursor by its key. */
export function Table<Item extends object>(props: TableProps<Item>): ReactNode {
  const { list, columns, width, height, sort, empty, filter, sectionOf, about } = props;
  const theme = useTheme();
  const [model] = useState(() => new TableModel(list));
  useEffect(() => model.attach(), [model]);
  const room = Math.max(1, height - 2);
  useLayoutEffect(() => model.setHeight(room), [model, room]);
  const { view, index, top, marks, anchor } = useSyncExternalStore(model.subscribe, model.getState);
  const { onShown } = props;
  useEffect(() => onShown?.(view.rows.slice(top, top + room)), [onShown, view.rows, top, room]);
  const [at, setAt] = useState(0);
  const current = columns[at];
  const placed = useMemo(() => placeColumns(columns, current, width), [columns, current, width]);
  const drawn = useMemo(() => segmentCache(placed, theme.ascii), [placed, theme]);
  useKeys(tableBindings({ ...props, model, console: useConsole(), at, setAt }));
  if (view.rows.length === 0)
    return <Empty view={view} empty={filter === undefined ? empty : nothingFound(filter)} width={width} />;
  const lines = linesOf(view.rows.slice(top, top + room), index - top, room, sectionOf);
  const selected = view.rows[index];
  // The titles show the column too: beside a filter it has no room on narrow screens.
  const column = filter === undefined ? current?.title : undefined;
  const said = about === undefined || selected === undefined ? column : about(selected);
  return (
    <Box flexDirection="column" width={width}>
      {height > 2 && <Titles placed={placed} sort={sort} current={current} width={width} />}
      {lines.map((line) =>
        'section' in line ? (
          <Text key={`section ${line.section}`} wrap="truncate" {...theme.style('title')}>
            {fit(` ${line.section}`, width, { ascii: theme.ascii })}
          </Text>
        ) : (
          <Line
            key={list.keyOf(line.row)}
            segments={drawn(line.row)}
            selected={top + line.at === index}
            marked={marks.has(list.keyOf(line.row))}
          />
        ),
      )}
      {height > 3 && (
        <Text wrap="truncate" {...theme.style('muted')}>
          {fit(
            ` ${whereWords(view, index, { said, filter, marked: marks.size, inRange: anchor !== undefined }, theme)}`,
            width,
            {
              ascii: theme.ascii,
            },
          )}
        </Text>
      )}
    </Box>
  );
}

/** A line of a list: a row, or the name of the section that begins. */
type ListLine<Item> = { readonly row: Item; readonly at: number } | { readonly section: string };

/** As many lines as there is room for, the one under the cursor among them, with a line before each section. */
function linesOf<Item>(
  rows: readonly Item[],
  cursor: number,
  room: number,
  sectionOf: ((item: Item) => string) | undefined,
): readonly ListLine<Item>[] {
  if (sectionOf === undefined) return rows.map((row, at) => ({ row, at }));
  const sections = rows.map(sectionOf);
  const lines = rows.flatMap((row, at): ListLine<Item>[] => {
    const section = sections[at] ?? '';
    return section === sections[at - 1] ? [{ row, at }] : [{ section }, { row, at }];
  });
  const line = lines.findIndex((candidate) => 'at' in candidate && candidate.at === cursor);
  const from = Math.max(0, line - room + 1);
  const [first, second, ...rest] = lines.slice(from, from + room);
  if (first === undefined || second === undefined) return lines.slice(from, from + room);
  // Where the name of a section scrolled away, it stands instead of the section's first row on screen.
  const lost = 'at' in first && 'at' in second && first.at !== cursor;
  return [lost ? { section: sections[first.at] ?? '' } : first, second, ...rest];
}

/** Why a filtered list is empty. */
const nothingFound = ({ needle, inverse }: Filter): string =>
  `no row is ${inverse ? 'without' : 'with'} "${needle}" in a column of this list: Esc clears the filter`;

interface Where {
  /** The column under the cursor, or what the list says of the row. */
  readonly said: string | undefined;
  readonly filter: Filter | undefined;
  readonly marked: number;
  readonly inRange: boolean;
}

/** `filter "LINE1": row 12 of 1,000,000 · held: 3 marked · Esc clears` */
function whereWords<Item>(
  { offset, total, loading, problem, rows }: ListView<Item>,
  index: number,
  { said, filter, marked, inRange }: Where,
  { glyphs, ascii }: Theme,
): string {
  const position = `row ${count(offset + index + 1)} of ${total === undefined ? `${count(offset + rows.length)} or more` : count(total)}`;
  const parts = [
    filter === undefined ? position : `${filterWords(filter, ascii)}: ${position}`,
    inRange ? 'range: v ends it' : undefined,
    marked === 0 ? undefined : `held: ${count(marked)} marked`,
    filter === undefined ? undefined : 'Esc clears',
    said,
    loading === undefined ? undefined : 'loading',
    problem === undefined ? undefined : visible(problem.message, ascii),
  ];
  return parts.filter((part) => part !== undefined).join(` ${glyphs.dot} `);
}

function Empty<Item>({ view, empty, width }: { view: ListView<Item>; empty: string; width: number }) {
  const theme = useTheme();
  if (view.problem !== undefined) {
    return (
      <Box flexDirection="column" width={width} paddingX={1}>
        <Text {...theme.style('bad')}>{visible(`${theme.glyphs.alert} ${view.problem.message}`, theme.ascii)}</Text>
        <Text>{visible(`try: ${view.problem.remedy}`, theme.ascii)}</Text>
      </Box>
    );
  }
  const text = view.loading === undefined ? empty : 'loading: Esc cancels';
  return (
    <Box width={width} paddingX={1}>
      <Text {...theme.style('muted')}>{visible(text, theme.ascii)}</Text>
    </Box>
  );
}

interface TitlesProps<Item> {
  readonly placed: readonly PlacedColumn<Item>[];
  readonly sort: Sort | undefined;
  readonly current: TableColumn<Item> | undefined;
  readonly width: number;
}

function Titles<Item>({ placed, sort, current, width }: TitlesProps<Item>) {
  const theme = useTheme();
  const { ascending, descending } = theme.glyphs;
  return (
    <Text wrap="truncate">
      {'  '}
      {placed.map(({ column, width: wide }, index) => {
        const arrow = sort?.column !== column.id ? '' : sort.direction === 'asc' ? ascending : descending;
        const align = column.align ?? 'left';
        return (
          <Text key={column.id} {...theme.style(column === current ? 'accent' : 'title')}>
            {fit(`${column.title}${arrow}`, wide, { align, ascii: theme.ascii })}
            {index < placed.length - 1 && width > 0 ? ' '.repeat(GAP) : ''}
          </Text>
        );
      })}
    </Text>
  );
}

interface Segment {
  readonly text: string;
  readonly tone: Tone;
}

/** A row's cells, those of one tone after another as one text. */
function segmentsOf<Item>(row: Item, placed: readonly PlacedColumn<Item>[], ascii: boolean): readonly Segment[] {
  const segments: Segment[] = [];
  for (const [index, { column, width }] of placed.entries()) {
    const value = column.shown === undefined ? column.value(row) : column.shown(row);
    const cell = fit(value ?? '', width, { align: column.align ?? 'left', ascii });
    const text = index < placed.length - 1 ? cell + ' '.repeat(GAP) : cell;
    const tone = column.tone?.(row) ?? 'plain';
    const last = segments.at(-1);
    if (last?.tone === tone) segments[segments.length - 1] = { text: last.text + text, tone };
    else segments.push({ text, tone });
  }
  return segments;
}

/** The cells of rows, each row's fitted once for as long as the columns stay where they are. */
function segmentCache<Item extends object>(placed: readonly PlacedColumn<Item>[], ascii: boolean) {
  const known = new WeakMap<Item, readonly Segment[]>();
  return (row: Item): readonly Segment[] => {
    const segments = known.get(row) ?? segmentsOf(row, placed, ascii);
    known.set(row, segments);
    return segments;
  };
}

interface LineProps {
  readonly segments: readonly Segment[];
  readonly selected: boolean;
  readonly marked: boolean;
}

/** One row on one line, drawn again only when it looks different. */
const Line = memo(function Line({ segments, selected, marked }: LineProps) {
  const theme = useTheme();
  const gutter = `${selected ? theme.glyphs.cursor : ' '}${marked ? theme.glyphs.mark : ' '}`;
  if (selected) {
    return <Text wrap="truncate" inverse>{`${gutter}${segments.map(({ text }) => text).join('')}`}</Text>;
  }
  return (
    <Text wrap="truncate">
      <Text {...theme.style(marked ? 'accent' : 'plain')}>{gutter}</Text>
      {segments.map(({ text, tone }, index) => (
        <Text key={index} {...theme.style(tone)}>
          {text}
        </Text>
      ))}
    </Text>
  );
});
