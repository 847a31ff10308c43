import { sql } from 'kysely';
import type { Expression } from '../../data/connection.ts';
import { all } from '../../data/queries/expressions.ts';
import type { KnownColumn } from '../../model/columns.ts';
import { count, duration, percent } from '../../model/format.ts';
import { KNOWN_ORIGINS, PUSHED_ORIGINS } from '../../model/sync.ts';
import { isAbove, isBelow } from '../../model/thresholds.ts';
import { WINDOW_SECONDS } from '../../model/windows.ts';
import {
  appointmentsWhere,
  countRows,
  fromRows,
  isNoneOf,
  isOneOf,
  latestFirst,
  live,
  moment,
  within,
} from '../appointment-rows.ts';
import type { DatabaseCheck, Finding, Ground } from '../check.ts';
import { SAMPLE_ROWS } from '../ground.ts';

const MONITOR = { system: 'sync', phases: ['monitor'], severity: 'warn', scans: 'appointments' } as const;
const STATUS_COLUMNS: readonly KnownColumn[] = ['sync_origin', 'calcom_sync_status', 'created_at'];
const WINDOW_WORDS = { '24h': '24 h', '7d': '7 d' } as const;
type RateWindow = keyof typeof WINDOW_WORDS;

const passed = (figure: string): Finding => ({ violations: 0, sample: [], figure });

/** Live rows of the origins that are pushed to Cal.com, created in a window. */
const pushed = (ground: Ground, window: RateWindow): readonly Expression[] => [
  ...live(ground),
  within(ground, 'created_at', WINDOW_SECONDS[window]),
  isOneOf(ground, 'sync_origin', PUSHED_ORIGINS),
];

/** Rows of a window that a rate counts as bad, latest first. */
const badRows = (ground: Ground, conditions: readonly Expression[]): Promise<Finding> =>
  appointmentsWhere(
    ground,
    conditions,
    [...STATUS_COLUMNS, 'sync_error_code', 'sync_error_message'],
    latestFirst(ground, 'created_at'),
  );

async function success(ground: Ground, window: RateWindow, target: number): Promise<Finding> {
  const rows = pushed(ground, window);
  const missed = isNoneOf(ground, 'calcom_sync_status', ['synced']);
  const counts = await countRows(ground, rows, { missed });
  if (counts('n') === 0) return passed(`nothing created in ${WINDOW_WORDS[window]} to push`);
  const share = 1 - counts('missed') / counts('n');
  const figure = `${percent(share)} synced in ${WINDOW_WORDS[window]}, target > ${percent(target)}`;
  return isAbove(share, target) ? passed(figure) : { ...(await badRows(ground, [...rows, missed])), figure };
}

async function pendingAndFailed(ground: Ground): Promise<Finding> {
  const rows = pushed(ground, '24h');
  const [pending, failed] = ['pending', 'failed'].map((status) => isOneOf(ground, 'calcom_sync_status', [status]));
  const bad = isOneOf(ground, 'calcom_sync_status', ['pending', 'failed']);
  const counts = await countRows(ground, rows, { pending: pending ?? bad, failed: failed ?? bad, bad });
  if (counts('n') === 0) return passed('nothing created in 24 h to push');
  const share = (name: 'pending' | 'failed' | 'bad') => counts(name) / counts('n');
  const target = ground.context.thresholds.pendingAndFailed;
  const parts = `${percent(share('pending'))} and ${percent(share('failed'))}`;
  const figure = `${percent(share('bad'))} pending or failed (${parts}) in 24 h, target < ${percent(target)}`;
  return isBelow(share('bad'), target) ? passed(figure) : { ...(await badRows(ground, [...rows, bad])), figure };
}

