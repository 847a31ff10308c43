import type { ChangeKind, Gate } from '../../changes/change.ts';
import { needsReason, phraseOf } from '../../changes/confirm.ts';
import type { RunEnd } from '../../changes/execute.ts';
import type { Look } from '../../changes/guarded-path.ts';
import type { Plan } from '../../changes/plan.ts';
import type { CheckResult } from '../../checks/check.ts';
import type { Context } from '../../config/context.ts';
import type { Problem } from '../../model/problem.ts';
import type { Lease, Run } from '../../model/run.ts';

/** The version of the shapes below. Fields may be added under the same version; none changes its meaning or goes. */
const VERSION = 1;

const head = ({ name, environment }: Context) => ({ version: VERSION, context: name, environment });
const moment = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());

const parsed = (text: string): unknown => JSON.parse(text);

/** A run for a program: what is not there is null, moments are ISO 8601 in UTC by the database's clock. */
export const runFields = (run: Run) => ({
  id: run.id,
  change: run.change,
  state: run.state,
  request: run.request ?? null,
  reason: run.reason ?? null,
  digest: run.digest,
  parameters: parsed(run.parameters),
  pass: run.pass,
  cursor: run.cursor ?? null,
  counts: run.counts,
  planned: run.planned,
  total: run.total,
  batchSize: run.batchSize,
  operator: run.operator,
  ticket: run.ticket ?? null,
  startedAt: moment(run.startedAt),
  updatedAt: moment(run.updatedAt),
  endedAt: moment(run.endedAt),
  workedMs: run.workedMs,
});

/** A plan is its own document, so that what was printed can be given to --plan; with the gates and how to confirm. */
export const planDocument = (kind: ChangeKind, { plan, gates }: Look, idle: boolean) => ({
  ...plan,
  tier: kind.tier,
  phrase: phraseOf(kind.tier, plan),
  reasonNeeded: needsReason(kind, plan),
  nothingToDo: idle,
  gates,
});

const checkFields = ({ check, verdict, violations, figure, note }: CheckResult) => ({
  id: check.id,
  title: check.title,
  verdict,
  violations,
  figure: figure ?? null,
  note: note ?? null,
  remedy: check.remedy,
});

/** How a run ended; `outcome` is its state, or `nothing` where there was nothing to do. */
export const endDocument = (context: Context, end: RunEnd | undefined, untouched: readonly string[] = []) => ({
  ...head(context),
  outcome: end?.run.state ?? 'nothing',
  run: end === undefined ? null : runFields(end.run),
  failed: (end?.failed ?? []).map(checkFields),
  ...(end === undefined && { untouched }),
});

/** Why nothing was done: `gates` are those that are red, `plan` what the database says now where that has changed. */
export const blockedDocument = (
  context: Context,
  { message, remedy }: Problem,
  more: { readonly gates?: readonly Gate[]; readonly plan?: Plan } = {},
) => ({
  ...head(context),
  outcome: more.plan === undefined ? 'blocked' : 'drift',
  problem: { message, remedy },
  gates: more.gates ?? [],
  plan: more.plan ?? null,
});

export const statusDocument = (context: Context, lease: Lease | undefined, runs: readonly Run[]) => ({
  ...head(context),
  lease:
    lease === undefined
      ? null
      : {
          holder: lease.holder,
          run: lease.run ?? null,
          since: moment(lease.since),
          expiresAt: moment(lease.expiresAt),
        },
  runs: runs.map(runFields),
});

/** @param fields of this one document */
export const documentOf = <Fields extends object>(context: Context, fields: Fields) => ({
  ...head(context),
  ...fields,
});
