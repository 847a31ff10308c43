import { keepHeapTight } from '../../src/changes/heap.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import type { Target } from '../../src/config/target.ts';
import { openDatabase } from '../../src/data/database.ts';
import { readFailedJobs } from '../../src/data/queries/failed-jobs.ts';
import { findLaravelQueue } from '../../src/data/queries/laravel-queue.ts';
import { requeue } from '../../src/data/state/requeue.ts';
import { openWriting } from '../../src/data/writing.ts';
import { refusalOf } from '../../src/model/laravel-job.ts';

/** Jobs of one transaction. */
const BATCH = 500;

/** Puts all failed jobs of a database back into its queue and prints how many that were. */
async function requeueAll(target: Target): Promise<void> {
  // As every change does.
  await keepHeapTight();
  const context = { ...defaultContext('bench', target), environment: 'local', access: 'operate' } as const;
  const [database, session] = [await openDatabase(context), await openWriting(context)];
  const options = { lane: 'change' } as const;
  const { failed, jobs } = await findLaravelQueue(database, context.table, options);
  if (!failed.ok || !jobs.ok) throw new Error('the tables of the queue are not there');
  const tables = { failed: failed.value, jobs: jobs.value };
  const read = (after: string | undefined) => readFailedJobs(database, tables.failed, { after, limit: BATCH }, options);
  let moved = 0;
  let reading = read(undefined);
  for (;;) {
    const found = await reading;
    if (found.last === undefined) break;
    // As a run of batches does: the next rows are read while these are moved.
    reading = read(found.last);
    const possible = found.jobs.filter((job) => refusalOf(job) === undefined);
    moved += (await session.transaction(() => requeue(session, database.dialect, tables, possible))).moved.length;
  }
  await session.close();
  await database.close();
  console.log(moved);
}

await requeueAll(JSON.parse(process.argv[2] ?? ''));
