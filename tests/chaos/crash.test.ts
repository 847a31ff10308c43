import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/model/run.ts';
import { operated } from '../changes/guarded.ts';
import { engineOn } from '../engines/engines.ts';
import { type HardyServer, startHardy } from './hardy.ts';
import { BOTH_WAYS, leftIn, undisturbed } from './left.ts';
import { chaosRows } from './rows.ts';
import { LONG, type Random, randomFor } from './seed.ts';

const ROWS = 6_000;
const LIVES = LONG ? 10 : 1;
/** Milliseconds after a batch: most often within the next one. */
const SOON_MS = 40;

/** Crashes a server once, soon after a run has changed its first rows. */
function crashing(server: HardyServer, random: Random) {
  let crashed: Promise<void> | undefined;
  return {
    onProgress: (run: Run) => {
      if (run.counts.changed > 0) crashed ??= sleep(SOON_MS * random.next()).then(() => server.crash());
    },
    /** When the server is back, which it must have been away for. */
    over: async () => {
      expect(crashed).toBeDefined();
      await crashed;
    },
  };
}

for (const name of ['mysql', 'postgres'] as const) {
  describe(`a server that is killed and starts again, on ${name}`, () => {
    test('in mid-batch: the same process goes on by itself to the exact end', { timeout: 60_000 * LIVES }, async ({
      skip,
    }) => {
      const server = await startHardy(name);
      if (server === undefined) return skip('its programs are not on this machine');
      const random = randomFor(`crashes of ${name}`);
      const engine = engineOn(name, server.url);
      const rows = chaosRows(random, ROWS);
      const calm = await undisturbed(engine, rows);
      for (let life = 0; life < LIVES; life += 1) {
        const on = await operated(engine, rows);
        for (const change of BOTH_WAYS) {
          const { onProgress, over } = crashing(server, random);
          const end = await on.run(change, {}, { onProgress });
          await over();
          expect(end).toMatchObject({ run: { state: 'done', reason: undefined }, failed: [] });
          expect(await leftIn(on.context)).toEqual(calm[change]);
        }
        await on.database.close();
      }
      return undefined;
    });
  });
}
