import { Box, Text } from 'ink';
import { useMemo, useState } from 'react';
import { count } from '../model/format.ts';
import type { ReviewFigures } from '../model/snapshot.ts';
import { fit } from '../model/text.ts';
import { GroupList, steadily } from './components/group-list.tsx';
import { Panes } from './components/panes.tsx';
import { useSize, useSnapshot, useTheme, useVisible } from './hooks/console.ts';
import { adviceOn, type ErrorOf, type Group, groupColumns, groupTitle } from './review-columns.ts';
import { FailedJobs } from './review-jobs.tsx';
import { QueueRows } from './review-queue.tsx';
import { Retries } from './review-retries.tsx';

/** The manual-review queue, its errors in groups, what came of retries, and the jobs behind it. */
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
    { id: 'retries', title: 'Retries', element: <Retries height={height} /> },
    { id: 'jobs', title: 'Failed jobs', element: <FailedJobs height={height} /> },
  ];
  return <Panes panes={panes} current={pane} onChange={setPane} columns={width} />;
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
