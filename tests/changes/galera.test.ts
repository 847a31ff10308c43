import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Audit } from '../../src/audit/audit.ts';
import { phraseOf } from '../../src/changes/confirm.ts';
import { GuardedPath } from '../../src/changes/guarded-path.ts';
import { changeNamed } from '../../src/changes/list.ts';
import { DEFAULT_CHANGE_RULES } from '../../src/config/changes.ts';
import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import type { ServerTarget } from '../../src/config/target.ts';
import { type Database, openDatabase } from '../../src/data/database.ts';
import { loadWriting, openWriting } from '../../src/data/writing.ts';
import type { Run } from '../../src/model/run.ts';
import { CHANGES } from '../../src/rollback/all.ts';
import { Operator } from '../commands/operator.ts';
import { createAppointments, insert } from '../engines/appointments.ts';
import { lackingForGalera, startGalera, urlOf } from '../engines/galera.ts';
import { openMysql } from '../engines/mysql.ts';
import { targetOf, type Writer } from '../engines/writer.ts';
import { poll } from '../support.ts';
import { DUMP, row } from './guarded.ts';

const ROWS = 3_000;
/** Rows that the application adds while they are moved. */
const LATE = 40;
const DATABASE = 'appointments_of_a_cluster';
const NAME = 'appointments';

const lacking = lackingForGalera();
if (lacking !== undefined) console.log(`skipped: a Galera cluster, no ${lacking} found`);
if (lacking !== undefined && process.env['CI'] === 'true') throw new Error(`a Galera cluster needs ${lacking}`);

const targetAt = (port: number): ServerTarget => {
  const target = targetOf('mysql', urlOf(port, DATABASE));
  if (target.engine === 'sqlite') throw new Error('a cluster is no file');
  return target;
};

const contextOf = (target: ServerTarget): Context => ({
  ...defaultContext('cluster', target),
  environment: 'staging',
  access: 'operate',
  changes: { ...DEFAULT_CHANGE_RULES, monitorHours: 0 },
});

