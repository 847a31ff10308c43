import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { row } from '../changes/guarded.ts';
import { type Changer, changing } from '../commands/changer.ts';
import { SLOW } from '../commands/slow.ts';
import { ENGINES, type TestEngine } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { PtySession } from './pty.ts';

const MANY = 20_000;
const rows = Array.from({ length: MANY }, (_, index) => row(index + 1, null, String(7_000_000 + index)));

/** The console in the middle of a move. */
async function moving(engine: TestEngine): Promise<{ readonly on: Changer; readonly session: PtySession }> {
  const on = await changing(engine, rows);
  for (const statement of SLOW[engine.name]) await on.db.execute(statement);
  const session = new PtySession(['--config', join(on.folder, 'apptop.json')], {
    columns: 100,
    rows: 40,
    env: { HOME: on.home, XDG_STATE_HOME: join(on.home, 'state') },
  });
  await session.sees('OPERATE');
  session.press('6');
  await session.sees('ready');
  session.press('m');
  await session.sees('What can be done here');
  session.press('\r');
  await session.sees('expires in');
  session.press(`staging appointments ${MANY}`);
  await session.sees('Tab goes there');
  session.press('\t');
  await session.sees('Enter does it');
  session.press('\r');
  await on.changedOver(0);
  return { on, session };
}

/** How the run stands in the database. */
async function stateOn({ db }: Changer): Promise<string | null | undefined> {
  const [run] = await db.execute('SELECT state FROM apptop_run');
  return run?.['state'];
}

for (const engine of ENGINES) {
  describe(`a console that ends in the middle of a run on ${engine.name}`, () => {
    test.each([
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const)('pauses it at %s', { timeout: 60_000 }, async (signal, code) => {
      const { on, session } = await moving(engine);
      using open = session;
      await open.signal(signal);
      expect(await open.end()).toEqual({ code, changed: [] });
      expect(await stateOn(on)).toBe('paused');
    });

    test('pauses it when its terminal is gone', { timeout: 60_000 }, async () => {
      const { on, session } = await moving(engine);
      using open = session;
      open.hangUp();
      await poll(async () => (await stateOn(on)) === 'paused', { deadlineMs: 10_000, what: 'a run that pauses' });
    });

    test('asks first at Ctrl-C, and pauses it', { timeout: 60_000 }, async () => {
      const { on, session } = await moving(engine);
      using open = session;
      open.press('\u0003');
      await open.sees('A change is under way here');
      open.press('\t');
      await open.sees('Enter does it');
      open.press('\r');
      expect(await open.end()).toEqual({ code: 130, changed: [] });
      expect(await stateOn(on)).toBe('paused');
    });
  });
}
