import type { Context } from '../config/context.ts';
import type { LogCheck } from '../config/own-checks.ts';
import type { Appointments } from '../data/appointments.ts';
import type { Column, Dialect, Expression, Index, Introspection, Row, Statement } from '../data/connection.ts';
import type { Source } from '../data/queries/expressions.ts';
import type { Phase, Severity, System } from '../model/check-words.ts';
import type { KnownColumn } from '../model/columns.ts';

/** What must exist for a check to say anything; without it the check is not applicable and says what it needs. */
export interface Needs {
  /** Columns of the appointments table, by their canonical names. */
  readonly columns?: readonly KnownColumn[];
  /** Other tables, by name, with the columns used of them. */
  readonly tables?: Readonly<Record<string, readonly string[]>>;
}

/** What a check found. Nothing violated is a pass. */
export interface Finding {
  readonly violations: number;
  /** Up to 20 violating rows, each with its primary key under `pk` where there is one. */
  readonly sample: readonly Row[];
  /** The measured figure beside its target, or a distribution in a line: `93.1 % synced in 24 h, target > 95 %`. */
  readonly figure?: string | undefined;
}

/** What only shows when a check looks: it needs something that is not there. */
export interface NotApplicable {
  readonly notApplicable: string;
}

/** What is known of a check before it looks. */
interface CheckFacts {
  /** `<system>/<name>`, in kebab-case; stable, for cron lines and machines. */
  readonly id: string;
  /** What holds when it passes. */
  readonly title: string;
  readonly system: System;
  readonly phases: readonly Phase[];
  readonly severity: Severity;
  /** Why it matters. */
  readonly reason: string;
  /** What to do when it fails. */
  readonly remedy: string;
  readonly needs?: Needs;
  /** The table that it reads in full; such checks never run side by side. */
  readonly scans?: string;
}

/** A check that asks the database. */
export interface DatabaseCheck extends CheckFacts {
  look(ground: Ground): Promise<Finding | NotApplicable>;
}

/** A check that asks something else: an HTTP address, a command, a log file. It works while the database does not. */
export interface OutsideCheck extends CheckFacts {
  /** What it counts, of a check of a log file; the rows of its sample are the newest lines then, as `line`. */
  readonly log?: LogCheck | undefined;
  lookOutside(signal: AbortSignal): Promise<Finding | NotApplicable>;
}

/** A validation. To add one: an entry in the file of its system. */
export type Check = DatabaseCheck | OutsideCheck;

/** Whether it counts lines of a log file. */
export const readsLog = (check: Check): boolean => !asksDatabase(check) && check.log !== undefined;

export const asksDatabase = (check: Check): check is DatabaseCheck => 'look' in check;

/** A table that is not the appointments. */
export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly indexes: readonly Index[];
}

/** What a check looks at. Every statement that goes through it is recorded for the result. */
export interface Ground {
  readonly context: Context;
  readonly dialect: Dialect;
  readonly appointments: Appointments;
  /** For the expressions of data/queries. */
  readonly source: Source;
  /** The server's clock in seconds since 1970 UTC, when the run began. */
  readonly now: number;
  readonly signal: AbortSignal;
  /** A column that the check declared in its needs. */
  column(name: KnownColumn): Expression;
  /** A table's shape, or undefined where there is no such table. */
  table(name: string): Promise<Table | undefined>;
  introspect<Answer>(
    ask: (introspection: Introspection, connection: Parameters<Introspection['tables']>[0]) => Promise<Answer>,
  ): Promise<Answer>;
  /** Rows of a reading statement. */
  query(statement: Expression): Promise<readonly Row[]>;
  /** The same for a few rows that several checks of a run ask for alike: the first one sends the statement. */
  queryOnce(statement: Expression): Promise<readonly Row[]>;
  /**
   * Counts the rows of a SELECT and fetches the first 20, if any. The SELECT names its rows' primary key `pk`, as text.
   * @param order by what the first rows are taken
   */
  violations(select: Expression, order?: Expression): Promise<Finding>;
}

export const CHECK_VERDICTS = ['pass', 'fail', 'not-applicable', 'could-not-tell'] as const;
/**
 * - `not-applicable`: something that the check needs is not there: neither pass nor fail
 * - `could-not-tell`: it failed to look: a timeout, a lost connection, a mistake in a user's check
 */
export type CheckVerdict = (typeof CHECK_VERDICTS)[number];

export interface CheckResult {
  readonly check: Check;
  readonly verdict: CheckVerdict;
  readonly violations: number;
  readonly sample: readonly Row[];
  readonly figure: string | undefined;
  /** Why it is not applicable or could not be told. */
  readonly note: string | undefined;
  /** What was sent, with parameters. */
  readonly statements: readonly Statement[];
  readonly durationMs: number;
  /** Milliseconds since 1970 UTC, local clock, when it ended. */
  readonly at: number;
  /** Whether it could not be told because the connection broke. */
  readonly lost?: boolean;
}
