import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, type Figure, type Measure } from '../support/figure.ts';
import { runToExit } from '../support/runs.ts';
import { LAUNCHER, type Stage } from '../support/stage.ts';

/** Milliseconds that a drill may take. */
const LIMIT_MS = 10_000;

async function drilled(stage: Stage, engine: Stage['engines'][number]): Promise<Figure> {
  const stand = await stage.database(engine, 'bench_drill');
  if (stand.context.target.engine === 'sqlite') writeFileSync(stand.context.target.path, '');
  const config = join(stage.folder, 'drill.json');
  const context = { connection: stand.url, environment: 'local', access: 'operate' };
  writeFileSync(config, JSON.stringify({ contexts: { bench: context } }));
  const words = ['change', 'drill', 'calendar-schema', '--json', '--config', config];
  const { ms, stdout } = await runToExit([process.execPath, LAUNCHER, ...words], { env: stage.environment });
  const { ok }: { ok: boolean } = JSON.parse(stdout);
  return atMost(LIMIT_MS, { subject: `${engine}, the whole command`, unit: 'ms', value: ok ? ms : undefined });
}

export const drillMeasure: Measure = {
  name: 'drill',
  title: 'the rehearsal of the calendar schema: apply, verify, roll back, verify, apply',
  async run(stage) {
    const figures: Figure[] = [];
    for (const engine of stage.engines) figures.push(await drilled(stage, engine));
    return figures;
  },
};
