import { describe, expect, test } from 'vitest';
import { row } from '../changes/guarded.ts';
import { ENGINES } from '../engines/engines.ts';
import { type Changer, changing } from './changer.ts';

const ROWS = [
  { ...row(1, null, '101'), company_id: '7' },
  { ...row(2, null, '102'), company_id: '7' },
  { ...row(3, null, '103'), company_id: '8' },
  { ...row(4, null, '104'), company_id: '8' },
];

/** What was moved and what was not, in a word: `m-mm`. */
const shape = async (on: Changer) =>
  Object.values(await on.ids())
    .map(([v1]) => (v1 === null ? '-' : 'm'))
    .join('');

async function moved(on: Changer): Promise<void> {
  const { code } = await on.run('change', 'run', 'move-booking-ids', '--confirm', 'staging appointments 4');
  expect([code, await shape(on)]).toEqual([0, 'mmmm']);
}

for (const engine of ENGINES) {
  describe(`a rollback from the command line on ${engine.name}`, () => {
    test('takes back what is asked for: a tenant, some rows, the rest', async () => {
      const on = await changing(engine, ROWS);
      await moved(on);
      const back = async (...args: string[]) => {
        const plan = await on.run('rollback', 'plan', ...args);
        return (await on.runPrinted(plan.stdout)).code;
      };
      expect([await back('--tenant', '7'), await shape(on)]).toEqual([0, '--mm']);
      expect([await back('--ids', '4'), await shape(on)]).toEqual([0, '--m-']);
      await on.db.execute('UPDATE appointments SET calcom_booking_id = 5 WHERE id = 3');
      const conflict = await on.run('rollback', 'plan', '--runs', '1');
      expect(conflict.stdout).toContain('  3    conflict  5   NULL  →  5   NULL');
      expect(conflict.stdout).toContain('There is nothing to do.');
      const strange = await on.run('rollback', 'plan', '--runs', '9');
      expect([strange.code, strange.stderr]).toEqual([
        3,
        'apptop: run 9 is no move that can be taken back: apptop change status shows the runs\n',
      ]);
    });

    test('is no reason to stop: the status says misplaced, not misplaced after the move', async () => {
      const on = await changing(engine, ROWS);
      await moved(on);
      const plan = await on.run('rollback', 'plan');
      await on.runPrinted(plan.stdout);
      const status: { verdict: string; reasons: { id: string }[] } = JSON.parse(
        (await on.run('status', '--json')).stdout,
      );
      expect([status.verdict, status.reasons.map(({ id }) => id)]).toEqual(['DEGRADED', ['misplaced']]);
    });

    test('a level that people take has its steps in their order, also in a pipe', async () => {
      const lost = { ...row(1, null, null), calcom_sync_status: 'synced' };
      const on = await changing(engine, [lost], {
        rollback: { code: { steps: ['stop the workers', 'deploy the tag before'] } },
      });
      const { code, stderr } = await on.run('rollback', 'levels');
      expect([code, stderr]).toEqual([
        2,
        'apptop: level 2 is called for: people do it, in this order: stop the workers; deploy the tag before\n',
      ]);
    });

    test('tells which of its levels is called for, and the command that does it', async () => {
      const on = await changing(engine, ROWS);
      await moved(on);
      const calm = await on.run('rollback', 'levels');
      expect([calm.code, calm.stderr]).toEqual([
        0,
        'apptop: no level is called for, as far as that is known: 2 criteria could not be told\n',
      ]);
      await on.db.execute('UPDATE appointments SET calcom_booking_id = NULL WHERE id = 2');
      const lost = await on.run('rollback', 'levels');
      expect([lost.code, lost.stderr]).toEqual([
        2,
        'apptop: level 3 is called for: apptop change plan rollback-booking-ids\n',
      ]);
      expect(lost.stdout).toContain('3\tmet\tdata loss\t');
      const json = await on.run('rollback', 'levels', '--json');
      const told: { recommended: number; levels: { number: number; change: string | null }[] } = JSON.parse(
        json.stdout,
      );
      expect([json.code, told.recommended]).toEqual([2, 3]);
      expect(told.levels.map(({ number, change }) => [number, change])).toEqual([
        [1, null],
        [2, null],
        [3, 'rollback-booking-ids'],
      ]);
    });

    test('leaves what somebody changed since, and says so', async () => {
      const on = await changing(engine, ROWS);
      await moved(on);
      await on.db.execute('UPDATE appointments SET calcom_booking_id = 5 WHERE id = 3');
      await on.run('rollback', 'plan', '--out', 'back.json');
      const ended = await on.run('rollback', 'run', '--plan', 'back.json', '--confirm', 'staging appointments 3');
      expect([ended.code, ended.stdout]).toEqual([
        1,
        expect.stringContaining('(3 restored, 1 left as somebody changed them)'),
      ]);
      const other = await on.run('cleanup', 'run', '--plan', 'back.json', '--confirm', 'staging appointments 3');
      expect([other.code, other.stderr]).toEqual([
        3,
        expect.stringContaining('back.json is a plan of rollback-booking-ids'),
      ]);
    });
  });

  describe(`a cleanup from the command line on ${engine.name}`, () => {
    test('waits for the end of the monitor window, and is the end of rollbacks', async () => {
      const on = await changing(engine, ROWS);
      await moved(on);
      const clean = (...args: string[]) => on.run('cleanup', 'run', '--confirm', 'staging appointments 4', ...args);
      const early = await clean();
      expect([early.code, early.stderr]).toEqual([
        2,
        '  ✖ blocks  the monitor window is over: it ends in 23 h\n' +
          '            → wait; it is 24 h by the config\n' +
          'apptop: nothing was done: a gate is red\n',
      ]);
      expect(Object.values(await on.ids()).map(([, , backup]) => backup)).toEqual(['101', '102', '103', '104']);
      on.configure({ changes: { monitorHours: 0 } });
      const done = await clean();
      expect([done.code, done.stdout]).toEqual([0, 'run 2 is done: 4 originals dropped\n']);
      expect(Object.values(await on.ids()).map(([, , backup]) => backup)).toEqual([null, null, null, null]);
      const late = await on.run('rollback', 'plan');
      expect([late.code, late.stderr]).toEqual([
        2,
        'apptop: there is nothing to take back: no move was made since the last cleanup\n',
      ]);
    });
  });
}
