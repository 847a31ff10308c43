import { describe, expect, test } from 'vitest';
import { progressText } from '../../src/commands/change/progress.ts';
import type { Run } from '../../src/model/run.ts';
import { ENGINES } from '../engines/engines.ts';
import { operated, row } from './guarded.ts';

/** More rows than one batch takes, all of them misplaced. */
const MANY = Array.from({ length: 2_500 }, (_, index) => row(index + 1, null, String(5_000_000 + index)));

/** Does something when a run has changed its first rows, which waits for that. */
function onceUnderWay(act: () => unknown): (run: Run) => Promise<void> {
  let done = false;
  return async (run) => {
    if (done || run.counts.changed === 0) return;
    done = true;
    await act();
  };
}

for (const engine of ENGINES) {
  describe(`who may change a database on ${engine.name}`, () => {
    test('a run that has to leave pauses at the end of a batch and goes on to the exact end', async () => {
      await using on = await operated(engine, MANY);
      const leave = new AbortController();
      const paused = await on.run(
        'move-booking-ids',
        {},
        { leave: leave.signal, onProgress: onceUnderWay(() => leave.abort()) },
      );
      expect(paused?.run.state).toBe('paused');
      const moved = paused?.run.counts.changed ?? 0;
      expect(moved).toBeGreaterThan(0);
      expect(moved).toBeLessThan(MANY.length);
      const [lines] = await on.db.execute('SELECT COUNT(*) AS n FROM apptop_ledger');
      expect(lines).toEqual({ n: String(moved) });
      const end = await on.resume();
      expect(end.run).toMatchObject({ id: 1, state: 'done', counts: { changed: MANY.length, raced: 0 } });
      const ids = await on.ids();
      expect(Object.values(ids).every(([v1, v2, backup]) => v1 === backup && v2 === null)).toBe(true);
    });

    test.skipIf(engine.sever === undefined)(
      'a connection that is lost is told while it is, and the run goes on',
      async () => {
        await using on = await operated(engine, MANY);
        const cut = onceUnderWay(() => engine.sever?.(on.db));
        const reasons = new Set<string | undefined>();
        const shown: string[] = [];
        const onProgress = async (run: Run) => {
          reasons.add(run.reason);
          if (run.reason !== undefined) shown.push(progressText(run, 1_000));
          await cut(run);
        };
        const end = await on.run('move-booking-ids', {}, { onProgress });
        expect(end?.run).toMatchObject({ state: 'done', reason: undefined, counts: { changed: MANY.length } });
        expect(shown.join('\n')).not.toMatch(/rows\/s|ETA/);
        expect([...reasons]).toContainEqual(
          expect.stringMatching(/^connection lost, trying again since \d\d:\d\d:\d\dZ$/),
        );
      },
    );

    test('who runs it knows when it last moved, by the clock of the database', async () => {
      await using on = await operated(engine, MANY);
      const moments: number[] = [];
      const end = await on.run('move-booking-ids', {}, { onProgress: ({ updatedAt }) => void moments.push(updatedAt) });
      expect(moments.toSorted((one, other) => one - other)).toEqual(moments);
      expect(moments.at(-1)).toBeGreaterThan(end?.run.startedAt ?? 0);
      const [kept] = await on.path.runs();
      expect(Math.abs((moments.at(-1) ?? 0) - (kept?.updatedAt ?? 0))).toBeLessThan(5_000);
    });

    test('another terminal pauses and cancels a run that somebody else holds', async () => {
      await using on = await operated(engine, MANY);
      await using other = await on.second();
      const pause = onceUnderWay(() => other.path.ask(undefined, 'pause'));
      const paused = await on.run('move-booking-ids', {}, { onProgress: pause });
      expect(paused?.run).toMatchObject({ state: 'paused', request: undefined });
      await other.path.ask(undefined, 'cancel');
      expect((await on.path.runs())[0]).toMatchObject({ state: 'cancelled' });
      await expect(on.resume()).rejects.toThrow('no run is under way');
      await expect(on.resume(1)).rejects.toThrow('run 1 has ended');
      // What was done can be taken back, and the rest can be moved by another run.
      expect(await on.run('rollback-booking-ids')).toMatchObject({ run: { id: 2, state: 'done' } });
      expect(await on.run('move-booking-ids')).toMatchObject({
        run: { id: 3, state: 'done', counts: { changed: MANY.length } },
      });
    });

    test('a second operator sees who is at work, and starts nothing', async () => {
      await using on = await operated(engine, MANY);
      await using other = await on.second();
      const act = onceUnderWay(async () => {
        const { gates } = await other.look('rollback-booking-ids');
        expect(gates.find(({ id }) => id === 'lease')).toMatchObject({
          state: 'red',
          detail: expect.stringContaining(`process ${process.pid}`),
          remedy: 'wait for it, or take its run over: apptop change resume --take-over',
        });
        await expect(other.resume()).rejects.toThrow('is changing this database');
      });
      expect(await on.run('move-booking-ids', {}, { onProgress: act })).toMatchObject({ run: { state: 'done' } });
    });

    test('a take-over fences the old holder off: it changes nothing more', async () => {
      await using on = await operated(engine, MANY);
      await using other = await on.second();
      const takeOver = onceUnderWay(async () => {
        const taken = await other.resume(1, { takeOver: true });
        expect(taken).toMatchObject({ run: { state: 'done', counts: { changed: MANY.length } } });
      });
      await expect(on.run('move-booking-ids', {}, { onProgress: takeOver })).rejects.toThrow(
        /run 1 was (taken over|ended)/,
      );
      const [lines] = await on.db.execute('SELECT COUNT(*) AS n, COUNT(DISTINCT pk) AS d FROM apptop_ledger');
      expect(lines).toEqual({ n: String(MANY.length), d: String(MANY.length) });
    });
  });
}
