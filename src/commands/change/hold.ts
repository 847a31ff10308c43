import type { RunEnd } from '../../changes/execute.ts';
import type { RunOptions } from '../../changes/guarded-path.ts';
import type { Plan } from '../../changes/plan.ts';
import { Problem } from '../../model/problem.ts';
import { EXIT, type ExitCode } from '../command.ts';
import { jsonText } from '../json.ts';
import { endDocument } from './documents.ts';
import { endLines, nextSteps } from './end-lines.ts';
import { paragraph } from './layout.ts';
import { Progress } from './progress.ts';
import { note, print, type Session } from './session.ts';

/** The exit code of a run that this command held until it ended or stood still. */
function codeOf({ run }: RunEnd, { interruption }: Session): ExitCode {
  if (run.state === 'halted' || run.state === 'failed') return EXIT.critical;
  if (run.state === 'paused') return interruption.code ?? EXIT.warning;
  // Rows that were left alone want a person.
  const { aside, conflicts, failed, left: alone } = run.counts;
  const left = aside + conflicts + failed + alone;
  return run.state === 'cancelled' || left > 0 ? EXIT.warning : EXIT.healthy;
}

/** With the moments that the database has noted. */
async function asKept({ path }: Session, end: RunEnd | undefined): Promise<RunEnd | undefined> {
  if (end === undefined) return undefined;
  const kept = (await path.runs()).find(({ id }) => id === end.run.id);
  return kept === undefined ? end : { ...end, run: kept };
}

/**
 * Says how it ended and what can be done next.
 * @param idle the plan, where there was nothing to do
 */
export async function tellEnd(session: Session, end: RunEnd | undefined, idle?: Plan): Promise<ExitCode> {
  const untouched = idle?.untouched ?? [];
  if (session.json) process.stdout.write(jsonText(endDocument(session.context, await asKept(session, end), untouched)));
  else if (end === undefined)
    print(['there is nothing to do', ...untouched.flatMap((text) => paragraph(text, 2, session.layout))]);
  else print(endLines(end, session));
  if (end === undefined) return untouched.length > 0 ? EXIT.warning : EXIT.healthy;
  for (const step of nextSteps(session, end.run)) note(step);
  return codeOf(end, session);
}

/**
 * Holds a run until it ends or stands still, showing how it goes on.
 * @param work begins the run or goes on with it
 * @throws Problem; one that left a run behind says how to go on with it
 */
export async function held(
  session: Session,
  work: (options: Pick<RunOptions, 'leave' | 'onProgress' | 'onIdle'>) => Promise<RunEnd | undefined>,
): Promise<ExitCode> {
  const { layout, lowBandwidth, interruption } = session;
  const progress = new Progress({ ascii: layout.ascii, lowBandwidth });
  const leaving = () => progress.say('pausing at the end of the batch; a second signal ends this at once');
  interruption.signal.addEventListener('abort', leaving, { once: true });
  try {
    let idle: Plan | undefined;
    const onIdle = (plan: Plan) => {
      idle = plan;
    };
    const end = await work({ leave: interruption.signal, onProgress: progress.saw, onIdle });
    progress.end();
    return await tellEnd(session, end, idle);
  } catch (error) {
    progress.end();
    const { run } = progress;
    if (error instanceof Problem && error.kind !== 'blocked' && run !== undefined) {
      note(`run ${run.id} stands where the database says it does, and nothing of it is done twice`);
      for (const step of nextSteps(session, run)) note(step);
    }
    throw error;
  } finally {
    interruption.signal.removeEventListener('abort', leaving);
  }
}
