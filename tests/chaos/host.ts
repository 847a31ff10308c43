import { Audit } from '../../src/audit/audit.ts';
import { phraseOf } from '../../src/changes/confirm.ts';
import { GuardedPath } from '../../src/changes/guarded-path.ts';
import { changeNamed } from '../../src/changes/list.ts';
import { openDatabase } from '../../src/data/database.ts';
import { Problem } from '../../src/model/problem.ts';
import type { Run } from '../../src/model/run.ts';
import { CHANGES } from '../../src/rollback/all.ts';
import { contextOf, type Order, type Told } from './order.ts';

// The process of an operator: it runs a change, or goes on with one, and tells its parent how far it is.

const tell = (told: Told): void => void process.send?.(told);

async function obey(path: GuardedPath, { change, backup }: Order): Promise<Run | undefined> {
  const options = {
    leave: new AbortController().signal,
    onProgress: ({ counts, reason }: Run) => tell({ kind: 'progress', changed: counts.changed, reason }),
  };
  if (change === undefined) {
    tell({ kind: 'ready' });
    return (await path.resume(undefined, { ...options, takeOver: true })).run;
  }
  const { plan } = await path.look(change, {}, undefined, backup);
  const phrase = phraseOf(changeNamed(CHANGES, change).tier, plan);
  tell({ kind: 'ready' });
  return (await path.run(plan, { phrase, reason: 'TEST-1' }, { ...options, backup }))?.run;
}

async function serve(order: Order): Promise<void> {
  const context = contextOf(order.target);
  const database = await openDatabase(context);
  try {
    const path = new GuardedPath(context, database, new Audit(context, database.dialect), CHANGES);
    tell({ kind: 'end', run: await obey(path, order) });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    tell({ kind: 'problem', problem: error.kind, message: error.message });
  } finally {
    await database.close();
    process.disconnect?.();
  }
}

process.once('message', (order: Order) => void serve(order));
