import { Box, Text } from 'ink';
import { useMemo, useState } from 'react';
import type { QueryOptions } from '../data/database.ts';
import { type FullRow, readRow, sourceOf } from '../data/queries/read-rows.ts';
import { CLASS_MEANING, kindOfValue } from '../model/booking-id.ts';
import { count, counted } from '../model/format.ts';
import { type BookingIds, movedIds } from '../model/move.ts';
import { fit, visible } from '../model/text.ts';
import type { Binding, View } from './contract.ts';
import { type Asked, useAsked } from './hooks/asked.ts';
import { useConsole, useDisplay, useServices, useSize, useTheme } from './hooks/console.ts';
import { useDatabaseClock } from './hooks/database-clock.ts';
import { useKeys } from './hooks/keys.ts';
import { CLASS_TONES } from './row-columns.ts';
import { type FieldLine, fieldLines } from './row-fields.ts';

/** One appointment in full: every column of the table, and what the move would do to it. */
export const rowView = (pk: string): View => ({ title: `row ${pk}`, element: <AppointmentView pk={pk} /> });

/** A row and the names of its two booking id columns; no row means that it is gone. */
interface Found {
  readonly row: FullRow | undefined;
  readonly v1: string;
  readonly v2: string;
}

function useRow(pk: string): Asked<Found> {
  const { context, database } = useServices();
  return useAsked(async (options: QueryOptions) => {
    const source = await sourceOf(database, context, options);
    const { v1, v2 } = source.appointments;
    return { row: await readRow(database, source, pk, options), v1: v1.name, v2: v2.name };
  }, 'refresh');
}

function AppointmentView({ pk }: { pk: string }) {
  const theme = useTheme();
  const { columns } = useSize();
  const { answer, problem, again } = useRow(pk);
  const [last, setLast] = useState<Found>();
  if (answer?.row !== undefined && answer !== last) setLast(answer);
  useKeys([{ id: 'refresh', keys: ['R'], title: 'Read the row again', run: again }]);
  const gone = answer !== undefined && answer.row === undefined;
  const shown = answer?.row === undefined ? last : answer;
  const line = (text: string) => fit(` ${text}`, columns, { ascii: theme.ascii });
  const notes = [
    ...(gone ? [`this row is gone: somebody deleted it${shown === undefined ? '' : '; these were its values'}`] : []),
    ...(problem === undefined ? [] : [`${problem.message}: ${problem.remedy}`]),
  ];
  return (
    <Box flexDirection="column">
      {notes.map((note) => (
        <Text key={note} wrap="truncate" {...theme.style('bad')}>
          {line(`${theme.glyphs.alert} ${note}`)}
        </Text>
      ))}
      {shown?.row !== undefined && <Fields row={shown.row} found={shown} linesAbove={notes.length} />}
      {answer === undefined && problem === undefined && (
        <Text {...theme.style('muted')}>{line('reading the row')}</Text>
      )}
    </Box>
  );
}

const literal = (value: string | null | undefined): string =>
  value === null || value === undefined ? 'NULL' : `'${value}'`;

/** What the move makes of the two columns, each as before and after. */
function moveLines(row: FullRow, { v1, v2 }: Found): readonly (readonly [string, string, string])[] {
  const valueOf = (name: string) => row.fields.find((field) => field.name === name)?.value ?? null;
  const before: BookingIds = { v1: valueOf(v1), v2: valueOf(v2) };
  const after = movedIds(row.class, before);
  return [
    [v1, literal(before.v1), literal(after.v1)],
    [v2, literal(before.v2), literal(after.v2)],
  ];
}

const BY_DESIGN = 'numeric by design: the uid has a column of its own, and this id belongs here';

function Move({ row, found }: { row: FullRow; found: Found }) {
  const theme = useTheme();
  const { columns } = useSize();
  const { context } = useServices();
  const { meaning, move } = CLASS_MEANING[row.class];
  const numeric = kindOfValue(row.fields.find(({ name }) => name === found.v2)?.value ?? null) === 'v1';
  const byDesign = row.class === 'both' && numeric && context.bookingIds.layout === 'detect';
  const lines = moveLines(row, found);
  const nameWidth = Math.min(Math.floor(columns / 3), Math.max(found.v1.length, found.v2.length));
  const valueWidth = Math.max(4, Math.min(30, Math.floor((columns - nameWidth - 10) / 2)));
  const options = { ascii: theme.ascii };
  return (
    <Box flexDirection="column">
      <Text wrap="truncate" {...theme.style('title')}>
        {fit(` ${row.class}: ${byDesign ? BY_DESIGN : meaning}`, columns, options)}
      </Text>
      <Text wrap="truncate" {...theme.style('muted')}>
        {fit(` the move: ${move}`, columns, options)}
      </Text>
      {lines.map(([name, before, after]) => (
        <Text key={name} wrap="truncate">
          {`   ${fit(name, nameWidth, options)}  ${fit(before, valueWidth, options)} `}
          <Text {...theme.style(before === after ? 'muted' : CLASS_TONES[row.class])}>
            {before === after ? 'stays' : `${theme.glyphs.arrow}  ${fit(after, valueWidth, options).trimEnd()}`}
          </Text>
        </Text>
      ))}
    </Box>
  );
}

