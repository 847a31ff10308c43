import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { type Random, randomOf } from '../../src/data/demo/random.ts';
import { openMysql } from '../engines/mysql.ts';
import { openPostgres } from '../engines/postgres.ts';
import { openSqlite } from '../engines/sqlite.ts';
import type { Writer } from '../engines/writer.ts';
import type { Heard, NeighbourOrder, Written } from './neighbour.ts';

// The process of somebody else who writes to the same table: it is told what, then to begin, and then to end.

const OPEN: Readonly<Record<NeighbourOrder['engine'], (url: string) => Writer | Promise<Writer>>> = {
  sqlite: openSqlite,
  mysql: openMysql,
  postgres: openPostgres,
};

/** Rows of one transaction. */
const TOGETHER = 10;

interface Write {
  readonly id: number;
  readonly sql: string;
  readonly ids: Written;
}

/** What is done to a row depends on its key alone, so that it is known what must be left of it. */
function rewrite(id: number, number: number, random: Random): Write {
  const set = (assignments: string, ids: Written) => ({
    id,
    sql: `UPDATE appointments SET ${assignments} WHERE id = ${id}`,
    ids,
  });
  const [fresh, uid] = [String(700_000_000 + number), random.uid()];
  if (id % 4 === 0) return set(`calcom_booking_id = '${fresh}'`, { v1: fresh });
  if (id % 4 === 1) return set(`calcom_v2_booking_id = '${uid}'`, { v2: uid });
  // As the application did before: the id of V1 stands in the column of V2.
  if (id % 4 === 2) {
    return set(`calcom_booking_id = NULL, calcom_v2_booking_id = '${fresh}'`, { v1: fresh, v2: null });
  }
  return { id, sql: `DELETE FROM appointments WHERE id = ${id}`, ids: null };
}

function add(id: number): Write {
  const v1 = String(700_000_000 + id);
  const sql = `INSERT INTO appointments (id, calcom_v2_booking_id, created_at, updated_at)
    VALUES (${id}, '${v1}', '2026-01-31 08:00:00', '2026-01-31 08:00:00')`;
  return { id, sql, ids: { v1, v2: null } };
}

async function work(order: NeighbourOrder, writer: Writer, over: AbortSignal): Promise<Heard> {
  const random = randomOf(order.seed);
  const [written, deleted] = [new Map<number, Written>(), new Set<number>()];
  let [writes, undone] = [0, 0];
  const began = performance.now();
  while (!over.aborted) {
    const ids = Array.from({ length: TOGETHER }, (_, index) =>
      order.work === 'add' ? order.rows + 1 + writes + index : random.whole(1, order.rows),
    ).filter((id) => !deleted.has(id));
    const batch = [...new Set(ids)].map((id) =>
      order.work === 'add' ? add(id) : rewrite(id, writes + id * 1_000, random),
    );
    try {
      await writer.execute(order.engine === 'sqlite' ? 'BEGIN IMMEDIATE' : 'BEGIN');
      for (const { sql } of batch) await writer.execute(sql);
      await writer.execute('COMMIT');
      writes += batch.length;
      for (const { id, ids: now } of batch) {
        written.set(id, now);
        if (now === null) deleted.add(id);
      }
    } catch {
      // A deadlock or a lock that lasts: it gives up, and tries something else.
      undone += 1;
      await writer.execute('ROLLBACK').catch(() => undefined);
    }
    const early = (writes / order.perSecond) * 1000 - (performance.now() - began);
    await (early > 0 ? sleep(early) : setImmediate());
  }
  return { kind: 'ended', written: [...written], writes, undone, ms: performance.now() - began };
}

async function serve(order: NeighbourOrder): Promise<void> {
  const writer = await OPEN[order.engine](order.url);
  const [go, over] = [Promise.withResolvers<void>(), new AbortController()];
  process.on('message', (word) => (word === 'go' ? go.resolve() : over.abort()));
  process.send?.({ kind: 'ready' });
  await go.promise;
  const ended = await work(order, writer, over.signal);
  await writer.close();
  process.send?.(ended, () => process.disconnect?.());
}

process.once('message', (order: NeighbourOrder) => void serve(order));
