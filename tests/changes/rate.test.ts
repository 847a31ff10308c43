import { describe, expect, test } from 'vitest';
import { RecentRate } from '../../src/changes/rate.ts';

/** Rates after some looks: seconds, rows, whether it waits from then on. */
function rateOf(...looks: readonly (readonly [seconds: number, rows: number, waiting?: boolean])[]) {
  const rate = new RecentRate();
  for (const [seconds, rows, waiting = false] of looks) rate.saw(rows, waiting, seconds * 1000);
  return rate.perSecond;
}

describe('the recent rate', () => {
  test('is unknown until there is something to tell it by', () => {
    expect(rateOf()).toBeUndefined();
    expect(rateOf([5, 100])).toBeUndefined();
    expect(rateOf([5, 100, true], [9, 100])).toBeUndefined();
  });

  test('is that of the last ten seconds', () => {
    expect(rateOf([0, 0], [2, 1_000])).toBe(500);
    expect(rateOf([0, 0], [10, 100], [20, 10_100], [25, 20_100])).toBe(20_000 / 15);
    expect(rateOf([0, 0], [10, 100], [20, 10_100], [30, 20_100])).toBe(1_000);
  });

  test('leaves out the time in which the run waits for others', () => {
    expect(rateOf([0, 0], [1, 1_000, true], [60, 1_000], [61, 2_000])).toBe(1_000);
  });
});
