import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../config/context.ts';
import { Problem } from '../model/problem.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { isOpenRun, type RunbookRun } from '../model/runbook-run.ts';
import type { FoundRunbook } from './all.ts';
import { type KnownRun, type RunbooksState, type RunbooksStore, type RunKey, runKeyOf } from './console-state.ts';
import type { ListedRun, RunbookEngine } from './engine.ts';

/** Milliseconds between two looks at stop conditions, and how many times longer than a look it rests at least. */
const WATCH_MS = 60_000;
const REST_FOR_WORK = 20;

/** Milliseconds between two looks at a run while a step of it is under way here. */
const FOLLOW_MS = 2_000;

/** What the store needs from around it. */
export interface RunbooksHost {
  /** The engine, asked for once, when somebody first wants to know of runbooks. */
  readonly loadEngine: () => Promise<RunbookEngine>;
  /** Runs that have not ended, as the last refresh found them. */
  readonly ceremonies: () => readonly RunbookRun[];
  /** Whether a change is under way: what it does to the rows is half done. */
  readonly changing: () => boolean;
  /** Told when this process has written something down. */
  readonly onSaid: () => void;
}

const placeOf = (key: RunKey): ListedRun['place'] => (key.startsWith('local ') ? 'local' : 'database');
const idOf = (key: RunKey): number => Number(key.slice(key.indexOf(' ') + 1));

/** The same object where nothing changed: whoever looks at it need not draw again. */
const kept = <Value>(before: Value, now: Value): Value =>
  JSON.stringify(before) === JSON.stringify(now) ? before : now;

