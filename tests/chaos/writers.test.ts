import { describe, expect, test } from 'vitest';
import { type IdTable, operated, row } from '../changes/guarded.ts';
import { ENGINES } from '../engines/engines.ts';
import { Neighbour, type Written } from './neighbour.ts';
import { LONG, randomFor } from './seed.ts';

const CHANGE = 'move-booking-ids';
const ROWS = LONG ? 100_000 : 15_000;
const PER_SECOND = 1_000;

const v1Of = (id: number) => String(5_000_000 + id);
const rows = Array.from({ length: ROWS }, (_, index) => row(index + 1, null, v1Of(index + 1)));

const same = (left: readonly unknown[], right: readonly unknown[]): boolean =>
  left.length === right.length && left.every((value, index) => value === right[index]);

/** What is wrong with a row, by what was written to it last: what was not written is as before the move or after it. */
function lossOf(id: number, ids: IdTable[string] | undefined, written: Written | undefined): readonly string[] {
  const { v1, v2 } = written ?? {};
  const right: readonly (readonly unknown[])[] =
    written === null
      ? [[]]
      : written === undefined
        ? [[v1Of(id), null]]
        : v1 === undefined
          ? [
              [null, v2],
              [v1Of(id), v2],
            ]
          : v2 === undefined
            ? [
                [v1, null],
                [v1, v1Of(id)],
              ]
            : [
                [v1, null],
                [null, v1],
              ];
  const now = ids?.slice(0, 2) ?? [];
  if (right.some((one) => same(one, now))) return [];
  return [`row ${id} is ${JSON.stringify(now)} and was given ${JSON.stringify(written)}`];
}

for (const engine of ENGINES) {
  describe(`somebody else who writes on ${engine.name}`, () => {
    test('V1, V2 and deletions, 1,000 rows a second: no write is lost', { timeout: 180_000 }, async () => {
      const random = randomFor(`writes under a move on ${engine.name}`);
      await using on = await operated(engine, rows);
      const neighbour = await Neighbour.ready({
        engine: engine.name,
        url: on.db.url,
        work: 'rewrite',
        rows: ROWS,
        perSecond: PER_SECOND,
        seed: random.whole(0, 2 ** 31),
      });
      const moved = await on.run(CHANGE, {}, { onProgress: () => neighbour.begin() });
      const { written, writes, undone, ms } = await neighbour.end();
      console.log(
        `${engine.name}: ${writes} writes in ${Math.round(ms)} ms, ${undone} undone, ${moved?.run.counts.raced} raced, then ${moved?.run.state}`,
      );
      expect(writes).toBeGreaterThan(100);
      // Where the writer changed what had been moved, the checks after it say so.
      const ended = moved?.run.state === 'halted' ? await on.resume() : moved;
      expect(ended?.run.state).toMatch(/^(done|failed)$/);
      const [ids, last] = [await on.ids(), new Map(written)];
      const losses = rows.flatMap((_, index) => lossOf(index + 1, ids[String(index + 1)], last.get(index + 1)));
      expect(losses).toEqual([]);
    });

    test('V1 ids into the V2 column for ever: the run ends, and says so', { timeout: 60_000 }, async () => {
      await using on = await operated(engine, rows.slice(0, 4_000));
      const neighbour = await Neighbour.ready({
        engine: engine.name,
        url: on.db.url,
        work: 'add',
        rows: ROWS,
        perSecond: Number.POSITIVE_INFINITY,
        seed: 1,
      });
      const ended = await on.run(CHANGE, {}, { onProgress: () => neighbour.begin() });
      const { written } = await neighbour.end();
      expect(ended?.run).toMatchObject({
        state: 'halted',
        reason: expect.stringMatching(/^V1 ids are still being written to the V2 column: [\d,]+ rows? since/),
      });
      // Nobody writes any more: the decision is to go on.
      expect(await on.resume()).toMatchObject({ run: { state: 'done' }, failed: [] });
      const ids = await on.ids();
      expect(written.flatMap(([id, now]) => lossOf(id, ids[String(id)], now))).toEqual([]);
      expect(Object.values(ids).filter(([, v2]) => v2 !== null)).toEqual([]);
    });
  });
}
