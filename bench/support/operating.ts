import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryOf, treeOf } from './processes.ts';
import { runToExit } from './runs.ts';
import { LAUNCHER, type Stage, type Stand } from './stage.ts';

/** How a change ran. */
export interface Ran {
  readonly rowsPerSecond: number;
  readonly largestRss: number;
  readonly largestPss: number;
}

interface RunDocument {
  readonly run: { readonly counts: { readonly changed: number }; readonly workedMs: number };
}

/** A config in which the stand may be changed. */
function configOf(stage: Stage, stand: Stand): string {
  const file = join(stage.folder, 'bench.json');
  const backup = { file: join(stage.folder, 'dump.sql') };
  writeFileSync(backup.file, 'a dump');
  const context = { connection: stand.url, environment: 'local', access: 'operate', changes: { backup } };
  writeFileSync(file, JSON.stringify({ contexts: { bench: context } }));
  return file;
}

/**
 * Runs a change by the built program, as an operator would.
 * @param words the command line: a verb, `run`, and what is run
 */
export async function runChange(
  stage: Stage,
  stand: Stand,
  words: readonly string[],
  throttled: boolean,
): Promise<Ran> {
  const apptop = [process.execPath, LAUNCHER];
  const common = ['--config', configOf(stage, stand), '--json', ...(throttled ? [] : ['--no-throttle'])];
  const [verb = '', , ...named] = words;
  const planned = await runToExit([...apptop, verb, 'plan', ...named, ...common], { env: stage.environment });
  const { phrase }: { phrase: string } = JSON.parse(planned.stdout);
  const [rss, pss]: [number[], number[]] = [[], []];
  const ran = await runToExit([...apptop, ...words, ...common, '--confirm', phrase, '--reason', 'bench'], {
    env: stage.environment,
    look: (pid) => {
      rss.push(memoryOf([pid]).rss);
      pss.push(memoryOf(treeOf(pid)).pss);
    },
  });
  const { run }: RunDocument = JSON.parse(ran.stdout);
  return {
    rowsPerSecond: (1000 * run.counts.changed) / run.workedMs,
    largestRss: Math.max(...rss),
    largestPss: Math.max(...pss),
  };
}

/** Rows a second of one statement. */
export async function rateOf(stand: Stand, statement: string, rows: number): Promise<number> {
  const writer = await stand.open();
  // As durable as the changes: the writer of the tests lets SQLite forget.
  if (stand.engine === 'sqlite') await writer.execute('PRAGMA synchronous = FULL');
  const began = performance.now();
  await writer.execute(statement);
  const seconds = (performance.now() - began) / 1000;
  await writer.close();
  return rows / seconds;
}
