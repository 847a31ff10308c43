import { Box, Text } from 'ink';
import type { QueryOptions } from '../data/database.ts';
import { sourceOf } from '../data/queries/read-rows.ts';
import { outcomesOf } from '../data/state/outcomes.ts';
import { ifThere } from '../data/state/tables.ts';
import { count } from '../model/format.ts';
import type { KeptOutcome } from '../model/review.ts';
import { fit } from '../model/text.ts';
import { useAsked } from './hooks/asked.ts';
import { useChanges, useDisplay, useServices, useSize, useTheme } from './hooks/console.ts';
import { wasChanged } from './review-standing.ts';
import { listTime, WITH_YEARS } from './row-columns.ts';

const NOTHING: readonly KeptOutcome[] = [];

/** What operators did about a row, the newest first; read again with each refresh. */
export function useHistory(pk: string): readonly KeptOutcome[] {
  const { context, database } = useServices();
  const changed = useChanges(wasChanged);
  const { answer = NOTHING } = useAsked(async (options: QueryOptions) => {
    if (!changed) return NOTHING;
    const { appointments } = await sourceOf(database, context, options);
    return ifThere(outcomesOf(database, appointments, [pk], options));
  }, 'refresh');
  return answer;
}

interface HistoryProps {
  readonly kept: readonly KeptOutcome[];
  readonly now: number;
  /** Lines for all of it. */
  readonly lines: number;
}

/** The newest of it, a line each; what there is no room for is counted. */
export function History({ kept, now, lines }: HistoryProps) {
  const theme = useTheme();
  const { columns } = useSize();
  const { localTime: local } = useDisplay();
  const short = columns < WITH_YEARS;
  const shown = kept.slice(0, lines);
  const more = kept.length > shown.length ? ` (and ${count(kept.length - shown.length)} before)` : '';
  return (
    <Box flexDirection="column">
      {shown.map(({ run, outcome, at, operator, detail }, index) => {
        const last = index === shown.length - 1 ? more : '';
        const text = [
          ` ${listTime(at, { now, local, short })}  ${outcome}, run ${run}, ${operator}${last}`,
          ...(detail === undefined ? [] : [detail]),
        ].join(': ');
        return (
          <Text key={run} wrap="truncate" {...theme.style(index === 0 ? 'plain' : 'muted')}>
            {fit(text, columns, { ascii: theme.ascii })}
          </Text>
        );
      })}
    </Box>
  );
}
