import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Audit } from '../../src/audit/audit.ts';
import { phraseOf } from '../../src/changes/confirm.ts';
import { GuardedPath } from '../../src/changes/guarded-path.ts';
import { changeNamed } from '../../src/changes/list.ts';
import { DEFAULT_CHANGE_RULES } from '../../src/config/changes.ts';
import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import type { Target } from '../../src/config/target.ts';
import { type Database, openDatabase } from '../../src/data/database.ts';
import type { Run } from '../../src/model/run.ts';
import { CHANGES } from '../../src/rollback/all.ts';
import { Operator } from '../commands/operator.ts';
import { createAppointments, insert } from '../engines/appointments.ts';
import { lackingForGalera, startGalera, urlOf } from '../engines/galera.ts';
import { openMysql } from '../engines/mysql.ts';
import { targetOf, type Writer } from '../engines/writer.ts';
import { DUMP, row } from './guarded.ts';

const ROWS = 6_000;
const DATABASE = 'appointments_of_a_cluster';
const NAME = 'appointments';

const lacking = lackingForGalera();
if (lacking !== undefined) console.log(`skipped: a Galera cluster, no ${lacking} found`);
if (lacking !== undefined && process.env['CI']) throw new Error(`a Galera cluster needs ${lacking}`);

describe.skipIf(lacking !== undefined)('a Galera cluster of three', () => {
  let cluster: Awaited<ReturnType<typeof startGalera>>;
  /** The application, at the second node. */
  let application: Writer;
  let database: Database;
  let path: GuardedPath;

  const run = async (change: string, onProgress: (run: Run) => void = () => undefined) => {
    const { plan } = await path.look(change, {}, undefined, DUMP);
    const confirmation = { phrase: phraseOf(changeNamed(CHANGES, change).tier, plan), reason: 'TEST-1' };
    return path.run(plan, confirmation, { leave: new AbortController().signal, backup: DUMP, onProgress });
  };

  /** Changes rows of every batch from the other node until it is told to end; answers with how often. */
  function writing() {
    const over = new AbortController();
    let writes = 0;
    const contradicted: string[] = [];
    const done = (async () => {
      while (!over.signal.aborted) {
        const first = 1 + Math.floor(Math.random() * ROWS);
        try {
          await application.execute(
            `UPDATE ${NAME} SET status = 'w${writes}' WHERE id BETWEEN ${first} AND ${first + 100}`,
          );
          writes += 1;
        } catch (error) {
          contradicted.push(String(error));
        }
      }
    })();
    return async () => {
      over.abort();
      await done;
      // Now and then the application is the one that has to try again.
      expect(contradicted.filter((text) => !/Deadlock|Lock wait/.test(text))).toEqual([]);
      return writes;
    };
  }

  const stands = async () => {
    const [found] = await application.execute(`SELECT COUNT(calcom_booking_id) AS v1, COUNT(calcom_v2_booking_id) AS v2,
      SUM(calcom_booking_id <=> id + 5000000) AS right_ones FROM ${NAME}`);
    return found;
  };

  beforeAll(async () => {
    cluster = await startGalera();
    const [first, second] = cluster.nodes;
    if (first === undefined || second === undefined) throw new Error('there are no two nodes');
    const everything = await openMysql(urlOf(first.port, 'mysql'));
    await everything.execute(`CREATE DATABASE ${DATABASE}`);
    await everything.close();
    const url = urlOf(first.port, DATABASE);
    const writer = await openMysql(url);
    const alone = targetOf('mysql', url);
    if (alone.engine === 'sqlite') throw new Error('a cluster is no file');
    const { host, port } = second;
    const target: Target = { ...alone, others: [{ host, port, socket: undefined, password: alone.password }] };
    const db = { target, url, execute: writer.execute, drop: async () => undefined };
    await createAppointments(db);
    await insert(
      db,
      NAME,
      Array.from({ length: ROWS }, (_, index) => row(index + 1, null, String(5_000_001 + index))),
    );
    await writer.close();
    application = await openMysql(urlOf(second.port, DATABASE));
    const context: Context = {
      ...defaultContext('cluster', target),
      environment: 'staging',
      access: 'operate',
      changes: { ...DEFAULT_CHANGE_RULES, monitorHours: 0 },
    };
    database = await openDatabase(context);
    path = new GuardedPath(context, database, new Audit(context, database.dialect), CHANGES);
  }, 120_000);

  afterAll(async () => {
    await database?.close();
    cluster?.stop();
  });

  test('is recognised by the doctor, who names what a second host is for', async () => {
    const { stdout } = await new Operator().run('doctor', '--url', urlOf(cluster.nodes[0]?.port ?? 0, DATABASE));
    expect(stdout).toMatch(/cluster +Galera cluster of 3, this node Synced: a batch that another node contradicts/);
    expect(stdout).toContain('name a second host');
  });

  test('moves and takes back while the application writes to another node', { timeout: 60_000 }, async () => {
    for (const [change, moved] of [
      ['move-booking-ids', ROWS],
      ['rollback-booking-ids', 0],
    ] as const) {
      const end = writing();
      const ended = await run(change);
      expect(await end()).toBeGreaterThan(0);
      expect(ended).toMatchObject({ run: { state: 'done', counts: { changed: ROWS, raced: 0 } }, failed: [] });
      expect(await stands()).toEqual({ v1: String(moved), v2: String(ROWS - moved), right_ones: String(moved) });
    }
  });

  test('goes on by the second host when its node is killed, and cleans up', { timeout: 60_000 }, async () => {
    let killed = false;
    const ended = await run('move-booking-ids', ({ counts }) => {
      if (killed || counts.changed === 0 || counts.changed > ROWS / 2) return;
      killed = true;
      cluster.nodes[0]?.kill();
    });
    expect([killed, ended?.run.state, ended?.run.counts.changed]).toEqual([true, 'done', ROWS]);
    expect(await stands()).toEqual({ v1: String(ROWS), v2: '0', right_ones: String(ROWS) });
    const [lines] = await application.execute('SELECT COUNT(*) AS n FROM apptop_ledger WHERE run = 3');
    expect(lines).toEqual({ n: String(ROWS) });
    expect(await run('cleanup-booking-ids')).toMatchObject({ run: { state: 'done' } });
    await expect(application.execute(`SELECT _migration_backup_v2_id FROM ${NAME}`)).rejects.toThrow('Unknown column');
  });
});
