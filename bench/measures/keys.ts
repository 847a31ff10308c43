import { setTimeout as sleep } from 'node:timers/promises';
import { openConsole } from '../support/console.ts';
import { atMost, type Figure, type Measure, sameAs } from '../support/figure.ts';
import type { Stage } from '../support/stage.ts';
import { quantile } from '../support/statistics.ts';
import type { Terminal } from '../support/terminal.ts';

const FEW_ROWS = 1_000;
const ROUNDS = 15;
const PAGE_DOWN = '\u001b[6~';
/** Mostly lines and pages, and each end of the list once a round. */
const KEYS = ['j', 'j', 'j', PAGE_DOWN, 'k', PAGE_DOWN, 'j', 'k', PAGE_DOWN, 'G', 'k', 'k', 'g', 'j', PAGE_DOWN];
/** A person's keys come no faster, and one frame is out before the next key. */
const PAUSE_MS = 60;

/** The number of the selected row, counted from the start of the queue. */
function rowOf(screen: string): number {
  return Number(/ row ([\d,]+) of [\d,]+(?! or more)/.exec(screen)?.[1]?.replaceAll(',', ''));
}

/** Whether the selection is where a key takes it. */
function follows(key: string, before: number, rows: number): (screen: string) => boolean {
  if (key === 'G') return (screen) => rowOf(screen) === rows;
  if (key === 'g') return (screen) => rowOf(screen) === 1;
  if (key === 'k') return (screen) => rowOf(screen) === before - 1;
  if (key === 'j') return (screen) => rowOf(screen) === before + 1;
  return (screen) => rowOf(screen) > before;
}

async function oneKey(terminal: Terminal, key: string, rows: number): Promise<number> {
  const moved = follows(key, rowOf(terminal.text), rows);
  const pressed = terminal.press(key);
  return (await terminal.until(`the frame after ${JSON.stringify(key)}`, moved)) - pressed;
}

/** Milliseconds of many keys in the review queue of a console. */
async function keysIn(stage: Stage, engine: Stage['engines'][number], rows: number): Promise<readonly number[]> {
  const terminal = await openConsole(stage, await stage.stand(engine, { rows, queue: true }));
  try {
    terminal.press('4');
    await terminal.until('the queue', (screen) => rowOf(screen) === 1);
    const taken: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      for (const key of KEYS) {
        const ms = await oneKey(terminal, key, rows);
        // The first round compiles what the others run.
        if (round > 0) taken.push(ms);
        await sleep(PAUSE_MS);
      }
    }
    return taken;
  } finally {
    await terminal.end();
  }
}

export const keysMeasure: Measure = {
  name: 'keys',
  title: 'from a key to its frame in the review queue, p95 of j, k, PgDn, G and g',
  async run(stage, { rows }) {
    const figures: Figure[] = [];
    for (const engine of stage.engines) {
      const few = await keysIn(stage, engine, FEW_ROWS);
      const many = await keysIn(stage, engine, rows);
      const figure = {
        subject: `${engine}, ${rows.toLocaleString('en')} rows`,
        unit: 'ms',
        value: quantile(many, 0.95),
      } as const;
      const reference = { name: `${FEW_ROWS.toLocaleString('en')} rows`, value: quantile(few, 0.95) };
      figures.push(atMost(20, figure), sameAs(0.2, { ...figure, reference }));
    }
    return figures;
  },
};
