import { describe, expect, test } from 'vitest';
import { distance, minuteStamp, stamp, timeOf } from '../../src/model/time.ts';

const NOON = Date.UTC(2026, 10, 21, 12, 4, 31);

describe('times as databases write them', () => {
  test.each([
    ['2026-11-21 12:04:31', NOON],
    ['2026-11-21T12:04:31Z', NOON],
    ['2026-11-21 12:04:31.123456', NOON],
    ['2026-11-21 12:04:31+00', NOON],
    ['2026-11-21 17:34:31+0530', NOON],
    ['2026-11-21 11:04:31-01:00', NOON],
  ])('%s is a time', (text, at) => expect(timeOf(text)).toBe(at));

  test.each(['', '0000-00-00 00:00:00', 'infinity', '1763726671', '2026-11-21', '2026-11-21 12:04:31\n', 'yesterday'])(
    '%j is none that can be shown',
    (text) => expect(timeOf(text)).toBeUndefined(),
  );

  test('are shown in UTC with a Z, or local without', () => {
    expect([stamp(NOON, false), minuteStamp(NOON, false)]).toEqual(['2026-11-21 12:04:31Z', '2026-11-21 12:04Z']);
    const local = stamp(NOON, true);
    expect(new Date(local).getTime()).toBe(NOON);
    expect(minuteStamp(NOON, true)).toBe(local.slice(0, 16));
  });

  test('are so long ago, or so far ahead', () => {
    expect(distance(NOON, NOON + 3 * 3_600_000)).toBe('3 h ago');
    expect(distance(NOON, NOON - 61_000)).toBe('in 1 min');
    expect(distance(NOON, NOON)).toBe('0 s ago');
  });
});
