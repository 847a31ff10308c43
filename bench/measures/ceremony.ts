import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, type Figure, type Measure } from '../support/figure.ts';
import { runToExit } from '../support/runs.ts';
import { LAUNCHER, type Stage } from '../support/stage.ts';

/** Milliseconds that all of it may take. */
const LIMIT_MS = 10_000;

/** Steps that a person answers for. */
const TICKS = ['code-search', 'webhooks', 'workflows', 'logs-1'];

/** The last step before a time has to pass. */
const LAST = 'logs-1';

async function carriedOut(stage: Stage, engine: Stage['engines'][number]): Promise<Figure> {
  const stand = await stage.stand(engine, { rows: 'seed', queue: false }, 'ceremony');
  const config = join(stage.folder, `ceremony-${engine}.json`);
  const context = { connection: stand.url, environment: 'staging', access: 'operate' };
  writeFileSync(config, JSON.stringify({ contexts: { bench: context } }));
  const dump = join(stage.folder, `ceremony-${engine}.sql`);
  writeFileSync(dump, 'a dump\n');
  const words = ['runbook', 'run', 'booking-ids', '--all', '--confirm', 'staging appointments 102', '--note', 'seen'];
  const more = ['--tick', TICKS.map((id) => `${id}=Ada`).join(','), '--backup', dump, '--config', config];
  const report = ['--html', '--out', join(stage.folder, `ceremony-${engine}.html`)];
  const { ms, stdout } = await runToExit([process.execPath, LAUNCHER, ...words, ...more, ...report], {
    env: stage.environment,
  });
  const done = stdout.includes(`ticked\t${LAST}`);
  return atMost(LIMIT_MS, { subject: `${engine}, the whole command`, unit: 'ms', value: done ? ms : undefined });
}

export const ceremonyMeasure: Measure = {
  name: 'ceremony',
  title: 'booking-ids on the demo data, every step before the first wait, with its report',
  async run(stage) {
    const figures: Figure[] = [];
    for (const engine of stage.engines) figures.push(await carriedOut(stage, engine));
    return figures;
  },
};
