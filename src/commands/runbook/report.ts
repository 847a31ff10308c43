import { readRun } from '../../runbooks/report/read.ts';
import { runReport } from '../../runbooks/report/run-report.ts';
import type { ExitCode, RunbookOptions } from '../command.ts';
import { groundOf, tellReport } from '../report.ts';
import type { RunbookSession } from './session.ts';

/**
 * Prints the report of a run: of the one with that number, the newest of that runbook, or the newest of all.
 * @returns 0
 * @throws Problem
 */
export async function reportRun(session: RunbookSession, options: RunbookOptions): Promise<ExitCode> {
  const input = await readRun(groundOf(session), options.subject, options.file);
  return tellReport(runReport(input), options);
}
