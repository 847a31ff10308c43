import type { Audit } from '../audit/audit.ts';
import { approvalGate } from './approval.ts';
import { backupGate } from './backup.ts';
import type { Change, ChangeGround, ChangeKind, Gate } from './change.ts';
import { commonGates, plainGates } from './gates.ts';
import type { Plan } from './plan.ts';
import { rightsGate } from './rights.ts';

/**
 * Every gate of a change, in the order in which a person reads them.
 * @param backup the path of a dump that the operator names
 * @throws Problem
 */
export async function allGates(
  kind: ChangeKind,
  change: Change,
  ground: ChangeGround,
  audit: Audit,
  { plan, backup }: { readonly plan: Plan; readonly backup: string | undefined },
): Promise<readonly Gate[]> {
  const rights = await rightsGate(ground, kind, change.alters?.(ground) ?? false);
  if (!rights.readable) return [...plainGates(ground, kind), rights.gate];
  const [common, own, proof, approval] = await Promise.all([
    commonGates(ground, kind, kind.before),
    change.gates(ground),
    kind.needsBackup ? backupGate(ground.context, ground.writing, backup) : undefined,
    kind.tier === 'typed' ? approvalGate(ground, audit, plan) : undefined,
  ]);
  const allowed = ground.context.access === 'operate' ? [rights.gate] : [];
  return [
    ...plainGates(ground, kind),
    ...allowed,
    ...common,
    ...(proof ? [proof] : []),
    ...own,
    ...(approval ? [approval] : []),
  ];
}
