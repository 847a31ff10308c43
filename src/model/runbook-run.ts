/** What is kept of a ceremony that somebody carries out. Moments are milliseconds since 1970 UTC by the database's clock. */

export const RUNBOOK_STATES = ['running', 'stopped', 'finished', 'aborted'] as const;
/** `stopped`: a stop condition holds, and a person has to decide. The last two never change again. */
type RunbookState = (typeof RUNBOOK_STATES)[number];

export const ENTRY_KINDS = ['step', 'stop', 'decision', 'sign-off', 'abort'] as const;
type EntryKind = (typeof ENTRY_KINDS)[number];

export const ENTRY_STATES = ['running', 'passed', 'failed', 'skipped', 'ticked', 'noted'] as const;
/** Of a step the first five; what else is written down is `noted`. */
type EntryState = (typeof ENTRY_STATES)[number];

/** One run of a runbook. */
export interface RunbookRun {
  readonly id: number;
  /** The runbook's id: `booking-ids`. */
  readonly runbook: string;
  readonly title: string;
  /** The runbook as JSON, as it was when the run began: to be shown, never to be carried out. */
  readonly definition: string;
  readonly state: RunbookState;
  /** Why it stopped or was aborted. */
  readonly reason: string | undefined;
  readonly operator: string;
  readonly beganAt: number;
  readonly updatedAt: number;
  readonly endedAt: number | undefined;
  /** One more with each thing that is written down; who writes says which one they have read. */
  readonly revision: number;
  /** What nobody can guess, another one with each revision: by it a database that was put back is found. */
  readonly mark: string;
  /** The newest record of the audit when it was written; 0 and empty before the first one. */
  readonly audit: { readonly seq: number; readonly hash: string };
}

/** One thing that happened in a run: an attempt of a step, a stop, a decision, a sign-off. They are never taken away. */
export interface RunbookEntry {
  /** From 1, in the order in which they began. */
  readonly seq: number;
  readonly kind: EntryKind;
  /** The step's id, the stop condition's id, the role. */
  readonly subject: string;
  readonly state: EntryState;
  /** The account that did it: `ada@web1`. */
  readonly operator: string;
  /** The person who answers for a tick, a decision or a sign-off. */
  readonly name: string | undefined;
  readonly note: string | undefined;
  /** JSON; `readEvidence` reads it. */
  readonly evidence: string;
  readonly beganAt: number;
  readonly endedAt: number | undefined;
  /** Milliseconds of work by a clock that never jumps. */
  readonly workedMs: number;
  /** Whose claim a running one is. */
  readonly claim: string;
  /** When a claim that is not renewed runs out. */
  readonly expiresAt: number;
  readonly mark: string;
}

/** A run with all that happened in it, and when it was read. */
export interface RunbookRecord {
  readonly run: RunbookRun;
  /** Oldest first. */
  readonly entries: readonly RunbookEntry[];
  /** By the database's clock. */
  readonly now: number;
}

export const isOpenRun = ({ state }: Pick<RunbookRun, 'state'>): boolean => state === 'running' || state === 'stopped';
