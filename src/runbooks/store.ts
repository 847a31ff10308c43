import type { AuditEvent } from '../audit/event.ts';
import { operatorOf } from '../audit/operator.ts';
import { who } from '../audit/words.ts';
import { Problem } from '../model/problem.ts';
import type { RunbookEntry, RunbookRecord, RunbookRun } from '../model/runbook-run.ts';

/** Seconds that a claim to a step holds unless it is renewed: a process that died leaves one that runs out. */
export const CLAIM_SECONDS = 60;

/** What a run begins with. */
export type NewRun = Pick<RunbookRun, 'runbook' | 'title' | 'definition'>;

/** What is written down: the store adds number, moments, operator and mark. */
type NewEntry = Pick<RunbookEntry, 'kind' | 'subject' | 'state' | 'name' | 'note' | 'evidence'> & {
  /** Of a running one: whose it is. */
  readonly claim?: string;
};

/** What becomes of an entry that is there. */
type EntryEnd = Pick<RunbookEntry, 'seq' | 'state' | 'note' | 'evidence' | 'workedMs'>;

/** One move of a run, written as a whole or not at all, with its record in the audit. */
export interface Mutation {
  readonly state?: RunbookRun['state'];
  /** Beside a state. */
  readonly reason?: string | undefined;
  readonly ended?: readonly EntryEnd[];
  readonly added?: NewEntry;
  readonly event: AuditEvent;
}

/** Where runs are kept: in tables beside the data for everybody, or in a file of this machine. */
export interface RunbookStore {
  readonly place: 'database' | 'local';
  /** Newest first; none where nothing was ever begun. @throws Problem */
  runs(limit: number): Promise<readonly RunbookRun[]>;
  /** @throws Problem */
  read(id: number): Promise<RunbookRecord | undefined>;
  /**
   * Begins a run, unless one of this runbook is open already: that one then.
   * @throws Problem refused, where nothing may be written there
   */
  begin(run: NewRun, event: AuditEvent): Promise<RunbookRecord>;
  /**
   * Moves a run on from what it is now. Somebody else may be quicker: then it is asked again.
   * @param decide is told the run as it is, and rejects with a Problem what it does not allow
   * @throws Problem
   */
  mutate(id: number, decide: (record: RunbookRecord) => Mutation): Promise<RunbookRecord>;
  /** Keeps a claim from running out. @returns false when it is somebody else's now */
  renew(id: number, seq: number, claim: string): Promise<boolean>;
  /** Keeps what it writes with open while some work goes on. */
  during<Answer>(work: () => Promise<Answer>): Promise<Answer>;
  /**
   * What this machine knows of the run and the place that it is kept in no more: it was put back to an earlier state.
   * @throws Problem
   */
  restored(record: RunbookRecord): Promise<string | undefined>;
  /** Runs that this machine knows and the place does not have any more, a line each. @throws Problem */
  missing(): Promise<readonly string[]>;
}

/** Who acts, as entries call them: `ada@web1`. */
export const operatorName = (databaseUser?: string): string => who(operatorOf(databaseUser));

export const newMark = (): string => crypto.randomUUID();

/** A run as it is after a move at a moment. */
export function moved({ run, entries, now }: RunbookRecord, mutation: Mutation, operator: string): RunbookRecord {
  const over = mutation.state === 'finished' || mutation.state === 'aborted';
  const { added, state, ended = [] } = mutation;
  const kept = entries.map((entry) => {
    const end = ended.find(({ seq }) => seq === entry.seq);
    return end === undefined ? entry : { ...entry, ...end, endedAt: now };
  });
  const entry: RunbookEntry | undefined = added && {
    seq: (entries.at(-1)?.seq ?? 0) + 1,
    ...added,
    operator,
    beganAt: now,
    endedAt: added.state === 'running' ? undefined : now,
    workedMs: 0,
    claim: added.claim ?? '',
    expiresAt: now + CLAIM_SECONDS * 1000,
    mark: newMark(),
  };
  return {
    run: {
      ...run,
      ...(state !== undefined && { state, reason: mutation.reason }),
      updatedAt: now,
      endedAt: over ? now : run.endedAt,
      revision: run.revision + 1,
      mark: newMark(),
    },
    entries: entry === undefined ? kept : [...kept, entry],
    now,
  };
}

/** A run as it begins. */
export const begun = (run: NewRun, id: number, now: number, operator: string): RunbookRun => ({
  ...run,
  id,
  state: 'running',
  reason: undefined,
  operator,
  beganAt: now,
  updatedAt: now,
  endedAt: undefined,
  revision: 1,
  mark: newMark(),
  audit: { seq: 0, hash: '' },
});

export const noSuchRun = (id: number): Problem =>
  new Problem('blocked', `there is no run ${id} of a runbook`, 'apptop runbook status shows the runs');
