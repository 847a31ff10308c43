import { expect, test } from 'vitest';
import { poll } from '../support.ts';
import { PtySession } from './pty.ts';

const DEMO = ['demo', '--still'];

const ENDINGS = [
  ['q', 0],
  ['Ctrl-C', 130],
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['a bug', 3],
] as const;

for (const [ending, code] of ENDINGS) {
  test(`${ending} leaves the terminal as it was found, with exit code ${code}`, async () => {
    using session = new PtySession(DEMO);
    await session.sees('102 ids misplaced');
    if (ending === 'q') session.press('q');
    else if (ending === 'Ctrl-C') session.press('\u0003');
    else await session.signal(ending === 'a bug' ? 'SIGUSR2' : ending);
    expect(await session.end()).toEqual({ code, changed: [] });
    if (ending === 'a bug') await session.sees('planted: this is a bug in apptop');
  });
}

test('a terminal that hangs up ends the console', async () => {
  using session = new PtySession(DEMO);
  await session.sees('102 ids misplaced');
  const pid = await session.pid();
  session.hangUp();
  await poll(() => !isAlive(pid), { what: 'the end of the process' });
});

test('a resize to 1x1 and back draws the console again', async () => {
  using session = new PtySession(DEMO);
  await session.sees('OPERATE');
  session.resize(1, 1);
  session.resize(120, 40);
  await session.sees('OPERATE');
  await session.sees('102 ids misplaced');
  session.press('q');
  expect(await session.end()).toEqual({ code: 0, changed: [] });
});

test('Ctrl-\\ does not end the console', async () => {
  using session = new PtySession(DEMO);
  await session.sees('102 ids misplaced');
  session.press('\u001c?');
  await session.sees('Keys of this screen');
});

test('CI=true does not keep the console from drawing', async () => {
  using session = new PtySession(DEMO, { env: { CI: 'true' } });
  await session.sees('102 ids misplaced');
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
