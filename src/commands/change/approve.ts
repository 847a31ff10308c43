import { asAgreed } from '../../changes/plan.ts';
import { Drift } from '../../changes/refusals.ts';
import { EXIT, type ExitCode } from '../command.ts';
import { jsonText } from '../json.ts';
import { changeOf } from './asked.ts';
import { documentOf } from './documents.ts';
import { drifted } from './drift.ts';
import { keptPlan } from './plan-file.ts';
import { planLines } from './plan-lines.ts';
import { note, print, type Session } from './session.ts';

/**
 * Says yes to a plan that somebody else wants to run, where the database still is as it says.
 * @returns 0 approved, 2 when the figures are others
 * @throws Problem
 */
export async function approvePlan(session: Session, file: string): Promise<ExitCode> {
  const { context, path, interruption, layout, json } = session;
  const plan = await keptPlan(file, context);
  const look = await path.look(plan.change, plan.parameters, interruption.signal);
  if ((await asAgreed(plan, look.plan)) === undefined) return drifted(session, plan, new Drift(look.plan), file);
  if (!json) print(planLines(changeOf(session, plan).kind, { plan, gates: [] }, layout));
  await path.approve(plan);
  if (json) process.stdout.write(jsonText(documentOf(context, { change: plan.change, digest: plan.digest })));
  note(`approved ${plan.change} ${plan.digest}`);
  return EXIT.healthy;
}
