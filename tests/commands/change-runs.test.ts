import { describe, expect, test } from 'vitest';
import { row } from '../changes/guarded.ts';
import { ENGINES, type TestEngine } from '../engines/engines.ts';
import { type Changer, changing, type Started } from './changer.ts';
import { SLOW } from './slow.ts';

const MOVE = 'move-booking-ids';

/** Some 2 s of work and at the defaults twice that of rest: enough to be met four times. */
const MANY = 8_000;
const rows = Array.from({ length: MANY }, (_, index) => row(index + 1, null, String(7_000_000 + index)));
const PHRASE = `staging appointments ${MANY}`;

/** A run of many rows that has begun. */
async function begun(engine: TestEngine): Promise<{ readonly on: Changer; readonly run: Started }> {
  const on = await changing(engine, rows);
  for (const statement of SLOW[engine.name]) await on.db.execute(statement);
  return { on, run: on.start('change', 'run', MOVE, '--confirm', PHRASE) };
}

/** Rows that are neither as they were nor as they shall be, and how many shall be moved still. */
async function left(on: Changer): Promise<{ readonly odd: string | null; readonly toMove: string | null }> {
  const [found] = await on.db.execute(
    `SELECT COUNT(CASE WHEN calcom_v2_booking_id IS NOT NULL THEN 1 END) AS unmoved, COUNT(CASE WHEN NOT
      (calcom_booking_id IS NULL AND calcom_v2_booking_id IS NOT NULL AND _migration_backup_v2_id IS NULL
      OR calcom_booking_id = 6999999 + id AND calcom_v2_booking_id IS NULL AND _migration_backup_v2_id IS NOT NULL)
      THEN 1 END) AS odd FROM appointments`,
  );
  return { odd: found?.['odd'] ?? null, toMove: found?.['unmoved'] ?? null };
}

for (const engine of ENGINES) {
  describe(`a long run on ${engine.name}`, () => {
    test('pauses when it is signalled, goes on, and ends exactly as it should', { timeout: 90_000 }, async () => {
      const { on, run: first } = await begun(engine);
      let changed = 0;
      for (const [signal, code] of [
        ['SIGINT', 130],
        ['SIGTERM', 143],
        ['SIGHUP', 129],
      ] as const) {
        const run = changed === 0 ? first : on.start('change', 'resume');
        changed = await on.changedOver(changed);
        run.signal(signal);
        const ended = await run.ended;
        expect(ended).toMatchObject({
          code,
          stdout: expect.stringMatching(/^run 1 is paused: [\d,]+ rows changed of 8,000 planned/),
        });
        expect(ended.stderr).toBe(
          [
            'apptop: pausing at the end of the batch; a second signal ends this at once',
            'apptop: go on: apptop change resume 1',
            'apptop: end it here: apptop change cancel 1',
            '',
          ].join('\n'),
        );
        changed = await on.changedOver(changed - 1);
        expect(await left(on)).toEqual({ odd: '0', toMove: String(MANY - changed) });
      }
      const { code, stdout } = await on.run('change', 'resume');
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^run 1 is done: 8,000 rows changed of 8,000 planned/)]);
      expect(await left(on)).toEqual({ odd: '0', toMove: '0' });
    });

    test('belongs to one operator, and others can look at it, stop it, and take it over', {
      timeout: 90_000,
    }, async () => {
      const { on, run: first } = await begun(engine);
      await on.changedOver(0);
      const [status, second, resumed] = await Promise.all([
        on.run('change', 'status', '--json'),
        on.run('change', 'run', MOVE, '--confirm', PHRASE),
        on.run('change', 'resume'),
      ]);
      expect(status.code).toBe(0);
      expect(JSON.parse(status.stdout)).toMatchObject({ lease: { run: 1 }, runs: [{ id: 1, state: 'running' }] });
      expect([second.code, second.stderr]).toEqual([
        2,
        expect.stringMatching(/✖ blocks {2}no other run: .* holds it for \d+ s\s+→ wait for it, or take its run over/),
      ]);
      expect([resumed.code, resumed.stderr]).toEqual([
        2,
        expect.stringMatching(/is changing this database: wait for it, or take it over/),
      ]);

      const paused = await on.run('change', 'pause');
      expect([paused.code, paused.stdout]).toEqual([0, expect.stringMatching(/^run 1 is paused: /)]);
      expect(await first.ended).toMatchObject({ code: 1, stdout: expect.stringMatching(/^run 1 is paused: /) });
      expect((await on.run('change', 'status')).code).toBe(1);

      const third = on.start('change', 'resume', '1');
      await on.changedOver(await on.changedOver(0));
      const fourth = on.start('change', 'resume', '1', '--take-over');
      expect(await third.ended).toMatchObject({ code: 2, stderr: expect.stringContaining('run 1 was taken over by ') });
      await on.changedOver(await on.changedOver(0));
      const cancelled = await on.run('change', 'cancel');
      expect([cancelled.code, cancelled.stdout]).toEqual([0, expect.stringMatching(/^run 1 is cancelled: /)]);
      expect(await fourth.ended).toMatchObject({
        code: 1,
        stderr: 'apptop: take it back: apptop rollback plan --runs 1\n',
      });

      const back = await on.runPrinted((await on.run('rollback', 'plan', '--runs', '1')).stdout);
      expect([back.code, back.stdout]).toEqual([0, expect.stringMatching(/^run 2 is done: /)]);
      const [moved] = await on.db.execute('SELECT COUNT(calcom_booking_id) AS n FROM appointments');
      expect(moved).toEqual({ n: '0' });
      expect((await on.run('change', 'pause')).stderr).toBe(
        'apptop: no run is under way: apptop change status shows the runs\n',
      );
    });
  });
}
