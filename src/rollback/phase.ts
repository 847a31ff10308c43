import { isOpen, type Run } from '../model/run.ts';
import type { Snapshot } from '../model/snapshot.ts';

/** Where a migration of the booking ids stands, by the runs and the table. Moments are milliseconds since 1970 UTC. */
export type MigrationPhase =
  | { readonly kind: 'not-started' | 'by-design' | 'clean' }
  /** A run that has not ended. */
  | { readonly kind: 'under-way'; readonly run: Run }
  /** Moved; it can be taken back, and the cleanup waits until then. */
  | { readonly kind: 'monitoring'; readonly until: number }
  /** Moved, and watched for long enough. */
  | { readonly kind: 'cleanup-due'; readonly since: number }
  | { readonly kind: 'rolled-back'; readonly at: number }
  /** Somebody else moved the ids: there is a backup column and no ledger. */
  | { readonly kind: 'moved-elsewhere' };

const HOUR_MS = 3_600_000;

/** Runs since the last cleanup, newest first. */
function sinceCleanup(runs: readonly Run[]): readonly Run[] {
  const cleaned = runs.findIndex(({ change, state }) => change === 'cleanup-booking-ids' && state === 'done');
  return cleaned < 0 ? runs : runs.slice(0, cleaned);
}

/** The moves that can be taken back, newest first: those since the last cleanup. */
export const movesOf = (runs: readonly Run[]): readonly Run[] =>
  sinceCleanup(runs).filter(({ change }) => change === 'move-booking-ids');

/**
 * @param runs newest first
 * @param now by the database's clock
 */
export function phaseOf(
  migration: Snapshot['migration'],
  runs: readonly Run[],
  monitorHours: number,
  now: number,
): MigrationPhase {
  const open = runs.find(({ state }) => isOpen(state));
  if (open !== undefined) return { kind: 'under-way', run: open };
  if (migration !== 'migrated') return { kind: migration };
  const [move] = movesOf(runs);
  const back = sinceCleanup(runs).find(
    ({ id, change, state }) => id > (move?.id ?? 0) && change === 'rollback-booking-ids' && state === 'done',
  );
  if (back !== undefined) return { kind: 'rolled-back', at: back.endedAt ?? back.updatedAt };
  if (move === undefined) return { kind: 'moved-elsewhere' };
  const until = (move.endedAt ?? move.updatedAt) + monitorHours * HOUR_MS;
  return now < until ? { kind: 'monitoring', until } : { kind: 'cleanup-due', since: until };
}

/** A snapshot as it is judged: misplaced ids are no alarm while they are being moved, nor after they were moved back. */
export const asJudged = (snapshot: Snapshot, phase: MigrationPhase | undefined): Snapshot =>
  phase?.kind === 'under-way' || phase?.kind === 'rolled-back' ? { ...snapshot, migration: 'not-started' } : snapshot;
