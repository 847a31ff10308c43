import { Problem } from '../../model/problem.ts';
import { visible } from '../../model/text.ts';
import { note, print } from '../change/session.ts';
import { EXIT, type ExitCode, type RunbookOptions } from '../command.ts';
import { jsonText } from '../json.ts';
import { lookedDocument } from './document.ts';
import { nextLines } from './next.ts';
import { openRunOf, type RunbookSession } from './session.ts';

/** @throws Problem usage */
function needed(value: string | undefined, option: string, action: string): string {
  if (value !== undefined) return value;
  throw new Problem('usage', `apptop runbook ${action} needs --${option}`, `give --${option} TEXT`);
}

/**
 * Writes down what a person says about a run: a signature, a stop, a decision to go on, its end.
 * @returns 0 when it is written down, 2 when it is refused
 * @throws Problem
 */
export async function sayWord(
  session: RunbookSession,
  action: 'sign' | 'stop' | 'decide' | 'abort',
  { subject, role, statement, name, reason, condition }: RunbookOptions,
): Promise<ExitCode> {
  const { engine, context, json, layout, interruption } = session;
  const { signal } = interruption;
  if (action === 'sign') needed(role, 'role', action);
  else needed(reason, 'reason', action);
  const { runbook, kept } = await openRunOf(session, subject);
  const said = { name, reason: reason ?? '' };
  if (action === 'sign')
    await engine.sign(runbook, kept, needed(role, 'role', action), { name, statement, reason }, signal);
  else if (action === 'stop') await engine.stop(runbook, kept, condition, said);
  else if (action === 'decide') await engine.decide(runbook, kept, said, signal);
  else await engine.abort(kept, said);
  const looked = await engine.look(runbook, kept);
  const { run } = looked.record;
  if (json) process.stdout.write(jsonText(lookedDocument(context, looked)));
  else {
    const text = `run ${run.id} of ${run.runbook} is ${run.state}${run.reason === undefined ? '' : `: ${run.reason}`}`;
    print([visible(text, layout.ascii)]);
  }
  for (const line of nextLines(session, runbook, looked)) note(line);
  return EXIT.healthy;
}
