import { describe, expect, test } from 'vitest';
import { Settler } from '../../src/changes/settler.ts';
import { type ChangesState, type Ending, NOTHING_YET, type Settled } from '../../src/changes/store-state.ts';
import type { Context } from '../../src/config/context.ts';
import { ENGINES, type TestEngine } from '../engines/engines.ts';
import { createQueueTables, failedRow } from '../laravel/queue-stand.ts';
import { flagged, OPERATE, succeed, waiting } from '../screens/on-review.ts';
import { operated } from './guarded.ts';

const IDLE: ChangesState = { ...NOTHING_YET, runs: [] };

/** An operator with rows that were retried, and what settles them. */
async function retried(engine: TestEngine, rows: number) {
  const ids = Array.from({ length: rows }, (_, index) => index + 1);
  const on = await operated(
    engine,
    ids.map((id) => flagged(id)),
    { context: OPERATE },
  );
  await createQueueTables(on.db);
  await engine.insert(
    on.db,
    'failed_jobs',
    ids.map((id) => failedRow(id)),
  );
  const end = await on.run('retry-review', { filter: { includesDeleted: false }, columns: [] });
  const ending: Ending = { at: 0, change: 'retry-review', parameters: {}, end, problem: undefined };
  let state = IDLE;
  const settlerIn = (context: Context) =>
    new Settler({ get: () => state, set: (change) => (state = { ...state, ...change }) }, on.database, context, {
      path: async () => on.path,
      onEnded: () => undefined,
    });
  return {
    ...on,
    db: on.db,
    ending,
    settler: settlerIn(on.context),
    reading: settlerIn({ ...on.context, access: 'read' }),
    set: (change: Partial<ChangesState>) => (state = { ...state, ...change }),
    settled: (): Settled | undefined => state.settled,
    [Symbol.asyncDispose]: () => on[Symbol.asyncDispose](),
  };
}

/** One refresh, up to the end of what it begins. */
async function refresh(settler: Settler): Promise<void> {
  await settler.refreshed(new AbortController().signal);
  await settler.quiet();
}

const holder = "UPDATE apptop_lease SET token = token + 1, holder = 'ada@bastion', expires_at = since + 100000000";

for (const engine of ENGINES) {
  describe(`what a console retried is settled by it on ${engine.name}`, () => {
    test('as rows become synced, and no others', async () => {
      await using on = await retried(engine, 3);
      on.settler.watch(on.ending);
      await refresh(on.settler);
      expect([await waiting(on.db), on.settled()]).toEqual([['1', '2', '3'], undefined]);
      await succeed(on.db, '1, 3');
      await refresh(on.settler);
      expect(await waiting(on.db)).toEqual(['2']);
      expect(on.settled()).toMatchObject({ rows: 2, problem: undefined });
      await succeed(on.db, '2');
      await refresh(on.settler);
      expect(await waiting(on.db)).toEqual([]);
      const runs = async () => (await on.db.execute('SELECT COUNT(*) AS n FROM apptop_run'))[0]?.['n'];
      expect(await runs()).toBe('3');
      await refresh(on.settler);
      expect(await runs()).toBe('3');
    });

    test('never where the context only reads, nor what another process retried', async () => {
      await using on = await retried(engine, 1);
      await succeed(on.db, '1');
      on.reading.watch(on.ending);
      await refresh(on.reading);
      await refresh(on.settler);
      expect([await waiting(on.db), on.settled()]).toEqual([['1'], undefined]);
    });

    test("never while something else is done, and never with somebody else's lease", async () => {
      await using on = await retried(engine, 1);
      await succeed(on.db, '1');
      on.settler.watch(on.ending);
      on.set({ own: { change: 'move-booking-ids', run: undefined, leaving: false } });
      await refresh(on.settler);
      on.set({ own: undefined });
      // Nobody has told the state of it yet.
      await on.db.execute(holder);
      await refresh(on.settler);
      expect([await waiting(on.db), on.settled()]).toEqual([['1'], undefined]);
      expect(await on.db.execute('SELECT holder FROM apptop_lease')).toEqual([{ holder: 'ada@bastion' }]);
      await on.db.execute('UPDATE apptop_lease SET expires_at = 0');
      await refresh(on.settler);
      expect(await waiting(on.db)).toEqual([]);
    });

    test('more rows than fit into one batch, in several', async () => {
      await using on = await retried(engine, 1_203);
      on.settler.watch(on.ending);
      await on.db.execute("UPDATE appointments SET calcom_sync_status = 'synced'");
      const settled: (number | undefined)[] = [];
      while (settled.length < 4) {
        on.set({ settled: undefined });
        await refresh(on.settler);
        settled.push(on.settled()?.rows);
      }
      expect(settled).toEqual([500, 203, 500, undefined]);
      expect(await waiting(on.db)).toEqual([]);
    });

    test('what does not pass by itself is said once', async () => {
      await using on = await retried(engine, 1);
      await succeed(on.db, '1');
      on.settler.watch(on.ending);
      await on.db.execute('ALTER TABLE apptop_run DROP COLUMN ticket');
      await refresh(on.settler);
      const said = on.settled();
      expect(said).toMatchObject({ rows: 0, problem: expect.stringContaining('stay in the queue: ') });
      await refresh(on.settler);
      expect([await waiting(on.db), on.settled()]).toEqual([['1'], said]);
    });
  });
}
