import { setTimeout as sleep } from 'node:timers/promises';
import { nextRefresh, openConsole } from '../support/console.ts';
import { atMost, type Figure, type Measure } from '../support/figure.ts';
import { cpuSeconds, treeOf } from '../support/processes.ts';
import type { Stage, Stand } from '../support/stage.ts';
import type { Terminal } from '../support/terminal.ts';

const MINUTES = 3;
/** A server's statistics are at most this old. */
const STATISTICS_MS = 1_500;

/** Where seconds of a database's time come from. */
interface Clock {
  readonly source: string;
  seconds(): Promise<number>;
  close(): Promise<void>;
}

async function clockOf(stand: Stand, terminal: Terminal): Promise<Clock> {
  if (stand.engine === 'sqlite') {
    // The processes that the console started are the database.
    const processes = () => treeOf(terminal.pid).filter((pid) => pid !== terminal.pid);
    return { source: 'CPU of its processes', seconds: async () => cpuSeconds(processes()), close: async () => {} };
  }
  const writer = await stand.open();
  const [source, sql] =
    stand.engine === 'postgres'
      ? [
          'pg_stat_database.active_time',
          'SELECT active_time / 1000 AS seconds FROM pg_stat_database WHERE datname = current_database()',
        ]
      : [
          'USER_STATISTICS.BUSY_TIME',
          "SELECT busy_time AS seconds FROM information_schema.user_statistics WHERE user = 'apptop'",
        ];
  return {
    source,
    seconds: async () => {
      const [row] = await writer.execute(sql);
      return Number(row?.seconds);
    },
    close: () => writer.close(),
  };
}

/** From the end of one refresh to the end of another, so that work and rest are whole. */
async function shareOf(stage: Stage, stand: Stand, ms: number): Promise<Pick<Figure, 'value'> & { source: string }> {
  if (stand.engine === 'mysql') {
    const writer = await stand.open();
    await writer.execute('SET GLOBAL userstat = ON');
    await writer.close();
  }
  const terminal = await openConsole(stage, stand);
  const clock = await clockOf(stand, terminal);
  try {
    const began = performance.now();
    await sleep(STATISTICS_MS);
    const before = await clock.seconds();
    let ended = began;
    while (ended - began < ms) ended = await nextRefresh(terminal, 15 * 60_000);
    await sleep(STATISTICS_MS);
    const share = ((await clock.seconds()) - before) / ((ended - began) / 1000);
    return { source: clock.source, value: share * 100 };
  } finally {
    await clock.close();
    await terminal.end();
  }
}

export const shareMeasure: Measure = {
  name: 'share',
  title: 'of the database’s time that an open console takes',
  async run(stage, { rows, minutes = MINUTES }) {
    const figures: Figure[] = [];
    for (const engine of stage.engines) {
      const stand = await stage.stand(engine, { rows, queue: false });
      const { source, value } = await shareOf(stage, stand, minutes * 60_000);
      figures.push(
        atMost(5, { subject: `${engine}, ${rows.toLocaleString('en')} rows, by ${source}`, unit: '%', value }),
      );
    }
    return figures;
  },
};
