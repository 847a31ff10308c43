import { planOrRun } from './change/own-verb.ts';
import { listOf, runNumber } from './change/parameters.ts';
import { onPath } from './change/session.ts';
import { refuseOthers } from './change/taken.ts';
import type { ExitCode, RollbackOptions } from './command.ts';

/** What the rollback is told; what is left out means everything since the last cleanup. */
const parametersOf = ({ runs, tenant, ids, fromBackup, noThrottle, tolerate }: RollbackOptions) => ({
  ...(runs !== undefined && { runs: listOf(runs, 'runs').map(runNumber) }),
  ...(tenant !== undefined && { tenant }),
  ...(ids !== undefined && { ids: listOf(ids, 'ids') }),
  ...(fromBackup && { from: 'backup' }),
  ...(noThrottle && { throttle: false }),
  ...(tolerate !== undefined && { tolerate }),
});

/**
 * Plans or runs the rollback of moves, or says which level of a rollback is called for.
 * @returns as `change`; of the levels 0 where none is called for, else 2
 * @throws Problem
 */
export async function run(options: RollbackOptions): Promise<ExitCode> {
  const { action, out, plan, confirm, reason, runs, tenant, ids, fromBackup, noThrottle } = options;
  const parameters = parametersOf(options);
  if (action !== 'levels') {
    return planOrRun('rollback', { ...options, action }, { change: 'rollback-booking-ids', parameters });
  }
  const others = {
    out,
    plan,
    confirm,
    reason,
    runs,
    tenant,
    ids,
    'from-backup': fromBackup,
    'no-throttle': noThrottle,
  };
  refuseOthers('rollback levels', others, []);
  const { printLevels } = await import('./rollback/levels.ts');
  return onPath(options, printLevels);
}
