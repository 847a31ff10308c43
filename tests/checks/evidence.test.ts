import { expect, test } from 'vitest';
import { boundedEvidence } from '../../src/checks/evidence.ts';

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
const rows = (count: number, row: Readonly<Record<string, string | null>>) =>
  Array.from({ length: count }, (_, index) => ({ pk: `${index}`, ...row }));
/** A row of so many columns. */
const wide = (columns: number, value: string) =>
  Object.fromEntries(Array.from({ length: columns }, (_, index) => [`column_${index}`, value]));

test('what is short stays as it is', () => {
  const evidence = {
    sample: rows(20, { source: 'cal.com', note: null, __proto__: null }),
    statements: [{ sql: 'SELECT ?', parameters: ['a', 1, null, false] }],
  };
  expect(boundedEvidence(evidence)).toEqual(evidence);
});

test('a long value is cut, between characters; a key never is', () => {
  const key = 'k'.repeat(1_000);
  const value = `${'a'.repeat(198)}😀${'b'.repeat(1_000_000)}`;
  const { sample } = boundedEvidence({ sample: [{ pk: key, value }], statements: [] });
  expect(sample).toEqual([{ pk: key, value: `${'a'.repeat(198)}…` }]);
});

test.each([
  ['many columns', rows(20, wide(80, 'x'.repeat(300)))],
  ['control characters', rows(20, wide(20, '\u0000\u001b'.repeat(500)))],
  ['wide characters', rows(20, wide(30, '漢😀'.repeat(500)))],
])('twenty rows of %s are all there, in 64 kB', (_, sample) => {
  const kept = boundedEvidence({ sample, statements: [] }).sample;
  expect(kept.map(({ pk }) => pk)).toEqual(sample.map(({ pk }) => pk));
  expect(bytesOf(kept)).toBeLessThan(64_100);
});

test('of rows that have no room together the first ones are kept', () => {
  const some = boundedEvidence({ sample: rows(20, wide(200, '漢'.repeat(500))), statements: [] }).sample;
  expect(some.map(({ pk }) => pk)).toEqual(['0', '1', '2', '3']);
});

test('a row that has no room at all is left out, and the others are not', () => {
  const sample = [{ pk: 'k'.repeat(1_000_000) }, ...rows(2, { source: 'phone' })];
  expect(boundedEvidence({ sample, statements: [] }).sample).toEqual(rows(2, { source: 'phone' }));
});

test('the longest statement of the catalogue is kept whole, and many of any length take 64 kB', () => {
  const statement = { sql: 'x'.repeat(13_400), parameters: Array.from({ length: 50 }, () => 'HTTP_401') };
  expect(boundedEvidence({ sample: [], statements: [statement] }).statements).toEqual([statement]);
  const many = Array.from({ length: 100 }, () => ({
    sql: 'y'.repeat(1_000_000),
    parameters: Array.from({ length: 1_000 }, () => 'z'.repeat(1_000)),
  }));
  const { statements } = boundedEvidence({ sample: [], statements: [...many, statement] });
  expect(bytesOf(statements)).toBeLessThan(64_500);
  expect(statements[0]?.sql).toBe(`${'y'.repeat(19_999)}…`);
  expect(statements[0]?.parameters.at(-1)).toBe('… and 950 more');
  expect(statements.at(-1)?.sql).toMatch(/^-- … and \d+ more that are not kept$/);
});

test('a parameter that JSON does not know is text', () => {
  const statements = [{ sql: 'SELECT ?', parameters: [9_007_199_254_740_993n, undefined] }];
  expect(boundedEvidence({ sample: [], statements }).statements[0]?.parameters).toEqual([
    '9007199254740993',
    'undefined',
  ]);
});
