import { describe, expect, test } from 'vitest';
import { manyRows } from '../../src/data/demo/many-rows.ts';
import type { DemoRow } from '../../src/data/demo/row.ts';
import { seedRows } from '../../src/data/demo/seed-rows.ts';
import { classOfRow, kindOfValue, linesOfRow, ROW_CLASSES } from '../../src/model/booking-id.ts';
import { causeOf, KNOWN_ORIGINS, KNOWN_STATUSES, PUSHED_ORIGINS } from '../../src/model/sync.ts';
import { ENGINES } from '../engines/engines.ts';

const NOW = Date.parse('2026-11-21T12:04:31Z');
const HOUR = 3_600_000;

const timeOf = (text: string | null) => (text === null ? Number.NaN : Date.parse(`${text}Z`));

function kindsOf(row: DemoRow) {
  const { calcom_booking_id: v1, calcom_v2_booking_id: v2 } = row;
  return { v1: kindOfValue(v1), v2: kindOfValue(v2), equal: v1 !== null && v1 === v2, taken: false, byDesign: false };
}
const classOf = (row: DemoRow) => classOfRow(kindsOf(row));

function countBy<Item>(items: readonly Item[], key: (item: Item) => string | null): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[String(key(item))] = (counts[String(key(item))] ?? 0) + 1;
  return counts;
}

/** What holds for any believable appointment. */
function contradictions(rows: readonly DemoRow[]): readonly DemoRow[] {
  return rows.filter((row) => {
    const pushedBack = row.sync_origin === 'calcom' && (row.sync_job_id !== null || row.sync_attempt_count !== '0');
    const syncedToNothing = row.calcom_sync_status === 'synced' && classOf(row) === 'none';
    const flaggedForNothing = row.requires_manual_review === '1' && row.sync_error_code === null;
    const unknown = ![null, ...KNOWN_STATUSES].some((status) => status === row.calcom_sync_status);
    const stranger = ![null, ...KNOWN_ORIGINS].some((origin) => origin === row.sync_origin);
    const times = [row.created_at, row.updated_at, row.sync_initiated_at ?? row.created_at].map(timeOf);
    const later = times.some((time) => !(time <= NOW)) || timeOf(row.updated_at) < timeOf(row.created_at);
    return pushedBack || syncedToNothing || flaggedForNothing || unknown || stranger || later;
  });
}

describe('the 128 appointments of the field', () => {
  const rows = seedRows(NOW);
  const ofLastDay = rows.filter(
    (row) => timeOf(row.created_at) >= NOW - 24 * HOUR && PUSHED_ORIGINS.some((origin) => origin === row.sync_origin),
  );
  const review = rows.filter((row) => row.requires_manual_review === '1');

  test('have 102 misplaced ids, 2 both, 1 V2 only and 23 none', () => {
    expect(countBy(rows, classOf)).toEqual({ misplaced: 102, both: 2, v2: 1, none: 23 });
  });

  test('give the five overlapping lines 2, 3, 102, 2 and 23', () => {
    const sum = (line: keyof ReturnType<typeof linesOfRow>) =>
      rows.reduce((total, row) => total + linesOfRow(kindsOf(row))[line], 0);
    expect(sum('v1InV1Column')).toBe(2);
    expect(sum('v2InV2Column')).toBe(3);
    expect(sum('v1InV2Column')).toBe(102);
    expect(sum('both')).toBe(2);
    expect(sum('none')).toBe(23);
  });

  test('come from the six sources, and only Cal.com, the import and the transcripts have ids', () => {
    const ids = (with_: boolean) => rows.filter((row) => (classOf(row) !== 'none') === with_);
    expect(countBy(ids(true), (row) => row.source)).toEqual({ 'cal.com': 101, calcom_import: 2, retell_transcript: 2 });
    expect(countBy(ids(false), (row) => row.source)).toEqual({ phone: 9, test: 6, other: 8 });
  });

  test('include appointment 512 with 8212577 in the V2 column', () => {
    expect(rows.find((row) => row.id === '512')).toMatchObject({
      calcom_booking_id: null,
      calcom_v2_booking_id: '8212577',
      source: 'cal.com',
    });
  });

  test('sync 93.1 % of the last 24 hours', () => {
    expect(countBy(ofLastDay, (row) => row.calcom_sync_status)).toEqual({ synced: 67, pending: 3, failed: 2 });
    expect(Object.keys(countBy(rows, (row) => row.sync_origin)).sort()).toEqual([...KNOWN_ORIGINS, 'null'].sort());
  });

  test('sync within 4.1 s on average and 27 s at most in the last hour', () => {
    const latencies = rows
      .filter((row) => row.sync_verified_at !== null && timeOf(row.sync_initiated_at) >= NOW - HOUR)
      .map((row) => (timeOf(row.sync_verified_at) - timeOf(row.sync_initiated_at)) / 1_000);
    expect(Math.max(...latencies)).toBe(27);
    expect(latencies.reduce((sum, latency) => sum + latency, 0) / latencies.length).toBeCloseTo(4.1, 1);
  });

  test('leave five in review for three hours at most, three of them for an API key of one tenant', () => {
    expect(countBy(review, (row) => causeOf(row.sync_error_code, row.sync_error_message)?.id ?? null)).toEqual({
      'http-401': 3,
      'http-422': 1,
      network: 1,
    });
    expect(review.some((row) => row.sync_error_code === 'RuntimeException')).toBe(true);
    const oldest = Math.min(...review.map((row) => timeOf(row.manual_review_flagged_at)));
    expect(Math.floor((NOW - oldest) / HOUR)).toBe(3);
    const tenants = review.filter((row) => causeOf(row.sync_error_code, row.sync_error_message)?.id === 'http-401');
    expect(new Set(tenants.map((row) => row.company_id)).size).toBe(1);
  });

  test('contradict neither themselves nor the clock', () => {
    expect(contradictions(rows)).toEqual([]);
    const createdAt = rows.map((row) => timeOf(row.created_at));
    expect(createdAt).toEqual(createdAt.toSorted((a, b) => a - b));
    expect(new Set(rows.map((row) => row.company_id)).size).toBeGreaterThan(2);
  });
});

describe('any number of appointments', () => {
  test.each([8, 100, 20_000])('%i have all eight classes, unique ids and no contradiction', (count) => {
    const rows = [...manyRows(count, NOW)];
    expect(rows).toHaveLength(count);
    expect(Object.keys(countBy(rows, classOf)).sort()).toEqual([...ROW_CLASSES].sort());
    const v2 = rows.map((row) => row.calcom_v2_booking_id).filter((value) => value !== null);
    expect(new Set(v2).size).toBe(v2.length);
    expect(contradictions(rows)).toEqual([]);
  });

  test('are the same ones every time', () => {
    expect([...manyRows(100, NOW)]).toEqual([...manyRows(100, NOW)]);
  });

  for (const engine of ENGINES) {
    test(`fit into ${engine.name} with the unique index of the field`, async () => {
      const db = await engine.database();
      await engine.createAppointments(db, { unique: true });
      const rows = [...manyRows(2_000, NOW)];
      await engine.insert(db, 'appointments', rows);
      const stored = await db.execute(
        'SELECT id, calcom_booking_id, calcom_v2_booking_id FROM appointments ORDER BY id',
      );
      expect(stored).toEqual(
        rows.map(({ id, calcom_booking_id, calcom_v2_booking_id }) => ({
          id,
          calcom_booking_id,
          calcom_v2_booking_id,
        })),
      );
      await db.drop();
    });
  }
});
