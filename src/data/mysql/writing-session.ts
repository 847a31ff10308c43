import type { ServerTarget, Target } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
import type { Row, Server, Statement } from '../connection.ts';
import { IDLE_TRANSACTION_MS } from '../idle.ts';
import { placeOf } from '../network-problems.ts';
import { Turns } from '../turns.ts';
import type { WritingSession } from '../writing.ts';
import type { Session } from './driver.ts';
import type { Flavour } from './flavour.ts';
import { type Opened, openSession } from './open.ts';
import { problemOfWriting, TOO_MUCH } from './problems.ts';

/** Seconds after which MariaDB stops a statement by itself. */
const LIMIT_SECONDS = 60;
/** Milliseconds after which a session is given up whose server does not answer: somewhat later. */
const GUARD_MS = 65_000;
/** The same for what may copy a table. */
const COPY_MS = 24 * 60 * 60 * 1000;

/**
 * A value that does not fit is an error. Zero dates stay allowed: where the table has one in a column that has to stay as
 * it is, `updated_at = updated_at` would fail. What an administrator may have set for all sessions is set back here.
 */
const settings = ({ product, readOnly, isolation }: Flavour): string => {
  const set: Readonly<Record<string, string>> = {
    sql_mode: "'STRICT_ALL_TABLES,NO_UNSIGNED_SUBTRACTION,NO_ENGINE_SUBSTITUTION'",
    [readOnly]: '0',
    // Under REPEATABLE READ a batch would lock the gaps between its rows.
    [isolation]: "'READ-COMMITTED'",
    innodb_lock_wait_timeout: '1',
    lock_wait_timeout: '2',
    autocommit: '1',
    completion_type: "'NO_CHAIN'",
    sql_safe_updates: '0',
    ...(product === 'MariaDB' && {
      max_statement_time: String(LIMIT_SECONDS),
      idle_write_transaction_timeout: String(IDLE_TRANSACTION_MS / 1000),
      // From 1,000 values on an IN would become a table to join with.
      in_predicate_conversion_threshold: '0',
    }),
  };
  return Object.entries(set)
    .map(([name, value]) => `SESSION ${name} = ${value}`)
    .join(', ');
};

/** A transaction, and why nothing more is sent in it: the server undid it, and would do the rest without one. */
interface Transaction {
  undone?: Problem;
}

class MysqlWritingSession implements WritingSession {
  readonly server: Server;
  readonly instance: string;
  readonly clustered: boolean;
  readonly #target: ServerTarget;
  readonly #session: Session;
  readonly #flavour: Flavour;
  readonly #turns = new Turns();
  #transaction: Transaction | undefined;

  constructor({ target, session, greeting }: Opened) {
    this.server = greeting.server;
    this.clustered = greeting.membership !== undefined;
    // Whichever node it is that answers, it has what the others have committed.
    this.instance = greeting.membership?.cluster ?? greeting.instance ?? '';
    this.#target = target;
    this.#session = session;
    this.#flavour = greeting.flavour;
  }

  query({ sql, parameters }: Statement): Promise<readonly Row[]> {
    return this.#run(sql, (limited) => this.#session.query(limited, parameters));
  }

  execute({ sql, parameters }: Statement): Promise<number> {
    return this.#run(sql, (limited) => this.#session.execute(limited, parameters));
  }

  async transaction<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    if (this.#transaction !== undefined) throw new Error('a transaction within a transaction');
    const transaction: Transaction = {};
    this.#transaction = transaction;
    try {
      await this.#command('START TRANSACTION');
      const answer = await work();
      await this.#commit();
      return answer;
    } catch (error) {
      // A lock that was waited for in vain undoes its statement only.
      await this.#rollback();
      throw error;
    } finally {
      this.#transaction = undefined;
    }
  }

  close(): Promise<void> {
    return this.#session.end();
  }

  #command(sql: string): Promise<number> {
    return this.execute({ sql, parameters: [] });
  }

  #run<Answer>(sql: string, send: (limited: string) => Promise<Answer>): Promise<Answer> {
    return this.#turns.take(async () => {
      const transaction = this.#transaction;
      if (transaction?.undone) throw transaction.undone;
      const copies = /^\s*ALTER\b/i.test(sql);
      const unlimited = copies && this.#flavour.product === 'MariaDB' ? 'SET STATEMENT max_statement_time=0 FOR ' : '';
      try {
        return await this.#guarded(copies ? COPY_MS : GUARD_MS, () => send(unlimited + sql));
      } catch (error) {
        const problem = this.#problemOf(error);
        if (transaction && (problem.kind === 'busy' || problem.kind === 'lost')) transaction.undone = problem;
        throw problem;
      }
    });
  }

  /** @throws Problem busy, full, and sql where it is too much at once: nothing is committed; lost: nobody knows */
  async #commit(): Promise<void> {
    try {
      await this.#command('COMMIT');
    } catch (error) {
      if (!(error instanceof Problem) || ['busy', 'full', 'lost'].includes(error.kind)) throw error;
      // A Galera node has undone it.
      if (TOO_MUCH.test(error.message)) throw error;
      // Told to stop a COMMIT that waits for a replica, the server has committed here.
      this.#session.destroy(error);
      throw new Problem('lost', `whether a COMMIT came about is unknown: ${error.message}`, 'see what the run says');
    }
  }

  /** What can't be undone from here is undone by the server, once the session is gone. */
  async #rollback(): Promise<void> {
    const undo = () => this.#guarded(GUARD_MS, () => this.#session.execute('ROLLBACK'));
    await this.#turns.take(undo).catch((error: unknown) => this.#session.destroy(this.#problemOf(error)));
  }

  async #guarded<Answer>(limitMs: number, send: () => Promise<Answer>): Promise<Answer> {
    const silent = new Error(`no answer to a statement within ${limitMs / 1000} s`);
    const guard = setTimeout(() => this.#session.destroy(silent), limitMs);
    try {
      return await send();
    } finally {
      clearTimeout(guard);
    }
  }

  #problemOf(error: unknown): Problem {
    if (error instanceof Problem) return error;
    if (error instanceof Error) return problemOfWriting(error, this.#target, LIMIT_SECONDS * 1000);
    throw error;
  }
}

async function meet(opened: Opened): Promise<WritingSession> {
  const { target, session, greeting } = opened;
  const { membership } = greeting;
  if (membership?.ready === false) {
    const message = `${placeOf(target)} has lost its cluster`;
    throw new Problem('unreachable', message, 'name a host of the part that goes on in the connection');
  }
  if (!greeting.writable || greeting.server.role === 'replica') {
    throw new Problem(
      'refused',
      `${placeOf(target)} ${greeting.writable ? 'follows another server' : 'is set to read_only'}: what is written there the primary would never learn`,
      'name the primary in the connection',
    );
  }
  // Reads, changes and inserts alike see what the cluster has committed, not only what this node has applied.
  if (membership !== undefined) await session.query('SET SESSION wsrep_sync_wait = 7');
  return new MysqlWritingSession(opened);
}

/**
 * Opens a session that writes, and that waits for a row's lock for 1 s and for a table's for 2 s (by default 50 s and a
 * day).
 * @throws Problem unreachable, refused, missing, timeout or config
 */
export const open = (target: Target, timeoutMs: number): Promise<WritingSession> =>
  openSession(target, timeoutMs, settings, meet);
