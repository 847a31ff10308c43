import * as z from 'zod/mini';
import type { Gate } from '../changes/change.ts';
import type { RunEnd } from '../changes/execute.ts';
import type { Plan } from '../changes/plan.ts';
import { CHECK_VERDICTS, type CheckResult, readsLog } from '../checks/check.ts';
import type { ProgramEnd } from '../config/program.ts';
import { SEVERITIES } from '../model/check-words.ts';
import { cut } from '../model/cut.ts';
import { RUN_STATES } from '../model/run.ts';
import type { DrillReport } from '../rollback/calendar-drill.ts';

/** Characters of a statement, and of what a program printed. */
const TEXT = 2_000;
/** Characters of a line of a log. */
const LINE = 500;
/** Statements, keys and lines of a check that are kept. */
const KEPT = 5;

const checkEvidence = z.object({
  id: z.string(),
  title: z.string(),
  severity: z.enum(SEVERITIES),
  verdict: z.enum(CHECK_VERDICTS),
  violations: z.number(),
  figure: z.optional(z.string()),
  note: z.optional(z.string()),
  remedy: z.string(),
  /** Keys of the first violating rows. */
  keys: z.array(z.string()),
  /** Of a log: the newest lines that match, oldest first. */
  lines: z.optional(z.array(z.string())),
  sql: z.array(z.string()),
  durationMs: z.number(),
});
/** What a check found, as it is kept. */
export type CheckEvidence = z.infer<typeof checkEvidence>;

const evidence = z.object({
  /** The digest of the runbook by which the step was done. */
  runbook: z.optional(z.string()),
  checks: z.optional(z.array(checkEvidence)),
  /** Checks that do not apply here or could not tell, or none where it is the logs that are not there, when the step fails for nothing else: a person may answer for it. */
  unlooked: z.optional(z.array(z.string())),
  plan: z.optional(
    z.object({
      change: z.string(),
      digest: z.string(),
      rows: z.number(),
      counts: z.record(z.string(), z.number()),
      summary: z.array(z.string()),
      /** Rows by class when it was planned. */
      classes: z.optional(z.record(z.string(), z.number())),
      gates: z.array(z.object({ id: z.string(), title: z.string(), state: z.string(), detail: z.string() })),
    }),
  ),
  /** A run of a change, by its number in `apptop_run`. */
  run: z.optional(
    z.object({
      id: z.number(),
      change: z.string(),
      state: z.enum(RUN_STATES),
      planned: z.number(),
      changed: z.number(),
      /** What it did, in the unit of its change. */
      told: z.optional(z.string()),
      reason: z.optional(z.string()),
    }),
  ),
  /** Rows by class after the run. */
  classes: z.optional(z.record(z.string(), z.number())),
  /** How the run went on, as `BatchTrace` keeps it. */
  batches: z.optional(
    z.object({ count: z.number(), points: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])) }),
  ),
  backup: z.optional(z.object({ file: z.string(), bytes: z.number(), sha256: z.string(), at: z.number() })),
  command: z.optional(
    z.object({
      words: z.array(z.string()),
      code: z.nullable(z.number()),
      killedBy: z.nullable(z.string()),
      stdout: z.string(),
      stderr: z.string(),
    }),
  ),
  /** Of a rehearsal: where it was, and what each part found; seconds. */
  drill: z.optional(
    z.object({
      name: z.string(),
      scratch: z.string(),
      ok: z.boolean(),
      seconds: z.number(),
      parts: z.array(z.object({ title: z.string(), ok: z.boolean(), found: z.string(), seconds: z.number() })),
    }),
  ),
  wait: z.optional(z.object({ until: z.optional(z.number()), text: z.string() })),
  /** Of a decision: up to what each stop condition is accepted, by its id. */
  accepts: z.optional(z.record(z.string(), z.number())),
  /** Of a stop: how much of its condition held. */
  measure: z.optional(z.number()),
  /** Of a decision: the database was put back, and a person knows. */
  restored: z.optional(z.boolean()),
  /** Of a decision: what somebody changed behind apptop, and a person takes as it is. */
  edited: z.optional(z.array(z.string())),
  statement: z.optional(z.string()),
  /** Of an attempt that was refused or stopped before it did anything: no stop condition counts it. */
  undone: z.optional(z.boolean()),
});
/** What came of something, as it is kept: counts and statements, numbers and digests; secrets are masked before. */
export type Evidence = z.infer<typeof evidence>;

/** What an entry's text holds; of a text that apptop did not write nothing. */
export function readEvidence(text: string): Evidence {
  try {
    const parsed = z.safeParse(evidence, JSON.parse(text));
    return parsed.success ? parsed.data : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

export const evidenceText = (kept: Evidence): string => JSON.stringify(kept);

export const ofCheck = (result: CheckResult): CheckEvidence => ({
  id: result.check.id,
  title: result.check.title,
  severity: result.check.severity,
  verdict: result.verdict,
  violations: result.violations,
  ...(result.figure !== undefined && { figure: cut(result.figure, TEXT) }),
  ...(result.note !== undefined && { note: cut(result.note, TEXT) }),
  remedy: result.check.remedy,
  keys: result.sample.slice(0, KEPT).flatMap(({ pk }) => (typeof pk === 'string' ? [cut(pk, TEXT)] : [])),
  ...(readsLog(result.check) && {
    lines: result.sample.slice(-KEPT).flatMap(({ line }) => (typeof line === 'string' ? [cut(line, LINE)] : [])),
  }),
  sql: result.statements.slice(0, KEPT).map(({ sql }) => cut(sql, TEXT)),
  durationMs: Math.round(result.durationMs),
});

export const ofPlan = (plan: Plan, gates: readonly Gate[]): NonNullable<Evidence['plan']> => ({
  change: plan.change,
  digest: plan.digest,
  rows: plan.rows,
  counts: { ...plan.counts },
  summary: [...plan.summary],
  ...(plan.classes !== undefined && { classes: { ...plan.classes } }),
  gates: gates.map(({ id, title, state, detail }) => ({ id, title, state, detail: cut(detail, TEXT) })),
});

export const ofRun = ({ run }: RunEnd, told: string): NonNullable<Evidence['run']> => ({
  id: run.id,
  change: run.change,
  state: run.state,
  planned: run.planned,
  changed: run.counts.changed,
  told,
  ...(run.reason !== undefined && { reason: run.reason }),
});

export const ofProgram = (words: readonly string[], end: ProgramEnd): NonNullable<Evidence['command']> => ({
  words: [...words],
  code: end.code,
  killedBy: end.killedBy,
  stdout: end.stdout.slice(-TEXT),
  stderr: end.stderr.slice(-TEXT),
});

export const ofDrill = (name: string, report: DrillReport): NonNullable<Evidence['drill']> => ({
  name,
  scratch: report.scratch,
  ok: report.ok,
  seconds: report.seconds,
  parts: report.steps.map(({ title, ok, detail, seconds }) => ({ title, ok, found: cut(detail, TEXT), seconds })),
});