/** The statuses of what was pushed in 24 h, most rows first. */
async function statuses(ground: Ground): Promise<Finding> {
  const status = ground.dialect.shortText(ground.column('calcom_sync_status'), 255);
  const rows =
    await ground.query(sql`SELECT ${status} AS status, COUNT(*) AS n ${fromRows(ground, pushed(ground, '24h'))}
    GROUP BY ${status} ORDER BY COUNT(*) DESC, ${status}`);
  const total = rows.reduce((sum, { n }) => sum + Number(n), 0);
  const sample = rows.map(({ status, n }) => ({
    status: status ?? null,
    rows: n ?? null,
    share: percent(Number(n) / total),
  }));
  const words = sample.map(({ status, rows, share }) => `${status ?? 'no status'} ${count(Number(rows))} (${share})`);
  return {
    violations: 0,
    sample: sample.slice(0, SAMPLE_ROWS),
    figure: words.length === 0 ? 'nothing created in 24 h to push' : `in 24 h: ${words.join(', ')}`,
  };
}

/** Rows, synced rows and share of each origin in 24 h, most rows first. */
async function byOrigin(ground: Ground) {
  const origin = ground.dialect.shortText(ground.column('sync_origin'), 255);
  const recent = [
    ...live(ground),
    within(ground, 'created_at', WINDOW_SECONDS['24h']),
    sql`${ground.column('sync_origin')} IS NOT NULL`,
  ];
  const synced = isOneOf(ground, 'calcom_sync_status', ['synced']);
  const rows =
    await ground.queryOnce(sql`SELECT ${origin} AS origin, COUNT(*) AS n, COUNT(CASE WHEN ${synced} THEN 1 END) AS synced
    ${fromRows(ground, recent)} GROUP BY ${origin} ORDER BY COUNT(*) DESC, ${origin}`);
  return rows.map((row) => ({
    origin: row['origin'] ?? '',
    rows: Number(row['n']),
    synced: Number(row['synced']),
    share: Number(row['synced']) / Number(row['n']),
  }));
}

async function originsSeen(ground: Ground): Promise<Finding> {
  const seen = await byOrigin(ground);
  const missing = KNOWN_ORIGINS.filter((known) => !seen.some(({ origin }) => origin === known));
  const words = seen.map(({ origin, rows }) => `${origin} ${count(rows)}`);
  return {
    violations: missing.length,
    sample: missing.map((origin) => ({ origin, rows: '0' })),
    figure: words.length === 0 ? 'no origin in 24 h' : `in 24 h: ${words.join(', ')}`,
  };
}

async function originsHealthy(ground: Ground): Promise<Finding> {
  const target = ground.context.thresholds.syncSuccess;
  const seen = await byOrigin(ground);
  const ill = seen.filter(({ share }) => !isAbove(share, target));
  const words = seen.map(
    ({ origin, rows, synced, share }) => `${origin} ${percent(share)} (${count(synced)} of ${count(rows)})`,
  );
  return {
    violations: ill.length,
    sample: ill.slice(0, SAMPLE_ROWS).map(({ origin, rows, synced, share }) => ({
      origin,
      rows: String(rows),
      synced: String(synced),
      share: percent(share),
    })),
    figure: words.length === 0 ? 'no origin in 24 h' : `${words.join(', ')}, target > ${percent(target)}`,
  };
}

const HOUR = WINDOW_SECONDS['1h'];

/** Verified syncs that began in the last hour. A verification older than the current attempt says nothing about it. */
function verified(ground: Ground): { readonly rows: readonly Expression[]; readonly latency: Expression } {
  const [begin, end] = [moment(ground, 'sync_initiated_at'), moment(ground, 'sync_verified_at')];
  return {
    rows: [...live(ground), within(ground, 'sync_initiated_at', HOUR), sql`${end} >= ${begin}`],
    latency: sql`(${end} - ${begin})`,
  };
}

/** One figure of the hour's latencies against its limit in seconds; what violates it are the rows above the limit. */
async function latency(
  ground: Ground,
  limit: number,
  say: (seconds: { average: number; min: number; max: number }) => { readonly value: number; readonly words: string },
): Promise<Finding> {
  const { rows, latency: seconds } = verified(ground);
  const [row] =
    await ground.queryOnce(sql`SELECT COUNT(*) AS n, AVG(${seconds}) AS average, MIN(${seconds}) AS smallest,
    MAX(${seconds}) AS largest ${fromRows(ground, rows)}`);
  if (row === undefined || row['n'] === '0') return passed('no sync verified in 1 h');
  const [average, min, max] = [row['average'], row['smallest'], row['largest']].map(Number);
  const { value, words } = say({ average: average ?? 0, min: min ?? 0, max: max ?? 0 });
  const figure = `${words} in 1 h, target < ${duration(limit)}`;
  if (isBelow(value, limit)) return passed(figure);
  const slow = all([...rows, sql`${seconds} >= ${sql.lit(limit)}`]);
  const shown: readonly KnownColumn[] = ['sync_origin', 'sync_initiated_at', 'sync_verified_at', 'sync_attempt_count'];
  return { ...(await appointmentsWhere(ground, [slow], shown, sql`${seconds} DESC`)), figure };
}

