import { copyFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/data/database.ts';
import { DUMP, Operated } from '../changes/guarded.ts';
import { ENGINES } from '../engines/engines.ts';
import { Field } from './field.ts';
import { leftIn, undisturbed } from './left.ts';
import { contextOf } from './order.ts';
import { chaosRows } from './rows.ts';
import { randomFor } from './seed.ts';

const CHANGE = 'move-booking-ids';

/** A copy of a file as a writer leaves it that is killed in the middle of a write: half changed, with its journal. */
function killed(path: string): string {
  const copy = `${path}.killed`;
  const file = new Sqlite(path);
  // So little that pages are written before they are committed.
  file.pragma('cache_size = 2');
  file.exec("BEGIN IMMEDIATE; UPDATE appointments SET calcom_v2_booking_id = 'half-way-through-it'");
  for (const suffix of ['', '-journal']) copyFileSync(path + suffix, copy + suffix);
  file.close();
  return copy;
}

for (const engine of ENGINES.filter(({ name }) => name === 'sqlite')) {
  test('a run is resumed from a file that a killed writer left half changed, on sqlite', async () => {
    const rows = chaosRows(randomFor('a journal'), 4_000);
    const calm = await undisturbed(engine, rows);
    await using field = await Field.of(engine, rows, 'delete');
    const at = async (path: string) => {
      const [db, context] = [await engine.database(), contextOf({ engine: 'sqlite', path })];
      return new Operated(engine, db, context, await openDatabase(context));
    };
    const target = field.context.target;
    if (target.engine !== 'sqlite') throw new Error('no file');
    await using first = await at(target.path);
    const leave = new AbortController();
    const { plan } = await first.path.look(CHANGE, {}, undefined, DUMP);
    expect(plan.rows).toBeGreaterThan(0);
    const onProgress = () => leave.abort();
    expect(await first.run(CHANGE, {}, { leave: leave.signal, onProgress })).toMatchObject({
      run: { state: 'paused' },
    });
    await using second = await at(killed(target.path));
    await expect(second.path.runs()).rejects.toMatchObject({ kind: 'refused' });
    expect(await second.resume()).toMatchObject({ run: { state: 'done' }, failed: [] });
    expect((await leftIn(second.context)).appointments).toEqual(calm[CHANGE].appointments);
  });
}
