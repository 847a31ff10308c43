import { closeSync, openSync, readSync, statSync } from 'node:fs';
import manifest from '../../package.json' with { type: 'json' };
import { Audit } from '../audit/audit.ts';
import { attempt } from '../config/state.ts';
import { Problem } from '../model/problem.ts';
import { RunbookEngine } from '../runbooks/engine.ts';
import { HTML_MARK, htmlOf } from '../runbooks/report/html.ts';
import { MARKDOWN_MARK, markdownOf } from '../runbooks/report/markdown.ts';
import { nowReport } from '../runbooks/report/now-report.ts';
import { type ReportGround, readNow } from '../runbooks/report/read.ts';
import type { Report } from '../runbooks/report/report.ts';
import { note, onPath, type Session } from './change/session.ts';
import { writeReport } from './check/junit.ts';
import { EXIT, type ExitCode, type ReportOptions } from './command.ts';
import { takeStatus } from './status.ts';

/** What reports are read from. */
export const groundOf = (session: Session & { readonly engine: RunbookEngine }): ReportGround => ({
  context: session.context,
  database: session.database,
  path: session.path,
  engine: session.engine,
  folder: session.folder,
  version: manifest.version,
  signal: session.interruption.signal,
});

/** Characters in which a report says that it is one. */
const HEAD = 200;

function beginningOf(file: string): string {
  const open = openSync(file, 'r');
  try {
    const read = Buffer.alloc(HEAD);
    return read.toString('utf8', 0, readSync(open, read));
  } finally {
    closeSync(open);
  }
}

/** @throws Problem usage, where something else than a report is there */
export function assertMayWrite(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || (!found.isFile() && !found.isDirectory())) return;
  const beginning = found.isFile() ? (attempt(() => beginningOf(file)) ?? '') : '';
  if (found.isFile() && (found.size === 0 || [HTML_MARK, MARKDOWN_MARK].some((mark) => beginning.includes(mark))))
    return;
  throw new Problem('usage', `${file} is there and holds no report`, 'name another file');
}

/**
 * Prints a report, or writes it to a file, which may hold an earlier report and nothing else.
 * @throws Problem usage
 */
export function tellReport(report: Report, { out, html }: Pick<ReportOptions, 'out' | 'html'>): ExitCode {
  const text = html ? htmlOf(report) : markdownOf(report);
  if (out === undefined) process.stdout.write(text);
  else {
    assertMayWrite(out);
    writeReport(out, text, '--out');
    note(`wrote ${out}`);
  }
  return EXIT.healthy;
}

/**
 * Prints the report of a database as it is now.
 * @returns 0, whatever the figures are
 * @throws Problem
 */
export async function run(options: ReportOptions): Promise<ExitCode> {
  return onPath({ ...options, json: false }, async (session) => {
    const { context, database, path } = session;
    const engine = new RunbookEngine(context, database, path, new Audit(context, database.dialect));
    const status = await takeStatus(context, database, { includesDeleted: options.includeDeleted, byTenant: false });
    return tellReport(nowReport(await readNow(groundOf({ ...session, engine }), status)), options);
  });
}
