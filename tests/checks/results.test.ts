import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Results } from '../../src/checks/results.ts';
import { quick, resultOf } from './checks.ts';

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), 'apptop-results-'));
  onTestFinished(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });
  return join(folder, 'checks', 'database.json');
}

const check = quick('broken');
const at = (seconds: number) => Date.UTC(2026, 10, 21) + seconds * 1000;

test('another process sees the last result, the last pass and the trend', () => {
  const path = file();
  const results = new Results(path);
  results.add([resultOf(check, { at: at(1) })]);
  results.add([resultOf(check, { at: at(2), verdict: 'could-not-tell', note: 'the server is away' })]);
  results.add([resultOf(check, { at: at(3), verdict: 'fail', violations: 5, figure: '5 of 128', durationMs: 70 })]);
  const expected = {
    verdict: 'fail',
    violations: 5,
    figure: '5 of 128',
    durationMs: 70,
    at: at(3),
    passedAt: at(1),
    trend: [0, null, 5],
  };
  expect(results.known.get('own/broken')).toEqual({ ...expected, note: undefined });
  expect(new Results(path).known.get('own/broken')).toEqual(expected);
});

test('two processes keep what the other one wrote', () => {
  const path = file();
  const [one, other] = [new Results(path), new Results(path)];
  one.add([resultOf(quick('one'))]);
  other.add([resultOf(quick('other'))]);
  one.add([resultOf(quick('one'), { verdict: 'fail', violations: 1 })]);
  expect([...new Results(path).known.keys()].toSorted()).toEqual(['own/one', 'own/other']);
  expect(one.known.get('own/one')?.trend).toEqual([0, 1]);
});

test('what another process found is taken over, and said to whoever listens', () => {
  const path = file();
  const [one, other] = [new Results(path), new Results(path)];
  let heard = 0;
  one.subscribe(() => {
    heard += 1;
  });
  one.reread();
  expect(heard).toBe(0);
  other.add([resultOf(check, { verdict: 'fail', violations: 2 })]);
  one.reread();
  one.reread();
  expect([one.known.get('own/broken')?.violations, heard]).toEqual([2, 1]);
});

test('the trend has the last thirty runs', () => {
  const results = new Results(undefined);
  for (let run = 0; run < 40; run += 1) results.add([resultOf(check, { verdict: 'fail', violations: run })]);
  expect(results.known.get('own/broken')?.trend).toEqual(Array.from({ length: 30 }, (_, run) => run + 10));
});

test('whoever listens hears of new results, until they stop', () => {
  const results = new Results(undefined);
  let heard = 0;
  const stop = results.subscribe(() => {
    heard += 1;
  });
  results.add([resultOf(check)]);
  stop();
  results.add([resultOf(check)]);
  expect(heard).toBe(1);
});

test('only the person themselves can read the file, and nothing half written stays beside it', () => {
  const path = file();
  new Results(path).add([resultOf(check)]);
  expect(statSync(path).mode & 0o077).toBe(0);
  expect(readdirSync(dirname(path))).toEqual(['database.json']);
});

test.each([
  '',
  '{"own/broken": {"verdict": "pass", "at": 1',
  '[]',
  'null',
  '{"own/broken": 7, "own/odd": {"verdict": "splendid", "violations": 0, "durationMs": 1, "at": 1, "trend": []}}',
])('a damaged file is as none: %j', (content) => {
  const path = file();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  const results = new Results(path);
  expect(results.known.size).toBe(0);
  results.add([resultOf(check)]);
  expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')))).toEqual(['own/broken']);
});

test('a folder that cannot be written costs the memory of other sessions only', () => {
  const path = file();
  writeFileSync(dirname(path), 'a file where the folder would be');
  const results = new Results(path);
  results.add([resultOf(check)]);
  expect(results.known.get('own/broken')?.verdict).toBe('pass');
});
