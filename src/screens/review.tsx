import { Box, Text } from 'ink';
import { useMemo, useState } from 'react';
import type { AppointmentRow, RowsQuery, RowsSort } from '../data/queries/rows.ts';
import type { KnownColumn } from '../model/columns.ts';
import { age, count, counted, percent } from '../model/format.ts';
import type { ReviewFigures } from '../model/snapshot.ts';
import { causeById, causeOf } from '../model/sync.ts';
import { fit } from '../model/text.ts';
import { barText } from './components/bar.tsx';
import { GroupList } from './components/group-list.tsx';
import { Panes } from './components/panes.tsx';
import { Table } from './components/table.tsx';
import { useConsole, useLive, useSize, useSnapshot, useTheme, useVisible } from './hooks/console.ts';
import { useFilter, useKeys } from './hooks/keys.ts';
import { rowView } from './row.tsx';
import {
  ALL_COLUMNS,
  keyColumn,
  plainColumn,
  present,
  type RowColumn,
  type RowColumnsOptions,
  timeColumn,
} from './row-columns.ts';
import { type ListFilter, namesOf, nothingFound, sortOf, textPart, useIdWidth, useRowColumnsOptions } from './rows.tsx';
import type { TableColumn } from './table/columns.ts';
import { useRowList } from './table/list.ts';
import type { Glyphs } from './theme.ts';

type Group = ReviewFigures['errors'][number];

const UNKNOWN = 'no rule knows this error';
const groupTitle = ({ code }: Pick<Group, 'code'>): string => code ?? '(no code)';
const causeWords = (id: string | null): string => causeById(id)?.cause ?? UNKNOWN;

/** What is likely wrong and what to do about it. */
function adviceOn(id: string | null): string {
  const cause = causeById(id);
  return cause === undefined ? UNKNOWN : `${cause.cause}: ${cause.remedy}`;
}

const causeOfRow = ({ values }: AppointmentRow): string =>
  causeOf(values.sync_error_code ?? null, values.sync_error_message ?? null)?.cause ?? '';

/** The columns of the queue, in their order. */
function queueColumns(options: RowColumnsOptions): readonly RowColumn[] {
  const columns: readonly RowColumn[] = [
    keyColumn(options),
    timeColumn('manual_review_flagged_at', { title: 'flagged', priority: 2 }, options),
    plainColumn('sync_origin', { title: 'origin', width: 7, priority: 7, sortable: true }),
    plainColumn('calcom_sync_status', { title: 'status', width: 8, priority: 8, sortable: true }),
    plainColumn('sync_attempt_count', { title: 'tries', width: 6, priority: 6, align: 'right', sortable: true }),
    plainColumn('sync_error_code', { title: 'code', width: 12, priority: 3, sortable: true }),
    { id: 'likely_cause', title: 'likely cause', width: 20, priority: 4, value: causeOfRow },
    plainColumn('sync_error_message', { title: 'message', width: 24, priority: 5, grows: true }),
  ];
  return present(columns, options.missing);
}

const ASKED = namesOf(queueColumns(ALL_COLUMNS));

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
  const [group, setGroup] = useState<Pick<Group, 'code' | 'cause'>>();
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
  readonly group: Pick<Group, 'code' | 'cause'> | undefined;
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
    filter !== undefined
      ? nothingFound(filter)
      : group !== undefined
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
        of={review.rows}
        sort={sort}
        onSort={(next) => setSort((before) => sortOf(next) ?? before)}
        onOpen={({ pk }) => console.open(rowView(pk))}
      />
    </Box>
  );
}

/** The rows of a group, by what the table has of its errors. */
function groupFilter({ code, cause }: Pick<Group, 'code' | 'cause'>, missing: readonly KnownColumn[]): ListFilter {
  const byCode = !missing.includes('sync_error_code');
  const byCause = byCode || !missing.includes('sync_error_message');
  return { ...(byCode ? { errorCode: code } : {}), ...(byCause ? { cause } : {}) };
}

function groupColumns(total: number, glyphs: Glyphs): readonly TableColumn<Group>[] {
  return [
    { id: 'code', title: 'code', width: 16, priority: 1, value: ({ code }) => code, shown: groupTitle },
    {
      id: 'rows',
      title: 'rows',
      width: Math.max(4, count(total).length),
      priority: 2,
      align: 'right',
      value: ({ rows }) => String(rows),
      shown: ({ rows }) => count(rows),
    },
    {
      id: 'bar',
      title: '',
      width: 10,
      priority: 6,
      value: ({ rows }) => String(rows / total),
      shown: ({ rows }) => barText(rows / total, 10, glyphs),
      tone: () => 'warn',
    },
    {
      id: 'share',
      title: '',
      width: 8,
      priority: 5,
      align: 'right',
      value: ({ rows }) => String(rows / total),
      shown: ({ rows }) => percent(rows / total),
    },
    { id: 'cause', title: 'likely cause', width: 28, priority: 3, value: ({ cause }) => causeWords(cause) },
    {
      id: 'remedy',
      title: 'remedy',
      width: 30,
      priority: 4,
      grows: true,
      value: ({ cause }) => causeById(cause)?.remedy ?? 'read the message of a row',
      tone: () => 'muted',
    },
  ];
}

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
  const chosen = selected ?? review.errors[0];
  return (
    <Box flexDirection="column">
      <GroupList
        items={review.errors}
        keyOf={({ code, cause }) => JSON.stringify([code, cause])}
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
