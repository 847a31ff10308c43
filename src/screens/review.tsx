import { Box, Text } from 'ink';
import { useMemo, useState } from 'react';
import type { RowsQuery, RowsSort } from '../data/queries/rows.ts';
import { age, count, counted } from '../model/format.ts';
import type { ReviewFigures } from '../model/snapshot.ts';
import { fit } from '../model/text.ts';
import { GroupList, steadily } from './components/group-list.tsx';
import { Panes } from './components/panes.tsx';
import { Table } from './components/table.tsx';
import { useConsole, useLive, useSize, useSnapshot, useTheme, useVisible } from './hooks/console.ts';
import { useFilter, useKeys } from './hooks/keys.ts';
import {
  ASKED,
  adviceOn,
  type ErrorOf,
  type Group,
  groupColumns,
  groupFilter,
  groupTitle,
  queueColumns,
} from './review-columns.ts';
import { rowView } from './row.tsx';
import { sortOf, textPart, useIdWidth, useRowColumnsOptions } from './rows.tsx';
import { useRowList } from './table/list.ts';

const summaryOf = ({ rows, oldestSeconds }: ReviewFigures): string => {
  const oldest = oldestSeconds === undefined ? '' : `, the oldest for ${age(oldestSeconds)}`;
  return `${counted(rows, 'appointment waits', 'appointments wait')} for review${oldest}`;
};

/** The manual-review queue, and its errors in groups. */
export function Review() {
  const theme = useTheme();
  const { columns } = useSize();
  const review = useSnapshot((snapshot) => snapshot.review);
  if (review !== undefined) return <Queue review={review} />;
  return (
    <Box flexDirection="column" width={columns}>
      <Text wrap="truncate">{fit(' needs column requires_manual_review', columns, { ascii: theme.ascii })}</Text>
      <Text wrap="truncate" {...theme.style('muted')}>
        {fit(' the sync migrations add it; if it has another name here, say so under columns in the config', columns)}
      </Text>
    </Box>
  );
}

function Queue({ review }: { review: ReviewFigures }) {
  const { columns: width, rows } = useSize();
  const [pane, setPane] = useState('queue');
  const [group, setGroup] = useState<ErrorOf>();
  const choose = (chosen: Group) => {
    setGroup(chosen);
    setPane('queue');
  };
  const height = Math.max(2, rows - 1);
  const title = `Queue ${count(review.rows)}`;
  const panes = [
    {
      id: 'queue',
      title: group === undefined ? title : `${title}, only ${groupTitle(group)}`,
      element: <QueueRows review={review} group={group} onClear={() => setGroup(undefined)} height={height} />,
    },
    {
      id: 'errors',
      title: `By error ${count(review.errors.length)}`,
      element: <Groups review={review} onOpen={choose} height={height} />,
    },
  ];
  return <Panes panes={panes} current={pane} onChange={setPane} columns={width} />;
}

interface QueueRowsProps {
  readonly review: ReviewFigures;
  readonly group: ErrorOf | undefined;
  readonly onClear: () => void;
  readonly height: number;
}

function QueueRows({ review, group, onClear, height }: QueueRowsProps) {
  const theme = useTheme();
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
  const columns = useMemo(() => queueColumns(options), [options]);
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
      />
    </Box>
  );
}

const groupKey = ({ code, cause }: Group): string => JSON.stringify([code, cause]);

interface GroupsProps {
  readonly review: ReviewFigures;
  readonly onOpen: (group: Group) => void;
  readonly height: number;
}

function Groups({ review, onOpen, height }: GroupsProps) {
  const theme = useTheme();
  const { columns: width } = useSize();
  const focused = useVisible();
  const [selected, setSelected] = useState<Group>();
  const columns = useMemo(() => groupColumns(review.rows, theme.glyphs), [review.rows, theme]);
  const errors = useMemo(() => steadily(review.errors, groupKey), [review.errors]);
  const chosen = selected ?? errors[0];
  return (
    <Box flexDirection="column">
      <GroupList
        items={errors}
        keyOf={groupKey}
        columns={columns}
        width={width}
        height={height - 1}
        focused={focused}
        empty="nothing waits for review"
        onSelect={setSelected}
        onOpen={onOpen}
      />
      {chosen !== undefined && (
        <Text wrap="truncate" {...theme.style('muted')}>
          {fit(` ${adviceOn(chosen.cause)}`, width, { ascii: theme.ascii })}
        </Text>
      )}
    </Box>
  );
}
