import type { Look } from '../../changes/guarded-path.ts';
import { isIdle, sealed } from '../../changes/plan.ts';
import { EXIT, type ExitCode, type GuardedOptions } from '../command.ts';
import { jsonText } from '../json.ts';
import { type Asked, changeOf, runLine } from './asked.ts';
import { commandLines } from './command-line.ts';
import { planDocument } from './documents.ts';
import { keepPlan } from './plan-file.ts';
import { planLines } from './plan-lines.ts';
import { note, print, type Session } from './session.ts';

const reds = ({ gates }: Look): number => gates.filter(({ state }) => state === 'red').length;

/** The last words of a plan: how it is run, or why it can't be. */
function lastLines(session: Session, asked: Asked, look: Look, options: GuardedOptions): readonly string[] {
  const { change } = changeOf(session, asked);
  if (isIdle(look.plan, change)) return ['', 'There is nothing to do.'];
  if (reds(look) > 0) return ['', 'It can not be run until every gate is open.'];
  const line = runLine(session, look.plan, { file: options.out, backup: options.backup });
  return ['', 'To run it', ...commandLines(line, 2, session.layout)];
}

/**
 * Prints what a change would do, and keeps that where a file is named.
 * @returns 0 when it could be run or there is nothing to do, 2 when a gate is red
 * @throws Problem
 */
export async function planChange(session: Session, asked: Asked, options: GuardedOptions): Promise<ExitCode> {
  const { kind, change } = changeOf(session, asked);
  const { signal } = session.interruption;
  const look = await session.path.look(asked.change, asked.parameters, signal, options.backup);
  if (options.out !== undefined) await keepPlan(options.out, look.plan);
  const idle = isIdle(look.plan, change);
  if (session.json) process.stdout.write(jsonText(await sealed(planDocument(kind, look, idle))));
  else print([...planLines(kind, look, session.layout), ...lastLines(session, asked, look, options)]);
  if (options.out !== undefined) note(`the plan is in ${options.out}`);
  return !idle && reds(look) > 0 ? EXIT.critical : EXIT.healthy;
}
