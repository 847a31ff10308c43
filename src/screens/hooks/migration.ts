import { useMemo } from 'react';
import type { ChangesState } from '../../changes/store-state.ts';
import { type MigrationPhase, phaseOf } from '../../rollback/phase.ts';
import { useChanges, useServices, useSnapshot } from './console.ts';

const runsOf = ({ runs }: ChangesState) => runs;

/**
 * Where the migration of the booking ids stands; undefined until the runs are known.
 * @param now by the database's clock
 */
export function useMigrationPhase(now: number): MigrationPhase | undefined {
  const { monitorHours } = useServices().context.changes;
  const runs = useChanges(runsOf);
  const migration = useSnapshot((snapshot) => snapshot.migration);
  return useMemo(
    () => (runs === undefined ? undefined : phaseOf(migration, runs, monitorHours, now)),
    [runs, migration, monitorHours, now],
  );
}
