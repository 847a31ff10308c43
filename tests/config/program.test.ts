import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runProgram } from '../../src/config/program.ts';
import { poll } from '../support.ts';
import { Folder } from './folder.ts';

/** Whether a process runs. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that nobody has waited for yet is a zombie: it runs no more.
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const how = { folder: '/', timeoutMs: 20_000, signal: new AbortController().signal, remedy: 'look' };

test('who holds the pipes of a program that has ended is not waited for', async () => {
  const began = performance.now();
  const end = await runProgram(['sh', '-c', 'setsid sleep 30 & echo started'], how);
  expect(end).toMatchObject({ code: 0, stdout: 'started\n' });
  // It waited for the program, not for what holds its pipes.
  expect(performance.now() - began).toBeLessThan(20_000);
});

test('one ends with all that it started when whoever runs it is killed', async () => {
  const program = new URL('../../src/config/program.ts', import.meta.url).href;
  const script = `
    const { runProgram } = await import(${JSON.stringify(program)});
    const signal = new AbortController().signal;
    const how = { folder: '/', timeoutMs: 60_000, signal, remedy: '' };
    const done = runProgram(['sh', '-c', 'sleep 60 & echo $! >&3; wait'], how);
    console.log('begun');
    await done;`;
  const file = join(new Folder().write('pid', '').folder, 'pid');
  const pid = () => Number(readFileSync(file, 'utf8'));
  const operator = spawn(process.execPath, ['--input-type=module', '-e', script.replace('&3', file)]);
  await once(operator.stdout, 'data');
  await poll(async () => pid() > 0);
  expect(isThere(pid())).toBe(true);
  operator.kill('SIGKILL');
  await poll(async () => !isThere(pid()));
});

test('one that takes too long is ended with all that it started', async () => {
  const late = runProgram(['sh', '-c', 'sleep 30 & sleep 30'], { ...how, timeoutMs: 200 });
  await expect(late).rejects.toMatchObject({ kind: 'timeout', message: 'sh took over 0.2 s' });
});
