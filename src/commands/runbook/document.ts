import type { Context } from '../../config/context.ts';
import type { RunbookEntry, RunbookRun } from '../../model/runbook-run.ts';
import type { ListedRun } from '../../runbooks/engine.ts';
import { readEvidence } from '../../runbooks/evidence.ts';
import type { LookedRun } from '../../runbooks/looker.ts';
import { isDone, wantsPerson } from '../../runbooks/standing.ts';
import { documentOf } from '../change/documents.ts';

const moment = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());

/** A run for a program: what is not there is null, moments are ISO 8601 in UTC by the database's clock. */
const runFields = (run: RunbookRun) => ({
  id: run.id,
  runbook: run.runbook,
  title: run.title,
  state: run.state,
  reason: run.reason ?? null,
  operator: run.operator,
  beganAt: moment(run.beganAt),
  updatedAt: moment(run.updatedAt),
  endedAt: moment(run.endedAt),
});

const entryFields = (entry: RunbookEntry) => ({
  number: entry.seq,
  kind: entry.kind,
  subject: entry.subject,
  state: entry.state,
  operator: entry.operator,
  name: entry.name ?? null,
  note: entry.note ?? null,
  beganAt: moment(entry.beganAt),
  endedAt: moment(entry.endedAt),
  workedMs: entry.workedMs,
  evidence: readEvidence(entry.evidence),
});

/** Where a run is, with all that happened in it. */
export const lookedDocument = (context: Context, looked: LookedRun, more: object = {}) => {
  const { standing, record, store, notes, restored, edited } = looked;
  return documentOf(context, {
    place: store.place,
    run: runFields(record.run),
    notes,
    restored: restored ?? null,
    edited,
    next: standing.next?.step.id ?? null,
    steps: standing.steps.map((one) => ({
      id: one.step.id,
      phase: one.phase.id,
      title: one.step.title,
      kind: one.step.work.kind,
      optional: one.step.optional,
      needs: one.step.needs,
      state: one.state,
      done: isDone(one),
      wantsPerson: wantsPerson(one),
      why: one.why,
      until: moment(one.until),
      attempts: one.attempts.length,
    })),
    signOffs: standing.signOffs.map(({ signOff, entry }) => ({
      ...signOff,
      name: entry?.name ?? null,
      at: moment(entry?.endedAt),
    })),
    entries: record.entries.map(entryFields),
    ...more,
  });
};

export const runsDocument = (context: Context, runs: readonly ListedRun[], doubts: readonly string[]) =>
  documentOf(context, { doubts, runs: runs.map(({ place, run }) => ({ place, ...runFields(run) })) });