class Runbooks implements RunbooksStore {
  readonly #context: Context;
  readonly #host: RunbooksHost;
  readonly #listeners = new Set<() => void>();
  #engine: Promise<RunbookEngine> | undefined;
  #reading: Promise<void> | undefined;
  #performing: { readonly leave: AbortController; readonly done: Promise<unknown> } | undefined;
  /** By a clock that never jumps. */
  #watchAt = 0;
  /** Of which runs doubts were last asked for, and until when that holds, by the same clock. */
  #doubted: { readonly of: string; readonly until: number } | undefined;
  #state: RunbooksState = {
    found: undefined,
    runs: undefined,
    doubts: [],
    known: new Map(),
    problem: undefined,
    own: undefined,
  };

  constructor(context: Context, host: RunbooksHost) {
    this.#context = context;
    this.#host = host;
  }

  getState = (): RunbooksState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  reread(): Promise<void> {
    this.#reading ??= this.#told(() => this.#read()).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  look(key: RunKey): Promise<void> {
    return this.#told(async () => {
      const engine = await this.#loaded();
      const found = this.#state.found ?? (await engine.verified());
      const known = await this.#knownOf(engine, found, key);
      if (known !== undefined) this.#learn([known]);
    });
  }

  measure(key: RunKey): Promise<void> {
    return this.#told(async () => {
      const known = this.#state.known.get(key);
      if (known?.runbook === undefined || known.looked === undefined) return;
      const engine = await this.#loaded();
      const signal = new AbortController().signal;
      this.#learn([{ ...known, metrics: await engine.metrics(known.runbook, known.looked.standing, signal) }]);
    });
  }

  async watch(signal: AbortSignal): Promise<void> {
    const running = this.#host.ceremonies().filter(({ state }) => state === 'running');
    const busy = this.#state.own !== undefined || this.#host.changing();
    if (this.#context.access !== 'operate' || running.length === 0 || busy || performance.now() < this.#watchAt) return;
    const began = performance.now();
    await this.#told(async () => {
      const engine = await this.#loaded();
      const found = this.#state.found ?? (await engine.verified());
      for (const run of running) await this.#watchRun(engine, found, run, signal);
    });
    const tookMs = performance.now() - began;
    this.#watchAt = performance.now() + Math.max(WATCH_MS, REST_FOR_WORK * tookMs);
  }

  async say<Answer>(work: (engine: RunbookEngine) => Promise<Answer>): Promise<Result<Answer, Problem>> {
    try {
      return ok(await work(await this.#loaded()));
    } catch (error) {
      if (error instanceof Problem) return fail(error);
      throw error;
    } finally {
      // What is being read may have been read before it.
      await this.#reading;
      await this.reread();
      this.#host.onSaid();
    }
  }

  async step<Answer>(
    what: { readonly key: RunKey; readonly step: string },
    work: (engine: RunbookEngine, leave: AbortSignal) => Promise<Answer>,
  ): Promise<Result<Answer, Problem>> {
    if (this.#performing !== undefined) {
      return fail(new Problem('blocked', 'this console is at a step already', 'wait for it'));
    }
    const leave = new AbortController();
    this.#set({ own: { ...what, since: Date.now() } });
    const done = this.say((engine) => work(engine, leave.signal));
    this.#performing = { leave, done };
    const following = setInterval(() => void this.reread(), FOLLOW_MS);
    try {
      return await done;
    } finally {
      clearInterval(following);
      this.#performing = undefined;
      this.#set({ own: undefined });
    }
  }

  async leave(ms: number): Promise<void> {
    if (this.#performing === undefined) return;
    const { leave, done } = this.#performing;
    leave.abort();
    await Promise.race([done, sleep(ms, undefined, { ref: false })]);
  }

  /** A stop condition is looked at while nothing is half done. */
  async #watchRun(
    engine: RunbookEngine,
    found: readonly FoundRunbook[],
    { id, runbook: name }: RunbookRun,
    signal: AbortSignal,
  ): Promise<void> {
    const one = found.find((candidate) => candidate.id === name);
    if (one === undefined || 'problem' in one) return;
    const read = await engine.read('database', id);
    if (read === undefined) return;
    const looked = await engine.look(one.runbook, read);
    if (looked.standing.steps.some(({ state }) => state === 'running')) return;
    if ((await engine.lookAtStops(one.runbook, read, signal)) !== undefined) this.#host.onSaid();
  }

  async #read(): Promise<void> {
    const engine = await this.#loaded();
    const found = await engine.verified();
    const runs = await engine.runs();
    const doubts = await this.#doubtsOf(engine, runs);
    const open = runs.filter(({ run }) => isOpenRun(run)).map(runKeyOf);
    // And those that have ended since somebody looked at them.
    const ended = runs.filter((listed) => {
      const { record } = this.#state.known.get(runKeyOf(listed)) ?? {};
      return record !== undefined && record.run.revision !== listed.run.revision;
    });
    // And those that the list does not have any more: they may be older than it, or gone.
    const listed = new Set(runs.map(runKeyOf));
    const unlisted = [...this.#state.known.keys()].filter((key) => !listed.has(key));
    const known: KnownRun[] = [];
    const gone: RunKey[] = [];
    for (const key of new Set([...open, ...ended.map(runKeyOf), ...unlisted])) {
      const one = await this.#knownOf(engine, found, key);
      if (one === undefined) gone.push(key);
      else known.push(one);
    }
    this.#set({
      found: kept(this.#state.found, found),
      runs: kept(this.#state.runs, runs),
      doubts: kept(this.#state.doubts, doubts),
      problem: undefined,
    });
    this.#learn(known, gone);
  }

  /** What is known against runs: several statements for each, and so not with every refresh. */
  async #doubtsOf(engine: RunbookEngine, runs: readonly ListedRun[]): Promise<readonly string[]> {
    const of = JSON.stringify(runs.map(({ place, run: { id, revision, state } }) => [place, id, revision, state]));
    const last = this.#doubted;
    if (last !== undefined && last.of === of && performance.now() < last.until) return this.#state.doubts;
    const doubts = await engine.doubts();
    this.#doubted = { of, until: performance.now() + WATCH_MS };
    return doubts;
  }

  async #knownOf(engine: RunbookEngine, found: readonly FoundRunbook[], key: RunKey): Promise<KnownRun | undefined> {
    const place = placeOf(key);
    const read = await engine.read(place, idOf(key));
    if (read === undefined) return undefined;
    const { run } = read.record;
    const one = found.find((candidate) => candidate.id === run.runbook);
    const mine = one !== undefined && 'runbook' in one && isOpenRun(run) ? one.runbook : undefined;
    const runbook = mine ?? (await engine.shown(run));
    const looked = runbook && (await engine.look(runbook, read));
    return {
      key,
      record: looked?.record ?? read.record,
      runbook,
      looked,
      closed: this.#closedFor(run, place, mine !== undefined),
      metrics: this.#state.known.get(key)?.metrics,
    };
  }

  #closedFor(run: RunbookRun, place: ListedRun['place'], there: boolean): string | undefined {
    if (!isOpenRun(run)) return `run ${run.id} is ${run.state}`;
    if (place === 'database' && this.#context.access !== 'operate') {
      return `this context only reads: set contexts.${this.#context.name}.access to "operate" in the config`;
    }
    return there
      ? undefined
      : `there is no runbook ${run.runbook} here: apptop runbook run --file FILE goes on with it`;
  }

  /** Ages change with each look, and say nothing new. */
  #learn(runs: readonly KnownRun[], gone: readonly RunKey[] = []): void {
    const before = this.#state.known;
    const known = new Map(before);
    for (const run of runs) known.set(run.key, run);
    for (const key of gone) known.delete(key);
    const changed = runs.some((run) => contentOf(before.get(run.key)) !== contentOf(run));
    if (changed || gone.some((key) => before.has(key))) this.#set({ known });
  }

  async #told(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.kind !== 'cancelled') this.#set({ problem: error });
    }
  }

  #loaded(): Promise<RunbookEngine> {
    this.#engine ??= this.#host.loadEngine();
    return this.#engine;
  }

  #set(change: Partial<RunbooksState>): void {
    const entries = Object.entries(change);
    const known = new Map<string, unknown>(Object.entries(this.#state));
    if (entries.every(([name, value]) => known.get(name) === value)) return;
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

/** All of a run that a person can see. */
const contentOf = (known: KnownRun | undefined): string =>
  known === undefined
    ? ''
    : JSON.stringify([
        known.record.run,
        known.record.entries,
        known.looked?.standing.steps.map(({ state, why }) => [state, why]),
        known.looked?.notes,
        known.closed,
        known.metrics,
        known.runbook?.digest,
      ]);

/** The runbooks of one database for a console; nothing is loaded or read yet. */
export const createRunbooksStore = (context: Context, host: RunbooksHost): RunbooksStore => new Runbooks(context, host);
