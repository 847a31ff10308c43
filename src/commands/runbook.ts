import { Audit } from '../audit/audit.ts';
import { Problem } from '../model/problem.ts';
import { RunbookEngine } from '../runbooks/engine.ts';
import { onPath } from './change/session.ts';
import { refuseOthers } from './change/taken.ts';
import type { ExitCode, RunbookOptions } from './command.ts';
import type { RunbookSession } from './runbook/session.ts';

/** The options that each action has a use for, beside those of every command. */
const TAKEN: Readonly<Record<RunbookOptions['action'], readonly string[]>> = {
  list: [],
  show: [],
  run: ['step', 'all', 'confirm', 'reason', 'note', 'tick', 'skip', 'backup', 'name', 'out', 'html'],
  status: [],
  sign: ['role', 'statement', 'name', 'reason'],
  stop: ['condition', 'name', 'reason'],
  decide: ['name', 'reason'],
  abort: ['name', 'reason'],
  report: ['out', 'html'],
};

/** @throws Problem usage */
function workOf(options: RunbookOptions): (session: RunbookSession) => Promise<ExitCode> {
  const { action, file: _file, json, subject, ...given } = options;
  const { context: _context, config: _config, url: _url, ascii: _ascii, lowBandwidth: _low, ...own } = given;
  refuseOthers(`runbook ${action}`, own, TAKEN[action]);
  if (action === 'list' && subject !== undefined) {
    throw new Problem('usage', `apptop runbook list takes no "${subject}"`, 'leave it out, or: apptop runbook show');
  }
  if (action === 'report' && json) {
    throw new Problem('usage', 'apptop runbook report takes no --json', 'apptop runbook status NAME has it as JSON');
  }
  switch (action) {
    case 'list':
      return async (session) => (await import('./runbook/list.ts')).listRunbooks(session);
    case 'show':
      return async (session) => (await import('./runbook/show.ts')).showRunbook(session, subject);
    case 'status':
      return async (session) => (await import('./runbook/status.ts')).runbookStatus(session, subject);
    case 'run':
      return async (session) => (await import('./runbook/run.ts')).runRunbook(session, options);
    case 'sign':
    case 'stop':
    case 'decide':
    case 'abort':
      return async (session) => (await import('./runbook/words.ts')).sayWord(session, action, options);
    case 'report':
      return async (session) => (await import('./runbook/report.ts')).reportRun(session, options);
    default:
      return action satisfies never;
  }
}

/**
 * Carries runbooks out.
 * @returns 0 done; 1 it waits for a time or a person; 2 a step failed, a stop condition holds, or it is refused; a signal's
 * @throws Problem
 */
export async function run(options: RunbookOptions): Promise<ExitCode> {
  const work = workOf(options);
  return onPath(options, async (session) => {
    const { context, database, path } = session;
    const engine = new RunbookEngine(context, database, path, new Audit(context, database.dialect));
    return work({ ...session, engine, file: options.file });
  });
}
