import { Box, Text } from 'ink';
import { useMemo, useState } from 'react';
import type { RowsQuery, RowsSort } from '../data/queries/rows.ts';
import type { RowsView } from '../live/rows.ts';
import { age, count, counted } from '../model/format.ts';
import type { ReviewFigures } from '../model/snapshot.ts';
import { fit } from '../model/text.ts';
import { Table } from './components/table.tsx';
import { useConsole, useLive, useRoot, useSize, useSnapshot } from './hooks/console.ts';
import { useFilter, useKeys } from './hooks/keys.ts';
import { type Chosen, useReviewActions } from './review-actions.tsx';
import { ASKED, adviceOn, type ErrorOf, groupFilter, queueColumns } from './review-columns.ts';
import { useStandings } from './review-standing.ts';
import { rowView } from './row.tsx';
import { sortOf, textPart, useIdWidth, useRowColumnsOptions } from './rows.tsx';
import { useRowList } from './table/list.ts';

const summaryOf = ({ rows, oldestSeconds }: ReviewFigures): string => {
  const oldest = oldestSeconds === undefined ? '' : `, the oldest for ${age(oldestSeconds)}`;
  return `${counted(rows, 'appointment waits', 'appointments wait')} for review${oldest}`;
};

/** Rows of a list; undefined until they were counted. */
const countedIn = ({ total, atStart, atEnd, rows }: Omit<RowsView, 'query'>): number | undefined =>
  total ?? (atStart && atEnd ? rows.length : undefined);

/**
 * All that a list of the queue shows, and how many of how many that is.
 * @param shown undefined until they were counted
 */
function allOf(shown: number | undefined, of: number, { filter, columns }: RowsQuery): Chosen['all'] {
  // The queue is meant by the action itself.
  const { inReview: _, ...said } = filter;
  const narrowed = Object.keys(said).length > 1;
  const many = shown === undefined ? '' : `${count(shown)} `;
  return {
    words: narrowed ? `${many}of ${count(of)} that match` : count(shown ?? of),
    empty: (shown ?? of) === 0,
    parameters: { filter: said, columns },
  };
}

interface QueueRowsProps {
  readonly review: ReviewFigures;
  readonly group: ErrorOf | undefined;
  readonly onClear: () => void;
  readonly height: number;
}

/** The queue, newest first: what waits, what operators did about it, and what can be done. */
export function QueueRows({ review, group, onClear, height }: QueueRowsProps) {
  const { theme, draw } = useRoot();
  const console = useConsole();
  const { columns: width } = useSize();
  const includesDeleted = useLive((state) => state.includesDeleted);
  const missing = useSnapshot((snapshot) => snapshot.missing);
  const [sort, setSort] = useState<RowsSort>({ column: 'manual_review_flagged_at', direction: 'desc' });
  const clear = {
    id: 'clear-group',
    keys: ['escape'],
    title: 'Show every error again',
    hint: 'every error',
    run: onClear,
  };
  useKeys(group === undefined ? [] : [clear]);
  const filter = useFilter();
  const inGroup = group === undefined ? {} : groupFilter(group, missing);
  const query: RowsQuery = {
    filter: { inReview: true, ...inGroup, ...textPart(filter), includesDeleted },
    sort,
    columns: ASKED,
  };
  const list = useRowList(query);
  const options = useRowColumnsOptions(useIdWidth(list));
  const { standings, onShown } = useStandings();
  const look = useMemo(() => ({ theme, ages: !draw.screenReader }), [theme, draw]);
  const columns = useMemo(() => queueColumns(options, { standings, look }), [options, standings, look]);
  const actionsOn = useReviewActions();
  const note = group === undefined ? summaryOf(review) : adviceOn(group.cause);
  const empty =
    group !== undefined
      ? 'no row has this error any more: Esc shows every error'
      : 'nothing waits for review: no live row has requires_manual_review set, which the sync jobs do when they give up';
  return (
    <Box flexDirection="column">
      <Text wrap="truncate" {...theme.style(review.rows > 0 && group === undefined ? 'title' : 'muted')}>
        {fit(` ${note}`, width, { ascii: theme.ascii })}
      </Text>
      <Table
        name="review"
        list={list}
        columns={columns}
        width={width}
        height={height - 1}
        empty={empty}
        filter={filter}
        of={review.rows}
        sort={sort}
        onSort={(next) => setSort((before) => sortOf(next) ?? before)}
        onOpen={({ pk }) => console.open(rowView(pk))}
        onShown={onShown}
        actions={(selected, marks, onBegun) =>
          actionsOn({
            pks: marks.size > 0 ? [...marks] : selected === undefined ? [] : [selected.pk],
            marked: marks.size > 0,
            all: allOf(countedIn(list.getView()), review.rows, query),
            key: 'r',
            onBegun,
          })
        }
      />
    </Box>
  );
}
