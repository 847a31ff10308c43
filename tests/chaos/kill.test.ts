import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { isOpen } from '../../src/model/run.ts';
import { DUMP } from '../changes/guarded.ts';
import { ENGINES, type PlantedRow, type TestEngine } from '../engines/engines.ts';
import { Field, type Journal } from './field.ts';
import { BOTH_WAYS, leftIn, runsIn, undisturbed } from './left.ts';
import { OperatorProcess } from './operator.ts';
import { chaosRows } from './rows.ts';
import { KILLS, LONG, type Random, randomFor } from './seed.ts';

/** Batches begin with 500 rows and grow by a fifth: seven of them. */
const ROWS = 6_000;
/** Kills of one run: then it may come to its end. */
const KILLS_OF_A_RUN = 4;
/** Milliseconds for one kill and what follows, on a machine that is busy. */
const KILL_MS = 15_000;

/** How long each change takes when nobody disturbs it, in milliseconds. */
async function timesOf(engine: TestEngine, rows: readonly PlantedRow[]): Promise<readonly number[]> {
  await using field = await Field.of(engine, rows, 'wal');
  const times: number[] = [];
  for (const change of BOTH_WAYS) {
    const operator = new OperatorProcess({ target: field.db.target, change, backup: DUMP });
    await operator.ready();
    const began = performance.now();
    expect(await operator.end()).toMatchObject({ kind: 'end', run: { state: 'done' } });
    times.push(performance.now() - began);
  }
  return times;
}

/**
 * Runs a change to its end, through operators that are killed within the time that it takes.
 * @param most kills
 * @returns how often one was killed
 */
async function throughKills(field: Field, number: number, ms: number, random: Random, most: number): Promise<number> {
  for (let kills = 0; ; ) {
    const run = (await runsIn(field.context)).find(({ id }) => id === number);
    if (run !== undefined && !isOpen(run.state)) return kills;
    // Killed between the lease and the run, there is nothing to go on with: the next one waits until the lease runs out.
    if (run === undefined) await field.db.execute('UPDATE apptop_lease SET expires_at = 0').catch(() => undefined);
    const change = run === undefined ? BOTH_WAYS[number - 1] : undefined;
    const operator = new OperatorProcess({ target: field.db.target, change, backup: DUMP });
    await operator.ready();
    const spared = kills === most ? operator.end() : Promise.race([operator.end(), sleep(ms * random.next())]);
    const last = await spared;
    if (last?.kind === 'problem') throw new Error(`after ${kills} kills: ${last.message}`);
    if (last !== undefined || operator.ended) continue;
    operator.kill(random.pick(['alone', 'group']));
    await operator.end();
    kills += 1;
  }
}

for (const engine of ENGINES) {
  describe(`an operator that is killed on ${engine.name}`, () => {
    test(
      `at ${KILLS} random moments leaves what one leaves whom nobody disturbs`,
      async () => {
        const random = randomFor(`kills on ${engine.name}`);
        const rows = chaosRows(random, ROWS);
        const calm = await undisturbed(engine, rows);
        const times = await timesOf(engine, rows);
        for (let kills = 0; kills < KILLS; ) {
          await using field = await Field.of(engine, rows, random.pick<Journal>(['wal', 'delete']));
          for (const [index, change] of BOTH_WAYS.entries()) {
            const most = Math.min(KILLS_OF_A_RUN, KILLS - kills);
            kills += await throughKills(field, index + 1, times[index] ?? 0, random, most);
            expect(await leftIn(field.context)).toEqual(calm[change]);
          }
          if (LONG) console.log(`${engine.name}: ${kills} kills`);
        }
      },
      KILL_MS * (KILLS + 2),
    );
  });
}
