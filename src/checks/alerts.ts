import { SEVERITIES } from '../model/check-words.ts';
import { age, counted } from '../model/format.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Alert, AlertLevel } from '../model/verdict.ts';
import type { Check } from './check.ts';
import type { Remembered } from './results.ts';

/** A result older than a day says nothing about now. */
const FRESH_MS = 24 * 3_600_000;

/** Checks of what the figures of every refresh judge too, and at once: as alerts they would say it twice. */
export const TOLD_BY_FIGURES: ReadonlySet<string> = new Set([
  'booking-ids/none-misplaced',
  'booking-ids/none-newly-misplaced',
  'booking-ids/no-conflicts',
  'booking-ids/no-impossible-ids',
  'sync/success-24h',
  'sync/success-7d',
  'sync/pending-and-failed',
  'sync/latency-average',
  'sync/latency-max',
  'sync/stuck-pending',
  'sync/review-queue',
  'sync/failed-jobs',
]);

/** A check that failed and still counts. */
export interface Failure {
  readonly check: Check;
  readonly result: Remembered;
}

/** By severity; what is only told needs nobody. */
const LEVELS: Readonly<Record<Check['severity'], AlertLevel | undefined>> = {
  stop: 'immediate',
  error: 'immediate',
  warn: 'warning',
  info: undefined,
};

/**
 * Whether a failure says that something is wrong now. A check of phase monitor must hold at all times. One that is only
 * for the moments around a change (pre, post, verify) fails by nature at any other time and is for that ceremony, but
 * for those after the move of the ids: its backup column shows that it was made.
 */
function holdsNow({ phases, system }: Check, { migration }: Pick<Snapshot, 'migration'>): boolean {
  return (
    phases.includes('monitor') || (system === 'booking-ids' && phases.includes('post') && migration === 'migrated')
  );
}

/**
 * The failures of the last day that need somebody, the most severe first.
 * @param now local milliseconds
 */
export function failuresNow(
  checks: readonly Check[],
  known: ReadonlyMap<string, Remembered>,
  snapshot: Pick<Snapshot, 'migration'>,
  now: number,
): readonly Failure[] {
  const failures = checks.flatMap((check) => {
    const result = known.get(check.id);
    if (result?.verdict !== 'fail' || now - result.at > FRESH_MS) return [];
    return LEVELS[check.severity] !== undefined && holdsNow(check, snapshot) ? [{ check, result }] : [];
  });
  const rank = ({ check }: Failure) => SEVERITIES.indexOf(check.severity);
  return failures.sort((one, other) => rank(one) - rank(other));
}

/** What the failures of checks add to a verdict: all but those that the figures of every refresh tell anyway. */
export function checkAlerts(failures: readonly Failure[], now: number): readonly Alert[] {
  return failures.flatMap(({ check, result }) => {
    const level = LEVELS[check.severity];
    if (level === undefined || TOLD_BY_FIGURES.has(check.id)) return [];
    return [{ level, id: check.id, text: `${check.id}: ${whatOf(result)}, ${agoOf((now - result.at) / 1000)}` }];
  });
}

/** Characters of a figure that a reason among others has room for. */
const LONGEST_FIGURE = 50;

const whatOf = ({ figure, violations }: Remembered): string =>
  figure === undefined || figure.length > LONGEST_FIGURE ? counted(violations, 'violation') : figure;

const agoOf = (seconds: number): string => (seconds < 60 ? 'just now' : `${age(seconds)} ago`);
