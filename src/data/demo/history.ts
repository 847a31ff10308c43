import type { Sample } from '../../model/sample.ts';
import type { DemoRow } from './row.ts';
import { DAY, HOUR, MINUTE } from './row.ts';

/** How long a console seems to have been open on the demo, and how often it looked. */
const WATCHED = 12 * HOUR;
const STEP = MINUTE;

const moment = (timestamp: string | null): number => (timestamp === null ? Number.NaN : Date.parse(`${timestamp}Z`));

/** What a console would have recorded over the last twelve hours, by when the rows were created, verified and flagged. */
export function historyOf(rows: readonly DemoRow[], now: number): readonly Sample[] {
  const facts = rows.map((row) => ({
    created: moment(row.created_at),
    initiated: moment(row.sync_initiated_at),
    verified: moment(row.sync_verified_at),
    flagged: moment(row.manual_review_flagged_at),
    pushed: row.sync_origin !== null && row.sync_origin !== 'calcom',
    status: row.calcom_sync_status,
    misplaced: row.calcom_booking_id === null && /^\d+$/.test(row.calcom_v2_booking_id ?? ''),
  }));
  const sampleAt = (at: number): Sample => {
    const day = facts.filter(({ created, pushed }) => pushed && created <= at && created > at - DAY);
    const share = (status: string) =>
      day.length === 0 ? undefined : day.filter((fact) => fact.status === status).length / day.length;
    const latencies = facts
      .filter(({ initiated, verified }) => verified <= at && initiated > at - HOUR)
      .map(({ initiated, verified }) => (verified - initiated) / 1_000);
    return {
      at,
      misplaced: facts.filter(({ misplaced, created }) => misplaced && created <= at).length,
      review: facts.filter(({ flagged }) => flagged <= at).length,
      synced: share('synced'),
      pending: share('pending'),
      failed: share('failed'),
      latency: latencies.length === 0 ? undefined : latencies.reduce((sum, value) => sum + value, 0) / latencies.length,
    };
  };
  return Array.from({ length: WATCHED / STEP }, (_, index) => sampleAt(now - WATCHED + index * STEP));
}
