import { CHECK_VERDICTS, type CheckResult } from '../../checks/check.ts';
import { ROW_CLASSES } from '../../model/booking-id.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { WINDOWS } from '../../model/windows.ts';
import { type Gauge, single } from './exposition.ts';

/** Whether there is anything else to tell. */
export const up = (reachable: boolean): Gauge =>
  single('apptop_up', 'Whether the database could be reached and the appointments read.', reachable ? 1 : 0);

function syncGauges({ sync, latency }: Snapshot): readonly Gauge[] {
  const figures = sync === undefined ? [] : WINDOWS.map((window) => ({ window, ...sync[window] }));
  const latencies = latency === undefined ? [] : WINDOWS.map((window) => ({ window, ...latency[window] }));
  return [
    {
      name: 'apptop_sync_rows',
      help: 'Appointments created in a window whose origin is pushed to the calendar, by sync status.',
      samples: figures.flatMap(({ window, statuses }) =>
        statuses.map(({ status, rows }) => [{ window, status: status ?? '(null)' }, rows] as const),
      ),
    },
    {
      name: 'apptop_sync_success_ratio',
      help: 'Share of those appointments that are synced; absent where the window has none.',
      samples: figures.flatMap(({ window, rows, synced }) =>
        rows === 0 ? [] : [[{ window }, synced / rows] as const],
      ),
    },
    {
      name: 'apptop_sync_latency_seconds',
      help: 'Time from the start of a sync to its verification, of syncs begun in a window: average, p95, max.',
      samples: latencies.flatMap(({ window, average, p95, max }) =>
        Object.entries({ average, p95, max }).flatMap(([stat, value]) =>
          value === undefined ? [] : [[{ window, stat }, value] as const],
        ),
      ),
    },
  ];
}

/** The figures of a snapshot. What the table has no columns for is absent. */
export const snapshotGauges = (snapshot: Snapshot): readonly Gauge[] => [
  single(
    'apptop_snapshot_timestamp_seconds',
    'When the figures were true, by the clock of the database.',
    snapshot.takenAt / 1000,
  ),
  {
    name: 'apptop_rows',
    help: 'Appointments by the class of their booking ids; the classes add up to all of them.',
    samples: ROW_CLASSES.map((name) => [{ class: name }, snapshot.classes[name]] as const),
  },
  ...syncGauges(snapshot),
  single('apptop_review_rows', 'Appointments that wait for a manual review.', snapshot.review?.rows),
  single(
    'apptop_review_oldest_seconds',
    'Age of the oldest of them; absent while none waits.',
    snapshot.review?.oldestSeconds,
  ),
  single(
    'apptop_stuck_pending_rows',
    'Appointments whose sync has been pending for over ten minutes.',
    snapshot.stuckPending,
  ),
  single('apptop_failed_jobs', 'Jobs in the failed_jobs table of the queue.', snapshot.failedJobs),
];

/** What the checks found. Violations are told where a check could tell. */
export const checkGauges = (results: readonly CheckResult[]): readonly Gauge[] => [
  {
    name: 'apptop_check_violations',
    help: 'Violations that a check found; absent where it was not applicable or could not tell.',
    samples: results.flatMap(({ check: { id, severity }, verdict, violations }) =>
      verdict === 'pass' || verdict === 'fail' ? [[{ check: id, severity }, violations] as const] : [],
    ),
  },
  {
    name: 'apptop_check_state',
    help: 'The verdict of a check: 1 for the one that it has, 0 for the others.',
    samples: results.flatMap(({ check, ...result }) =>
      CHECK_VERDICTS.map((verdict) => [{ check: check.id, verdict }, result.verdict === verdict ? 1 : 0] as const),
    ),
  },
  {
    name: 'apptop_check_duration_seconds',
    help: 'How long a check took.',
    samples: results.map(({ check, durationMs }) => [{ check: check.id }, durationMs / 1000] as const),
  },
];
