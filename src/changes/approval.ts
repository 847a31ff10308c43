import type { Audit } from '../audit/audit.ts';
import { operatorOf, personOf } from '../audit/operator.ts';
import type { ChangeGround, Gate } from './change.ts';
import { green, red } from './gates.ts';
import type { Plan } from './plan.ts';

const TITLE = 'approved by another operator';

/** Whether somebody else said yes to this plan, where the config wants that; undefined where it does not. */
export async function approvalGate(ground: ChangeGround, audit: Audit, plan: Plan): Promise<Gate | undefined> {
  if (!ground.context.changes.requireApproval) return undefined;
  const me = personOf(operatorOf(undefined));
  const approvals = await audit.recordsOf(ground.database, 'approve', plan.digest);
  const other = approvals.map(({ operator }) => personOf(operator)).find((name) => name !== me);
  return other === undefined
    ? red('approval', TITLE, 'nobody has yet', 'let another operator run: apptop change approve --plan FILE')
    : green('approval', TITLE, `by ${other}`);
}
