import { Box, Text } from 'ink';
import { type ReactNode, useState } from 'react';
import { count } from '../../model/format.ts';
import { fit } from '../../model/text.ts';
import type { Binding } from '../contract.ts';
import { useRoot, useSize, useTheme } from '../hooks/console.ts';
import { useKeys } from '../hooks/keys.ts';
import type { Theme, Tone } from '../theme.ts';
import { beside, type Cursor, type Row, type Stop, scrolled, stopAt, stopsOf } from './cursor.ts';
import { fillColumn, type Panel } from './fill.ts';
import { GUTTER, type Line, type Mark, type Paper } from './line.ts';

/** Cells between two columns of panels. */
const GAP = 2;
/** A line longer than this is hard to follow from its name to its figure. */
const WIDEST = 64;
const TWO_COLUMNS = 80;
const THREE_COLUMNS = 132;
/** A screen reader reads line after line: nothing scrolls, and lists have an end. */
const READ_LINES = 120;

/** How a screen of panels is divided. */
export interface Sheet {
  readonly columns: 1 | 2 | 3;
  /** Of one column, and of all of them. */
  readonly paper: Paper;
  readonly wide: Paper;
}

/**
 * As many columns as there is room for; one for a screen reader, which reads across.
 * @param most columns that the screen makes use of
 */
export function useSheet(most: 2 | 3): Sheet {
  const { draw, theme } = useRoot();
  const { columns: cells } = useSize();
  const columns = draw.screenReader || cells < TWO_COLUMNS ? 1 : cells < THREE_COLUMNS ? 2 : most;
  const width = Math.min(columns === 1 ? cells : WIDEST, Math.floor((cells - GAP * (columns - 1)) / columns));
  const whole = columns * width + GAP * (columns - 1);
  return { columns, paper: { width, theme }, wide: { width: whole, theme } };
}

interface PageProps {
  readonly sheet: Sheet;
  /** Lines that stay at the top. */
  readonly head: readonly Line[];
  /** Panels over the whole width, above the columns. */
  readonly across?: readonly Panel[];
  readonly columns: readonly (readonly Panel[])[];
  /** Below all panels, only where there is room for all of it. */
  readonly foot?: { readonly width: number; readonly height: number; readonly element: ReactNode };
}

function rowsOf({ sheet, across = [], columns }: PageProps, height: number): readonly Row[] {
  const above = fillColumn(across, Math.floor(height / 2));
  const left = Math.max(0, height - above.length - (above.length === 0 ? 0 : 1));
  const filled = columns.map((panels) => fillColumn(panels, left));
  const longest = Math.max(0, ...filled.map(({ length }) => length));
  const below = Array.from({ length: longest }, (_, row) => filled.map((lines) => lines[row]));
  const empty: Row = Array.from({ length: sheet.columns }, () => undefined);
  return above.length === 0 ? below : [...above.map((line) => [line]), empty, ...below];
}

/** Panels in columns with a cursor over their lines; scrolls where not all of it fits. */
export function Page(props: PageProps) {
  const { draw, theme } = useRoot();
  const size = useSize();
  const { head, sheet, foot } = props;
  const spaced = head.length > 0 && size.rows > 10;
  const room = draw.screenReader ? READ_LINES : Math.max(1, size.rows - head.length - Number(spaced));
  const rows = rowsOf(props, room);
  const stops = stopsOf(rows);
  const [cursor, setCursor] = useState<Cursor>({ key: undefined, index: 0 });
  const [before, setBefore] = useState(0);
  const at = stopAt(stops, cursor);
  const here = stops[at];
  // The last line says that there is more.
  const height = rows.length > room ? Math.max(1, room - 1) : room;
  const top = scrolled(before, here?.row ?? 0, rows.length, height);
  const go = (index: number) => {
    const to = stops[Math.max(0, Math.min(stops.length - 1, index))];
    if (to === undefined) return;
    setCursor({ key: to.line.key, index });
    setBefore(scrolled(top, to.row, rows.length, height));
  };
  useKeys(pageBindings(stops, at, height, go));
  const below = rows.length - top - height;
  const footed = foot !== undefined && sheet.wide.width >= foot.width && rows.length + 1 + foot.height <= room;
  return (
    <Box flexDirection="column">
      {head.map((line) => (
        <Text key={line.key} wrap="truncate">
          <Segments line={line} />
        </Text>
      ))}
      {spaced && <Text> </Text>}
      {rows.slice(top, top + height).map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is where it is
        <Text key={index} wrap="truncate">
          {row.map((line, column) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: as above
            <Text key={column}>
              {column > 0 && ' '.repeat(GAP)}
              {line === undefined && ' '.repeat(sheet.paper.width)}
              {line !== undefined && <Drawn line={line} selected={line === here?.line} />}
            </Text>
          ))}
        </Text>
      ))}
      {footed && <Box marginTop={1}>{foot.element}</Box>}
      {rows.length > room && <Text {...theme.style('muted')}>{moreWords(top, below, size.columns, theme)}</Text>}
    </Box>
  );
}

