import type { Problem } from '../model/problem.ts';
import type { Result } from '../model/result.ts';
import type { RunbookRecord } from '../model/runbook-run.ts';
import type { FoundRunbook } from './all.ts';
import type { MetricStanding } from './conditions.ts';
import type { ListedRun, RunbookEngine } from './engine.ts';
import type { LookedRun } from './looker.ts';
import type { Runbook } from './runbook.ts';

/** Which run: its number is one of its place only. */
export type RunKey = `${ListedRun['place']} ${number}`;

export const runKeyOf = ({
  place,
  run,
}: Pick<ListedRun, 'place'> & { readonly run: { readonly id: number } }): RunKey => `${place} ${run.id}`;

/** What is known of one run. */
export interface KnownRun {
  readonly key: RunKey;
  readonly record: RunbookRecord;
  /** By which it is shown: of an open run what its file says now, of another what it said then; undefined where neither can be read. */
  readonly runbook: Runbook | undefined;
  readonly looked: LookedRun | undefined;
  /** Why nobody can go on with it here; undefined when somebody can. */
  readonly closed: string | undefined;
  /** Undefined until somebody wants to know. */
  readonly metrics: readonly MetricStanding[] | undefined;
}

/** A step that this process is at. */
interface OwnStep {
  readonly key: RunKey;
  readonly step: string;
  /** Local milliseconds. */
  readonly since: number;
}

/** What is known of the runbooks of one database right now. */
export interface RunbooksState {
  /** Undefined until they are loaded. */
  readonly found: readonly FoundRunbook[] | undefined;
  /** Newest first; undefined until they were read. */
  readonly runs: readonly ListedRun[] | undefined;
  /** Runs that are gone from the database, and what is known against those that are there, a line each. */
  readonly doubts: readonly string[];
  readonly known: ReadonlyMap<RunKey, KnownRun>;
  /** Why it is no newer. */
  readonly problem: Problem | undefined;
  readonly own: OwnStep | undefined;
}

/** The one place that carries runbooks out for the console. It loads what that takes when somebody first asks for it. */
export interface RunbooksStore {
  /** The same object until something in it changes. */
  getState(): RunbooksState;
  subscribe(listener: () => void): () => void;
  /** Reads the runbooks, their runs, and where the open ones are. What goes wrong is in the state. */
  reread(): Promise<void>;
  /** The same for one run, whatever its state. */
  look(key: RunKey): Promise<void>;
  /** Asks how the success metrics of a run stand. */
  measure(key: RunKey): Promise<void>;
  /**
   * With a refresh: looks now and then whether a stop condition of an open run holds, which then stops it for everybody.
   */
  watch(signal: AbortSignal): Promise<void>;
  /** Something that a person says, also while a step is under way. */
  say<Answer>(work: (engine: RunbookEngine) => Promise<Answer>): Promise<Result<Answer, Problem>>;
  /** A step, one at a time. */
  step<Answer>(
    what: Pick<OwnStep, 'key' | 'step'>,
    work: (engine: RunbookEngine, leave: AbortSignal) => Promise<Answer>,
  ): Promise<Result<Answer, Problem>>;
  /** Stops the step of this process and waits until it stands still, or so many milliseconds have passed. */
  leave(ms: number): Promise<void>;
}
