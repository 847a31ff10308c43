import { isOpenRun } from '../../model/runbook-run.ts';
import { stepsOf } from '../../runbooks/runbook.ts';
import { documentOf } from '../change/documents.ts';
import { aligned } from '../change/layout.ts';
import { note, print } from '../change/session.ts';
import { tabbed } from '../check/lines.ts';
import { EXIT, type ExitCode } from '../command.ts';
import { jsonText } from '../json.ts';
import type { RunbookSession } from './session.ts';

/**
 * Prints the runbooks that there are, with how the newest run of each stands.
 * @returns 0; 1 where a file of the folder is no runbook; 2 where a run is gone or was changed behind apptop
 * @throws Problem
 */
export async function listRunbooks({ engine, context, file, json, layout }: RunbookSession): Promise<ExitCode> {
  const [found, runs, doubts] = await Promise.all([engine.verified(file), engine.runs(), engine.doubts()]);
  const rows = found.flatMap((one) => {
    if ('problem' in one) return [];
    const { runbook } = one;
    const mine = runs.filter(({ run }) => run.runbook === runbook.id);
    const run = mine.find((each) => isOpenRun(each.run)) ?? mine[0];
    const here = runbook.environments?.includes(context.environment) ?? true;
    return [{ runbook, run, here, steps: stepsOf(runbook).length }];
  });
  const wrong = found.flatMap((one) => ('problem' in one ? [one] : []));
  if (json) {
    const runbooks = rows.map(({ runbook: { id, title, purpose, place, environments }, run, here, steps }) => ({
      id,
      title,
      purpose,
      place,
      environments: environments ?? null,
      here,
      steps,
      run: run === undefined ? null : { place: run.place, id: run.run.id, state: run.run.state },
    }));
    const problems = wrong.map(({ id, problem: { message, remedy } }) => ({ id, message, remedy }));
    process.stdout.write(jsonText(documentOf(context, { runbooks, problems, doubts })));
  } else {
    const unreadable = wrong.map(({ id, problem }) => [id, 'unreadable', '', problem.message]);
    const cells = rows.map(({ runbook, run, here, steps }) => [
      runbook.id,
      run === undefined
        ? here
          ? 'not begun'
          : `not for ${context.environment}`
        : `run ${run.run.id} ${run.run.state}`,
      String(steps),
      runbook.title,
    ]);
    if (process.stdout.isTTY)
      print(aligned([['runbook', 'state', 'steps', 'title'], ...cells, ...unreadable], 0, layout));
    else print([...cells, ...unreadable].map((one) => tabbed(...one)));
  }
  for (const { message, remedy } of wrong.map(({ problem }) => problem)) note(`${message}: ${remedy}`);
  for (const text of doubts) note(text);
  if (doubts.length > 0) return EXIT.critical;
  return wrong.length > 0 ? EXIT.warning : EXIT.healthy;
}
