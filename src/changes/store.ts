import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../config/context.ts';
import type { Database } from '../data/database.ts';
import { Problem } from '../model/problem.ts';
import type { Run, RunRequest } from '../model/run.ts';
import type { Parameters } from './change.ts';
import { CONFIRM_MS, type Confirmation } from './confirm.ts';
import type { GuardedPath } from './guarded-path.ts';
import { Looks } from './looks.ts';
import type { Decision } from './move-booking-ids/decide.ts';
import { Performer } from './performer.ts';
import type { Plan } from './plan.ts';
import { RunFollower } from './run-follower.ts';
import { Settler } from './settler.ts';
import {
  type Aside,
  type ChangesState,
  type ChangesStore,
  type Ending,
  type Looked,
  NOTHING_YET,
  parametersFor,
} from './store-state.ts';

/** What the store needs from around it. */
export interface ChangesHost {
  /** The guarded path, asked for once, when somebody first wants to know what can be changed. */
  readonly loadPath: () => Promise<GuardedPath>;
  /** Told when this process has changed something, or tried to. */
  readonly onEnded: () => void;
  /** Milliseconds that a confirmation holds. */
  readonly confirmMs?: number | undefined;
}

class Changes implements ChangesStore {
  readonly confirmMs: number;
  readonly #loadPath: () => Promise<GuardedPath>;
  readonly #listeners = new Set<() => void>();
  readonly #follower: RunFollower;
  readonly #looks: Looks;
  readonly #performer: Performer;
  readonly #settler: Settler;
  #path: Promise<GuardedPath> | undefined;
  #state: ChangesState = NOTHING_YET;

  constructor(database: Database, context: Context, { loadPath, onEnded, confirmMs = CONFIRM_MS }: ChangesHost) {
    const shared = { get: this.getState, set: this.#set };
    this.#loadPath = loadPath;
    this.confirmMs = confirmMs;
    this.#follower = new RunFollower(shared, database, context);
    this.#looks = new Looks(shared, this.#loaded);
    this.#performer = new Performer(shared, this.#loaded, this.#follower, onEnded);
    this.#settler = new Settler(shared, database, context, {
      path: this.#loaded,
      onEnded: () => {
        void this.#follower.reread();
        onEnded();
      },
    });
  }

  getState = (): ChangesState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async load(): Promise<void> {
    const path = await this.#loaded();
    // Those that always have a place are there at once.
    this.#set({ kinds: this.#state.kinds ?? path.kinds.filter(({ strayIn }) => strayIn === undefined) });
    try {
      this.#set({ kinds: await path.kindsHere() });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // Where the database can't be asked now, each of them says so when it is looked at.
      this.#set({ kinds: path.kinds });
    }
  }

  reread(signal?: AbortSignal): Promise<void> {
    return this.#follower.reread(signal);
  }

  async aside(run: Run, limit: number, signal: AbortSignal | undefined): Promise<readonly Aside[]> {
    return (await this.#loaded()).aside(run, limit, signal);
  }

  async look(change: string, parameters: Parameters): Promise<Looked> {
    await this.#settler.quiet();
    return this.#looks.look(change, parameters);
  }

  async lookAll(): Promise<void> {
    await this.load();
    const ids = (this.#state.kinds ?? []).filter(({ chosen }) => chosen === undefined).map(({ id }) => id);
    await this.#looks.all(ids, (id) => parametersFor(this.#state, id));
  }

  cancelLooks(): void {
    this.#looks.cancel();
  }

  decide(pks: readonly string[], decision: Decision | undefined): void {
    const others = Object.entries(this.#state.decisions).filter(([pk]) => !pks.includes(pk));
    const decided = decision === undefined ? [] : pks.map((pk) => [pk, decision] as const);
    this.#set({ decisions: Object.fromEntries([...others, ...decided]) });
  }

  forgetDecisions(): void {
    this.#set({ decisions: {} });
  }

  setBackup(backup: string | undefined): void {
    this.#set({ backup });
  }

  begin(plan: Plan, confirmation: Confirmation): Promise<Ending> {
    const { backup } = this.#state;
    const { change, parameters } = plan;
    return this.perform({ change, parameters }, (path, options) =>
      path.run(plan, confirmation, { ...options, backup }),
    );
  }

  perform: ChangesStore['perform'] = async (what, work) => {
    const ending = await this.#performer.perform(what, work, this.#settler.quiet());
    this.#settler.watch(ending);
    return ending;
  };

  settle(signal: AbortSignal): Promise<void> {
    return this.#settler.refreshed(signal);
  }

  resume({ id, change }: Run, more: { readonly takeOver: boolean; readonly decision: string | undefined }): void {
    void this.perform({ change, parameters: {} }, (path, options) => path.resume(id, { ...options, ...more }));
  }

  async ask({ id }: Run, request: RunRequest): Promise<Problem | undefined> {
    try {
      await (await this.#loaded()).ask(id, request);
      return undefined;
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    } finally {
      await this.reread();
    }
  }

  leave(ms: number): Promise<void> {
    return this.#performer.leave(ms);
  }

  async stop(ms: number): Promise<void> {
    this.#looks.cancel();
    await this.#performer.leave(ms);
    await Promise.race([this.#settler.quiet(), sleep(ms, undefined, { ref: false })]);
    this.#follower.stop();
  }

  #loaded = (): Promise<GuardedPath> => {
    this.#path ??= this.#loadPath();
    return this.#path;
  };

  #set = (change: Partial<ChangesState>): void => {
    const entries = Object.entries(change);
    const known = new Map<string, unknown>(Object.entries(this.#state));
    if (entries.every(([name, value]) => known.get(name) === value)) return;
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  };
}

/** The changes of one database for a console; nothing is loaded, read or changed yet. */
export const createChangesStore = (database: Database, context: Context, host: ChangesHost): ChangesStore =>
  new Changes(database, context, host);
