import type { ServerTarget, Target } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
import type { Row, Server, Statement } from '../connection.ts';
import { IDLE_TRANSACTION_MS } from '../idle.ts';
import { placeOf } from '../network-problems.ts';
import { closed, Statements } from '../turns.ts';
import type { WritingSession } from '../writing.ts';
import { type Session, TIMES } from './driver.ts';
import { greet, openSession, stopping } from './open.ts';
import { problemOfCommit, problemOfWriting } from './problems.ts';

/** Milliseconds. Whoever else wants a row or the table waits behind us no longer than we wait for them. */
const LOCK_MS = 500;
const STATEMENT_MS = 60_000;
const ROLLBACK_MS = 5_000;

const SETTINGS = [
  ...TIMES,
  `lock_timeout=${LOCK_MS}`,
  `statement_timeout=${STATEMENT_MS}`,
  `idle_in_transaction_session_timeout=${IDLE_TRANSACTION_MS}`,
];

/**
 * Whatever the server's default, a row that somebody changed meanwhile is looked at again. The settings are said once
 * more, as a pooler may have given the transaction to another session of the server's; in one round trip it is free.
 */
const BEGIN = ['BEGIN ISOLATION LEVEL READ COMMITTED', ...SETTINGS.map((setting) => `SET LOCAL ${setting}`)];

/** COMMIT ends in ROLLBACK, and without an error, where a statement had failed. */
const undone = (): Problem =>
  new Problem('sql', 'the server undid the transaction', 'see what its statements failed with');

interface Transaction {
  /** What the first of its statements that failed failed with; the server takes none after it. */
  failed?: unknown;
}

class PostgresWritingSession implements WritingSession {
  readonly server: Server;
  readonly instance: string;
  readonly clustered = false;
  readonly #target: ServerTarget;
  readonly #session: Session;
  /** Whether the session took its settings; where not, a statement gets a transaction of its own with them. */
  readonly #steady: boolean;
  readonly #statements: Statements;
  #transaction: Transaction | undefined;

  constructor(target: ServerTarget, session: Session, { server, instance, steady }: Greeting) {
    this.#target = target;
    this.#session = session;
    this.#steady = steady;
    this.server = server;
    this.instance = instance;
    this.#statements = new Statements(stopping(session, (error, limitMs) => problemOfWriting(error, target, limitMs)));
  }

  query({ sql, parameters }: Statement): Promise<readonly Row[]> {
    return this.#run(() => this.#session.query(sql, parameters));
  }

  execute({ sql, parameters }: Statement): Promise<number> {
    return this.#run(() => this.#session.execute(sql, parameters));
  }

  async transaction<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    if (this.#transaction !== undefined) throw new Error('a transaction within a transaction');
    const transaction: Transaction = {};
    this.#transaction = transaction;
    try {
      await this.#run(() => this.#session.command(...BEGIN));
      const answer = await work();
      if (transaction.failed !== undefined) throw transaction.failed;
      await this.#commit();
      return answer;
    } catch (error) {
      await this.#rollback();
      throw error;
    } finally {
      this.#transaction = undefined;
    }
  }

  async close(): Promise<void> {
    await this.#statements.stop(closed());
    await this.#session.end();
  }

  async #run<Answer>(send: () => Promise<Answer>): Promise<Answer> {
    const alone = this.#transaction === undefined && !this.#steady;
    try {
      return await this.#statements.run(STATEMENT_MS, alone ? () => this.#alone(send) : send);
    } catch (error) {
      if (this.#transaction !== undefined) this.#transaction.failed ??= error;
      throw error;
    }
  }

  /** One statement in a transaction of its own. */
  async #alone<Answer>(send: () => Promise<Answer>): Promise<Answer> {
    await this.#session.command(...BEGIN);
    try {
      const answer = await send();
      if (!(await this.#session.commit())) throw undone();
      return answer;
    } catch (error) {
      await this.#session.command('ROLLBACK').catch(() => this.#breakOff());
      throw error;
    }
  }

  /** Tells a transaction that the server undid from one whose end nobody saw. */
  async #commit(): Promise<void> {
    let committed: boolean | undefined;
    let failure: unknown;
    const send = async () => {
      committed = await this.#session.commit().catch((error: unknown) => {
        failure = error instanceof Error ? problemOfCommit(error, this.#target, STATEMENT_MS) : error;
        throw failure;
      });
    };
    try {
      await this.#statements.run(STATEMENT_MS, send);
    } catch (error) {
      // Told to stop a COMMIT that only waits for a replica, the server answers that it committed here.
      if (committed === undefined) throw failure ?? error;
    }
    if (!committed) throw undone();
  }

  async #rollback(): Promise<void> {
    await this.#statements.run(ROLLBACK_MS, () => this.#session.command('ROLLBACK')).catch(() => this.#breakOff());
  }

  /** What can't be undone from here is undone by the server, once the session is gone. */
  #breakOff(): void {
    this.#session.destroy(new Error('a transaction could not be undone'));
  }
}

interface Greeting {
  readonly server: Server;
  readonly instance: string;
  readonly steady: boolean;
}

/**
 * The cluster's own number and its timeline, which a replica counts up when it becomes the primary; a restart changes
 * neither. Where the account may not ask for the number, the server's address has to do.
 */
async function instanceOf(session: Session): Promise<string> {
  const named = `concat_ws(' ', nullif(current_setting('cluster_name', true), ''), 'port ' || current_setting('port'),
    'timeline ' || ltrim(left(pg_walfile_name(pg_current_wal_lsn()), 8), '0'))`;
  const numbered = `SELECT 'cluster ' || system_identifier || ' ' || ${named} AS instance FROM pg_control_system()`;
  const located = `SELECT coalesce(host(inet_server_addr()), 'local') || ' ' || ${named} AS instance`;
  const place = `SELECT coalesce(host(inet_server_addr()) || ' ' || inet_server_port(), 'local') AS instance`;
  const [first] = await session
    .query(numbered)
    .catch(() => session.query(located))
    .catch(() => session.query(place));
  return first?.['instance'] ?? '';
}

async function meet(session: Session, target: ServerTarget): Promise<PostgresWritingSession> {
  const { server, settings } = await greet(session, target);
  const place = placeOf(target);
  if (server.role === 'replica') {
    const remedy = 'name the primary in the connection, beside this one or in its place';
    throw new Problem('refused', `${place} is a standby, which takes no writes`, remedy);
  }
  if (settings.readOnly) {
    throw new Problem(
      'refused',
      `${place} is closed for writes: default_transaction_read_only is on for this user or database`,
      'find out who closed it, and wait or name another server in the connection',
    );
  }
  const steady = settings.zone === 'UTC' && settings.lockTimeout === `${LOCK_MS}ms`;
  return new PostgresWritingSession(target, session, { server, instance: await instanceOf(session), steady });
}

/**
 * Opens a session that writes, and that waits for nobody's lock for longer than 0.5 s.
 * @throws Problem unreachable, refused, missing, timeout or config
 */
export const open = (target: Target, timeoutMs: number): Promise<WritingSession> =>
  openSession(target, SETTINGS, timeoutMs, meet);
