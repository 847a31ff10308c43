import { Problem } from '../../model/problem.ts';
import type { ExitCode, GuardedOptions } from '../command.ts';
import type { Asked } from './asked.ts';
import { planChange } from './plan.ts';
import { runChange } from './run.ts';
import { onPath } from './session.ts';
import { PLANNING, RUNNING, refuseOthers } from './taken.ts';

/**
 * Plans or runs a change that has a verb of its own.
 * @throws Problem
 */
export async function planOrRun(
  verb: string,
  options: GuardedOptions & { readonly action: 'plan' | 'run' },
  asked: Asked,
): Promise<ExitCode> {
  const { action, out, plan, confirm, reason } = options;
  refuseOthers(`${verb} ${action}`, { out, plan, confirm, reason }, action === 'plan' ? PLANNING : RUNNING);
  if (plan !== undefined && Object.keys(asked.parameters).length > 0) {
    throw new Problem('usage', 'a plan that was kept says all of it', `give --plan alone, or plan the ${verb} anew`);
  }
  return onPath(options, (session) =>
    action === 'plan' ? planChange(session, asked, options) : runChange(session, asked, options),
  );
}
