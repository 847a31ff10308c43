import { Problem } from '../../model/problem.ts';
import { runbookNamed } from '../../runbooks/all.ts';
import type { RunbookEngine } from '../../runbooks/engine.ts';
import type { KeptRun } from '../../runbooks/looker.ts';
import type { Runbook } from '../../runbooks/runbook.ts';
import { commandLine, type Group, given } from '../change/command-line.ts';
import type { Session } from '../change/session.ts';

/** All that the commands of runbooks work with. */
export interface RunbookSession extends Session {
  readonly engine: RunbookEngine;
  /** The path of a runbook that a person names. */
  readonly file: string | undefined;
}

/** The runbook that a command line names. @throws Problem usage or config */
export async function runbookOf({ engine, file }: RunbookSession, name: string | undefined): Promise<Runbook> {
  const found = await engine.runbooks(file);
  if (name !== undefined) return runbookNamed(found, name);
  const last = found.at(-1);
  if (file !== undefined && last !== undefined && 'runbook' in last) return last.runbook;
  throw new Problem('usage', 'nothing says which runbook', 'name one: apptop runbook list shows them');
}

/** The open run that a command line means: of the runbook that it names, else the only one. @throws Problem */
export async function openRunOf(
  session: RunbookSession,
  name: string | undefined,
): Promise<{ readonly runbook: Runbook; readonly kept: KeptRun }> {
  const { engine, file } = session;
  if (name === undefined && file === undefined) {
    const found = await engine.runbooks();
    const open: { readonly runbook: Runbook; readonly kept: KeptRun }[] = [];
    for (const one of found) {
      const kept = 'runbook' in one ? await engine.open(one.id) : undefined;
      if (kept !== undefined && 'runbook' in one) open.push({ runbook: one.runbook, kept });
    }
    const [only, ...others] = open;
    if (only !== undefined && others.length === 0) return only;
    const what = only === undefined ? 'no runbook is under way' : `${open.length} runbooks are under way`;
    throw new Problem('usage', what, 'name one: apptop runbook status shows the runs');
  }
  const runbook = await runbookOf(session, name);
  const kept = await engine.open(runbook.id);
  if (kept !== undefined) return { runbook, kept };
  throw new Problem('usage', `no run of ${runbook.id} is under way`, `begin one: apptop runbook run ${runbook.id}`);
}

/** A command line about a runbook of this database. */
export const lineFor = (
  { named, file }: RunbookSession,
  action: string,
  runbook: string,
  options: Readonly<Record<string, string | boolean | undefined>> = {},
): string => {
  const groups: readonly Group[] = [['apptop', 'runbook', action, runbook], ...given({ ...options, file }), ...named];
  return commandLine(groups);
};
