import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/model/run.ts';
import { operated, row } from '../changes/guarded.ts';
import { ENGINES } from '../engines/engines.ts';
import { refuseAll } from './refusals.ts';
import { LONG, randomFor } from './seed.ts';

const ROWS = LONG ? 20_000 : 4_000;
const misplaced = (id: number) => row(id, null, String(5_000_000 + id));
const rows = Array.from({ length: ROWS }, (_, index) => misplaced(index + 1));
/** Milliseconds for which somebody holds the table. */
const LOCKED_MS = LONG ? 60_000 : 3_000;

/** Does something again and again until it is told to end. */
function again(act: (turn: number) => Promise<unknown>): () => Promise<void> {
  let over = false;
  const done = (async () => {
    for (let turn = 0; !over; turn += 1) await act(turn);
  })();
  return async () => {
    over = true;
    await done;
  };
}

/** Answers once a run has changed something. */
function underWay() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onProgress = ({ counts }: Run) => {
    if (counts.changed > 0) resolve();
  };
  return { promise, onProgress };
}

for (const engine of ENGINES) {
  describe(`others at work on ${engine.name}`, () => {
    test('nobody’s write is lost under a move', { timeout: 120_000 }, async () => {
      const random = randomFor(`writers on ${engine.name}`);
      await using on = await operated(engine, rows);
      /** What a row was given last; undefined when it was deleted. */
      const written = new Map<number, readonly [v1: string | null, v2: string | null] | undefined>();
      const end = again(async (turn) => {
        const id = 1 + Math.floor(random.next() * ROWS);
        if (written.has(id)) return;
        const choice = turn % 3;
        const ids =
          choice === 0 ? ([String(7_000_000 + id), null] as const) : ([null, `uid-of-${10_000 + id}`] as const);
        await on.db.execute(
          choice === 2
            ? `DELETE FROM appointments WHERE id = ${id}`
            : `UPDATE appointments SET calcom_booking_id = ${ids[0] ?? 'NULL'}, calcom_v2_booking_id = ${ids[1] === null ? 'NULL' : `'${ids[1]}'`} WHERE id = ${id}`,
        );
        written.set(id, choice === 2 ? undefined : ids);
      });
      const ended = await on.run('move-booking-ids');
      await end();
      expect(['done', 'failed']).toContain(ended?.run.state);
      expect(written.size).toBeGreaterThan(10);
      const ids = await on.ids();
      for (let id = 1; id <= ROWS; id += 1) {
        const [v1, v2] = ids[id] ?? [];
        const moved = [String(5_000_000 + id), null];
        if (!written.has(id)) expect([id, v1, v2]).toEqual([id, ...moved]);
        else if (written.get(id) === undefined) expect([id, ids[id]]).toEqual([id, undefined]);
        else expect([id, v1, v2]).toEqual([id, ...(written.get(id) ?? [])]);
      }
    });

    test.skipIf(engine.lock === undefined)(
      'a table that somebody locks is waited for, and a pause is heard meanwhile',
      {
        timeout: 150_000,
      },
      async () => {
        await using on = await operated(engine, rows);
        await using other = await on.second();
        const { promise: begun, onProgress } = underWay();
        const reasons = new Set<string | undefined>();
        const seen = (run: Run) => {
          reasons.add(run.reason);
          onProgress(run);
        };
        const running = on.run('move-booking-ids', {}, { onProgress: seen });
        await begun;
        const unlock = await engine.lock?.(on.db, 'appointments');
        const pause = other.path.ask(undefined, 'pause');
        const paused = await running;
        await pause;
        expect(paused?.run.state).toBe('paused');
        setTimeout(() => void unlock?.(), LOCKED_MS);
        expect(await on.resume()).toMatchObject({ run: { state: 'done', counts: { changed: ROWS } } });
      },
    );

    test('a batch in which the database refuses every row ends with that reason', { timeout: 60_000 }, async () => {
      await using on = await operated(engine, rows);
      await refuseAll(on.db);
      const ended = await on.run('move-booking-ids');
      expect(ended?.run).toMatchObject({
        state: 'halted',
        reason: expect.stringMatching(/^the database refuses 1\d rows, over 0.1 %/),
        counts: { changed: 0 },
      });
      expect(Object.values(await on.ids()).every(([v1]) => v1 === null)).toBe(true);
    });

    test('somebody who writes V1 ids for ever does not keep a run from ending', { timeout: 60_000 }, async () => {
      await using on = await operated(engine, rows.slice(0, 1_000));
      let next = 1_000_000;
      let inserting: (() => Promise<void>) | undefined;
      const ended = await on.run(
        'move-booking-ids',
        {},
        {
          onProgress: () => {
            inserting ??= again(() => engine.insert(on.db, 'appointments', [misplaced((next += 1))]));
          },
        },
      );
      await inserting?.();
      expect(ended?.run).toMatchObject({
        state: 'halted',
        reason: expect.stringMatching(/^V1 ids are still being written to the V2 column: \d+ rows? since/),
      });
      // Nobody writes any more: the decision is to go on.
      expect(await on.resume()).toMatchObject({ run: { state: 'done' } });
      const left = Object.values(await on.ids()).filter(([, v2]) => v2 !== null);
      expect(left).toEqual([]);
    });
  });
}
