import { duration } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import type { DrillStep } from '../../rollback/calendar-drill.ts';
import { DRILLS, drillText, sweptText } from '../../rollback/drills.ts';
import { tabbed } from '../check/lines.ts';
import { EXIT, type ExitCode } from '../command.ts';
import { jsonText } from '../json.ts';
import { documentOf } from './documents.ts';
import { coloured, hanging } from './layout.ts';
import { note, print, type Session } from './session.ts';

/** @throws Problem usage */
export function drillNamed(name: string | undefined): (typeof DRILLS)[keyof typeof DRILLS] {
  const found = Object.entries(DRILLS).find(([known]) => known === name);
  if (found !== undefined) return found[1];
  const what = name === undefined ? 'nothing says what to rehearse' : `there is no drill "${name}"`;
  const names = Object.keys(DRILLS);
  throw new Problem('usage', what, `there is ${names.join(', ')}: apptop change drill ${names[0]}`);
}

function stepLines({ title, ok, detail, seconds }: DrillStep, { layout }: Session): readonly string[] {
  if (!process.stdout.isTTY) return [tabbed(ok ? 'ok' : 'failed', title, String(Math.round(seconds * 1000)), detail)];
  const [right, wrong] = layout.ascii ? ['+', 'x'] : ['✔', '✖'];
  const mark = ok ? coloured('green', right) : coloured('red', wrong);
  return hanging(`${mark} `, `${title}: ${detail}, in ${duration(seconds)}`, 2, layout);
}

/**
 * Rehearses a change and its way back in a place of its own.
 * @returns 0 when every step came out as it should, 2 when one did not
 * @throws Problem
 */
export async function holdDrill(session: Session, drill: ReturnType<typeof drillNamed>): Promise<ExitCode> {
  const { context, interruption, json } = session;
  const onStep = (step: DrillStep) => {
    if (!json) print(stepLines(step, session));
  };
  const report = await drill(context, interruption.signal, onStep);
  if (json) process.stdout.write(jsonText(documentOf(context, report)));
  for (const line of sweptText(report)) note(line);
  if (!json) note(drillText(report));
  return report.ok ? EXIT.healthy : EXIT.critical;
}
