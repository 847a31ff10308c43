import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BATCH_MS, Pace } from '../../src/changes/pace.ts';

/** How long a batch takes where a row takes so many milliseconds. */
const settled = (msPerRow: number, batches: number, aimMs?: number): number => {
  const pace = new Pace(undefined, aimMs === undefined ? {} : { aimMs });
  for (let batch = 0; batch < batches; batch += 1) pace.took(pace.size * msPerRow);
  return pace.size;
};

test('batches grow or shrink until one takes about what it aims at', () => {
  expect(settled(0.05, 60) * 0.05).toBeCloseTo(BATCH_MS, -1);
  expect(settled(1, 60)).toBeCloseTo(BATCH_MS, -1);
  expect(settled(0.05, 60, 5) * 0.05).toBeCloseTo(5, 0);
});

test('the size stays between 50 and 5,000 rows, whatever a batch takes', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 600_000, noNaN: true }), { maxLength: 50 }), (times) => {
      const pace = new Pace();
      for (const ms of times) pace.took(ms);
      return pace.size >= 50 && pace.size <= 5_000;
    }),
  );
});

test('one slow batch halves the size at once, and it grows back by at most a fifth', () => {
  const pace = new Pace(2_000);
  pace.took(10_000);
  expect(pace.size).toBe(1_000);
  pace.took(1);
  expect(pace.size).toBeLessThanOrEqual(1_200);
});
