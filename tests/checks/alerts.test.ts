import { expect, test } from 'vitest';
import { checkAlerts, failuresNow, TOLD_BY_FIGURES } from '../../src/checks/alerts.ts';
import { CATALOGUE } from '../../src/checks/catalogue.ts';
import type { Check, CheckResult } from '../../src/checks/check.ts';
import { Results } from '../../src/checks/results.ts';
import type { MigrationState } from '../../src/model/snapshot.ts';
import { quick, resultOf } from './checks.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const HOUR = 3_600_000;

function alertsOf(check: Check, found: Partial<CheckResult> = {}, migration: MigrationState = 'not-started') {
  const results = new Results(undefined);
  results.add([resultOf(check, { verdict: 'fail', violations: 3, at: NOW - 2 * HOUR, ...found })]);
  return checkAlerts(failuresNow([check], results.known, { migration }, NOW), NOW);
}

const catalogued = (id: string): Check => {
  const check = CATALOGUE.find((candidate) => candidate.id === id);
  if (check === undefined) throw new Error(`there is no check ${id}`);
  return check;
};

test('a failed check of stop or error needs somebody at once, one of warn is a warning, one of info nothing', () => {
  const levelOf = (severity: Check['severity']) => alertsOf(quick('x', { severity })).map(({ level }) => level);
  expect(levelOf('stop')).toEqual(['immediate']);
  expect(levelOf('error')).toEqual(['immediate']);
  expect(levelOf('warn')).toEqual(['warning']);
  expect(levelOf('info')).toEqual([]);
});

test('an alert says what was found and how old that is; a long figure is left to the check', () => {
  const textOf = (found: Partial<CheckResult>) => alertsOf(quick('x'), found).map(({ text }) => text);
  expect(textOf({})).toEqual(['own/x: 3 violations, 2 h ago']);
  expect(textOf({ figure: '93.1 %, target > 95 %', at: NOW - 9 })).toEqual(['own/x: 93.1 %, target > 95 %, just now']);
  expect(textOf({ figure: 'one origin after the other '.repeat(9) })).toEqual(['own/x: 3 violations, 2 h ago']);
});

test('a result counts for a day', () => {
  expect(alertsOf(quick('x'), { at: NOW - 24 * HOUR })).toHaveLength(1);
  expect(alertsOf(quick('x'), { at: NOW - 24 * HOUR - 1 })).toEqual([]);
});

test('only a failure counts', () => {
  for (const verdict of ['pass', 'not-applicable', 'could-not-tell'] as const) {
    expect(alertsOf(quick('x'), { verdict })).toEqual([]);
  }
});

test('what holds around a change only says nothing of now, but after the move of the ids what must hold after it', () => {
  for (const phase of ['pre', 'post', 'verify'] as const) {
    expect(alertsOf(quick('x', { phases: [phase] }), {}, 'migrated')).toEqual([]);
    expect(alertsOf(quick('x', { phases: [phase, 'monitor'] }))).toHaveLength(1);
  }
  const kept = catalogued('booking-ids/uids-unchanged');
  expect(alertsOf(kept, {}, 'migrated').map(({ level }) => level)).toEqual(['immediate']);
  expect(alertsOf(kept, {}, 'not-started')).toEqual([]);
  expect(alertsOf(catalogued('booking-ids/no-backup-column'), {}, 'migrated')).toEqual([]);
});

test('what the figures tell at once is no second alert, but a failure all the same', () => {
  expect(TOLD_BY_FIGURES.size).toBeGreaterThan(0);
  const alerts = [...TOLD_BY_FIGURES].flatMap((id) => alertsOf(catalogued(id), {}, 'migrated'));
  expect(alerts).toEqual([]);
  const results = new Results(undefined);
  const stuck = catalogued('sync/stuck-pending');
  results.add([resultOf(stuck, { verdict: 'fail', at: NOW })]);
  expect(failuresNow(CATALOGUE, results.known, { migration: 'clean' }, NOW).map(({ check }) => check)).toEqual([stuck]);
});

test('the most severe comes first', () => {
  const checks = [quick('told', { severity: 'warn' }), quick('halts', { severity: 'stop' })];
  const results = new Results(undefined);
  results.add(checks.map((check) => resultOf(check, { verdict: 'fail', at: NOW })));
  const found = failuresNow(checks, results.known, { migration: 'clean' }, NOW);
  expect(found.map(({ check }) => check.id)).toEqual(['own/halts', 'own/told']);
});
