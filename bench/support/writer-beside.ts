import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Wanted } from './beside-process.ts';
import type { Stand } from './stage.ts';

/** Writes a second: a busy booking application. */
const RATE = 100;

/**
 * Lets a process of its own write at a fixed rate while some work is done: in an open loop, so that a write that waits makes
 * the next ones late, as for people who book.
 * @returns milliseconds from when each write was due to when it was done
 */
export async function writeBeside(
  stand: Stand,
  rows: number,
  work: () => Promise<unknown>,
): Promise<readonly number[]> {
  const writer = fork(join(import.meta.dirname, 'beside-process.ts'));
  const wanted: Wanted = { engine: stand.engine, url: stand.url, rows, rate: RATE };
  writer.send(wanted);
  await work();
  writer.send('over');
  const [latencies]: readonly (readonly number[])[] = await once(writer, 'message');
  writer.disconnect();
  return latencies ?? [];
}