/** The targets of the sync, with what was measured beside them. */
export const RATE_CHECKS: readonly DatabaseCheck[] = [
  {
    ...MONITOR,
    id: 'sync/statuses',
    title: 'Statuses of the last 24 hours',
    severity: 'info',
    reason: 'It says where the rows are that are not synced.',
    remedy: 'Nothing: the checks of the single statuses have their targets.',
    needs: { columns: STATUS_COLUMNS },
    look: statuses,
  },
  {
    ...MONITOR,
    id: 'sync/success-24h',
    title: 'Enough of the last 24 hours is synced',
    reason: 'Every row that is not synced is a slot that Cal.com still sells.',
    remedy: 'Look at the error codes first: one cause is usually behind most of the rows.',
    needs: { columns: STATUS_COLUMNS },
    look: (ground) => success(ground, '24h', ground.context.thresholds.syncSuccess),
  },
  {
    ...MONITOR,
    id: 'sync/success-7d',
    title: 'Enough of the last 7 days is synced',
    reason: 'What was missed on a bad day stays unsynced until somebody retries it.',
    remedy: 'Retry the failed rows whose cause is gone.',
    needs: { columns: STATUS_COLUMNS },
    look: (ground) => success(ground, '7d', ground.context.thresholds.syncSuccess7d),
  },
  {
    ...MONITOR,
    id: 'sync/pending-and-failed',
    title: 'Few rows of the last 24 hours are pending or failed',
    reason: 'Many pending rows mean workers that do not run, many failed ones a cause that hits them all.',
    remedy: 'Pending: look at the queue workers. Failed: look at the error codes.',
    needs: { columns: STATUS_COLUMNS },
    look: pendingAndFailed,
  },
  {
    ...MONITOR,
    id: 'sync/latency-average',
    title: 'Syncs of the last hour are fast on average',
    reason: 'Until an appointment is synced, Cal.com offers its slot to others.',
    remedy: 'Look at the queue: workers that wait for each other are slower than Cal.com ever is.',
    needs: { columns: ['sync_initiated_at', 'sync_verified_at'] },
    look: (ground) =>
      latency(ground, ground.context.thresholds.latencyAverage, ({ average }) => ({
        value: average,
        words: `${duration(average)} on average`,
      })),
  },
  {
    ...MONITOR,
    id: 'sync/latency-max',
    title: 'No sync of the last hour was slow',
    reason: 'A sync that slow went through retries or waited for a worker.',
    remedy: 'Look at the attempts of these rows and at the queue at that time.',
    needs: { columns: ['sync_initiated_at', 'sync_verified_at'] },
    look: (ground) =>
      latency(ground, ground.context.thresholds.latencyMax, ({ min, max }) => ({
        value: max,
        words: `${duration(min)} to ${duration(max)}`,
      })),
  },
  {
    ...MONITOR,
    id: 'sync/origins-seen',
    title: 'Every origin has rows in the last 24 hours',
    severity: 'info',
    reason: 'An origin that falls silent may have stopped to set sync_origin, and then nothing of it is synced.',
    remedy: 'Make a booking the way of that origin and look at its row.',
    needs: { columns: STATUS_COLUMNS },
    look: originsSeen,
  },
  {
    ...MONITOR,
    id: 'sync/origins-healthy',
    title: 'Enough is synced of every origin',
    phases: ['post', 'monitor'],
    reason: 'A good rate over all hides an origin that is broken.',
    remedy: 'Look at the failed rows of that origin and at the code that books for it.',
    needs: { columns: STATUS_COLUMNS },
    look: originsHealthy,
  },
];
