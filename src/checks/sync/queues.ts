import { sql } from 'kysely';
import { any, causeExpression, join } from '../../data/queries/expressions.ts';
import { age, count, counted } from '../../model/format.ts';
import { causeById, SEARCHED_CHARACTERS, STUCK_AFTER_SECONDS } from '../../model/sync.ts';
import { appointmentsWhere, fromRows, isFlagged, isOneOf, latestFirst, live, moment } from '../appointment-rows.ts';
import type { DatabaseCheck, Finding, Ground, NotApplicable } from '../check.ts';
import { SAMPLE_ROWS } from '../ground.ts';
import { shown } from '../known-tables.ts';
import { onLaravelTable } from './laravel.ts';

const MONITOR = { system: 'sync', phases: ['monitor'], severity: 'warn' } as const;

/** `target 0`, `target at most 3` */
const atMost = (rows: number): string => `target ${rows === 0 ? '' : 'at most '}${count(rows)}`;

/** How long ago the oldest was, as the end of a figure; nothing for none. */
const oldest = (ground: Ground, at: string | null | undefined): string =>
  at === null || at === undefined ? '' : `, oldest ${age(ground.now - Number(at))}`;

async function reviewQueue(ground: Ground): Promise<Finding> {
  const queue = [...live(ground), isFlagged(ground)];
  const flaggedAt = moment(ground, 'manual_review_flagged_at');
  const [row] = await ground.query(sql`SELECT COUNT(*) AS n, MIN(${flaggedAt}) AS oldest ${fromRows(ground, queue)}`);
  const [rows, target] = [Number(row?.['n']), ground.context.thresholds.reviewQueue];
  const figure = `${count(rows)} in review${oldest(ground, row?.['oldest'])}, ${atMost(target)}`;
  if (rows <= target) return { violations: 0, sample: [], figure };
  const flagged = await appointmentsWhere(
    ground,
    queue,
    ['sync_origin', 'sync_error_code', 'sync_error_message', 'sync_attempt_count', 'manual_review_flagged_at'],
    latestFirst(ground, 'manual_review_flagged_at'),
  );
  return { ...flagged, figure };
}

/** What the queue's errors come from: the code alone is often only the name of an exception. */
async function errorCodes(ground: Ground): Promise<Finding> {
  const { dialect } = ground;
  const code = dialect.shortText(ground.column('sync_error_code'), 255);
  const message = dialect.shortText(ground.column('sync_error_message'), SEARCHED_CHARACTERS);
  const rows = await ground.query(sql`SELECT code, cause, COUNT(*) AS n
    FROM (SELECT ${code} AS code, ${causeExpression(ground.source, [code, message])} AS cause
      ${fromRows(ground, [...live(ground), isFlagged(ground)])}) AS errors
    GROUP BY code, cause ORDER BY COUNT(*) DESC, code, cause`);
  const sample = rows.map((row) => {
    const cause = causeById(row['cause'] ?? null);
    return {
      code: row['code'] ?? null,
      cause: cause?.cause ?? null,
      rows: row['n'] ?? null,
      remedy: cause?.remedy ?? null,
    };
  });
  const causes = Map.groupBy(sample, ({ cause }) => cause ?? 'unknown cause');
  const words = [...causes].map(
    ([cause, own]) => [cause, own.reduce((sum, row) => sum + Number(row.rows), 0)] as const,
  );
  words.sort(([, left], [, right]) => right - left);
  return {
    violations: 0,
    sample: sample.slice(0, SAMPLE_ROWS),
    figure: words.length === 0 ? 'nothing in review' : words.map(([cause, n]) => `${cause} ${count(n)}`).join(', '),
  };
}

async function stuckPending(ground: Ground): Promise<Finding> {
  const since = sql.lit(ground.now - STUCK_AFTER_SECONDS);
  const stuck = await appointmentsWhere(
    ground,
    [
      ...live(ground),
      isOneOf(ground, 'calcom_sync_status', ['pending']),
      sql`${moment(ground, 'sync_initiated_at')} < ${since}`,
    ],
    ['sync_origin', 'sync_initiated_at', 'sync_attempt_count', 'sync_job_id'],
    sql`${moment(ground, 'sync_initiated_at')}`,
  );
  const target = ground.context.thresholds.stuckPending;
  const figure = `${count(stuck.violations)} pending for over ${age(STUCK_AFTER_SECONDS)}, ${atMost(target)}`;
  return stuck.violations <= target ? { violations: 0, sample: [], figure } : { ...stuck, figure };
}

