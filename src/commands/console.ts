import { setTimeout as sleep } from 'node:timers/promises';
import { createChangesStore } from '../changes/store.ts';
import { isChanging } from '../changes/store-state.ts';
import { Results } from '../checks/results.ts';
import { createChecksStore } from '../checks/store.ts';
import type { Context } from '../config/context.ts';
import { loadContext } from '../config/load.ts';
import { stateFile } from '../config/state.ts';
import { openDatabase } from '../data/database.ts';
import { History } from '../live/history.ts';
import { readAll } from '../live/read-all.ts';
import { createLiveStore } from '../live/refresh.ts';
import { createRowsStore } from '../live/row-window.ts';
import type { LiveStore } from '../live/store.ts';
import { Problem } from '../model/problem.ts';
import { createRunbooksStore } from '../runbooks/console-store.ts';
import type { Services } from '../screens/contract.ts';
import { type ConsoleOptions, EXIT, type ExitCode } from './command.ts';

/** Milliseconds that a connection may take to close; a server that is gone would keep a person waiting. */
const CLOSE_MS = 500;

/** Milliseconds that a run has to come to the end of its batch when the console ends: a batch takes 100 ms, its rest 5 s. */
const PAUSE_MS = 10_000;

const stayForPause = () => undefined;

/** Milliseconds that the first frame waits for figures: one without them costs 30 ms of CPU that they then wait for. */
const FIRST_FRAME_MS = 100;

/** Waits until the first refresh has ended, well or not, but no longer than so many milliseconds. */
async function firstRefresh(live: LiveStore, ms: number): Promise<void> {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const look = () => {
    if (live.getState().refreshingSince === undefined) end();
  };
  const late = setTimeout(end, ms);
  const leave = live.subscribe(look);
  look();
  await ended;
  clearTimeout(late);
  leave();
}

/** What a console knows from before. */
export interface Memory {
  readonly history: History;
  readonly results: Results;
}

const rememberedOf = (context: Context): Memory => ({
  history: new History(stateFile(context, 'history')),
  results: new Results(stateFile(context, 'checks')),
});

/**
 * Opens the console on a database and resolves with the exit code when the person has left. A database that
 * does not answer is waited for on the screen.
 * @throws Problem usage, when there is no keyboard
 */
export async function openConsole(
  context: Context,
  options: ConsoleOptions,
  { history, results }: Memory = rememberedOf(context),
): Promise<ExitCode> {
  if (!process.stdin.isTTY) {
    throw new Problem('usage', 'the console needs a terminal to hear keys from', 'run apptop status for one look');
  }
  const database = await openDatabase(context);
  const live = createLiveStore(database, context, history);
  live.setIncludesDeleted(options.includeDeleted);
  // What cron finds meanwhile counts with the next figures.
  live.refreshWith(async () => results.reread());
  // The catalogue is loaded when the console is drawn: no figure waits for it.
  const list = async () => (await import('../checks/all.ts')).checksOf(context);
  const checks = createChecksStore(database, context, results, list);
  const loadPath = async () => {
    const [{ GuardedPath }, { Audit }, { changesOf }] = await Promise.all([
      import('../changes/guarded-path.ts'),
      import('../audit/audit.ts'),
      import('../rollback/all.ts'),
    ]);
    return new GuardedPath(context, database, new Audit(context, database.dialect), changesOf(context));
  };
  const loadEngine = async () => {
    const [{ RunbookEngine }, { Audit }] = await Promise.all([
      import('../runbooks/engine.ts'),
      import('../audit/audit.ts'),
    ]);
    return new RunbookEngine(context, database, await loadPath(), new Audit(context, database.dialect));
  };
  // What it did to the rows shows at once.
  const changes = createChangesStore(database, context, { loadPath, onEnded: () => live.refresh() });
  const runbooks = createRunbooksStore(context, {
    loadEngine,
    ceremonies: () => changes.getState().ceremonies,
    changing: () => isChanging(changes.getState()),
    onSaid: () => live.refresh(),
  });
  const levels = async (signal: AbortSignal) => {
    const { rollbackLevels } = await import('../rollback/levels.ts');
    return rollbackLevels(await loadPath(), context, database, signal);
  };
  // What others change shows with the next figures.
  live.refreshWith(async (signal) => {
    await changes.reread(signal);
    await changes.settle(signal);
    await runbooks.watch(signal);
  });
  const services = {
    context,
    database,
    live,
    checks,
    changes,
    runbooks,
    levels,
    openRows: () => createRowsStore(database, context, live),
    readAll: (query, signal) => readAll(database, context, query, signal),
  } satisfies Services;
  const draw = {
    ascii: options.ascii,
    lowBandwidth: options.lowBandwidth,
    noColor: Boolean(process.env['NO_COLOR']),
    screenReader: process.env['INK_SCREEN_READER'] === 'true',
  };
  // Asked first: the database answers while Ink is loaded.
  live.start();
  try {
    const { renderConsole } = await import('../screens/console.tsx');
    await firstRefresh(live, FIRST_FRAME_MS);
    const { ended } = renderConsole(services, draw, process);
    void checks.load();
    const code = await ended;
    return Object.values(EXIT).find((known) => known === code) ?? EXIT.unknown;
  } finally {
    checks.cancel();
    // A terminal that goes away says so twice: the kernel does, and the shell on it.
    process.on('SIGHUP', stayForPause);
    await Promise.all([changes.stop(PAUSE_MS), runbooks.leave(PAUSE_MS)]);
    process.off('SIGHUP', stayForPause);
    await Promise.race([live.stop().then(() => database.close()), sleep(CLOSE_MS)]);
  }
}

export async function run(options: ConsoleOptions): Promise<ExitCode> {
  const loaded = await loadContext(options);
  if (!loaded.ok) throw loaded.error;
  for (const note of loaded.value.notes) process.stderr.write(`apptop: ${note}\n`);
  return openConsole(loaded.value.context, options);
}
