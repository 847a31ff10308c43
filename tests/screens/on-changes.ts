import { DEFAULT_CHANGE_RULES } from '../../src/config/changes.ts';
import type { Context } from '../../src/config/context.ts';
import { openDatabase } from '../../src/data/database.ts';
import { DUMP, Operated } from '../changes/guarded.ts';
import type { PlantedRow, TestEngine } from '../engines/engines.ts';
import { type OnDatabase, openOn } from './on-database.ts';

/** A gate of a run that a test opens and shuts: while it is shut, a run waits for others before its first batch. */
export class Traffic {
  readonly criticalThreads = 1_000;
  runningThreads: number = DEFAULT_CHANGE_RULES.throttle.runningThreads;

  /** No server runs fewer sessions than none. */
  stop(): this {
    this.runningThreads = -1;
    return this;
  }

  flow(): void {
    this.runningThreads = DEFAULT_CHANGE_RULES.throttle.runningThreads;
  }
}

/** A console that may change its database, on the screen Changes. */
export async function openChanges(
  engine: TestEngine,
  rows: readonly PlantedRow[],
  options: OnDatabase & { readonly traffic?: Traffic } = {},
) {
  const { traffic = new Traffic(), context: more, ...others } = options;
  const context: Partial<Context> = {
    environment: 'staging',
    access: 'operate',
    changes: { ...DEFAULT_CHANGE_RULES, backup: { file: DUMP }, throttle: traffic },
    ...more,
  };
  const open = await openOn(engine, rows, { context, ...others });
  await open.console.press('6').sees('[6 Changes');
  return open;
}

/** Somebody else at another terminal with the same database. */
export async function somebodyElse(engine: TestEngine, open: Awaited<ReturnType<typeof openChanges>>) {
  const context: Context = { ...open.context, changes: { ...open.context.changes, throttle: new Traffic() } };
  return new Operated(engine, open.db, context, await openDatabase(context));
}
