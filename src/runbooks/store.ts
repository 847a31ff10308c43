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
export type NewEntry = Pick<RunbookEntry, 'kind' | 'subject' | 'state' | 'name' | 'note' | 'evidence'> & {
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
  /** Whether a person takes the run as it is, although it is not what was recorded. */
  readonly anew?: boolean;
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
   * @param first what is written down with its beginning
   * @throws Problem refused, where nothing may be written there
   */
  begin(run: NewRun, event: AuditEvent, first?: NewEntry): Promise<RunbookRecord>;
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
  /**
   * What of a run is not as it was recorded when it was written, a line each: somebody has changed it behind apptop, and
   * nobody has taken it as it is since.
   * @throws Problem
   */
  edited(record: RunbookRecord): Promise<readonly string[]>;
  /**
   * Runs that this machine knows and the place does not have any more, a line each.
   * @param runbook only those of this one
   * @throws Problem
   */
  gone(runbook?: string): Promise<readonly string[]>;
}

/** Who acts, as entries call them: `ada@web1`. */
export const operatorName = (databaseUser?: string): string => who(operatorOf(databaseUser));

/** Characters of a name or a title that are kept. */
const SHORT = 255;

/** A text as every database gives it back: no half characters. */
const kept = (text: string | undefined): string | undefined => text?.toWellFormed();
const short = (text: string): string => text.slice(0, SHORT).toWellFormed();

export const newMark = (): string => crypto.randomUUID();

/** What is written down at a moment, with what the store adds to it. */
export const entryFrom = (added: NewEntry, seq: number, now: number, operator: string): RunbookEntry => ({
  seq,
  ...added,
  name: added.name && short(added.name),
  note: kept(added.note),
  operator: short(operator),
  beganAt: now,
  endedAt: added.state === 'running' ? undefined : now,
  workedMs: 0,
  claim: added.claim ?? '',
  expiresAt: now + CLAIM_SECONDS * 1000,
  mark: newMark(),
});

/** The numbers of the entries that a move has written; undefined where a person takes all of them as they are. */
export const writtenBy = ({ ended = [], added, anew }: Mutation, { entries }: RunbookRecord) =>
  anew === true
    ? undefined
    : new Set([...ended.map(({ seq }) => seq), ...(added === undefined ? [] : [entries.at(-1)?.seq ?? 0])]);

/** A run as it is after a move at a moment. */
export function moved({ run, entries, now }: RunbookRecord, mutation: Mutation, operator: string): RunbookRecord {
  const over = mutation.state === 'finished' || mutation.state === 'aborted';
  const { added, state, ended = [] } = mutation;
  const earlier = entries.map((entry) => {
    const end = ended.find(({ seq }) => seq === entry.seq);
    if (end === undefined) return entry;
    return { ...entry, ...end, note: kept(end.note), workedMs: Math.round(end.workedMs), endedAt: now };
  });
  const entry = added && entryFrom(added, (entries.at(-1)?.seq ?? 0) + 1, now, operator);
  return {
    run: {
      ...run,
      ...(state !== undefined && { state, reason: kept(mutation.reason) }),
      updatedAt: now,
      endedAt: over ? now : run.endedAt,
      revision: run.revision + 1,
      mark: newMark(),
    },
    entries: entry === undefined ? earlier : [...earlier, entry],
    now,
  };
}

/** A run as it begins. */
export const begun = (run: NewRun, id: number, now: number, operator: string): RunbookRun => ({
  ...run,
  title: short(run.title),
  id,
  state: 'running',
  reason: undefined,
  operator: short(operator),
  beganAt: now,
  updatedAt: now,
  endedAt: undefined,
  revision: 1,
  mark: newMark(),
  audit: { seq: 0, hash: '' },
});

export const noSuchRun = (id: number): Problem =>
  new Problem('blocked', `there is no run ${id} of a runbook`, 'apptop runbook status shows the runs');
