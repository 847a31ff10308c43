import { Box, Text } from 'ink';
import { useMemo, useState } from 'react';
import type { QueryOptions } from '../data/database.ts';
import { type FullRow, readRow, sourceOf } from '../data/queries/read-rows.ts';
import { count, counted } from '../model/format.ts';
import type { KeptOutcome } from '../model/review.ts';
import { fit, visible } from '../model/text.ts';
import type { View } from './contract.ts';
import { type Asked, useAsked } from './hooks/asked.ts';
import { useConsole, useDisplay, useServices, useSize, useSnapshot, useTheme } from './hooks/console.ts';
import { useDatabaseClock } from './hooks/database-clock.ts';
import { useKeys } from './hooks/keys.ts';
import { useReviewActions } from './review-actions.tsx';
import { type FieldLine, fieldLines } from './row-fields.ts';
import { History, useHistory } from './row-history.tsx';
import { rowBindings } from './row-keys.ts';
import { type Found, Move } from './row-move.tsx';

/** One appointment in full: every column of the table, and what the move would do to it. */
export const rowView = (pk: string): View => ({ title: `row ${pk}`, element: <AppointmentView pk={pk} /> });

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
  const reviewed = useSnapshot(({ review }) => review !== undefined);
  const actions = useReviewActions()({ pks: [pk], marked: false, all: undefined });
  useKeys(reviewed ? actions : []);
  const kept = useHistory(pk);
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
      {shown?.row !== undefined && <Fields row={shown.row} found={shown} kept={kept} linesAbove={notes.length} />}
      {answer === undefined && problem === undefined && (
        <Text {...theme.style('muted')}>{line('reading the row')}</Text>
      )}
    </Box>
  );
}

/** Lines of what operators did: one on a small screen. */
const MOST_HISTORY = 4;
const MANY_ROWS = 20;

/** A place in the fields that stays where it is while values change. */
interface Place {
  readonly field: string;
  readonly part: number;
}

const indexOf = (lines: readonly FieldLine[], { field, part }: Place): number =>
  lines.findLastIndex((line) => line.field.name === field && line.part <= part);

interface FieldsProps {
  readonly row: FullRow;
  readonly found: Found;
  /** What operators did about it. */
  readonly kept: readonly KeptOutcome[];
  readonly linesAbove: number;
}

function Fields({ row, found, kept, linesAbove }: FieldsProps) {
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
  const history = Math.min(kept.length, rows < MANY_ROWS ? 1 : MOST_HISTORY);
  const room = Math.max(1, rows - linesAbove - history - (withMove ? 6 : 1));
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
      {history > 0 && <History kept={kept} now={now} lines={history} />}
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