const moreWords = (above: number, below: number, columns: number, { ascii, glyphs }: Theme): string =>
  fit(
    below > 0
      ? ` ${glyphs.descending} ${count(below)} more below: j, PgDn`
      : ` ${glyphs.ascending} ${count(above)} more above: k, PgUp`,
    columns,
    { ascii },
  );

const MARK_TONES: Readonly<Record<Mark, Tone>> = { person: 'bad', target: 'warn', look: 'warn' };

/** A line with its gutter: where one is, and whether it deserves a look. */
function Drawn({ line, selected }: { line: Line; selected: boolean }) {
  const { glyphs, style } = useTheme();
  const { mark } = line;
  if (!selected && mark === undefined) {
    return (
      <>
        {' '.repeat(GUTTER)}
        <Segments line={line} />
      </>
    );
  }
  const sign = mark === undefined ? ' ' : mark === 'look' ? glyphs.attention : glyphs.alert;
  return (
    <>
      <Text {...style('accent')}>{selected ? glyphs.cursor : ' '}</Text>
      <Text {...style(mark === undefined ? 'plain' : MARK_TONES[mark])}>{sign.padEnd(GUTTER - 1)}</Text>
      <Segments line={line} selected={selected} />
    </>
  );
}

function Segments({ line, selected = false }: { line: Line; selected?: boolean }) {
  const { style } = useTheme();
  return line.segments.map(({ text, tone, silent = false }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a segment is where it is
    <Text key={index} aria-hidden={silent} {...style(selected && index === 0 ? 'accent' : tone)}>
      {text}
    </Text>
  ));
}

/** The keys of a screen of panels. */
function pageBindings(
  stops: readonly Stop[],
  at: number,
  height: number,
  go: (index: number) => void,
): readonly Binding[] {
  const open = stops[at]?.line.open;
  const page = (direction: 1 | -1) => () => {
    const here = stops[at];
    if (here === undefined) return;
    const column = stops.filter(({ column }) => column === here.column);
    const wanted = here.row + direction * height;
    const far = direction === 1 ? column.findLast(({ row }) => row <= wanted) : column.find(({ row }) => row >= wanted);
    if (far !== undefined) go(stops.indexOf(far));
  };
  return [
    {
      id: 'open',
      keys: ['enter'],
      title: 'Open what is behind the line',
      hint: 'open',
      disabled: () => (open === undefined ? 'there are no rows behind this line' : undefined),
      run: () => open?.(),
    },
    { id: 'down', keys: ['j', 'down'], title: 'Down', run: () => go(at + 1) },
    { id: 'up', keys: ['k', 'up'], title: 'Up', run: () => go(at - 1) },
    { id: 'right', keys: ['l', 'right'], title: 'To the column at the right', run: () => go(beside(stops, at, 1)) },
    { id: 'left', keys: ['h', 'left'], title: 'To the column at the left', run: () => go(beside(stops, at, -1)) },
    { id: 'first', keys: ['g', 'home'], title: 'To the first line', run: () => go(0) },
    { id: 'last', keys: ['G', 'end'], title: 'To the last line', run: () => go(stops.length - 1) },
    { id: 'page-down', keys: ['pagedown', 'ctrl-f'], title: 'A page down', run: page(1) },
    { id: 'page-up', keys: ['pageup', 'ctrl-b'], title: 'A page up', run: page(-1) },
  ];
}
