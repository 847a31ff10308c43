import { expect, test } from 'vitest';
import type { LedgerLine } from '../../src/data/state/ledger.ts';
import type { IdValues } from '../../src/data/writing.ts';
import { isOpen, NO_COUNTS, RUN_STATES, type Run } from '../../src/model/run.ts';
import { compare } from '../../src/rollback/compare.ts';
import { phaseOf } from '../../src/rollback/phase.ts';

const ids = (v1: string | null, v2: string | null, backup: string | null = null): IdValues => ({ v1, v2, backup });
const moved: LedgerLine = { run: 1, pk: '1', old: ids(null, '101'), new: ids('101', null, '101') };

test('a row is restored, back already, changed since, or gone', () => {
  expect(compare([moved], ids('101', null, '101'))).toEqual({ kind: 'restore', to: moved.old });
  expect(compare([moved], ids(null, '101', '101'))).toEqual({ kind: 'already' });
  expect(compare([moved], ids('101', 'kDm3nC8TqV5xY7zA2bE4fG', '101'))).toEqual({ kind: 'conflict' });
  expect(compare([moved], undefined)).toEqual({ kind: 'deleted' });
  expect(compare([{ ...moved, new: ids(null, '101', '101') }], ids(null, '101', '101'))).toEqual({ kind: 'already' });
});

test('a row that was moved, taken back by hand and moved again goes back to the beginning', () => {
  const again: LedgerLine = { ...moved, run: 3 };
  expect(compare([again, moved], ids('101', null, '101'))).toEqual({ kind: 'restore', to: moved.old });
});

const run = (id: number, change: string, state: Run['state'], endedAt: number): Run => ({
  id,
  change,
  state,
  request: undefined,
  reason: undefined,
  digest: '',
  parameters: '{}',
  pass: 0,
  cursor: undefined,
  until: undefined,
  token: 1,
  counts: NO_COUNTS,
  batchSize: 500,
  planned: 1,
  total: 1,
  operator: 'somebody',
  ticket: undefined,
  startedAt: endedAt,
  updatedAt: endedAt,
  endedAt,
  workedMs: 0,
});
const HOUR = 3_600_000;
const phase = (runs: readonly Run[], now: number, migration: 'migrated' | 'not-started' | 'clean' = 'migrated') =>
  phaseOf(migration, runs, 24, now).kind;

test('the phase of a migration follows from its runs and the clock', () => {
  const move = run(1, 'move-booking-ids', 'done', 0);
  expect(phase([], 0, 'not-started')).toBe('not-started');
  expect(phase([], 0)).toBe('moved-elsewhere');
  expect(phase([move], 23 * HOUR)).toBe('monitoring');
  expect(phase([move], 25 * HOUR)).toBe('cleanup-due');
  expect(phase([run(2, 'rollback-booking-ids', 'done', HOUR), move], 2 * HOUR)).toBe('rolled-back');
  expect(
    phase([run(3, 'move-booking-ids', 'done', 2 * HOUR), run(2, 'rollback-booking-ids', 'done', HOUR), move], 3 * HOUR),
  ).toBe('monitoring');
  expect(phase([run(2, 'cleanup-booking-ids', 'done', HOUR), move], 2 * HOUR, 'clean')).toBe('clean');
});

test('a run that has not ended is what is under way', () => {
  for (const state of RUN_STATES.filter(isOpen))
    expect(phase([run(1, 'move-booking-ids', state, 0)], 0)).toBe('under-way');
});