describe.skipIf(lacking !== undefined)('a Galera cluster of three', () => {
  let cluster: Awaited<ReturnType<typeof startGalera>>;
  /** The application, at the second node, and somebody at the first. */
  let application: Writer;
  let first: Writer;
  let context: Context;
  let database: Database;
  let path: GuardedPath;
  /** What the application has written last to each row. */
  const written = new Map<string, string>();

  const run = async (change: string, onProgress: (run: Run) => void | Promise<void> = () => undefined) => {
    const { plan } = await path.look(change, {}, undefined, DUMP);
    const confirmation = { phrase: phraseOf(changeNamed(CHANGES, change).tier, plan), reason: 'TEST-1' };
    return path.run(plan, confirmation, { leave: new AbortController().signal, backup: DUMP, onProgress });
  };

  /** Has the application write to every 50th row, so to one of each batch; the one that is contradicted tries again. */
  const contradict = async (word: string) => {
    for (;;) {
      try {
        await application.execute(`UPDATE ${NAME} SET status = '${word}' WHERE id % 50 = 0`);
        break;
      } catch (error) {
        expect(String(error)).toMatch(/Deadlock|Lock wait/);
      }
    }
    for (let id = 50; id <= ROWS; id += 50) written.set(String(id), word);
  };

  /** Writes until three batches were contradicted, or it is told that the run is over. */
  const contradicting = (change: string, before: number) => {
    let [runs, writes] = [true, 0];
    const done = poll(
      async () => {
        await contradict(`${change.slice(0, 4)} ${(writes += 1)}`);
        return !runs || (await contradictions()) >= before + 3;
      },
      { deadlineMs: 20_000, what: 'the end of a run' },
    );
    return () => {
      runs = false;
      return done;
    };
  };

  /** Batches that another node contradicted, since the first one started. */
  const contradictions = async () => {
    const rows = await first.execute(
      "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_local_cert_failures', 'wsrep_local_bf_aborts')",
    );
    return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
  };

  /** Every row where it belongs, with what the application wrote, and the lines of a run once each. */
  const expectExact = async (number: number, rows: number, moved: boolean) => {
    await application.execute('SET SESSION wsrep_sync_wait = 1');
    const found = await application.execute(`SELECT id, status, calcom_booking_id AS v1, calcom_v2_booking_id AS v2
      FROM ${NAME} ORDER BY id`);
    const right = Array.from({ length: rows }, (_, index) => {
      const [id, value] = [String(index + 1), String(5_000_001 + index)];
      return {
        id,
        status: written.get(id) ?? found[index]?.['status'],
        v1: moved ? value : null,
        v2: moved ? null : value,
      };
    });
    expect(found).toEqual(right);
    const lines = await application.execute(`SELECT pk FROM apptop_ledger WHERE run = ${number} ORDER BY pk`);
    expect(lines.map(({ pk }) => pk)).toEqual(right.map(({ id }) => id));
  };

  beforeAll(async () => {
    cluster = await startGalera();
    const [one, ...more] = cluster.nodes;
    const everything = await openMysql(urlOf(one.port, 'mysql'));
    await everything.execute(`CREATE DATABASE ${DATABASE}`);
    await everything.close();
    first = await openMysql(urlOf(one.port, DATABASE));
    const alone = targetAt(one.port);
    const others = more.map(({ port }) => ({ host: '127.0.0.1', port, socket: undefined, password: alone.password }));
    context = contextOf({ ...alone, others });
    const db = { target: alone, url: urlOf(one.port, DATABASE), execute: first.execute, drop: async () => undefined };
    await createAppointments(db);
    await insert(
      db,
      NAME,
      Array.from({ length: ROWS }, (_, index) => row(index + 1, null, String(5_000_001 + index))),
    );
    application = await openMysql(urlOf(cluster.nodes[1].port, DATABASE));
    database = await openDatabase(context);
    path = new GuardedPath(context, database, new Audit(context, database.dialect), CHANGES);
  }, 60_000);

  afterAll(async () => {
    await database?.close();
    await application?.close();
    await cluster?.stop();
  });

  const doctor = async (node: number, ...options: string[]) => {
    const port = cluster.nodes[node]?.port ?? 0;
    return (await new Operator().run('doctor', '--url', urlOf(port, DATABASE), ...options)).stdout;
  };

  test('is recognised by the doctor, who warns of a single host and of a node that lags', async () => {
    expect(await doctor(0)).toMatch(
      /▲ cluster +Galera cluster of 3, this node Synced: a batch that another node contradicts.* → name a second host/,
    );
    const third = await openMysql(urlOf(cluster.nodes[2].port, DATABASE));
    await third.execute('SET GLOBAL wsrep_desync = ON');
    expect(await doctor(2)).toMatch(/▲ cluster +Galera cluster of 3, this node Donor\/Desynced: it may lag/);
    await third.execute('SET GLOBAL wsrep_desync = OFF');
    await third.close();
  });

  test('is one server, whichever node answers; a contradicted COMMIT is busy', async () => {
    const there = contextOf(targetAt(cluster.nodes[1].port));
    const [here, elsewhere] = [await openWriting(context), await openWriting(there)];
    expect([here.clustered, here.instance]).toEqual([true, elsewhere.instance]);
    const before = await contradictions();
    const statement = { sql: `UPDATE ${NAME} SET status = 'lost' WHERE id = 7`, parameters: [] };
    const contradicted = here.transaction(async () => {
      await here.execute(statement);
      await application.execute(`UPDATE ${NAME} SET status = 'kept' WHERE id = 7`);
    });
    await expect(contradicted).rejects.toMatchObject({ kind: 'busy' });
    written.set('7', 'kept');
    expect(await contradictions()).toBeGreaterThan(before);
    await Promise.all([here.close(), elsewhere.close()]);
  });

  test('halves what is more than it takes at once', async () => {
    await first.execute('SET GLOBAL wsrep_max_ws_size = 4096');
    const session = await openWriting(context);
    const statement = { sql: `UPDATE ${NAME} SET status = 'much' WHERE id BETWEEN 1 AND 400`, parameters: [] };
    const refused = session.transaction(() => session.execute(statement));
    await expect(refused).rejects.toMatchObject({ kind: 'sql', message: 'Maximum writeset size exceeded' });
    await first.execute('SET GLOBAL wsrep_max_ws_size = 2147483647');
    await session.close();
  });

  test('shows an operator what is committed, on a node that has yet to apply it', async () => {
    const port = cluster.nodes[2].port;
    const holder = await openMysql(urlOf(port, DATABASE));
    const late = await openDatabase(contextOf(targetAt(port)));
    const status = () => late.query(sql`SELECT status FROM ${sql.id(NAME)} WHERE id = 11`, { lane: 'change' });
    await status();
    await holder.execute('FLUSH TABLES WITH READ LOCK');
    await application.execute(`UPDATE ${NAME} SET status = 'new' WHERE id = 11`);
    written.set('11', 'new');
    const asked = status();
    expect(await Promise.race([asked, sleep(200, 'waits')])).toBe('waits');
    await holder.execute('UNLOCK TABLES');
    expect(await asked).toEqual([{ status: 'new' }]);
    await Promise.all([late.close(), holder.close()]);
  });

  test('moves and takes back while the application writes to another node', { timeout: 30_000 }, async () => {
    for (const [number, change, moved] of [
      [1, 'move-booking-ids', true],
      [2, 'rollback-booking-ids', false],
    ] as const) {
      const before = await contradictions();
      const over = contradicting(change, before);
      const ended = await run(change);
      await over();
      expect(ended).toMatchObject({ run: { state: 'done', counts: { changed: ROWS, raced: 0 } }, failed: [] });
      expect(await contradictions()).toBeGreaterThan(before);
      await expectExact(number, ROWS, moved);
    }
  });

  /** Runs a change and kills a node when it is under way. */
  const killing = async (change: string, node: 0 | 1, before: () => Promise<void>) => {
    let killed = false;
    const ended = await run(change, async ({ counts }) => {
      if (killed || counts.changed === 0) return;
      killed = true;
      await before();
      cluster.nodes[node].kill();
    });
    expect(ended).toMatchObject({ run: { state: 'done', counts: { changed: ROWS + LATE, raced: 0 } }, failed: [] });
  };

  test('goes on by another host when its node is killed, either way, and cleans up', { timeout: 45_000 }, async () => {
    await killing('move-booking-ids', 0, async () => {
      const added = Array.from({ length: LATE }, (_, index) => `(${ROWS + index + 1}, '${5_000_001 + ROWS + index}')`);
      await application.execute(`INSERT INTO ${NAME} (id, calcom_v2_booking_id) VALUES ${added.join(', ')}`);
    });
    await expectExact(3, ROWS + LATE, true);
    const third = await openMysql(urlOf(cluster.nodes[2].port, DATABASE));
    // It may go on alone then.
    await third.execute("SET GLOBAL wsrep_provider_options = 'pc.weight=3'");
    await killing('rollback-booking-ids', 1, () => contradict('before the end'));
    application = third;
    await expectExact(4, ROWS + LATE, false);
    expect(await run('move-booking-ids')).toMatchObject({ run: { state: 'done' } });
    await expectExact(5, ROWS + LATE, true);
    expect(await run('cleanup-booking-ids')).toMatchObject({ run: { state: 'done' } });
    await expect(application.execute(`SELECT _migration_backup_v2_id FROM ${NAME}`)).rejects.toThrow('Unknown column');
  });

  test('is not written to by way of a node that has lost it', async () => {
    const lost = cluster.nodes[2].port;
    await application.execute("SET GLOBAL wsrep_cluster_address = ''");
    expect(await doctor(2)).toMatch(/takes no statements.*see whether the node has its cluster/);
    await application.execute('SET GLOBAL wsrep_dirty_reads = ON');
    expect(await doctor(2)).toMatch(/▲ cluster .*cut off from the others → connect to the part that goes on/);
    const { open } = await loadWriting('mysql');
    await expect(open(targetAt(lost), 5_000)).rejects.toMatchObject({ kind: 'unreachable' });
  });
});
