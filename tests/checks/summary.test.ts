import { describe, expect, test } from 'vitest';
import type { CheckVerdict } from '../../src/checks/check.ts';
import { type ChecksWord, countVerdicts, summarise } from '../../src/checks/summary.ts';
import type { Severity } from '../../src/model/check-words.ts';
import { quick, resultOf } from './checks.ts';

type Found = readonly [verdict: CheckVerdict, severity: Severity];
const results = (found: readonly Found[]) =>
  found.map(([verdict, severity], index) => resultOf(quick(`number-${index}`, { severity }), { verdict }));

describe('the verdict over checks', () => {
  test.each<[ChecksWord, readonly Found[]]>([
    ['HEALTHY', []],
    [
      'HEALTHY',
      [
        ['pass', 'stop'],
        ['not-applicable', 'stop'],
        ['fail', 'info'],
      ],
    ],
    [
      'DEGRADED',
      [
        ['fail', 'warn'],
        ['pass', 'stop'],
      ],
    ],
    [
      'STOP',
      [
        ['fail', 'error'],
        ['fail', 'warn'],
      ],
    ],
    [
      'STOP',
      [
        ['fail', 'stop'],
        ['could-not-tell', 'info'],
      ],
    ],
    [
      'UNKNOWN',
      [
        ['could-not-tell', 'info'],
        ['fail', 'warn'],
        ['pass', 'stop'],
      ],
    ],
  ])('is %s for %j', (word, found) => {
    expect(summarise(results(found))).toBe(word);
  });

  test('counts them', () => {
    const found = results([
      ['pass', 'stop'],
      ['pass', 'info'],
      ['fail', 'warn'],
      ['could-not-tell', 'stop'],
    ]);
    expect(countVerdicts(found)).toEqual({ pass: 2, fail: 1, 'not-applicable': 0, 'could-not-tell': 1 });
  });
});
