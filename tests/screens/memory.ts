import { Audit } from '../../src/audit/audit.ts';
import { GuardedPath } from '../../src/changes/guarded-path.ts';
import { createChangesStore } from '../../src/changes/store.ts';
import { Results } from '../../src/checks/results.ts';
import { createChecksStore } from '../../src/checks/store.ts';
import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { type Database, openDatabase } from '../../src/data/database.ts';
import type { AppointmentRow, RowsQuery } from '../../src/data/queries/rows.ts';
import type { RowsStore, RowsView } from '../../src/live/rows.ts';
import type { LiveState, LiveStore } from '../../src/live/store.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { changesOf } from '../../src/rollback/all.ts';
import { createRunbooksStore } from '../../src/runbooks/console-store.ts';
import { RunbookEngine } from '../../src/runbooks/engine.ts';
import type { Services } from '../../src/screens/contract.ts';

/** The stores without a database behind them: for tests of the console itself, never of what a database holds. */

class Store<State> {
  #state: State;
  readonly #listeners = new Set<() => void>();

  constructor(state: State) {
    this.#state = state;
  }

  get = (): State => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set = (change: Partial<State>): void => {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  };
}

export const SNAPSHOT: Snapshot = {
  takenAt: Date.UTC(2026, 10, 21, 12, 4, 31),
  total: 128,
  includesDeleted: false,
  classes: { none: 23, v1: 0, v2: 1, both: 2, misplaced: 102, duplicate: 0, conflict: 0, review: 0 },
  lines: { v1InV1Column: 2, v2InV2Column: 3, v1InV2Column: 102, both: 2, none: 23 },
  byDesign: 0,
  sources: undefined,
  tenants: undefined,
  sync: undefined,
  latency: undefined,
  review: undefined,
  stuckPending: undefined,
  failedJobs: undefined,
  queuedJobs: undefined,
  migration: 'not-started',
  missing: [],
};

export const SERVER = { product: 'MariaDB', version: '10.11.6', database: 'askproai', user: 'ops', role: undefined };

/** A live state that a test changes with `set`; what the console asked for is in `asked`. */
export function memoryLive(change: Partial<LiveState> = {}) {
  const store = new Store<LiveState>({
    phase: 'live',
    server: SERVER,
    snapshot: SNAPSHOT,
    receivedAt: Date.now(),
    problem: undefined,
    nextAt: undefined,
    paused: false,
    refreshingSince: undefined,
    queryMs: 34,
    interval: { seconds: 2, wanted: 2 },
    includesDeleted: false,
    history: [],
    ...change,
  });
  const asked: string[] = [];
  const seconds = (by: number) => {
    const wanted = store.get().interval.seconds + by;
    store.set({ interval: { seconds: wanted, wanted } });
  };
  const live: LiveStore = {
    getState: store.get,
    subscribe: store.subscribe,
    start: () => asked.push('start'),
    stop: async () => undefined,
    refresh: () => asked.push('refresh'),
    cancel: () => asked.push('cancel'),
    setPaused: (paused) => store.set({ paused }),
    faster: () => seconds(-1),
    slower: () => seconds(1),
    setIncludesDeleted: (includesDeleted) => store.set({ includesDeleted }),
    setByTenant: () => undefined,
    refreshWith: () => () => undefined,
  };
  return { ...live, asked, set: store.set };
}

const EMPTY: RowsQuery = { filter: { includesDeleted: false }, sort: { column: 'id', direction: 'asc' }, columns: [] };

/** All of a list's rows at once, in the order given; a test changes them with `set`. */
export function memoryRows(
  rows: readonly AppointmentRow[],
  change: Partial<RowsView> = {},
): RowsStore & { set: (change: Partial<RowsView>) => void } {
  const store = new Store<RowsView>({
    query: EMPTY,
    rows,
    offset: 0,
    total: rows.length,
    atStart: true,
    atEnd: true,
    loading: undefined,
    problem: undefined,
    held: false,
    ...change,
  });
  return {
    getView: store.get,
    subscribe: store.subscribe,
    open: (query) => store.set({ query }),
    near: () => undefined,
    toStart: () => undefined,
    toEnd: () => undefined,
    refresh: () => undefined,
    hold: (held) => store.set({ held }),
    cancel: () => undefined,
    close: () => undefined,
    set: store.set,
  };
}

export const CONTEXT: Context = {
  ...defaultContext('prod', { engine: 'sqlite', path: ':memory:' }),
  environment: 'production',
};

/** The guarded path of a database, as a console loads it. */
export async function pathOf(context: Context, database: Database): Promise<GuardedPath> {
  return new GuardedPath(context, database, new Audit(context, database.dialect), changesOf(context));
}

/** What carries runbooks out on a database, as a console loads it. */
export async function engineFor(context: Context, database: Database): Promise<RunbookEngine> {
  return new RunbookEngine(context, database, await pathOf(context, database), new Audit(context, database.dialect));
}

/** Services over memory; the database is a real one that nothing connects to until asked. */
export async function memoryServices(
  change: Partial<Services> = {},
): Promise<Services & { live: ReturnType<typeof memoryLive> | LiveStore }> {
  const database = await openDatabase(CONTEXT);
  return {
    context: CONTEXT,
    database,
    live: memoryLive(),
    checks: createChecksStore(database, CONTEXT, new Results(undefined), async () => []),
    changes: createChangesStore(database, CONTEXT, {
      loadPath: () => pathOf(CONTEXT, database),
      onEnded: () => undefined,
    }),
    runbooks: createRunbooksStore(CONTEXT, {
      loadEngine: () => engineFor(CONTEXT, database),
      ceremonies: () => [],
      changing: () => false,
      onSaid: () => undefined,
    }),
    levels: async () => ({ levels: [], recommended: undefined, unknown: 0 }),
    openRows: () => memoryRows([]),
    readAll: async function* () {},
    ...change,
  };
}
