import { expect, test } from 'vitest';
import { runProgram } from '../../src/config/program.ts';

const how = { folder: '/', timeoutMs: 20_000, signal: new AbortController().signal, remedy: 'look' };

test('who holds the pipes of a program that has ended is not waited for', async () => {
  const began = performance.now();
  const end = await runProgram(['sh', '-c', 'setsid sleep 30 & echo started'], how);
  expect(end).toMatchObject({ code: 0, stdout: 'started\n' });
  // It waited for the program, not for what holds its pipes.
  expect(performance.now() - began).toBeLessThan(20_000);
});

test('one that takes too long is ended with all that it started', async () => {
  const late = runProgram(['sh', '-c', 'sleep 30 & sleep 30'], { ...how, timeoutMs: 200 });
  await expect(late).rejects.toMatchObject({ kind: 'timeout', message: 'sh took over 0.2 s' });
});
