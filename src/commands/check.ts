import { checksOf } from '../checks/all.ts';
import type { Check, CheckResult } from '../checks/check.ts';
import { expectedCosts } from '../checks/cost.ts';
import { Results } from '../checks/results.ts';
import { select } from '../checks/select.ts';
import { summarise } from '../checks/summary.ts';
import { loadContext } from '../config/load.ts';
import { openDatabase } from '../data/database.ts';
import { stateFile } from '../live/state.ts';
import { Problem } from '../model/problem.ts';
import { visible } from '../model/text.ts';
import { type CodeSearch, codeDocument, placeLines, searching } from './check/code.ts';
import { checkDocument } from './check/document.ts';
import { intervalMs } from './check/interval.ts';
import { junitReport, writeReport } from './check/junit.ts';
import { listLines, pipeLine, summaryLine, terminalColumns, terminalLines, widestId } from './check/lines.ts';
import { CODES, runOnce, type Session } from './check/session.ts';
import { watch } from './check/watch.ts';
import { type CheckOptions, EXIT, type ExitCode } from './command.ts';
import { interruption } from './interruption.ts';
import { jsonText } from './json.ts';

/** Outputs of which a command line has one. */
function refuseTogether({ list, json, junit, watch }: CheckOptions): void {
  const outputs = [
    list && '--list',
    watch !== undefined && '--watch',
    json && '--json',
    junit !== undefined && '--junit',
  ];
  const [first, second] = outputs.filter((option) => option !== false);
  if (first === undefined || second === undefined) return;
  if (first !== '--json') throw new Problem('usage', `${first} and ${second} don't go together`, 'give one of them');
  if (junit === '-') throw new Problem('usage', '--json and --junit - both want stdout', 'name a file: --junit FILE');
}

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

/** Prints each result as soon as those before it are printed. */
function printer(checks: readonly Check[], ascii: boolean): (result: CheckResult) => void {
  const waiting = new Map<Check, CheckResult>();
  const id = widestId(checks);
  let next = 0;
  return (result) => {
    waiting.set(result.check, result);
    for (;;) {
      const check = checks[next];
      const ready = check && waiting.get(check);
      if (ready === undefined) return;
      const columns = terminalColumns();
      const shown = columns === undefined ? [pipeLine(ready)] : terminalLines(ready, { columns, ascii, time: '', id });
      process.stdout.write(lines(shown));
      next += 1;
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
  const results = await runOnce(session, speaks ? printer(checks, ascii) : undefined);
  if (interruption.code !== undefined) return interruption.code;
  if (junit !== undefined) {
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
  return CODES[summarise(results)];
}

/**
 * Runs the selected checks and prints what they find.
 * @returns the exit code of the worst finding; 3 when something could not be told and nothing worse is known
 * @throws Problem
 */
export async function run(options: CheckOptions): Promise<ExitCode> {
  refuseTogether(options);
  const everyMs = options.watch === undefined ? undefined : intervalMs(options.watch);
  const loaded = await loadContext(options);
  if (!loaded.ok) throw loaded.error;
  const { context, notes } = loaded.value;
  for (const note of notes) process.stderr.write(`apptop: ${note}\n`);
  const selected = select(await checksOf(context), options);
  const { checks, scan } =
    options.code === undefined ? { checks: selected, scan: () => undefined } : searching(selected, options.code);
  if (options.list) {
    process.stdout.write(lines(listLines(checks, terminalColumns())));
    return EXIT.healthy;
  }
  const database = await openDatabase(context);
  try {
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
    return everyMs === undefined ? await once(session, options, scan) : await watch(session, everyMs, options.ascii);
  } finally {
    await database.close();
  }
}
