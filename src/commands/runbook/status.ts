import { minuteStamp } from '../../model/time.ts';
import type { MetricStanding } from '../../runbooks/conditions.ts';
import type { LookedRun } from '../../runbooks/looker.ts';
import type { Runbook } from '../../runbooks/runbook.ts';
import { wantsPerson } from '../../runbooks/standing.ts';
import type { Layout } from '../change/layout.ts';
import { aligned, coloured, hanging } from '../change/layout.ts';
import { note, print } from '../change/session.ts';
import { tabbed } from '../check/lines.ts';
import { EXIT, type ExitCode } from '../command.ts';
import { jsonText } from '../json.ts';
import { lookedDocument, runsDocument } from './document.ts';
import { lookedLines, pipeStep } from './lines.ts';
import { nextLines } from './next.ts';
import { lineFor, type RunbookSession, runbookOf } from './session.ts';

/** The exit code that says how a run stands. */
export function codeOf({ record: { run }, restored, edited, standing }: LookedRun): ExitCode {
  if (run.state === 'stopped' || edited.length > 0) return EXIT.critical;
  if (restored !== undefined && run.state === 'running') return EXIT.critical;
  if (run.state === 'finished') return EXIT.healthy;
  if (run.state === 'aborted') return EXIT.warning;
  return standing.left.some((one) => one.state === 'failed' && !wantsPerson(one)) ? EXIT.critical : EXIT.warning;
}

const MARKS = { holds: '✔', fails: '✖', 'not-applicable': '·', 'could-not-tell': '?', open: '…' } as const;
const ASCII_MARKS = { holds: '+', fails: 'x', 'not-applicable': '-', 'could-not-tell': '?', open: '.' } as const;

const metricLines = (metrics: readonly MetricStanding[], layout: Layout): readonly string[] =>
  metrics.length === 0
    ? []
    : [
        '',
        coloured('bold', 'Success'),
        ...metrics.flatMap(({ metric, state, text }) =>
          hanging(`  ${(layout.ascii ? ASCII_MARKS : MARKS)[state]} `, `${metric.title}: ${text}`, 4, layout),
        ),
      ];

async function one(session: RunbookSession, runbook: Runbook): Promise<ExitCode> {
  const { engine, context, json, layout, interruption } = session;
  const open = await engine.open(runbook.id);
  const last = (await engine.runs()).find(({ run }) => run.runbook === runbook.id);
  const kept = open ?? (last && (await engine.read(last.place, last.run.id)));
  const missing = await engine.missing(runbook.id);
  for (const text of missing) note(text);
  const anew = kept === undefined && missing.length > 0;
  if (anew) note(`to begin another run: ${lineFor(session, 'run', runbook.id, { name: 'NAME', reason: 'WHY' })}`);
  if (kept === undefined) {
    if (json) process.stdout.write(jsonText(runsDocument(context, [], missing)));
    if (missing.length > 0) return EXIT.critical;
    note(`${runbook.id} was never begun here: apptop runbook run ${runbook.id}`);
    return EXIT.healthy;
  }
  const looked = await engine.look(runbook, kept);
  const code = missing.length > 0 ? EXIT.critical : codeOf(looked);
  const metrics = await engine.metrics(runbook, looked.standing, interruption.signal);
  if (json) {
    const told = metrics.map(({ metric, state, text }) => ({ title: metric.title, state, text }));
    process.stdout.write(jsonText(lookedDocument(context, looked, { metrics: told })));
    return code;
  }
  if (process.stdout.isTTY) print([...lookedLines(looked, layout), ...metricLines(metrics, layout)]);
  else print(looked.standing.steps.map(pipeStep));
  if (!process.stdout.isTTY) for (const text of looked.notes) note(text);
  for (const line of nextLines(session, runbook, looked)) note(line);
  return code;
}

/**
 * Prints the runs of runbooks, or where the newest run of one is, and what comes next.
 * @returns of one: 0 finished, 1 under way, 2 stopped, failed, put back to an earlier state or changed behind apptop; of
 * all: 0, and 2 where one is stopped, or something is known against one
 * @throws Problem
 */
export async function runbookStatus(session: RunbookSession, name: string | undefined): Promise<ExitCode> {
  if (name !== undefined || session.file !== undefined) return one(session, await runbookOf(session, name));
  const { engine, context, json, layout } = session;
  const [runs, doubts] = await Promise.all([engine.runs(), engine.doubts()]);
  if (json) process.stdout.write(jsonText(runsDocument(context, runs, doubts)));
  else {
    const cells = runs.map(({ place, run }) => [
      run.runbook,
      String(run.id),
      run.state,
      place,
      minuteStamp(run.beganAt, false),
      run.operator,
      run.reason ?? '',
    ]);
    const titles = ['runbook', 'run', 'state', 'kept in', 'began', 'by', 'reason'];
    if (!process.stdout.isTTY) print(cells.map((row) => tabbed(...row)));
    else if (cells.length > 0) print(aligned([titles, ...cells], 0, layout));
    else print(['no runbook was ever begun here: apptop runbook list']);
  }
  for (const text of doubts) note(text);
  if (doubts.length > 0) return EXIT.critical;
  return runs.some(({ run }) => run.state === 'stopped') ? EXIT.critical : EXIT.healthy;
}
