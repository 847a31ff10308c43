import type { AuditEvent, EventName } from '../audit/event.ts';
import { nearest } from '../model/nearest.ts';
import { Problem } from '../model/problem.ts';
import { isOpenRun, type RunbookEntry, type RunbookRecord } from '../model/runbook-run.ts';
import { distance } from '../model/time.ts';
import { evidenceText, readEvidence } from './evidence.ts';
import type { KeptRun } from './looker.ts';
import type { Runbook } from './runbook.ts';
import { isRunning } from './standing.ts';
import { type Mutation, operatorName } from './store.ts';

/** What a person says with their name. */
export interface Said {
  readonly name?: string | undefined;
  readonly reason: string;
}

/** A run that is stopped, and what people do about it. */
export const stopped = (reason: string): Problem =>
  new Problem(
    'blocked',
    `STOP: ${reason}`,
    'halt, assess, then decide: apptop runbook decide --name NAME --reason WHY',
  );

/** A step that somebody else is at. */
export const busy = ({ operator, subject, beganAt }: RunbookEntry, now: number): Problem =>
  new Problem(
    'blocked',
    `${operator} is at ${subject} since ${distance(beganAt, now)}`,
    'wait for it; a claim of somebody who is gone runs out within a minute',
  );

/** What is recorded of a run. */
export const eventOf = (
  event: EventName,
  runbook: string,
  outcome: string,
  details: Readonly<Record<string, string | number>>,
  reason?: string,
): AuditEvent => ({
  event,
  change: runbook,
  outcome,
  details: { runbook, ...details },
  ...(reason !== undefined && { reason }),
});

/** What is recorded of one of its steps. */
export const stepEvent = (
  { id }: Runbook,
  { record: { run } }: KeptRun,
  step: string,
  outcome: string,
  reason: string | undefined,
): AuditEvent => eventOf('step', `${id}/${step}`, outcome, { run: run.id, step }, reason);

/**
 * Moves a run on that may have moved since it was looked at.
 * @param anyState whether it may be stopped
 * @param step which must not be under way
 */
export function move(
  kept: KeptRun,
  wanted: Mutation | ((record: RunbookRecord) => Mutation),
  anyState = typeof wanted !== 'function' && wanted.state !== undefined,
  step?: string,
): Promise<RunbookRecord> {
  return kept.store.mutate(kept.record.run.id, (record) => {
    const { run, entries, now } = record;
    const mutation = typeof wanted === 'function' ? wanted(record) : wanted;
    if (!isOpenRun(run))
      throw new Problem('blocked', `run ${run.id} of ${run.runbook} is ${run.state}`, 'begin another one');
    if (!anyState && run.state === 'stopped') throw stopped(run.reason ?? 'a stop condition holds');
    const last = entries.findLast(({ kind, subject }) => kind === 'step' && subject === step);
    if (step === undefined || last === undefined || last.state !== 'running') return mutation;
    if (isRunning(last, now)) {
      throw busy(last, now);
    }
    const gone = {
      seq: last.seq,
      state: 'failed' as const,
      note: 'its process is gone',
      evidence: evidenceText({ ...readEvidence(last.evidence), undone: true }),
      workedMs: 0,
    };
    return { ...mutation, ended: [gone] };
  });
}

export const saying = ({ name, reason }: Said) => ({ name: name ?? operatorName(), note: reason });

/** @throws Problem blocked */
export function assertReason({ reason }: Said): void {
  if (reason.trim() === '') throw new Problem('blocked', 'it needs a reason', 'say why: --reason TEXT');
}

/** A name that people can read: it has a letter or a digit. @throws Problem blocked */
export function assertedName(name: string | undefined, what: string, remedy: string): string {
  const trimmed = (name ?? '').trim();
  if (!/[\p{L}\p{N}]/u.test(trimmed)) throw new Problem('blocked', what, remedy);
  return trimmed;
}

/** The newest attempt of a step. */
export const lastAttempt = ({ entries }: RunbookRecord, id: string): RunbookEntry => {
  const entry = entries.findLast(({ kind, subject }) => kind === 'step' && subject === id);
  if (entry === undefined) throw new Error(`nothing was written down of ${id}`);
  return entry;
};

export function unknownWord(what: string, word: string, words: readonly string[]): Problem {
  const near = nearest(word, words);
  const remedy = near === undefined ? `there are ${words.join(', ') || 'none'}` : `did you mean ${near}?`;
  return new Problem('usage', `there is no ${what} "${word}"`, remedy);
}
