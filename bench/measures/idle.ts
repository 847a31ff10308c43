import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, type Figure, type Measure } from '../support/figure.ts';
import { cpuSeconds, treeOf } from '../support/processes.ts';
import type { Stage } from '../support/stage.ts';

const MINUTES = 1;
/** What starting leaves behind, such as a compiler at work, is over by then. */
const SETTLING_MS = 5_000;

async function idle(stage: Stage, engine: Stage['engines'][number], ms: number): Promise<Figure> {
  const { url } = await stage.stand(engine, { rows: 'seed', queue: false });
  const terminal = stage.apptop(['--url', url]);
  try {
    await terminal.until('the figures', (screen) => screen.includes('128 rows'));
    await sleep(SETTLING_MS);
    const [cpu, began] = [cpuSeconds(treeOf(terminal.pid)), performance.now()];
    await sleep(ms);
    const share = (cpuSeconds(treeOf(terminal.pid)) - cpu) / ((performance.now() - began) / 1000);
    return atMost(2, { subject: engine, unit: '%', value: share * 100 });
  } finally {
    await terminal.end();
  }
}

export const idleMeasure: Measure = {
  name: 'idle',
  title: 'of a core that an idle console takes: 128 rows, a refresh every 2 s, all its processes',
  run: (stage, { minutes = MINUTES }) =>
    Promise.all(stage.engines.map((engine) => idle(stage, engine, minutes * 60_000))),
};
