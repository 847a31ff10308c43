import type { JobsSummary } from '../data/queries/jobs-summary.ts';
import { age, count, counted } from '../model/format.ts';
import type { TableColumn } from './table/columns.ts';
import type { Tone } from './theme.ts';

/** A line about jobs that wait or failed. */
export interface JobsLine {
  readonly section: string;
  /** A queue, an exception, a class, a job. */
  readonly what: string;
  /** Jobs; undefined for a single one, and where a table is lacking. */
  readonly jobs: number | undefined;
  /** How old the oldest is, how many run, what is likely wrong. */
  readonly about: string;
  readonly remedy: string;
  readonly tone: Tone;
}

export const keyOfJobs = ({ section, what, about }: JobsLine): string => JSON.stringify([section, what, about]);

const lacking = (section: string, what: string): JobsLine => ({
  section,
  what,
  jobs: undefined,
  about: 'the queue of the application is not in this database',
  remedy: '',
  tone: 'muted',
});

const WAITING = 'Waiting, by queue';
const BY_EXCEPTION = 'Failed, by exception';

/** Everything that is known of jobs, a line each. */
export function jobsLines({ waiting, failed }: JobsSummary): readonly JobsLine[] {
  const queues =
    typeof waiting === 'string'
      ? [lacking(WAITING, waiting)]
      : waiting.map(({ queue, jobs, reserved, oldestSeconds }): JobsLine => {
          const oldest = oldestSeconds === undefined ? '' : `oldest ${age(oldestSeconds)}, `;
          return {
            section: WAITING,
            what: queue,
            jobs,
            about: `${oldest}${count(reserved)} reserved`,
            remedy: '',
            tone: 'plain',
          };
        });
  if (typeof failed === 'string') return [...queues, lacking(BY_EXCEPTION, failed)];
  const { exceptions, jobs } = failed;
  return [
    ...queues,
    ...exceptions.groups.map(
      ({ class: name, message, count: rows, cause }): JobsLine => ({
        section: BY_EXCEPTION,
        what: [name, message].filter(Boolean).join(': '),
        jobs: rows,
        about: cause?.cause ?? 'no rule knows this error',
        remedy: cause?.remedy ?? '',
        tone: 'warn',
      }),
    ),
    ...(exceptions.others === 0
      ? []
      : [{ ...lacking(BY_EXCEPTION, 'others'), jobs: exceptions.others, about: 'too many to tell apart' }]),
    ...jobs.classes.map(
      ({ class: name, count: rows }): JobsLine => ({
        section: 'Failed, by job',
        what: name ?? '(not told by its payload)',
        jobs: rows,
        about: '',
        remedy: '',
        tone: 'plain',
      }),
    ),
    ...jobs.strayJobs.map(
      ({ id, queue, failedAt, job }): JobsLine => ({
        section: `Failed, about no appointment that is there: ${count(jobs.strays)}`,
        what: `${job.class ?? job.displayName ?? 'job'} ${id}`,
        jobs: undefined,
        about: `${queue}, failed at ${failedAt ?? 'an unknown time'}`,
        remedy: 'nothing to retry: forget it with php artisan queue:forget',
        tone: 'muted',
      }),
    ),
  ];
}

/** How it stands as a whole. */
export function jobsWords({ waiting, failed }: JobsSummary): string {
  const queued = typeof waiting === 'string' ? waiting : counted(sum(waiting), 'job waits', 'jobs wait');
  if (typeof failed === 'string') return `${queued}; ${failed}`;
  const { exceptions, jobs } = failed;
  const oldest = exceptions.oldestSeconds === undefined ? '' : `, the oldest ${age(exceptions.oldestSeconds)} ago`;
  const part = jobs.looked < exceptions.total ? `, by job the newest ${count(jobs.looked)}` : '';
  const unreadable = jobs.unreadable === 0 ? '' : `, ${count(jobs.unreadable)} not readable`;
  return `${queued}; ${counted(exceptions.total, 'job')} failed${oldest}${part}${unreadable}`;
}

const sum = (queues: readonly { readonly jobs: number }[]): number => queues.reduce((all, { jobs }) => all + jobs, 0);

export const JOBS_COLUMNS: readonly TableColumn<JobsLine>[] = [
  { id: 'what', title: 'what', width: 24, priority: 1, grows: true, sortable: true, value: ({ what }) => what },
  {
    id: 'jobs',
    title: 'jobs',
    width: 8,
    priority: 2,
    align: 'right',
    sortable: true,
    value: ({ jobs }) => jobs?.toString() ?? null,
    shown: ({ jobs }) => (jobs === undefined ? '' : count(jobs)),
  },
  {
    id: 'about',
    title: 'age, likely cause',
    width: 30,
    priority: 3,
    value: ({ about }) => about,
    tone: ({ tone }) => tone,
  },
  {
    id: 'remedy',
    title: 'remedy',
    width: 30,
    priority: 4,
    value: ({ remedy }) => remedy,
    tone: () => 'muted',
  },
];
