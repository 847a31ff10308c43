import type { Context } from '../config/context.ts';
import type { Database } from '../data/database.ts';
import type { Check, CheckResult } from './check.ts';
import { expectedCosts, MANY_ROWS } from './cost.ts';
import type { Evidence } from './evidence.ts';
import type { Remembered, Results } from './results.ts';
import { runChecks } from './runner.ts';

/** Rows of a table up to which a screen may read it in full unasked: forty scans take some 2 s of a server's time. */
const UNASKED_ROWS = 100_000;

/** What a person runs while others run does not wait for them. */
const MORE_LANES = ['check 4', 'check 5'] as const;

/** What is known of the checks of one database right now. */
export interface ChecksState {
  /** In the order in which people read them; undefined until they are loaded. */
  readonly checks: readonly Check[] | undefined;
  /** By check id, from this session, earlier ones and those beside it. */
  readonly known: ReadonlyMap<string, Remembered>;
  /** By check id: since when it runs, in local milliseconds; undefined while it waits for its turn. */
  readonly running: ReadonlyMap<string, number | undefined>;
}

/** The one place that runs checks for the console. They have lanes of their own: figures and rows go on meanwhile. */
export interface ChecksStore {
  /** The same object until something in it changes. */
  getState(): ChecksState;
  subscribe(listener: () => void): () => void;
  load(): Promise<void>;
  /** Takes over what another process has found meanwhile. */
  reread(): void;
  /** The rows of the known result of a check and what was sent for them, the same object until the next result. */
  evidenceOf(id: string): Evidence | undefined;
  /** On the first call runs what is cheap: the built-in checks that read no large table in full. */
  runCheap(): Promise<void>;
  /** What those that read a large table in full are expected to cost, a line each. */
  expectedCosts(checks: readonly Check[]): Promise<readonly string[]>;
  /** Runs those that do not run already. */
  run(checks: readonly Check[]): Promise<void>;
  /** Stops all that run or wait, on the server too: what was known of them stays. */
  cancel(): void;
}

class Runs implements ChecksStore {
  readonly #database: Database;
  readonly #context: Context;
  readonly #results: Results;
  readonly #list: () => Promise<readonly Check[]>;
  readonly #listeners = new Set<() => void>();
  readonly #aborts = new Set<AbortController>();
  #loading: Promise<readonly Check[]> | undefined;
  #opened = false;
  #state: ChecksState;

  constructor(database: Database, context: Context, results: Results, list: () => Promise<readonly Check[]>) {
    this.#database = database;
    this.#context = context;
    this.#results = results;
    this.#list = list;
    this.#state = { checks: undefined, known: results.known, running: new Map() };
    results.subscribe(() => this.#set({ known: results.known }));
  }

  getState = (): ChecksState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async load(): Promise<void> {
    this.#loading ??= this.#list();
    const checks = await this.#loading;
    if (this.#state.checks === undefined) this.#set({ checks });
  }

  reread(): void {
    this.#results.reread();
  }

  evidenceOf(id: string): Evidence | undefined {
    return this.#results.evidenceOf(id);
  }

  async runCheap(): Promise<void> {
    if (this.#opened) return;
    this.#opened = true;
    await this.load();
    const builtIn = this.#state.checks?.filter(({ system }) => system !== 'own') ?? [];
    await this.run(await this.#cheapOf(builtIn));
  }

  /** Those that nobody has to ask for: what one of a table's scans costs, all of them do. */
  async #cheapOf(checks: readonly Check[]): Promise<readonly Check[]> {
    const cheap = new Set<string | undefined>([undefined]);
    for (const [scans, group] of Map.groupBy(checks, ({ scans }) => scans)) {
      const costs = await this.#costs(group.slice(0, 1), UNASKED_ROWS);
      if (costs.length === 0) cheap.add(scans);
    }
    return checks.filter(({ scans }) => cheap.has(scans));
  }

  expectedCosts(checks: readonly Check[]): Promise<readonly string[]> {
    return this.#costs(checks, MANY_ROWS);
  }

  async #costs(checks: readonly Check[], from: number): Promise<readonly string[]> {
    if (checks.every(({ scans }) => scans === undefined)) return [];
    // Not a lane of the checks, where the answer would wait for their end.
    const options = { lane: 'row', from } as const;
    return expectedCosts(this.#database, this.#context, checks, this.#state.known, options);
  }

  async run(checks: readonly Check[]): Promise<void> {
    const idle = checks.filter(({ id }) => !this.#state.running.has(id));
    if (idle.length === 0) return;
    const abort = new AbortController();
    const lanes = this.#aborts.size === 0 ? {} : { lanes: MORE_LANES };
    this.#aborts.add(abort);
    this.#set({ running: new Map([...this.#state.running, ...idle.map(({ id }) => [id, undefined] as const)]) });
    await runChecks(this.#database, this.#context, idle, {
      ...lanes,
      signal: abort.signal,
      onStart: ({ id }) => this.#set({ running: new Map(this.#state.running).set(id, Date.now()) }),
      onResult: (result) => this.#take(result, abort.signal),
    });
    this.#aborts.delete(abort);
  }

  cancel(): void {
    for (const abort of this.#aborts) abort.abort();
  }

  #take(result: CheckResult, signal: AbortSignal): void {
    const { id } = result.check;
    const running = new Map(this.#state.running);
    running.delete(id);
    this.#set({ running });
    // That a person did not wait for the outcome says nothing of it.
    if (!signal.aborted || result.verdict !== 'could-not-tell') this.#results.add([result]);
  }

  #set(change: Partial<ChecksState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/**
 * The checks of one database for a console; nothing is loaded or run yet.
 * @param list the checks that there are, asked for once
 */
export function createChecksStore(
  database: Database,
  context: Context,
  results: Results,
  list: () => Promise<readonly Check[]>,
): ChecksStore {
  return new Runs(database, context, results, list);
}
