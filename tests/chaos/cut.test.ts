import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { RunEnd } from '../../src/changes/execute.ts';
import type { ServerTarget } from '../../src/config/target.ts';
import { openDatabase } from '../../src/data/database.ts';
import { Problem } from '../../src/model/problem.ts';
import { isOpen } from '../../src/model/run.ts';
import { Operated, operated } from '../changes/guarded.ts';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';
import { CUTS, type Cut, type Cutter, startCutter } from './cutter.ts';
import { BOTH_WAYS, leftIn, undisturbed } from './left.ts';
import { chaosRows } from './rows.ts';
import { LONG, type Random, randomFor } from './seed.ts';

const ROWS = 4_000;
/** COMMITs that break, of those of a run; the others pass. */
const SHARE = 0.6;
/** Breaks of every connection while a run is under way, and milliseconds between two at most. */
const CUTS_OF_A_RUN = 6;
const LONGEST_PAUSE_MS = 250;
const LIVES = LONG ? 10 : 1;
const TIMEOUT_MS = 60_000 * LIVES;

function serverOf({ target }: TestDatabase): ServerTarget {
  if (target.engine === 'sqlite') throw new Error('no server');
  return target;
}

/** An operator whose connections pass a cutter. */
async function through(on: Operated, choose: () => Cut | undefined): Promise<{ way: Cutter; operator: Operated }> {
  const way = await startCutter(serverOf(on.db), choose);
  const context = { ...on.context, target: way.target };
  return { way, operator: new Operated(on.engine, on.db, context, await openDatabase(context)) };
}

/** Breaks every connection a few times, at random moments, unless told to stop. */
async function cutting(way: Cutter, random: Random, stop: AbortSignal): Promise<void> {
  for (let cuts = 0; cuts < CUTS_OF_A_RUN; cuts += 1) {
    await sleep(LONGEST_PAUSE_MS * random.next(), undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return;
    way.cutAll();
  }
}

/**
 * Runs a change, begun again by its operator only where it broke before the first batch. One cut breaks up to four sessions, each
 * of which says so at its next statement.
 */
async function begun(operator: Operated, change: string): Promise<RunEnd | undefined> {
  for (let tries = 0; ; tries += 1) {
    let atWork = false;
    const onProgress = () => {
      atWork = true;
    };
    try {
      const [run] = await operator.path.runs();
      if (run !== undefined && isOpen(run.state)) return await operator.resume(run.id, { takeOver: true, onProgress });
      // Whoever broke off behind the lease left it: the next one waits until it runs out.
      await operator.db.execute('UPDATE apptop_lease SET expires_at = 0').catch(() => undefined);
      return await operator.run(change, {}, { onProgress });
    } catch (error) {
      if (!(error instanceof Problem) || atWork || tries > 4 * CUTS_OF_A_RUN) throw error;
    }
  }
}

for (const engine of ENGINES.filter(({ name }) => name !== 'sqlite')) {
  describe(`a connection that is cut on ${engine.name}`, () => {
    test('before, during and after COMMIT leaves nothing out and does nothing twice', {
      timeout: TIMEOUT_MS,
    }, async () => {
      const random = randomFor(`cuts at COMMIT on ${engine.name}`);
      const rows = chaosRows(random, ROWS);
      const calm = await undisturbed(engine, rows);
      for (let life = 0; life < LIVES; life += 1) {
        await using on = await operated(engine, rows);
        const { way, operator } = await through(on, () => (random.chance(SHARE) ? random.pick(CUTS) : undefined));
        await using _ = operator;
        for (const change of BOTH_WAYS) {
          expect(await operator.run(change)).toMatchObject({ run: { state: 'done' } });
          expect(await leftIn(on.context)).toEqual(calm[change]);
        }
        expect(way.cuts.length).toBeGreaterThan(0);
      }
    });

    test('at any moment, with all others, leaves a run that comes to the exact end', {
      timeout: TIMEOUT_MS,
    }, async () => {
      const random = randomFor(`cuts at any moment on ${engine.name}`);
      const rows = chaosRows(random, ROWS);
      const calm = await undisturbed(engine, rows);
      for (let life = 0; life < LIVES; life += 1) {
        await using on = await operated(engine, rows);
        const { way, operator } = await through(on, () => undefined);
        await using _ = operator;
        for (const change of BOTH_WAYS) {
          const stop = new AbortController();
          const cuts = cutting(way, random, stop.signal);
          expect(await begun(operator, change)).toMatchObject({ run: { state: 'done' }, failed: [] });
          stop.abort();
          await cuts;
          expect(await leftIn(on.context)).toEqual(calm[change]);
        }
      }
    });
  });
}
