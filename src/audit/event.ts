import type { Operator } from './operator.ts';

/**
 * What is recorded, one record each:
 *
 * - `intent`: before the first statement of a change or a rollback; `outcome`: when it ended, however it did
 * - `pause`, `resume`, `cancel`: somebody's word to a run
 * - `halt`: a stop condition; `decision`: what a person made of it
 * - `take-over`: the lease of somebody who was gone, or not
 * - `export`: rows that are about to be dropped stand in a file
 * - `approve`: another operator's yes to a plan
 * - `runbook`: a run of a runbook began, was aborted or finished; `step`: what came of one of its steps; `stop`: one of its
 *   stop conditions; `sign-off`: somebody's word for a role
 */
export const EVENTS = [
  'intent',
  'outcome',
  'pause',
  'resume',
  'cancel',
  'halt',
  'decision',
  'take-over',
  'export',
  'approve',
  'runbook',
  'step',
  'stop',
  'sign-off',
] as const;
export type EventName = (typeof EVENTS)[number];

/** Rows by what was or is to be done with them. */
export type Counts = Readonly<Record<string, number>>;
export type Detail = string | number | boolean | null | readonly string[];

/** What there is to say of an event: no secret, and nothing about a person but primary keys and booking ids. */
interface Facts {
  /** The change's id: `move-booking-ids`. */
  readonly change?: string | undefined;
  readonly run?: number | undefined;
  /** Of the plan. */
  readonly digest?: string | undefined;
  /** The operator's own: a ticket. */
  readonly reason?: string | undefined;
  /** The statements that change something; values that stand in them are left out. */
  readonly sql?: readonly string[] | undefined;
  readonly counts?: { readonly planned?: Counts | undefined; readonly actual?: Counts | undefined } | undefined;
  /** In a word or a sentence: `done`, `cancelled`, `lost: the connection broke`. */
  readonly outcome?: string | undefined;
  readonly details?: Readonly<Record<string, Detail>> | undefined;
}

export interface AuditEvent extends Facts {
  readonly event: EventName;
}

/** An event as it is kept. */
export interface AuditRecord extends Facts {
  readonly version: number;
  /** ISO 8601 in UTC, by the database's clock. */
  readonly at: string;
  /** A later version of apptop may know more events than this one. */
  readonly event: string;
  readonly operator: Operator;
  readonly context: string;
  readonly environment: string;
  readonly database: string;
  /** Which local file it was announced in before it went to the database. */
  readonly file: string;
}
