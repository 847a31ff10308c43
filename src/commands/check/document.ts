import type { CheckResult } from '../../checks/check.ts';
import { summarise } from '../../checks/summary.ts';
import type { Context } from '../../config/context.ts';
import type { Server } from '../../data/connection.ts';

/** The version of the shape below. Fields may be added under the same version; none changes its meaning or goes. */
const VERSION = 1;

const checkOf = ({ check, verdict, violations, sample, statements, durationMs, figure, note }: CheckResult) => ({
  id: check.id,
  title: check.title,
  system: check.system,
  phases: check.phases,
  severity: check.severity,
  verdict,
  violations,
  sample,
  sql: statements,
  durationMs: Math.round(durationMs * 10) / 10,
  reason: check.reason,
  remedy: check.remedy,
  figure: figure ?? null,
  note: note ?? null,
});

/**
 * `check --json`: counts are numbers, every value of a sample is text or null, moments are ISO 8601 in UTC.
 * @param server undefined when the database was never reached
 */
export const checkDocument = (
  context: Context,
  server: Server | undefined,
  results: readonly CheckResult[],
  takenAt: number,
) => ({
  version: VERSION,
  context: context.name,
  environment: context.environment,
  engine: server === undefined ? null : `${server.product} ${server.version}`,
  takenAt: new Date(takenAt).toISOString(),
  verdict: summarise(results),
  checks: results.map(checkOf),
});
