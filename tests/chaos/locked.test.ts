import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/model/problem.ts';
import type { Run } from '../../src/model/run.ts';
import { type Operated, operated } from '../changes/guarded.ts';
import { ENGINES } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { leftIn, undisturbed } from './left.ts';
import { chaosRows } from './rows.ts';
import { LONG, randomFor } from './seed.ts';

const CHANGE = 'move-booking-ids';
const ROWS = 4_000;
/** Milliseconds for which somebody holds the table. */
const LOCKED_MS = LONG ? 60_000 : 3_000;
const WAITING = /^waiting for a lock that somebody else (holds|may hold)$/;

/** Somebody else's lock, and how it ends. A SQLite file has one for all of its tables. */
async function lock({ engine, db }: Operated): Promise<() => Promise<void>> {
  if (engine.lock !== undefined) return engine.lock(db, 'appointments');
  const file = new Sqlite(db.url);
  file.exec('BEGIN IMMEDIATE; UPDATE appointments SET updated_at = NULL');
  return async () => void file.close();
}

/** Locks the table of a run between two of its first batches, and hears what the run says. */
function locking(on: Operated) {
  const said: Array<string | undefined> = [];
  let locked: Promise<() => Promise<void>> | undefined;
  return {
    said,
    onProgress: async ({ counts, reason }: Run) => {
      said.push(reason);
      if (counts.changed > 0) await (locked ??= lock(on));
    },
    /** Waits until the run says that it waits. */
    waits: () =>
      poll(() => said.some((reason) => reason !== undefined && WAITING.test(reason)), { deadlineMs: 20_000 }),
    unlock: async () => (await locked)?.(),
  };
}

for (const engine of ENGINES) {
  // Each waits most of the time.
  describe.concurrent(`a table that somebody else locks on ${engine.name}`, () => {
    const random = randomFor(`locks on ${engine.name}`);
    const rows = chaosRows(random, ROWS);

    test(`for ${LOCKED_MS / 1000} s: the run waits, says so, and goes on by itself`, {
      timeout: 60_000 + 2 * LOCKED_MS,
    }, async () => {
      const calm = await undisturbed(engine, rows);
      await using on = await operated(engine, rows);
      const { said, onProgress, waits, unlock } = locking(on);
      const running = on.run(CHANGE, {}, { onProgress });
      await waits();
      await sleep(LOCKED_MS);
      const before = said.length;
      await unlock();
      expect(await running).toMatchObject({ run: { state: 'done', reason: undefined }, failed: [] });
      expect(said.slice(before)).toContain(undefined);
      expect(await leftIn(on.context)).toEqual(calm[CHANGE]);
    });

    // On SQLite each look at the lock takes five seconds.
    const patient = engine.name !== 'sqlite' || LONG;
    test.runIf(patient)('a pause is heard meanwhile, and the run goes on from there', { timeout: 60_000 }, async () => {
      const calm = await undisturbed(engine, rows);
      await using on = await operated(engine, rows);
      await using other = await on.second();
      const [leave, { onProgress, waits, unlock }] = [new AbortController(), locking(on)];
      const running = on.run(CHANGE, {}, { onProgress, leave: leave.signal });
      await waits();
      const ended = running.then(
        (end) => end?.run.state,
        (error: unknown) => (error instanceof Problem ? error.kind : error),
      );
      // Whatever is asked or noted is written to the file that is locked: there a signal alone is heard, and not noted.
      const alone = engine.name === 'sqlite';
      await (alone ? leave.abort() : other.path.ask(undefined, 'pause'));
      expect(await ended).toBe(alone ? 'busy' : 'paused');
      await unlock();
      expect(await on.resume(undefined, { takeOver: alone })).toMatchObject({
        run: { state: 'done', reason: undefined },
        failed: [],
      });
      expect(await leftIn(on.context)).toEqual(calm[CHANGE]);
    });
  });
}
