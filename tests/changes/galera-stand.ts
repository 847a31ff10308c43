import { Audit } from '../../src/audit/audit.ts';
import { phraseOf } from '../../src/changes/confirm.ts';
import type { RunEnd } from '../../src/changes/execute.ts';
import { GuardedPath } from '../../src/changes/guarded-path.ts';
import { changeNamed } from '../../src/changes/list.ts';
import { DEFAULT_CHANGE_RULES } from '../../src/config/changes.ts';
import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import type { ServerTarget } from '../../src/config/target.ts';
import type { Row } from '../../src/data/connection.ts';
import { type Database, openDatabase } from '../../src/data/database.ts';
import type { Run } from '../../src/model/run.ts';
import { CHANGES } from '../../src/rollback/all.ts';
import { createAppointments, insert } from '../engines/appointments.ts';
import { startGalera, urlOf } from '../engines/galera.ts';
import { openMysql } from '../engines/mysql.ts';
import { targetOf, type Writer } from '../engines/writer.ts';
import { DUMP, row } from './guarded.ts';

export const DATABASE = 'appointments_of_a_cluster';
export const NAME = 'appointments';
export const ROWS = 3_000;

export const targetAt = (port: number): ServerTarget => {
  const target = targetOf('mysql', urlOf(port, DATABASE));
  if (target.engine === 'sqlite') throw new Error('a cluster is no file');
  return target;
};

export const contextOf = (target: ServerTarget): Context => ({
  ...defaultContext('cluster', target),
  environment: 'staging',
  access: 'operate',
  changes: { ...DEFAULT_CHANGE_RULES, monitorHours: 0 },
});

interface Found {
  readonly rows: readonly Row[];
  readonly lines: readonly string[];
}

/** A cluster with appointments, an operator at its first node and the application at another. */
export class GaleraStand {
  readonly cluster: Awaited<ReturnType<typeof startGalera>>;
  readonly context: Context;
  /** Somebody at the first node. */
  readonly first: Writer;
  /** The application, at the second node; a test may put it elsewhere. */
  application: Writer;
  /** What it has written last to each row. */
  readonly written = new Map<string, string>();
  readonly #database: Database;
  readonly #path: GuardedPath;

  constructor(
    cluster: GaleraStand['cluster'],
    context: Context,
    writers: readonly [Writer, Writer],
    database: Database,
  ) {
    this.cluster = cluster;
    this.context = context;
    [this.first, this.application] = writers;
    this.#database = database;
    this.#path = new GuardedPath(context, database, new Audit(context, database.dialect), CHANGES);
  }

  async run(
    change: string,
    onProgress: (run: Run) => void | Promise<void> = () => undefined,
  ): Promise<RunEnd | undefined> {
    const { plan } = await this.#path.look(change, {}, undefined, DUMP);
    const confirmation = { phrase: phraseOf(changeNamed(CHANGES, change).tier, plan), reason: 'TEST-1' };
    return this.#path.run(plan, confirmation, { leave: new AbortController().signal, backup: DUMP, onProgress });
  }

  /** Has the application write to every 50th row, so to one of each batch; the one that is contradicted tries again. */
  async contradict(word: string): Promise<void> {
    const write = () => this.application.execute(`UPDATE ${NAME} SET status = '${word}' WHERE id % 50 = 0`);
    for (;;) {
      try {
        await write();
        break;
      } catch (error) {
        if (!/Deadlock|Lock wait/.test(String(error))) throw error;
      }
    }
    for (let id = 50; id <= ROWS; id += 50) this.written.set(String(id), word);
  }

  /** Writes until three batches were contradicted; what it answers with says that the run is over. */
  contradicting(change: string, before: number): () => Promise<void> {
    const over = new AbortController();
    let writes = 0;
    // Without a pause: batches are short, and one of them has to be under way when a write comes.
    const writing = async () => {
      do await this.contradict(`${change.slice(0, 4)} ${(writes += 1)}`);
      while (!over.signal.aborted && (await this.contradictions()) < before + 3);
    };
    const done = writing();
    return () => {
      over.abort();
      return done;
    };
  }

  /** Transactions of the first node that another one contradicted, since it started. */
  async contradictions(): Promise<number> {
    const rows = await this.first.execute(
      "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_local_cert_failures', 'wsrep_local_bf_aborts')",
    );
    return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
  }

  /** Every row as it is, and the rows of which a run has a line. */
  async found(run: number): Promise<Found> {
    await this.application.execute('SET SESSION wsrep_sync_wait = 1');
    const rows = await this.application.execute(`SELECT id, status, calcom_booking_id AS v1, calcom_v2_booking_id AS v2
      FROM ${NAME} ORDER BY id`);
    const lines = await this.application.execute(`SELECT pk FROM apptop_ledger WHERE run = ${run} ORDER BY pk`);
    return { rows, lines: lines.map(({ pk }) => pk ?? '') };
  }

  /** The same as it has to be: every row where it belongs, with what the application wrote, and a line for each once. */
  right(count: number, moved: boolean): Found {
    const rows = Array.from({ length: count }, (_, index) => {
      const [id, value] = [String(index + 1), String(5_000_001 + index)];
      const [v1, v2] = moved ? [value, null] : [null, value];
      return { id, status: this.written.get(id) ?? null, v1, v2 };
    });
    return { rows, lines: rows.map(({ id }) => id) };
  }

  async stop(): Promise<void> {
    await this.#database.close();
    await this.application.close();
    await this.cluster.stop();
  }
}

export async function startStand(): Promise<GaleraStand> {
  const cluster = await startGalera();
  const [one, ...more] = cluster.nodes;
  const everything = await openMysql(urlOf(one.port, 'mysql'));
  await everything.execute(`CREATE DATABASE ${DATABASE}`);
  await everything.close();
  const first = await openMysql(urlOf(one.port, DATABASE));
  const alone = targetAt(one.port);
  const others = more.map(({ port }) => ({ host: '127.0.0.1', port, socket: undefined, password: alone.password }));
  const context = contextOf({ ...alone, others });
  const db = { target: alone, url: urlOf(one.port, DATABASE), execute: first.execute, drop: async () => undefined };
  await createAppointments(db);
  const rows = Array.from({ length: ROWS }, (_, index) => row(index + 1, null, String(5_000_001 + index)));
  await insert(db, NAME, rows);
  const application = await openMysql(urlOf(cluster.nodes[1].port, DATABASE));
  return new GaleraStand(cluster, context, [first, application], await openDatabase(context));
}
