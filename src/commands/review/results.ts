import { sourceOf } from '../../data/queries/read-rows.ts';
import { outcomesOfRun } from '../../data/state/outcomes.ts';
import { ifThere } from '../../data/state/tables.ts';
import { Problem } from '../../model/problem.ts';
import type { KeptOutcome } from '../../model/review.ts';
import { documentOf } from '../change/documents.ts';
import { aligned } from '../change/layout.ts';
import { runNumber } from '../change/parameters.ts';
import { print, type Session } from '../change/session.ts';
import { tabbed } from '../check/lines.ts';
import { EXIT, type ExitCode } from '../command.ts';
import { jsonText } from '../json.ts';

/** Rows of one look. */
const STRETCH = 5_000;

const TITLES = ['row', 'outcome', 'at', 'detail'] as const;

const cellsOf = ({ pk, outcome, at, detail }: KeptOutcome): readonly string[] => [
  pk,
  outcome,
  new Date(at).toISOString(),
  detail ?? '',
];

/** Prints what a run made of each of its rows. @throws Problem */
export async function resultsOf(session: Session, words: readonly string[]): Promise<ExitCode> {
  const [word, stray] = words;
  if (word === undefined || stray !== undefined) {
    throw new Problem('usage', 'results needs the number of one run', 'apptop change status shows the runs');
  }
  const run = runNumber(word);
  const { context, database, interruption, json, layout } = session;
  const options = { lane: 'rows', signal: interruption.signal } as const;
  const { appointments } = await sourceOf(database, context, options);
  const all: KeptOutcome[] = [];
  for (let after: string | undefined; ; ) {
    const found = await ifThere(outcomesOfRun(database, appointments, run, { after, limit: STRETCH }, options));
    all.push(...found);
    if (found.length < STRETCH) break;
    after = found.at(-1)?.pk;
  }
  if (json) {
    const rows = all.map(({ pk, outcome, at, detail }) => ({
      pk,
      outcome,
      at: new Date(at).toISOString(),
      detail: detail ?? null,
    }));
    process.stdout.write(jsonText(documentOf(context, { run, rows })));
  } else if (!process.stdout.isTTY) print(all.map((row) => tabbed(...cellsOf(row))));
  else if (all.length === 0) print([`run ${run} has no rows on record`]);
  else print(aligned([TITLES, ...all.map(cellsOf)], 0, layout));
  return EXIT.healthy;
}
