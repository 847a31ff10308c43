import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { RunEnd } from '../../src/changes/execute.ts';
import { openDatabase } from '../../src/data/database.ts';
import { Problem } from '../../src/model/problem.ts';
import type { Run } from '../../src/model/run.ts';
import { Operated } from '../changes/guarded.ts';
import { NO_DISK, smallDisk } from '../data/small-disk.ts';
import { ENGINES } from '../engines/engines.ts';
import { Field, type Journal } from './field.ts';
import { BOTH_WAYS, leftIn, runsIn, undisturbed } from './left.ts';
import { chaosRows } from './rows.ts';
import { LONG, type Random, randomFor } from './seed.ts';

const ROWS = 6_000;
const DISK_BYTES = 32 * 1024 * 1024;
/** Bytes of room for a run at most: for some it is enough, for some not even for the backup column. */
const MOST_FREE = 1_500_000;
const LIVES = LONG ? 40 : 3;

const [sqlite] = ENGINES.filter(({ name }) => name === 'sqlite');

/** Leaves only so many bytes free on a disk. */
function fill(folder: string, free: number): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(join(folder, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - free)));
}

const makeRoom = (folder: string): void => rmSync(join(folder, 'filler'), { force: true });

const soundness = (path: string): unknown => {
  const file = new Sqlite(path);
  try {
    return file.pragma('integrity_check', { simple: true });
  } finally {
    file.close();
  }
};

/** Runs a change on a disk that is full soon, or from one batch to the next. */
async function cramped(on: Operated, change: string, folder: string, random: Random): Promise<RunEnd | Problem> {
  const atOnce = random.chance(0.5);
  if (atOnce) fill(folder, random.whole(0, MOST_FREE));
  let filled = atOnce;
  const onProgress = ({ counts }: Run) => {
    if (filled || counts.changed === 0) return;
    filled = true;
    fill(folder, 0);
  };
  try {
    const end = await on.run(change, {}, { onProgress });
    if (end === undefined) throw new Error('there was nothing to do');
    return end;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** Goes on with a run that did not end. */
const resumed = async (on: Operated, { id, state }: Run): Promise<RunEnd | undefined> =>
  state === 'done' ? undefined : on.resume(id, { takeOver: true });

test('a disk that is full halts a run with the reason, leaves a sound file, and with room it ends exactly on sqlite', {
  timeout: 20_000 * LIVES,
}, async ({ skip }) => {
  const folder = smallDisk(String(DISK_BYTES));
  if (sqlite === undefined || folder === undefined) return skip(NO_DISK);
  const random = randomFor('a full disk');
  const rows = chaosRows(random, ROWS);
  const calm = await undisturbed(sqlite, rows);
  let halts = 0;
  for (let life = 0; life < LIVES; life += 1) {
    await using field = await Field.of(sqlite, rows, random.pick<Journal>(['wal', 'delete']), folder);
    await using on = new Operated(sqlite, field.db, field.context, await openDatabase(field.context));
    for (const [index, change] of BOTH_WAYS.entries()) {
      const end = await cramped(on, change, folder, random);
      const why = end instanceof Problem ? end.message : end.run.reason;
      const done = !(end instanceof Problem) && end.run.state === 'done';
      if (!done) halts += 1;
      // Who reads needs room for SQLite's shared memory too, and hears no more than that.
      expect(why ?? '').toMatch(done ? /^$/ : /^(no space is left to write |cannot read .*: disk I\/O error$)/);
      // Without room SQLite may be unable to look at all.
      makeRoom(folder);
      expect(soundness(field.db.url)).toBe('ok');
      const run = (await runsIn(field.context))[index];
      // What broke off before its run was noted left a lease behind, which runs out by itself.
      await field.db.execute('UPDATE apptop_lease SET expires_at = 0').catch(() => undefined);
      const again = run === undefined ? await on.run(change) : await resumed(on, run);
      expect([again?.run.state ?? 'done', again?.failed ?? []]).toEqual(['done', []]);
      expect(await leftIn(field.context)).toEqual(calm[change]);
    }
  }
  expect(halts).toBeGreaterThan(0);
  return undefined;
});
