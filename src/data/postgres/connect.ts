import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { ServerTarget, Target } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
import type { Connection, Row, Server, Statement } from '../connection.ts';
import { Session, type SessionOptions } from './driver.ts';
import { problemOf, problemOfConnecting } from './problems.ts';

/** Milliseconds after the server's own limit before a statement is cancelled from here. */
const GUARD_MS = 500;
/** Milliseconds for opening the session that cancels, and again for the cancelled statement to end. */
const CANCEL_MS = 2_000;

interface Running {
  /** Why it was stopped from here. */
  stopped?: Problem;
  stopping?: Promise<void>;
}

interface Greeting {
  readonly server: Server;
  readonly pid: string;
  /** Tells this server from another one behind the same address. */
  readonly instance: string;
  /** Whether the server says by itself when a session stops being read-only: from version 14 on. */
  readonly reportsReadOnly: boolean;
}

/** Who a server is: the moment that it started, and where. */
const INSTANCE = 'SELECT pg_postmaster_start_time()::text AS instance';

class PostgresConnection implements Connection {
  readonly server: Server;
  readonly #target: ServerTarget;
  readonly #options: SessionOptions;
  readonly #session: Session;
  readonly #greeting: Greeting;
  #timeoutMs: number | undefined;
  #running: Running | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(target: ServerTarget, options: SessionOptions, session: Session, greeting: Greeting) {
    this.#target = target;
    this.#options = options;
    this.#session = session;
    this.#greeting = greeting;
    this.server = greeting.server;
  }

  query(statement: Statement, timeoutMs: number): Promise<readonly Row[]> {
    const answer = this.#turn.then(() => this.#run(statement, timeoutMs));
    this.#turn = answer.then(
      () => undefined,
      () => undefined,
    );
    return answer;
  }

  async cancel(): Promise<void> {
    await this.#stop(new Problem('cancelled', 'the statement was cancelled', 'press R to ask again'));
  }

  async close(): Promise<void> {
    await this.#stop(new Problem('cancelled', 'the connection was closed', 'open it again'));
    await this.#session.end();
  }

  async #run({ sql, parameters }: Statement, timeoutMs: number): Promise<readonly Row[]> {
    const running: Running = {};
    this.#running = running;
    const tooLong = new Problem(
      'timeout',
      `the statement took over ${timeoutMs / 1000} s`,
      'raise statementTimeoutSeconds',
    );
    const guard = setTimeout(() => void this.#stop(tooLong), timeoutMs + GUARD_MS);
    try {
      await this.#prepare(timeoutMs);
      const rows = await this.#session.query(sql, parameters);
      if (running.stopped) throw running.stopped;
      return rows;
    } catch (error) {
      if (running.stopped) throw running.stopped;
      throw error instanceof Error && !(error instanceof Problem) ? problemOf(error, this.#target) : error;
    } finally {
      clearTimeout(guard);
      this.#running = undefined;
      // The next statement must not meet the cancellation that was meant for this one.
      await running.stopping;
    }
  }

  /** Sets the statement's limit where it differs, and makes the session read-only again if a statement ended that. */
  async #prepare(timeoutMs: number): Promise<void> {
    const readOnly = this.#session.mayWrite || !this.#greeting.reportsReadOnly;
    if (readOnly) await this.#session.query('SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY');
    if (this.#timeoutMs === timeoutMs) return;
    await this.#session.query(`SET statement_timeout = ${Math.max(1, Math.round(timeoutMs))}`);
    this.#timeoutMs = timeoutMs;
  }

  async #stop(reason: Problem): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    running.stopped ??= reason;
    running.stopping ??= this.#cancel(running);
    await running.stopping;
  }

  /** Ends the running statement on the server; where that fails, the session. */
  async #cancel(running: Running): Promise<void> {
    const giveUp = () => {
      if (this.#running === running) this.#session.destroy();
    };
    const late = setTimeout(giveUp, 2 * CANCEL_MS);
    late.unref();
    try {
      const other = await Session.open(this.#options, CANCEL_MS);
      try {
        const [answer] = await other.query(INSTANCE);
        // Behind one address there may be several servers, where the same number is somebody else.
        if (answer?.['instance'] === this.#greeting.instance) {
          await other.query('SELECT pg_cancel_backend($1::int)', [this.#greeting.pid]);
        } else giveUp();
      } finally {
        await other.end();
      }
    } catch {
      giveUp();
    }
  }
}

/** Learns who answered, and sees to it that the session only reads even where a pooler dropped the first settings. */
async function greet(session: Session, target: ServerTarget): Promise<Greeting> {
  const [facts] = await session.query(`${INSTANCE}, current_setting('server_version') AS version,
    current_setting('server_version_num') AS number, current_database() AS database, current_user AS account,
    pg_is_in_recovery() AS recovering, pg_backend_pid() AS pid, current_setting('default_transaction_read_only') AS read_only`);
  if (facts?.['read_only'] !== 'on') {
    await session.query('SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY');
    await session.query("SET TimeZone = 'UTC'");
  }
  return {
    server: {
      product: 'PostgreSQL',
      // Debian writes its package's name behind the number.
      version: facts?.['version']?.split(' ')[0] ?? '',
      database: facts?.['database'] ?? '',
      user: facts?.['account'] ?? target.user,
      role: facts?.['recovering'] === 't' ? 'replica' : 'primary',
    },
    pid: facts?.['pid'] ?? '',
    instance: facts?.['instance'] ?? '',
    reportsReadOnly: Number(facts?.['number']) >= 140_000,
  };
}

async function readPem(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  return await readFile(path, 'utf8').catch(() => {
    throw new Problem('config', `cannot read ${path}`, 'check the paths under tls in the connection');
  });
}

async function sslOf({ tls }: ServerTarget): Promise<SessionOptions['ssl']> {
  const [ca, cert, key] = await Promise.all([tls.ca, tls.certificate, tls.key].map(readPem));
  return {
    rejectUnauthorized: tls.mode === 'verify-ca' || tls.mode === 'verify-full',
    ...(tls.mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

/** A socket is named by its folder, or by its file in it: `/run/postgresql/.s.PGSQL.5432`. */
function address({ host, port, socket }: ServerTarget): { readonly host: string; readonly port: number } {
  if (socket === undefined) return { host, port };
  const named = /^\.s\.PGSQL\.(\d+)$/.exec(basename(socket))?.[1];
  return named === undefined ? { host: socket, port } : { host: dirname(socket), port: Number(named) };
}

/** Opens a session as the TLS mode says. */
async function open(target: ServerTarget, remainingMs: () => number) {
  const { user, password, database, tls, socket } = target;
  const plain: SessionOptions = { ...address(target), user, password, database, ssl: undefined };
  // PostgreSQL speaks no TLS on a Unix socket, where nobody listens in.
  if (tls.mode === 'disable' || socket !== undefined) {
    return { session: await Session.open(plain, remainingMs()), options: plain };
  }
  const options = { ...plain, ssl: await sslOf(target) };
  try {
    return { session: await Session.open(options, remainingMs()), options };
  } catch (error) {
    const without = error instanceof Error && /does not support SSL/i.test(error.message);
    if (tls.mode !== 'prefer' || !without) throw error;
    return { session: await Session.open(plain, remainingMs()), options: plain };
  }
}

/**
 * Opens a session whose transactions only read, by the server's own setting.
 * @throws Problem unreachable, refused, missing, timeout or config
 */
export async function connect(target: Target, timeoutMs: number): Promise<Connection> {
  if (target.engine !== 'postgres') throw new Error(`the PostgreSQL engine was given a ${target.engine} target`);
  const deadline = performance.now() + timeoutMs;
  const remainingMs = () => Math.max(1, deadline - performance.now());
  try {
    const { session, options } = await open(target, remainingMs);
    const late = setTimeout(() => session.destroy(), remainingMs());
    try {
      return new PostgresConnection(target, options, session, await greet(session, target));
    } catch (error) {
      session.destroy();
      throw error;
    } finally {
      clearTimeout(late);
    }
  } catch (error) {
    throw error instanceof Error && !(error instanceof Problem) ? problemOfConnecting(error, target) : error;
  }
}
