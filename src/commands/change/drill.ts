import {
  CALENDAR_FOUNDATIONS,
  CALENDAR_OUTBOUND_SYNC,
  CALENDAR_UNIQUENESS,
} from '../../changes/calendar-schema/change.ts';
import { duration } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import { type DrillStep, drillCalendarSchema } from '../../rollback/calendar-drill.ts';
import { ROLLBACK_CALENDAR_SCHEMA } from '../../rollback/rollback-calendar-schema.ts';
import { tabbed } from '../check/lines.ts';
import { EXIT, type ExitCode } from '../command.ts';
import { jsonText } from '../json.ts';
import { documentOf } from './documents.ts';
import { coloured, hanging } from './layout.ts';
import { note, print, type Session } from './session.ts';

/** What can be rehearsed. */
export const DRILLS = ['calendar-schema'] as const;

const KINDS = {
  forward: [CALENDAR_FOUNDATIONS, CALENDAR_UNIQUENESS, CALENDAR_OUTBOUND_SYNC],
  back: ROLLBACK_CALENDAR_SCHEMA,
};

/** @throws Problem usage */
export function drillNamed(name: string | undefined): (typeof DRILLS)[number] {
  const drill = DRILLS.find((known) => known === name);
  if (drill !== undefined) return drill;
  const what = name === undefined ? 'nothing says what to rehearse' : `there is no drill "${name}"`;
  throw new Problem('usage', what, `there is ${DRILLS.join(', ')}: apptop change drill ${DRILLS[0]}`);
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
export async function holdDrill(session: Session): Promise<ExitCode> {
  const { context, interruption, json } = session;
  const onStep = (step: DrillStep) => {
    if (!json) print(stepLines(step, session));
  };
  const report = await drillCalendarSchema(context, KINDS, interruption.signal, onStep);
  if (json) process.stdout.write(jsonText(documentOf(context, report)));
  for (const name of report.swept) note(`an earlier drill had left ${name} behind: it is gone now`);
  if (!json) note(`the drill ${report.ok ? 'came out as it should' : 'failed'}, in ${duration(report.seconds)}`);
  return report.ok ? EXIT.healthy : EXIT.critical;
}
