import { useMemo } from 'react';
import { standingOf } from '../../changes/progress.ts';
import type { ChangesState } from '../../changes/store-state.ts';
import type { RunbooksState } from '../../runbooks/console-state.ts';
import { useChanges, useRunbooks } from './console.ts';

/** Something that stands still until a person decides. */
export interface Stop {
  /** `runbook booking-ids run 3`, `change run 7`. */
  readonly what: string;
  readonly reason: string;
  /** The key of the screen where that is done. */
  readonly screen: string;
}

const changesOf = (state: ChangesState) => state;
const runsOf = ({ runs }: RunbooksState) => runs;

/** Whatever has stopped the world in this context: runs of runbooks, of which some are kept here only, and changes that halted. */
export function useStops(): readonly Stop[] {
  const { ceremonies, runs = [], lease } = useChanges(changesOf);
  const listed = useRunbooks(runsOf);
  return useMemo(() => {
    const local = (listed ?? []).flatMap(({ place, run }) => (place === 'local' ? [run] : []));
    return [
      ...[...ceremonies, ...local]
        .filter(({ state }) => state === 'stopped')
        .map(({ id, runbook, reason }) => ({
          what: `runbook ${runbook} run ${id}`,
          reason: reason ?? 'a stop condition holds',
          screen: '7',
        })),
      ...runs
        .filter((run) => standingOf(run, lease) === 'halted')
        .map(({ id, reason }) => ({ what: `change run ${id}`, reason: reason ?? 'it halted', screen: '6' })),
    ];
  }, [ceremonies, listed, runs, lease]);
}
