import { planOrRun } from './change/own-verb.ts';
import { listOf, runNumber } from './change/parameters.ts';
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
 * Plans or runs the rollback of moves.
 * @returns as `change`
 * @throws Problem
 */
export const run = async (options: RollbackOptions): Promise<ExitCode> =>
  planOrRun('rollback', options, { change: 'rollback-booking-ids', parameters: parametersOf(options) });
