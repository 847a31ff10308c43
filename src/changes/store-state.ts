import type { Problem } from '../model/problem.ts';
import { isOpen, type Lease, type Run, type RunRequest } from '../model/run.ts';
import type { RunbookRun } from '../model/runbook-run.ts';
import type { ChangeKind, Parameters } from './change.ts';
import type { Confirmation } from './confirm.ts';
import type { RunEnd } from './execute.ts';
import type { GuardedPath, Look, RunOptions } from './guarded-path.ts';
import type { Decision, Decisions } from './move-booking-ids/decide.ts';
import type { Plan } from './plan.ts';

/** What is known of one change with its parameters. */
export interface Looked {
  /** The newest; it stays while and when another one fails. */
  readonly look: Look | undefined;
  /** Why there is no newer one. */
  readonly problem: Problem | undefined;
  readonly looking: boolean;
  /** Local milliseconds when the look or the problem arrived. */
  readonly at: number | undefined;
}

/** What this process does to the database right now. */
interface OwnRun {
  /** The id of the change. */
  readonly change: string;
  /** Undefined while gates are looked at, a backup is made and the intent is recorded. */
  readonly run: Run | undefined;
  /** It pauses at the end of its batch because this process leaves. */
  readonly leaving: boolean;
}

/** How the last thing that this process did ended. */
export interface Ending {
  /** Local milliseconds. */
  readonly at: number;
  readonly change: string;
  readonly parameters: Parameters;
  /** Undefined when nothing ran: there was nothing to do, or `problem` says why. */
  readonly end: RunEnd | undefined;
  readonly problem: Problem | undefined;
}

/** What was taken off the review queue by itself, as retries of this process have succeeded. */
export interface Settled {
  /** Local milliseconds. */
  readonly at: number;
  readonly rows: number;
  /** Why that goes on no longer, with what to do; undefined when all is well. */
  readonly problem: string | undefined;
}

/** A row that the database refused to change. */
export interface Aside {
  readonly pk: string;
  readonly reason: string;
}

/** What is known of the changes of one database right now. */
export interface ChangesState {
  /** In the order of a migration; undefined until they are loaded. */
  readonly kinds: readonly ChangeKind[] | undefined;
  /** By `lookKey`. */
  readonly looks: ReadonlyMap<string, Looked>;
  /** Newest first; undefined until they were read. */
  readonly runs: readonly Run[] | undefined;
  readonly lease: Lease | undefined;
  /** Runs of runbooks that have not ended, newest first, without their definitions. */
  readonly ceremonies: readonly RunbookRun[];
  /** Why runs, lease and ceremonies are no newer. */
  readonly problem: Problem | undefined;
  /** Rows that the run under way looks at in a second, by its last ten seconds of work. */
  readonly rate: number | undefined;
  readonly own: OwnRun | undefined;
  readonly ending: Ending | undefined;
  readonly settled: Settled | undefined;
  /** About conflict and review rows, for the next move. */
  readonly decisions: Decisions;
  /** The path of a dump that the operator named. */
  readonly backup: string | undefined;
}

/** Before anything was looked at. */
export const NOTHING_YET: ChangesState = {
  kinds: undefined,
  looks: new Map(),
  runs: undefined,
  lease: undefined,
  ceremonies: [],
  problem: undefined,
  rate: undefined,
  own: undefined,
  ending: undefined,
  settled: undefined,
  decisions: {},
  backup: undefined,
};

/** Whether a run of a change has not ended, here or elsewhere: what it does to the rows may be half done. */
export const isChanging = ({ own, runs }: Pick<ChangesState, 'own' | 'runs'>): boolean =>
  own !== undefined || (runs?.some(({ state }) => isOpen(state)) ?? false);

/** The change whose conflict and review rows an operator decides about. */
export const DECIDED = 'move-booking-ids';

/** What a person has chosen for a change. */
export const parametersFor = ({ decisions }: Pick<ChangesState, 'decisions'>, change: string): Parameters =>
  change === DECIDED && Object.keys(decisions).length > 0 ? { decisions } : {};

/** What stands for a change with its parameters. */
export const lookKey = (change: string, parameters: Parameters): string => JSON.stringify([change, parameters]);

/** The one place that changes a database for the console. It loads what that takes when somebody first asks for it. */
export interface ChangesStore {
  /** Milliseconds that a confirmation holds. */
  readonly confirmMs: number;
  /** The same object until something in it changes. */
  getState(): ChangesState;
  subscribe(listener: () => void): () => void;
  /** Loads the changes that there are. */
  load(): Promise<void>;
  /** Reads runs and lease. What goes wrong is in the state. */
  reread(signal?: AbortSignal): Promise<void>;
  /** Rows that a run set aside, with why. @throws Problem */
  aside(run: Run, limit: number, signal: AbortSignal | undefined): Promise<readonly Aside[]>;
  /** Asks what a change would do and how its gates stand. */
  look(change: string, parameters: Parameters): Promise<Looked>;
  /** The same for every change, one after the other, with the parameters that a person has chosen. */
  lookAll(): Promise<void>;
  /** Stops the looks that are under way, on the server too. */
  cancelLooks(): void;
  /** @param decision undefined takes it back */
  decide(pks: readonly string[], decision: Decision | undefined): void;
  forgetDecisions(): void;
  setBackup(file: string | undefined): void;
  /** Begins to run a plan; how it goes and ends is in the state, too. */
  begin(plan: Plan, confirmation: Confirmation): Promise<Ending>;
  /** Lets somebody else run a change on the path: a step of a runbook; how it goes and ends is in the state, too. */
  perform(
    what: Pick<Ending, 'change' | 'parameters'>,
    work: (path: GuardedPath, options: RunOptions) => Promise<RunEnd | undefined>,
  ): Promise<Ending>;
  /** With a refresh: takes off the review queue what retries of this process have synced, while nothing else is done. */
  settle(signal: AbortSignal): Promise<void>;
  resume(run: Run, options: { readonly takeOver: boolean; readonly decision: string | undefined }): void;
  /** Asks a run to pause or to end. @returns what is wrong with that */
  ask(run: Run, request: RunRequest): Promise<Problem | undefined>;
  /** Pauses what this process runs and waits until it stands still, or so many milliseconds have passed. */
  leave(ms: number): Promise<void>;
  /** The same, and asks nothing of the database any more. */
  stop(ms: number): Promise<void>;
}
