import { expect, test } from 'vitest';
import { Throttle } from '../../src/changes/throttle.ts';
import type { Load } from '../../src/data/writing.ts';

const LIMITS = { runningThreads: 25, criticalThreads: 50 };
const quiet: Load = { runningThreads: 3, replicaLagSeconds: 0 };

/** What the throttle says to a server that is asked anew each time. */
async function advice(loads: readonly Load[], lastMs = 0) {
  let next = 0;
  const throttle = new Throttle(async () => loads[Math.min(next++, loads.length - 1)] ?? quiet, LIMITS, 0);
  const said = [];
  for (const _ of loads) said.push(await throttle.advise(lastMs));
  return said;
}

const lag = (seconds: number): Load => ({ ...quiet, replicaLagSeconds: seconds });
const threads = (runningThreads: number): Load => ({ ...quiet, runningThreads });

test('a quiet server, and one that tells nothing, hold up nobody', async () => {
  const silent: Load = { runningThreads: undefined, replicaLagSeconds: undefined };
  expect(await advice([quiet, silent])).toEqual([{ kind: 'go' }, { kind: 'go' }]);
});

test('a replica that lags 1.5 s pauses the run until it is less than 1 s behind', async () => {
  const said = await advice([lag(1.4), lag(2.14), lag(1.2), lag(0.9)]);
  expect(said).toEqual([
    { kind: 'go' },
    { kind: 'wait', reason: 'throttled: replica lag 2.1 s' },
    { kind: 'wait', reason: 'throttled: replica lag 1.2 s' },
    { kind: 'go' },
  ]);
});

test('many running threads pause it, and too many of them, seen twice, halt it', async () => {
  const said = await advice([threads(26), threads(50), threads(10), threads(51), threads(52)]);
  expect(said.map(({ kind }) => kind)).toEqual(['wait', 'wait', 'go', 'wait', 'halt']);
  expect(said[4]).toEqual({ kind: 'halt', reason: '52 running threads, critical at 50' });
});

test('a batch of ours that waited five times as long as it aims at pauses it', async () => {
  expect(await advice([quiet], 501)).toEqual([
    { kind: 'wait', reason: 'throttled: our own statements wait, 501 ms a batch' },
  ]);
  expect(await advice([quiet], 499)).toEqual([{ kind: 'go' }]);
});
