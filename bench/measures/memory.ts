import { setTimeout as sleep } from 'node:timers/promises';
import { openConsole } from '../support/console.ts';
import { atMost, type Figure, type Measure, sameAs } from '../support/figure.ts';
import { type Memory, memoryOf, treeOf } from '../support/processes.ts';
import type { Stage } from '../support/stage.ts';
import { median, slope } from '../support/statistics.ts';

/**
 * Unless an hour is asked for, refreshes follow one another without a rest: at 1,000,000 rows as many as the hour has,
 * as the console rests twenty times as long as it asks.
 */
const MINUTES = 3;
const HOUR_MS = 3_600_000;
const SAMPLE_MS = 1_000;

interface Sample extends Memory {
  readonly hours: number;
}

/** Samples of a console that shows its review queue. */
async function watch(stage: Stage, engine: Stage['engines'][number], rows: number, minutes: number) {
  const terminal = await openConsole(stage, await stage.stand(engine, { rows, queue: true }));
  try {
    terminal.press('4');
    await terminal.until('the queue', (screen) => screen.includes(' row 1 of '));
    const samples: Sample[] = [];
    const began = performance.now();
    while (performance.now() - began < minutes * 60_000) {
      if (minutes < 60) terminal.press('R');
      await sleep(SAMPLE_MS);
      samples.push({ hours: (performance.now() - began) / HOUR_MS, ...memoryOf(treeOf(terminal.pid)) });
    }
    return samples;
  } finally {
    await terminal.end();
  }
}

async function memoryIn(
  stage: Stage,
  engine: Stage['engines'][number],
  rows: number,
  minutes: number,
): Promise<readonly Figure[]> {
  const samples = await watch(stage, engine, rows, minutes);
  // The heap grows into its place first.
  const settled = samples.slice(Math.floor(samples.length / 4));
  const part = settled.slice(0, Math.ceil(settled.length / 4));
  const start = median(part.map(({ rss }) => rss));
  const end = median(settled.slice(-part.length).map(({ rss }) => rss));
  const pss = median(settled.slice(-part.length).map(({ pss }) => pss));
  const subject = `${engine}, ${rows.toLocaleString('en')} rows, ${minutes} min`;
  return [
    atMost(130, { subject: `${subject}, RSS at the end`, unit: 'MB', value: end }),
    sameAs(0.05, { subject: `${subject}, RSS`, unit: 'MB', value: end, reference: { name: 'start', value: start } }),
    { subject: `${subject}, PSS at the end`, unit: 'MB', value: pss },
    { subject: `${subject}, slope`, unit: 'MB/h', value: slope(settled.map(({ hours, rss }) => [hours, rss])) },
  ];
}

export const memoryMeasure: Measure = {
  name: 'memory',
  title: 'of the console with all its processes, its review queue open, refresh after refresh',
  async run(stage, { rows, minutes = MINUTES }) {
    const figures: Figure[] = [];
    for (const engine of stage.engines) figures.push(...(await memoryIn(stage, engine, rows, minutes)));
    return figures;
  },
};
