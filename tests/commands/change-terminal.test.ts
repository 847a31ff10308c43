import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { row } from '../changes/guarded.ts';
import { ENGINES } from '../engines/engines.ts';
import { PtySession } from '../terminal/pty.ts';
import { type Changer, changing } from './changer.ts';

const ROWS = [row(1, null, '8212577'), row(2, '77', '77')];
const PHRASE = 'production appointments 2';

/** `apptop change run` at a terminal, when the plan is on it. */
async function asked(on: Changer, ...args: string[]): Promise<PtySession> {
  const config = ['--config', join(on.folder, 'apptop.json')];
  const words = ['change', 'run', 'move-booking-ids', ...config, ...args];
  const session = new PtySession(words, { rows: 50, env: { HOME: on.home, XDG_STATE_HOME: join(on.home, 'state') } });
  await session.sees('Enter goes on, with 60 s to confirm');
  return session;
}

for (const engine of ENGINES) {
  describe(`confirming at a terminal on ${engine.name}`, () => {
    test('shows the plan, asks for reason and phrase, and does it', async () => {
      const on = await changing(engine, ROWS, { environment: 'production' });
      using session = await asked(on);
      await session.sees('moves 1 id from calcom_v2_booking_id');
      session.press('\r');
      await session.sees('reason (a ticket):');
      session.press('\r');
      await session.sees('reason (a ticket): \nreason (a ticket):');
      session.press('OPS-1\r');
      await session.sees(`type  ${PHRASE}  to go on:`);
      session.press(`${PHRASE}\r`);
      await session.sees('run 1 is done: 2 rows changed of 2 planned');
      expect(await session.end()).toEqual({ code: 0, changed: [] });
      expect(await on.ids()).toEqual({ 1: ['8212577', null, '8212577'], 2: ['77', null, '77'] });
    });
  });
}

describe('at a terminal nothing is done', () => {
  const [engine] = ENGINES;
  if (engine === undefined) throw new Error('no engine');

  test.each([
    ['with another phrase', 'production appointments 3\r', 2, '"production appointments 3" is not the phrase'],
    ['after Ctrl-C', '\u0003', 130, 'apptop: nothing was done'],
    ['after Ctrl-D', '\u0004', 130, 'apptop: nothing was done'],
  ])('%s', async (_, keys, code, message) => {
    const on = await changing(engine, ROWS, { environment: 'production' });
    const before = await on.ids();
    using session = await asked(on, '--reason', 'OPS-1');
    session.press('\r');
    await session.sees(`type  ${PHRASE}  to go on:`);
    session.press(keys);
    await session.sees(message);
    expect(await session.end()).toEqual({ code, changed: [] });
    expect(await on.ids()).toEqual(before);
  });

  test('after SIGTERM', async () => {
    const on = await changing(engine, ROWS, { environment: 'production' });
    using session = await asked(on);
    await session.signal('SIGTERM');
    expect(await session.end()).toEqual({ code: 143, changed: [] });
  });

  test('while a gate is red', async () => {
    const on = await changing(engine, ROWS, { access: 'read' });
    using session = new PtySession(['change', 'run', 'move-booking-ids', '--config', join(on.folder, 'apptop.json')]);
    await session.sees('apptop: nothing was done: a gate is red');
    expect(await session.end()).toEqual({ code: 2, changed: [] });
  });
});
