import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { row } from '../changes/guarded.ts';
import { ENGINES } from '../engines/engines.ts';
import { PtySession } from '../terminal/pty.ts';
import { type Changer, changing } from './changer.ts';

const MOVE = {
  version: 1,
  id: 'own',
  title: 'Own',
  purpose: 'a test',
  phases: [
    {
      id: 'all',
      title: 'All of it',
      steps: [{ id: 'move', title: 'Move', change: { id: 'move-booking-ids', action: 'run' } }],
    },
  ],
};

/** `apptop runbook` at a terminal. */
function at(on: Changer, action: string): PtySession {
  const words = ['runbook', action, '--file', join(on.folder, 'own.json'), '--config', join(on.folder, 'apptop.json')];
  return new PtySession(words, { rows: 50, env: { HOME: on.home, XDG_STATE_HOME: join(on.home, 'state') } });
}

for (const engine of ENGINES) {
  describe(`a runbook at a terminal on ${engine.name}`, () => {
    test('shows the plan of a change, asks for the phrase, does it, and tells where it is', async () => {
      const on = await changing(engine, [row(1, null, '8212577')]);
      on.write('own.json', MOVE);
      using session = at(on, 'run');
      await session.sees('moves 1 id from calcom_v2_booking_id');
      await session.sees('Enter goes on, with 60 s to confirm');
      session.press('\r');
      await session.sees('type  staging appointments 1  to go on:');
      session.press('staging appointments 1\r');
      await session.sees('✔ passed   move');
      expect(await session.end()).toEqual({ code: 0, changed: [] });
      expect(await on.ids()).toEqual({ 1: ['8212577', null, '8212577'] });
      using status = at(on, 'status');
      await status.sees('Own  run 1 is finished');
      await status.sees('All of it\n  ✔ passed   move  Move\n             run 1: 1 row changed of 1 planned');
      expect((await status.end()).code).toBe(0);
    });

    test('does not ask where a gate is red', async () => {
      const on = await changing(engine, [row(1, null, '8212577')], { changes: { backup: { file: 'nowhere.sql' } } });
      on.write('own.json', MOVE);
      using session = at(on, 'run');
      await session.sees('✖ blocks  backup: there is no file');
      await session.sees('apptop: backup: there is no file');
      expect((await session.end()).code).toBe(2);
      const said = await on.run('runbook', 'run', '--file', 'own.json');
      expect([said.code, said.stderr]).toEqual([1, expect.stringContaining('A gate is red: backup: there is no file')]);
      const confirmed = await on.run('runbook', 'run', '--file', 'own.json', '--confirm', 'staging appointments 1');
      expect([confirmed.code, await on.db.execute('SELECT * FROM apptop_step')]).toEqual([2, []]);
    });
  });
}
