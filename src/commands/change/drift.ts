import type { Plan } from '../../changes/plan.ts';
import type { Drift } from '../../changes/refusals.ts';
import { EXIT, type ExitCode } from '../command.ts';
import { jsonText } from '../json.ts';
import { changeOf, planLine } from './asked.ts';
import { commandLine } from './command-line.ts';
import { blockedDocument } from './documents.ts';
import { differences, planLines } from './plan-lines.ts';
import { note, print, type Session } from './session.ts';

/**
 * The figures are not those of the plan: shows the plan as it would be now.
 * @param file in which the plan was kept
 */
export function drifted(session: Session, before: Plan, drift: Drift, file: string | undefined): ExitCode {
  const { context, layout, json } = session;
  if (json) process.stdout.write(jsonText(blockedDocument(context, drift, { plan: drift.plan })));
  else print(planLines(changeOf(session, drift.plan).kind, { plan: drift.plan, gates: [] }, layout));
  note(drift.message);
  for (const difference of differences(before, drift.plan)) note(`  ${difference}`);
  note(`plan it anew: ${commandLine(planLine(session, drift.plan, file))}`);
  return EXIT.critical;
}
