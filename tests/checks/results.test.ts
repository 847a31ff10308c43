import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
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

/** The files of rows and SQL beside a file of results. */
function evidenceFiles(path: string): readonly string[] {
  const folder = path.replace(/json$/, 'rows');
  return readdirSync(folder).map((name) => join(folder, name));
}

const check = quick('broken');
const failure = {
  verdict: 'fail',
  violations: 30,
  sample: [{ pk: '9007199254740993', source: null }],
  statements: [{ sql: 'SELECT 1 AS pk WHERE source = ?', parameters: ['phone', 7, null, true] }],
} as const;
const evidence = { sample: failure.sample, statements: failure.statements };
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
  expect(results.known.get('own/broken')).toMatchObject({ ...expected, note: undefined });
  expect(new Results(path).known.get('own/broken')).toMatchObject(expected);
});

test('another process sees the rows and the SQL too: one that starts later, and one that is there', () => {
  const path = file();
  const [one, other] = [new Results(path), new Results(path)];
  other.add([resultOf(check, { ...failure, at: at(1), sample: [{ pk: '1' }] }), resultOf(quick('fine'))]);
  one.add([resultOf(check, { ...failure, at: at(2) })]);
  expect(one.evidenceOf('own/broken')).toMatchObject(evidence);
  expect(new Results(path).evidenceOf('own/broken')).toMatchObject(evidence);
  expect(other.evidenceOf('own/broken')?.sample).toEqual([{ pk: '1' }]);
  other.reread();
  expect(other.evidenceOf('own/broken')).toMatchObject(evidence);
  expect(other.evidenceOf('own/broken')).toBe(other.evidenceOf('own/broken'));
  expect(new Results(path).evidenceOf('own/fine')).toMatchObject({ sample: [], statements: [] });
  expect(one.evidenceOf('own/nothing')).toBeUndefined();
});

test('results that are found together share a file, and what no result names goes after a minute', () => {
  const path = file();
  const results = new Results(path);
  results.add([resultOf(check, failure), resultOf(quick('other'), failure)]);
  const [first = '', ...more] = evidenceFiles(path);
  expect(more).toEqual([]);
  results.add([resultOf(check, { ...failure, at: at(1) })]);
  utimesSync(first, 0, 0);
  results.add([resultOf(check, { ...failure, at: at(2) })]);
  expect(evidenceFiles(path)).toContain(first);
  results.add([resultOf(quick('other'), { ...failure, at: at(3) })]);
  expect(evidenceFiles(path)).not.toContain(first);
  expect(new Results(path).evidenceOf('own/broken')).toMatchObject(evidence);
});

test('a newer result stays when another process wrote the file without it', () => {
  const path = file();
  const one = new Results(path);
  one.add([resultOf(check, { at: at(1) })]);
  const before = readFileSync(path);
  one.add([resultOf(check, { ...failure, at: at(2) })]);
  writeFileSync(path, before);
  utimesSync(path, 0, 0);
  one.reread();
  expect(one.known.get('own/broken')?.verdict).toBe('fail');
  one.add([resultOf(quick('other'))]);
  expect(new Results(path).evidenceOf('own/broken')).toMatchObject(evidence);
});

test('results of an earlier version are read, without rows', () => {
  const path = file();
  mkdirSync(dirname(path), { recursive: true });
  const old = { verdict: 'fail', violations: 3, durationMs: 1, at: at(1), passedAt: at(0), trend: [0, 3] };
  writeFileSync(path, JSON.stringify({ 'own/broken': old }));
  const results = new Results(path);
  expect(results.known.get('own/broken')).toEqual(old);
  expect(results.evidenceOf('own/broken')).toBeUndefined();
});

test.each([
  '',
  '[{"id": "own/broken"',
  'null',
  '[null]',
  JSON.stringify([{ id: 'own/broken', at: at(1), sample: [{ pk: 7 }], statements: [] }]),
  JSON.stringify([{ id: 'own/broken', at: at(1), sample: [], statements: ['SELECT 1'] }]),
  JSON.stringify([{ id: 'own/broken', at: at(0), ...evidence }]),
])('a damaged file of rows is as none, and the next result has its rows: %j', (content) => {
  const path = file();
  new Results(path).add([resultOf(check, { ...failure, at: at(1) })]);
  for (const rows of evidenceFiles(path)) writeFileSync(rows, content);
  const results = new Results(path);
  expect([results.known.get('own/broken')?.violations, results.evidenceOf('own/broken')]).toEqual([30, undefined]);
  results.add([resultOf(check, { ...failure, at: at(2) })]);
  expect(new Results(path).evidenceOf('own/broken')).toMatchObject(evidence);
});

test('no name in the file leads out of its folder', () => {
  const path = file();
  const results = new Results(path);
  results.add([resultOf(check, { ...failure, at: at(1) })]);
  const kept = readFileSync(evidenceFiles(path)[0] ?? '');
  writeFileSync(join(dirname(path), '7.json'), kept);
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"evidence":"[^"]*"/, '"evidence":"../7.json"'));
  expect(new Results(path).evidenceOf('own/broken')).toBeUndefined();
});

test('a figure and a note of any length cost no more than their first part', () => {
  const path = file();
  const huge = '\u001b😀'.repeat(1_000_000);
  new Results(path).add([resultOf(check, { figure: huge, note: huge })]);
  expect(statSync(path).size).toBeLessThan(30_000);
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

test('only the person themselves can read the files, and nothing half written stays beside it', () => {
  const path = file();
  new Results(path).add([resultOf(check)]);
  const folder = dirname(path);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
  }
  expect(readdirSync(folder).toSorted()).toEqual(['database.json', 'database.rows']);
  expect(evidenceFiles(path)).toHaveLength(1);
});

test.each([
  '',
  '{"own/broken": {"verdict": "pass", "at": 1',
  '[]',
  'null',
  '{"own/broken": {"verdict": "fail", "violations": 1, "durationMs": 1, "at": 1, "trend": [], "figure": 7}}',
  '{"own/broken": {"verdict": "fail", "violations": 1, "durationMs": 1, "at": 1, "trend": ["a"]}}',
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
  results.add([resultOf(check, failure)]);
  expect(results.known.get('own/broken')?.verdict).toBe('fail');
  expect(results.evidenceOf('own/broken')).toMatchObject(evidence);
});
