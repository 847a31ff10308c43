import { dirname } from 'node:path';
import type { Statement } from '../../src/data/connection.ts';
import { createDemo } from '../../src/data/demo/create.ts';
import { clientOf, inlined } from '../support/clients.ts';
import { atMost, type Figure, type Measure, timesAtMost } from '../support/figure.ts';
import { memoryOf, treeOf } from '../support/processes.ts';
import { type Run, runToExit } from '../support/runs.ts';
import { sqliteScript } from '../support/sqlite-script.ts';
import { LAUNCHER, type Stage, type Stand } from '../support/stage.ts';
import { median } from '../support/statistics.ts';

const ROUNDS_OF_THE_DEMO = 9;
const ROUNDS_OF_MANY_ROWS = 3;

/** What a start of Node, of the program and of its driver may take beside the statements. */
const START_MS = 150;

/** The whole catalogue by the built program. */
const check = (stage: Stage, url: string, look?: (pid: number) => void): Promise<Run> =>
  runToExit([process.execPath, LAUNCHER, 'check', '--json', '--url', url], {
    env: stage.environment,
    ...(look === undefined ? {} : { look }),
  });

/** What one run of the catalogue asked, with its parameters; what several checks ask alike stands here once, as it was sent. */
async function statementsOf(stage: Stage, url: string): Promise<readonly string[]> {
  const { stdout } = await check(stage, url);
  const { checks }: { checks: readonly { readonly sql: readonly Statement[] }[] } = JSON.parse(stdout);
  return [...new Set(checks.flatMap(({ sql }) => sql.map(inlined)))];
}

async function demo(stage: Stage): Promise<Figure> {
  const { path, remove } = await createDemo(undefined, Date.now());
  try {
    const url = `sqlite:${path}`;
    const script = await sqliteScript(path, await statementsOf(stage, url), dirname(path));
    const [own, alone]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS_OF_THE_DEMO; round++) {
      own.push((await check(stage, url)).ms);
      if (script !== undefined) alone.push(await script.run());
    }
    const reference = script === undefined ? undefined : median(alone);
    const figure = {
      subject: 'sqlite, the demo, start to exit',
      unit: 'ms',
      value: median(own),
      reference: { name: script?.name ?? 'sqlite3', value: reference },
    } as const;
    if (reference === undefined) return { ...figure, reached: 'absent' };
    const limit = 2 * reference + START_MS;
    return { ...figure, reach: `≤ 2 × + ${START_MS} ms`, reached: figure.value <= limit };
  } finally {
    remove();
  }
}

/** The catalogue on many rows against the sum of its statements in the engine's own client. */
async function sum(stage: Stage, stand: Stand, rows: number): Promise<Figure> {
  const client = await clientOf(stand);
  const statements = await statementsOf(stage, stand.url);
  const [own, alone]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS_OF_MANY_ROWS; round++) {
    own.push((await check(stage, stand.url)).ms);
    if (client === undefined) continue;
    let ms = 0;
    for (const statement of statements) ms += await client.milliseconds(statement);
    alone.push(ms);
  }
  const reference = { name: client?.name ?? 'client', value: client && median(alone) };
  const subject = `${stand.engine}, ${rows.toLocaleString('en')} rows, start to exit`;
  return timesAtMost(1.2, { subject, unit: 'ms', value: median(own), reference });
}

/** The largest memory that a run took. */
async function memory(stage: Stage, { engine, url }: Stand, rows: number): Promise<readonly Figure[]> {
  const [rss, pss]: [number[], number[]] = [[], []];
  await check(stage, url, (pid) => {
    rss.push(memoryOf([pid]).rss);
    pss.push(memoryOf(treeOf(pid)).pss);
  });
  const subject = `${engine}, ${rows.toLocaleString('en')} violating rows`;
  return [
    atMost(100, { subject: `${subject}, largest RSS`, unit: 'MB', value: Math.max(...rss) }),
    { subject: `${subject}, largest PSS of all its processes`, unit: 'MB', value: Math.max(...pss) },
  ];
}

export const checksMeasure: Measure = {
  name: 'checks',
  title: 'the whole catalogue of checks, against the same statements in the engine’s own client',
  async run(stage, { rows }) {
    const figures: Figure[] = [await demo(stage)];
    for (const engine of stage.engines.filter((name) => name !== 'sqlite')) {
      figures.push(await sum(stage, await stage.stand(engine, { rows, queue: false }), rows));
    }
    for (const engine of stage.engines) {
      figures.push(...(await memory(stage, await stage.stand(engine, { rows, queue: true }), rows)));
    }
    return figures;
  },
};