const failedJobs = (ground: Ground): Promise<Finding | NotApplicable> =>
  onLaravelTable(ground, 'failed_jobs', ['id', 'queue', 'exception', 'failed_at'], async ({ from, column }) => {
    const failedAt = ground.dialect.epoch(column('failed_at'));
    const [row] = await ground.query(sql`SELECT COUNT(*) AS n, MIN(${failedAt}) AS oldest FROM ${from}`);
    const columns = [
      sql`${ground.dialect.text(sql.id('id'))} AS pk`,
      ...['queue', 'failed_at', 'exception'].map((name) => shown(ground, name)),
    ];
    const figure = `${counted(Number(row?.['n']), 'failed job')}${oldest(ground, row?.['oldest'])}`;
    const order = sql`${sql.id('failed_jobs', 'failed_at')} DESC`;
    return { ...(await ground.violations(sql`SELECT ${join(columns)} FROM ${from}`, order)), figure };
  });

/** Jobs that are due and that no worker has taken, or that one has held, for longer than any sync takes. */
const queueBacklog = (ground: Ground): Promise<Finding | NotApplicable> =>
  onLaravelTable(
    ground,
    'jobs',
    ['id', 'queue', 'attempts', 'reserved_at', 'available_at', 'created_at'],
    async (jobs) => {
      const [created, available, reserved] = ['created_at', 'available_at', 'reserved_at'].map((name) =>
        ground.dialect.epoch(jobs.column(name)),
      );
      const [row] = await ground.query(sql`SELECT COUNT(*) AS n, MIN(${created}) AS oldest FROM ${jobs.from}`);
      const since = sql.lit(ground.now - STUCK_AFTER_SECONDS);
      const late = any([sql`(${reserved} IS NULL AND ${available} < ${since})`, sql`${reserved} < ${since}`]);
      const columns = [
        sql`${ground.dialect.text(sql.id('id'))} AS pk`,
        ...['queue', 'attempts', 'reserved_at', 'available_at', 'created_at'].map((name) => shown(ground, name)),
      ];
      const figure = `${counted(Number(row?.['n']), 'job')} in the queue${oldest(ground, row?.['oldest'])}`;
      const order = sql.id('jobs', 'available_at');
      return {
        ...(await ground.violations(sql`SELECT ${join(columns)} FROM ${jobs.from} WHERE ${late}`, order)),
        figure,
      };
    },
  );

/** What waits for somebody: a person or a worker. */
export const QUEUE_CHECKS: readonly DatabaseCheck[] = [
  {
    ...MONITOR,
    id: 'sync/review-queue',
    title: 'Nothing waits for a manual review',
    scans: 'appointments',
    reason: 'These appointments are not in Cal.com as they are here, and nothing will change that by itself.',
    remedy: 'Look at each in the review queue: repair its cause, then retry or dismiss it.',
    needs: { columns: ['requires_manual_review', 'manual_review_flagged_at'] },
    look: reviewQueue,
  },
  {
    ...MONITOR,
    id: 'sync/error-codes',
    title: 'Causes of the errors in review',
    severity: 'info',
    scans: 'appointments',
    reason: 'Most rows share one cause, and it is repaired once for all of them.',
    remedy: 'Begin with the most frequent cause; its remedy stands beside it.',
    needs: { columns: ['requires_manual_review', 'sync_error_code', 'sync_error_message'] },
    look: errorCodes,
  },
  {
    ...MONITOR,
    id: 'sync/stuck-pending',
    title: 'Nothing is pending for over ten minutes',
    scans: 'appointments',
    reason: 'A sync with all its retries takes under a minute: what is pending longer has lost its job.',
    remedy: 'See that the queue workers run; if they do, retry these rows.',
    needs: { columns: ['calcom_sync_status', 'sync_initiated_at'] },
    look: stuckPending,
  },
  {
    ...MONITOR,
    id: 'sync/failed-jobs',
    title: 'The table of failed jobs is empty',
    scans: 'failed_jobs',
    reason: 'A failed job is never taken up again by itself.',
    remedy: 'Read the exception, repair its cause, then run php artisan queue:retry or queue:forget.',
    look: failedJobs,
  },
  {
    ...MONITOR,
    id: 'sync/queue-backlog',
    title: 'No job waits or runs for over ten minutes',
    severity: 'error',
    scans: 'jobs',
    reason: 'The workers do not run or hang: nothing is synced any more.',
    remedy: 'Restart the queue workers (supervisorctl or horizon:terminate) and look at their log.',
    look: queueBacklog,
  },
];
