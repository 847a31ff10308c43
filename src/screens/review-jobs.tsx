import { Box, Text } from 'ink';
import { useMemo, useState } from 'react';
import type { QueryOptions } from '../data/database.ts';
import { type JobsSummary, readJobsSummary } from '../data/queries/jobs-summary.ts';
import { sourceOf } from '../data/queries/read-rows.ts';
import { age } from '../model/format.ts';
import { fit } from '../model/text.ts';
import { Table } from './components/table.tsx';
import { useAsked } from './hooks/asked.ts';
import { useServices, useSize, useTheme } from './hooks/console.ts';
import { useFilter, useKeys } from './hooks/keys.ts';
import { useNow } from './hooks/now.ts';
import { JOBS_COLUMNS, type JobsLine, jobsLines, jobsWords, keyOfJobs } from './review-jobs-lines.ts';
import { type Sort, useArrayList } from './table/list.ts';

const NOTHING: readonly JobsLine[] = [];

/** Both with when they were read, in local milliseconds. */
interface Read extends JobsSummary {
  readonly at: number;
}

/** Laravel's queue and its failed jobs, summed up. Payloads are read for that, so only when a person wants it. */
export function FailedJobs({ height }: { height: number }) {
  const theme = useTheme();
  const { columns: width } = useSize();
  const { context, database } = useServices();
  const ask = async (options: QueryOptions): Promise<Read> => {
    const own = { ...options, lane: 'jobs', appointmentClass: context.retry?.laravel.appointment } as const;
    const summary = await readJobsSummary(database, await sourceOf(database, context, own), own);
    return { ...summary, at: Date.now() };
  };
  const { answer, problem, asking, again, cancel } = useAsked(ask, 'never');
  useKeys([
    { id: 'refresh', keys: ['R'], title: 'Read the jobs again', hint: 'read again', run: again },
    ...(asking ? [{ id: 'cancel-asking', keys: ['escape'], title: 'Cancel the query', run: cancel }] : []),
  ]);
  const now = useNow(60);
  const items = useMemo(() => (answer === undefined ? NOTHING : jobsLines(answer)), [answer]);
  const [sort, setSort] = useState<Sort>();
  const filter = useFilter();
  const list = useArrayList({ items, keyOf: keyOfJobs, columns: JOBS_COLUMNS, filter, sort });
  const { dot, alert } = theme.glyphs;
  const reading = asking ? 'reading the jobs: Esc cancels' : 'not read yet: R reads the jobs';
  const read =
    answer &&
    `${jobsWords(answer)} ${dot} ${asking ? reading : `read ${age(Math.max(0, now - answer.at) / 1000)} ago`}`;
  return (
    <Box flexDirection="column">
      <Text wrap="truncate" {...theme.style(problem === undefined ? 'muted' : 'bad')}>
        {fit(problem === undefined ? ` ${read ?? reading}` : ` ${alert} ${problem.message}: ${problem.remedy}`, width, {
          ascii: theme.ascii,
        })}
      </Text>
      <Table
        name="failed-jobs"
        list={list}
        columns={JOBS_COLUMNS}
        width={width}
        height={height - 1}
        empty={answer === undefined ? reading : 'no job waits, and none has failed'}
        filter={filter}
        of={items.length}
        sort={sort}
        onSort={setSort}
        sectionOf={sort === undefined ? ({ section }) => section : undefined}
        about={({ about, remedy }) => [about, remedy].filter(Boolean).join(': ')}
      />
    </Box>
  );
}