/** A place in the fields that stays where it is while values change. */
interface Place {
  readonly field: string;
  readonly part: number;
}

const indexOf = (lines: readonly FieldLine[], { field, part }: Place): number =>
  lines.findLastIndex((line) => line.field.name === field && line.part <= part);

function Fields({ row, found, linesAbove }: { row: FullRow; found: Found; linesAbove: number }) {
  const theme = useTheme();
  const { columns, rows } = useSize();
  const now = useDatabaseClock();
  const { localTime: local } = useDisplay();
  const [place, setPlace] = useState<Place>({ field: '', part: 0 });
  const [top, setTop] = useState(0);
  const { ascii } = theme;
  const lines = useMemo(
    () => fieldLines(row.fields, { columns: columns - 3, now, local, ascii }),
    [row.fields, columns, now, local, ascii],
  );
  const withMove = rows - linesAbove >= 12;
  const room = Math.max(1, rows - linesAbove - (withMove ? 6 : 1));
  const at = Math.max(0, indexOf(lines, place));
  const first = Math.max(0, Math.min(top, at, lines.length - room), at - room + 1);
  const current = lines[at];
  const goTo = (wanted: number, shownFrom = first) => {
    const line = lines[Math.max(0, Math.min(lines.length - 1, wanted))];
    if (line === undefined) return;
    setTop(shownFrom);
    setPlace({ field: line.field.name, part: line.part });
  };
  /** To a field's first line, with as many of its others on screen as fit. */
  const goToField = (step: 1 | -1) => {
    const isHead = ({ part }: FieldLine, index: number) => part === 0 && (step === 1 ? index > at : index < at);
    const start = step === 1 ? lines.findIndex(isHead) : lines.findLastIndex(isHead);
    const end = lines.findLastIndex(({ field }) => field === lines[start]?.field);
    if (start >= 0) goTo(start, Math.max(first, Math.min(start, end - room + 1)));
  };
  useKeys(rowBindings({ row, current, goTo, goToField, at, room, last: lines.length - 1, console: useConsole() }));
  const position = row.fields.findIndex((field) => field === current?.field) + 1;
  return (
    <Box flexDirection="column">
      {withMove && <Move row={row} found={found} />}
      {withMove && <Text> </Text>}
      {lines.slice(first, first + room).map((line, offset) => {
        const here = line.field === current?.field;
        return (
          <Text key={`${line.field.name} ${line.part}`} wrap="truncate">
            <Text {...theme.style(here ? 'accent' : 'plain')}>
              {first + offset === at ? theme.glyphs.cursor : ' '}{' '}
            </Text>
            <Text {...theme.style(here ? 'accent' : 'muted')}>{line.head}</Text>
            <Text {...theme.style(line.tone)}>{line.text}</Text>
          </Text>
        );
      })}
      <Text wrap="truncate" {...theme.style('muted')}>
        {fit(
          ` column ${count(position)} of ${count(row.fields.length)} ${theme.glyphs.dot} ${summaryOf(current)}`,
          columns,
          {
            ascii,
          },
        )}
      </Text>
    </Box>
  );
}

const summaryOf = (line: FieldLine | undefined): string => {
  if (line === undefined) return '';
  const { name, type, value } = line.field;
  const length = value === null ? '' : `, ${counted([...value].length, 'character')}`;
  return visible(`${name} ${type}${length}`);
};

interface RowKeys {
  readonly row: FullRow;
  readonly current: FieldLine | undefined;
  readonly at: number;
  readonly last: number;
  readonly room: number;
  readonly goTo: (index: number) => void;
  readonly goToField: (step: 1 | -1) => void;
  readonly console: ReturnType<typeof useConsole>;
}

function rowBindings({ row, current, at, last, room, goTo, goToField, console }: RowKeys): readonly Binding[] {
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
