import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqlite } from '../../tests/engines/sqlite.ts';
import { atMost, type Measure } from '../support/figure.ts';
import { median } from '../support/statistics.ts';
import type { Terminal } from '../support/terminal.ts';

const ROUNDS = 7;
/** All of one frame has arrived by then, and the next is not there yet. */
const FRAME_MS = 100;
const REFRESH_MS = 2_000;

/** The file of the demo that runs as this process. */
function demoFile(pid: number): string {
  const folder = readdirSync(tmpdir()).find((name) => name.startsWith(`apptop-demo-${pid}-`));
  if (folder === undefined) throw new Error('the demo made no folder');
  return join(tmpdir(), folder, 'demo.sqlite');
}

/** A number that stands on the Overview once and that nothing else is derived from. */
const queuedJobs = (screen: string): number => Number(/(\d+) queued/.exec(screen)?.[1]);

const ADD = `INSERT INTO jobs (queue, payload, attempts, available_at, created_at)
  SELECT queue, payload, attempts, available_at, created_at FROM jobs LIMIT 1`;
const TAKE = 'DELETE FROM jobs WHERE id = (SELECT max(id) FROM jobs)';

/** Bytes of the frame that brings one other number, and of all frames from one refresh to the next. */
async function oneRefresh(terminal: Terminal, change: () => Promise<unknown>) {
  const before = queuedJobs(terminal.text);
  await change();
  const at = await terminal.until('the other number', (screen) => queuedJobs(screen) !== before);
  await sleep(REFRESH_MS / 2);
  const frame = terminal.bytesBetween(at - FRAME_MS, at + FRAME_MS);
  return { frame, interval: terminal.bytesBetween(at + FRAME_MS - REFRESH_MS, at + FRAME_MS) };
}

export const bytesMeasure: Measure = {
  name: 'bytes',
  title: 'to the terminal for a refresh in which one number changed, 120x40',
  async run(stage) {
    const terminal = stage.apptop(['demo', '--still']);
    try {
      await terminal.until('the demo', (screen) => queuedJobs(screen) > 0);
      const writer = openSqlite(demoFile(terminal.pid));
      const [frames, intervals]: [number[], number[]] = [[], []];
      for (let round = 0; round <= ROUNDS; round++) {
        const change = round % 2 === 0 ? ADD : TAKE;
        const { frame, interval } = await oneRefresh(terminal, () => writer.execute(change));
        // The first one comes while the console still settles.
        if (round === 0) continue;
        frames.push(frame);
        intervals.push(interval);
      }
      await writer.close();
      return [
        atMost(400, {
          subject: 'the refresh, clock and age of the data included',
          unit: 'bytes',
          value: median(frames),
        }),
        { subject: 'the whole interval of 2 s with the tick of the clock', unit: 'bytes', value: median(intervals) },
      ];
    } finally {
      await terminal.end();
    }
  },
};
