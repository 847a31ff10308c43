import { Problem } from '../../model/problem.ts';
import { isOpen } from '../../model/run.ts';
import type { ChangeOptions, ExitCode } from '../command.ts';
import { held } from './hold.ts';
import type { Session } from './session.ts';

/**
 * Goes on with a run; one that halted wants to be told why it may.
 * @param id the newest open one by default
 * @throws Problem
 */
export async function resumeRun(session: Session, id: number | undefined, options: ChangeOptions): Promise<ExitCode> {
  const runs = await session.path.runs(session.interruption.signal);
  const run = runs.find((candidate) => (id === undefined ? isOpen(candidate.state) : candidate.id === id));
  if (run?.state === 'halted' && (options.reason ?? '').trim() === '') {
    throw new Problem(
      'blocked',
      `run ${run.id} halted: ${run.reason ?? 'nobody knows why'}`,
      'look into it, then say why it may go on: --reason TEXT',
    );
  }
  const how = { takeOver: options.takeOver, decision: options.reason };
  return held(session, (on) => session.path.resume(id, { ...on, ...how }));
}
