import { Box, Text } from 'ink';
import type { FullRow } from '../data/queries/read-rows.ts';
import { CLASS_MEANING, kindOfValue } from '../model/booking-id.ts';
import { type BookingIds, movedIds } from '../model/move.ts';
import { fit } from '../model/text.ts';
import { useServices, useSize, useTheme } from './hooks/console.ts';
import { CLASS_TONES } from './row-columns.ts';

/** A row and the names of its two booking id columns; no row means that it is gone. */
export interface Found {
  readonly row: FullRow | undefined;
  readonly v1: string;
  readonly v2: string;
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

/** What a row's class means, and what the move would make of its two ids: five lines. */
export function Move({ row, found }: { row: FullRow; found: Found }) {
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
