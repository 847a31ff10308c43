import type { AuditEvent } from '../audit/event.ts';
import type { Context } from '../config/context.ts';
import type { Dialect } from '../data/connection.ts';
import type { Database, QueryOptions } from '../data/database.ts';
import type { Source } from '../data/queries/expressions.ts';
import type { WritingEngine, WritingSession } from '../data/writing.ts';
import type { Run, RunCounts } from '../model/run.ts';
import type { KnownTable } from '../model/tables.ts';
import type { BatchWork } from './batch-work.ts';

/** What a change is told, as JSON: whoever resumes a run reads it from the database. */
export type Parameters = Readonly<Record<string, unknown>>;

/**
 * How a person confirms: not at all, with a capital `Y` where it is about more than one row, or by typing environment,
 * table and rows. A change in production that is typed also wants a reason.
 */
export type Tier = 'none' | 'bulk' | 'typed';

/** What a change reads the database with. */
export interface ChangeGround {
  readonly context: Context;
  readonly database: Database;
  readonly dialect: Dialect;
  readonly writing: WritingEngine;
  /**
   * The appointments as they were when the change was planned, begun or resumed. A change of other tables asks for none:
   * its database may have no appointments.
   */
  readonly source: Source;
  readonly options: QueryOptions;
}

/** Columns of a row with their values, by the names that apptop has for them; of the ids `v1`, `v2` and `backup`. */
type SampleValues = Readonly<Record<string, string | null>>;

/** A row before and after: the columns that change, or those that tell it. */
export interface PlanSample {
  readonly pk: string;
  /** What happens to it, in a word: `move`, `clear`. */
  readonly action: string;
  readonly before: SampleValues;
  readonly after: SampleValues;
}

/** Rows that are left alone for the same reason. */
export interface LeftRows {
  readonly reason: string;
  readonly rows: number;
  /** The primary keys of the first few. */
  readonly named: readonly string[];
}

/** What a change would do, as one kind of change says it. */
export interface Planned {
  /** Rows that will change: the number that a confirmation names. */
  readonly rows: number;
  /** Rows that batches look at; of a change without batches nothing. */
  readonly total: number;
  /** What the digest holds: when one of them differs at execution, nothing runs. */
  readonly counts: Readonly<Record<string, number>>;
  /** What will happen, a line each. */
  readonly summary: readonly string[];
  /** Rows by class as they are now, where the change is about classes of rows; no part of the digest. */
  readonly classes?: Readonly<Record<string, number>> | undefined;
  /** The shapes of the statements that will run. */
  readonly sql: readonly string[];
  readonly sample: readonly PlanSample[];
  /** What is lost and can't be undone, a line each; empty when nothing is. */
  readonly loses: readonly string[];
  /** How and until when it can be taken back. */
  readonly rollback: string;
  /** Seconds that it will take, roughly. */
  readonly seconds: number;
  /** Whether something is there that differs from what it makes, and that a person has to mend: a gate is red then. */
  readonly amiss?: true | undefined;
  /** What a person should know beside: triggers that fire, rows that are left. */
  readonly notes: readonly string[];
  /** Why rows that were asked for are left alone, a line each; of a change that is asked for rows. */
  readonly untouched?: readonly string[] | undefined;
  /** The same by reason. */
  readonly left?: readonly LeftRows[] | undefined;
}

/** A precondition: `pending` is one that is seen to when the change begins. */
export interface Gate {
  readonly id: string;
  readonly title: string;
  readonly state: 'green' | 'red' | 'pending';
  /** What was found: `4 min old, 1.2 MB`. */
  readonly detail: string;
  /** What to do about a red one. */
  readonly remedy: string;
}

/** What a change may say while it is under way. */
export interface Telling {
  /** Puts facts on record, before what follows: what can't be recorded does not run. @throws Problem blocked */
  record(details: NonNullable<AuditEvent['details']>): Promise<void>;
  /** Keeps the lease while something is done that does not use the session. @throws Problem blocked, when somebody took the run over */
  meanwhile<Answer>(work: () => Promise<Answer>): Promise<Answer>;
}

/** What a change has done beside its batches, where it counts that. */
type Done = Partial<RunCounts> | undefined;

/** One change with its parameters. What it leaves out it does not need. */
export interface Change {
  readonly parameters: Parameters;
  /** Rows of each batch, where they are not to find their size by themselves. */
  readonly batchSize?: number;
  plan(ground: ChangeGround): Promise<Planned>;
  /** Preconditions of its own, beside those of every change. */
  gates(ground: ChangeGround): Promise<readonly Gate[]>;
  /** Whether it changes the shape of the table; not, by default. */
  alters?(ground: ChangeGround): boolean;
  /** Whether its batches leave room for others. */
  readonly throttled: boolean;
  /** Before the first batch, under the lease; may be done twice. */
  prepare?(session: WritingSession, ground: ChangeGround): Promise<Done>;
  work?(ground: ChangeGround, run: Run): Promise<BatchWork>;
  /** After the last batch: whether it left something behind. @throws Halted, where a person has to see to it */
  assertDone?(ground: ChangeGround, run: Run): Promise<void>;
  /** After the last batch, under the lease; may be done twice. A change that has it does something also where no row will change. */
  finish?(session: WritingSession, ground: ChangeGround, run: Run, telling: Telling): Promise<Done>;
}

/** A kind of change. To add one: a file, and a line in the list of changes. */
export interface ChangeKind {
  readonly id: string;
  /** As an imperative: `Move booking ids`. */
  readonly title: string;
  /** What it is for, in a sentence. */
  readonly purpose: string;
  readonly tier: Tier;
  /** Whether it is about rows that a person chooses: their screen has it then, and no list of changes. */
  readonly chosen?: true;
  /** Whether each of them has to say why, also outside production. */
  readonly needsReason?: true;
  /** Whether a backup must be proven first. */
  readonly needsBackup: boolean;
  /** The tables that it is about, the first of which a confirmation names; left out where these are the appointments. */
  readonly tables?: readonly KnownTable[];
  /** Whether it alters them: another shape is no sign of somebody else then. */
  readonly alters?: true;
  /** What there is to say where the config does not say how it is done; left out where that is no question. */
  readonly unconfigured?: readonly [what: string, remedy: string];
  /** The drill that rehearses it in a place of its own; left out where there is none. */
  readonly drill?: 'calendar-schema';
  /** Why it has no place in this database, in words; undefined where it has. */
  strayIn?(ground: ChangeGround): Promise<string | undefined>;
  /** What its plans count, where these are no rows. */
  readonly unit?: 'object' | 'flag' | 'program' | 'original' | 'event';
  /** What a run of it has done, where that is not told by rows that changed: `14 objects made of 14`. */
  told?(run: Pick<Run, 'counts' | 'planned' | 'state'>): string;
  /** Ids of the checks that must hold before it, and after it. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Ids of the changes that a run of it takes back, and of the checks whose findings are over with it. */
  undoes?(parameters: Parameters): readonly string[];
  /** @throws Problem usage, for parameters that it does not take */
  with(parameters: Parameters): Change;
}
