import type { ClassesOf, SyncFigures } from '../model/snapshot.ts';
import { causeById } from '../model/sync.ts';
import type { Window } from '../model/windows.ts';
import { WINDOWS } from '../model/windows.ts';
import type { Status } from './status.ts';

/** The version of the shape below. Fields may be added under the same version; none changes its meaning or goes. */
const VERSION = 1;

/** A figure that the table has no columns for is null; `missing` names them. */
const orNull = <Value>(value: Value | undefined): Value | null => value ?? null;

const breakdown = (name: 'source' | 'tenant', groups: readonly ClassesOf[] | undefined) =>
  orNull(groups?.map(({ value, rows, withIds, classes }) => ({ [name]: value, rows, withIds, classes })));

const syncWindow = ({ rows, synced, statuses, origins }: SyncFigures) => ({
  rows,
  synced,
  successRate: rows === 0 ? null : synced / rows,
  statuses,
  origins,
});

const byWindow = <Figures, Shape>(figures: Readonly<Record<Window, Figures>>, shape: (of: Figures) => Shape) =>
  Object.fromEntries(WINDOWS.map((window) => [window, shape(figures[window])]));

/**
 * `status --json`: counts are numbers, ids and tenants strings, rates shares from 0 to 1, times seconds, moments
 * ISO 8601 in UTC.
 */
export function statusDocument({ context, server, snapshot, verdict }: Status) {
  const { sync, latency, review } = snapshot;
  return {
    version: VERSION,
    context: context.name,
    environment: context.environment,
    access: context.access,
    engine: `${server.product} ${server.version}`,
    database: server.database,
    takenAt: new Date(snapshot.takenAt).toISOString(),
    verdict: verdict.word,
    reasons: verdict.alerts,
    total: snapshot.total,
    includesDeleted: snapshot.includesDeleted,
    classes: snapshot.classes,
    lines: snapshot.lines,
    byDesign: snapshot.byDesign,
    migration: snapshot.migration,
    sources: breakdown('source', snapshot.sources),
    tenants: breakdown('tenant', snapshot.tenants),
    sync: sync === undefined ? null : byWindow(sync, syncWindow),
    latency:
      latency === undefined
        ? null
        : byWindow(latency, ({ rows, average, p95, max }) => ({
            rows,
            average: orNull(average),
            p95: orNull(p95),
            max: orNull(max),
          })),
    stuckPending: orNull(snapshot.stuckPending),
    review:
      review === undefined
        ? null
        : {
            rows: review.rows,
            oldestSeconds: orNull(review.oldestSeconds),
            errors: review.errors.map(({ code, cause, rows }) => ({
              code,
              likelyCause: orNull(causeById(cause)?.cause),
              rows,
            })),
          },
    failedJobs: orNull(snapshot.failedJobs),
    queuedJobs: orNull(snapshot.queuedJobs),
    missing: snapshot.missing,
  };
}
