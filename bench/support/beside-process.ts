import type { Target } from '../../src/config/target.ts';
import { openMysql } from '../../tests/engines/mysql.ts';
import { openPostgres } from '../../tests/engines/postgres.ts';
import { openSqlite } from '../../tests/engines/sqlite.ts';

/** What this process is sent first; then only that it is over. */
export interface Wanted {
  readonly engine: Target['engine'];
  /** As `--url` takes it. */
  readonly url: string;
  /** Rows that there are, with ids from 1. */
  readonly rows: number;
  /** Writes a second. */
  readonly rate: number;
}

/** Writes one row after the other, each when it is due, and notes how long after that it was done, in milliseconds. */
async function write({ engine, url, rows, rate }: Wanted, over: AbortSignal): Promise<readonly number[]> {
  const open = { mysql: openMysql, postgres: openPostgres, sqlite: async (path: string) => openSqlite(path) }[engine];
  const writer = await open(url.replace(/^sqlite:/, ''));
  const latencies: number[] = [];
  const began = performance.now();
  for (let count = 0; !over.aborted; count++) {
    const due = began + (count * 1000) / rate;
    while (performance.now() < due)
      await new Promise((resolve) => setTimeout(resolve, Math.max(1, due - performance.now())));
    const row = 1 + Math.floor(Math.random() * rows);
    await writer.execute(`UPDATE appointments SET status = 'rescheduled' WHERE id = ${row}`);
    latencies.push(performance.now() - due);
  }
  await writer.close();
  return latencies;
}

const over = new AbortController();
process.once('message', (wanted: Wanted) => {
  process.once('message', () => over.abort());
  void write(wanted, over.signal).then((latencies) => process.send?.(latencies));
});
