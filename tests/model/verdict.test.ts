import { describe, expect, test } from 'vitest';
import { DEFAULT_THRESHOLDS, isAbove, isBelow } from '../../src/model/thresholds.ts';

describe('a target', () => {
  const { syncSuccess, latencyMax } = DEFAULT_THRESHOLDS;

  test('of more than 95 % is missed at exactly 95 %', () => {
    expect([0.951, 0.95, 0.949].map((share) => isAbove(share, syncSuccess))).toEqual([true, false, false]);
    expect(isAbove(1, 1)).toBe(true);
  });

  test('of less than 30 s is missed at exactly 30 s', () => {
    expect([29.9, 30, 30.1].map((seconds) => isBelow(seconds, latencyMax))).toEqual([true, false, false]);
    expect(isBelow(0, 0)).toBe(true);
  });
});
