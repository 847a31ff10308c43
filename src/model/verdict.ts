import { age, count, counted, duration, percent } from './format.ts';
import type { Snapshot } from './snapshot.ts';
import { isAbove, isBelow, type Thresholds } from './thresholds.ts';

/** `immediate`: somebody must act now; `warning`: a target is missed; `investigation`: somebody should look. */
export type AlertLevel = 'immediate' | 'warning' | 'investigation';

export interface Alert {
  readonly level: AlertLevel;
  /** Stable, for machines. */
  readonly id: string;
  /** The figure beside its limit. */
  readonly text: string;
}

export type VerdictWord = 'HEALTHY' | 'DEGRADED' | 'STOP';

export interface Verdict {
  readonly word: VerdictWord;
  /** Most urgent first. */
  readonly alerts: readonly Alert[];
}

/** Most urgent first. */
const LEVELS: readonly AlertLevel[] = ['immediate', 'warning', 'investigation'];

function idAlerts({ classes, migration }: Snapshot): readonly (Alert | false)[] {
  const wrong = classes.misplaced + classes.duplicate;
  const words = [
    ...(classes.misplaced > 0 ? [`${counted(classes.misplaced, 'id')} misplaced`] : []),
    ...(classes.duplicate > 0 ? [counted(classes.duplicate, 'duplicate')] : []),
  ].join(', ');
  return [
    wrong > 0 &&
      (migration === 'migrated'
        ? { level: 'immediate', id: 'misplaced-after-move', text: `${words} after the move` }
        : { level: 'warning', id: 'misplaced', text: words }),
    classes.conflict > 0 && {
      level: 'investigation',
      id: 'conflict',
      text: `${counted(classes.conflict, 'id conflict')} for an operator`,
    },
    classes.review > 0 && {
      level: 'investigation',
      id: 'impossible-id',
      text: `${counted(classes.review, 'impossible id')} for an operator`,
    },
  ];
}

/** How a figure stands to the target that it misses: exactly on it is missed too. */
const missed = (sign: '<' | '>', value: number, target: number): string => (value === target ? `${sign}=` : sign);

function syncAlerts({ sync, latency, stuckPending }: Snapshot, limits: Thresholds): readonly (Alert | false)[] {
  const [day, week, hour] = [sync?.['24h'], sync?.['7d'], latency?.['1h']];
  const success = day && day.rows > 0 ? day.synced / day.rows : undefined;
  const success7d = week && week.rows > 0 ? week.synced / week.rows : undefined;
  const waiting = day?.statuses.filter(({ status }) => status === 'pending' || status === 'failed') ?? [];
  const waitingShare = day && day.rows > 0 ? waiting.reduce((sum, { rows }) => sum + rows, 0) / day.rows : undefined;
  const stuck = stuckPending ?? 0;
  return [
    success !== undefined &&
      !isAbove(success, limits.syncSuccess) && {
        level: 'warning',
        id: 'sync-success',
        text: `success ${percent(success)} ${missed('<', success, limits.syncSuccess)} ${percent(limits.syncSuccess)}`,
      },
    success7d !== undefined &&
      !isAbove(success7d, limits.syncSuccess7d) && {
        level: 'investigation',
        id: 'sync-success-7d',
        text: `success over 7 d ${percent(success7d)} ${missed('<', success7d, limits.syncSuccess7d)} ${percent(limits.syncSuccess7d)}`,
      },
    waitingShare !== undefined &&
      !isBelow(waitingShare, limits.pendingAndFailed) && {
        level: 'warning',
        id: 'pending-and-failed',
        text: `pending and failed ${percent(waitingShare)} ${missed('>', waitingShare, limits.pendingAndFailed)} ${percent(limits.pendingAndFailed)}`,
      },
    hour?.average !== undefined &&
      !isBelow(hour.average, limits.latencyAverage) && {
        level: 'warning',
        id: 'latency-average',
        text: `latency ${duration(hour.average)} ${missed('>', hour.average, limits.latencyAverage)} ${duration(limits.latencyAverage)} on average`,
      },
    hour?.max !== undefined &&
      !isBelow(hour.max, limits.latencyMax) && {
        level: 'investigation',
        id: 'latency-max',
        text: `latency ${duration(hour.max)} ${missed('>', hour.max, limits.latencyMax)} ${duration(limits.latencyMax)} at most`,
      },
    stuck > limits.stuckPending && {
      level: 'warning',
      id: 'stuck-pending',
      text: `${count(stuck)} pending for over 10 min`,
    },
  ];
}

function queueAlerts({ review, failedJobs }: Snapshot, limits: Thresholds): readonly (Alert | false)[] {
  const oldest = review?.oldestSeconds === undefined ? '' : `, oldest ${age(review.oldestSeconds)}`;
  return [
    review !== undefined &&
      review.rows > limits.reviewQueue && {
        level: review.rows >= limits.reviewQueueWarning ? 'warning' : 'investigation',
        id: 'review-queue',
        text: `${count(review.rows)} in review${oldest}`,
      },
    failedJobs !== undefined &&
      failedJobs > 0 && { level: 'investigation', id: 'failed-jobs', text: counted(failedJobs, 'failed job') },
  ];
}

/**
 * What a snapshot means: one word, and the reasons for it.
 * @param others alerts that no snapshot shows: those of the checks
 */
export function judge(snapshot: Snapshot, limits: Thresholds, others: readonly Alert[] = []): Verdict {
  const alerts = [...idAlerts(snapshot), ...syncAlerts(snapshot, limits), ...queueAlerts(snapshot, limits), ...others]
    .filter((alert) => alert !== false)
    .sort((left, right) => LEVELS.indexOf(left.level) - LEVELS.indexOf(right.level));
  if (alerts.length === 0) return { word: 'HEALTHY', alerts };
  return { word: alerts[0]?.level === 'immediate' ? 'STOP' : 'DEGRADED', alerts };
}
