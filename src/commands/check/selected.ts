import { checksOf } from '../../checks/all.ts';
import { asksDatabase, type Check, type CheckResult } from '../../checks/check.ts';
import { expectedCosts } from '../../checks/cost.ts';
import { Results } from '../../checks/results.ts';
import { select } from '../../checks/select.ts';
import type { Context } from '../../config/context.ts';
import { stateFile } from '../../config/state.ts';
import type { Database } from '../../data/database.ts';
import { visible } from '../../model/text.ts';
import { type CheckOptions, EXIT, type ExitCode } from '../command.ts';
import { interruption } from '../interruption.ts';
import { jsonText } from '../json.ts';
import { type CodeSearch, codeDocument, placeLines, searching } from './code.ts';
import { checkDocument } from './document.ts';
import { awayLine, listLines, pipeLine, summaryLine, terminalColumns, terminalLines, widestId } from './lines.ts';
import { codeOf, runOnce, type Session } from './session.ts';

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

/**
 * Prints each result as soon as those before it are printed.
 * @param isSaid whether what could be said of a check was said for all of its kind
 */
function printer(
  checks: readonly Check[],
  ascii: boolean,
  isSaid: (check: Check) => boolean,
): (result: CheckResult) => void {
  const waiting = new Map<Check, CheckResult>();
  const id = widestId(checks);
  let next = 0;
  return (result) => {
    waiting.set(result.check, result);
    for (;;) {
      const check = checks[next];
      const ready = check && waiting.get(check);
      if (ready === undefined) return;
      next += 1;
      if (isSaid(ready.check)) continue;
      const columns = terminalColumns();
      const shown = columns === undefined ? [pipeLine(ready)] : terminalLines(ready, { columns, ascii, time: '', id });
      process.stdout.write(lines(shown));
    }
  };
}

async function once(
  session: Session,
  { json, junit, ascii }: CheckOptions,
  scan: CodeSearch['scan'],
): Promise<ExitCode> {
  const { context, database, checks, interruption } = session;
  const began = performance.now();
  const speaks = !json && junit !== '-';
  let away = false;
  const print = printer(checks, ascii, (check) => away && asksDatabase(check));
  const results = await runOnce(session, {
    onAway: (problem) => {
      away = true;
      process.stderr.write(`apptop: ${awayLine(problem)}\n`);
    },
    ...(speaks && { onResult: print }),
  });
  if (interruption.code !== undefined) return interruption.code;
  if (junit !== undefined) {
    const { junitReport, writeReport } = await import('./junit.ts');
    const report = junitReport(results, `apptop ${context.name}`);
    if (junit === '-') process.stdout.write(report);
    else writeReport(junit, report);
  }
  const code = scan();
  if (json) {
    const document = checkDocument(context, database.server, results, Date.now());
    process.stdout.write(jsonText(code === undefined ? document : { ...document, code: codeDocument(code) }));
  } else if (speaks && code !== undefined) {
    process.stdout.write(lines(placeLines(code, terminalColumns())));
  }
  const summary = `${summaryLine(results, performance.now() - began)}\n`;
  if (speaks) (process.stdout.isTTY ? process.stdout : process.stderr).write(summary);
  return codeOf(results);
}

/**
 * Runs the checks that a command line selects, once or again and again, or lists them.
 * @throws Problem
 */
export async function runSelected(
  database: Database,
  context: Context,
  options: CheckOptions,
  everyMs: number | undefined,
): Promise<ExitCode> {
  const selected = select(await checksOf(context), options);
  const { checks, scan } =
    options.code === undefined ? { checks: selected, scan: () => undefined } : searching(selected, options.code);
  if (options.list) {
    process.stdout.write(lines(listLines(checks, terminalColumns())));
    return EXIT.healthy;
  }
  const session = {
    context,
    database,
    checks,
    results: new Results(stateFile(context, 'checks')),
    interruption: interruption(),
  };
  const ahead = { lane: 'check 0', signal: session.interruption.signal } as const;
  const costs = await expectedCosts(database, context, checks, session.results.known, ahead);
  for (const cost of costs) process.stderr.write(`apptop: ${visible(cost)}\n`);
  if (everyMs === undefined) return once(session, options, scan);
  const { watch } = await import('./watch.ts');
  return watch(session, everyMs, options.ascii);
}
