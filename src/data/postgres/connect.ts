import { basename, dirname } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type { ServerTarget, Target } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
import { readCertificates } from '../certificates.ts';
import type { Connection, Row, Server, Statement } from '../connection.ts';
import { noAnswer } from '../network-problems.ts';
import { cancelled, closed, STOP_MS, Statements } from '../turns.ts';
import { SETTINGS, Session, type SessionOptions } from './driver.ts';
import { problemOf, problemOfConnecting } from './problems.ts';

const READING = new Set(['select', 'with', 'values', 'table', 'show', 'explain']);

/** The first word behind blanks, brackets and comments, which nest. */
function firstWord(sql: string): string | undefined {
  let rest = sql;
  for (;;) {
    rest = rest.replace(/^(?:[ \t\n\r\f\v(]|--[^\n\r]*)+/, '');
    if (!rest.startsWith('/*')) return /^[a-z]+/i.exec(rest)?.[0].toLowerCase();
    let depth = 0;
    const end = [...rest.matchAll(/\/\*|\*\//g)].find(([mark]) => (depth += mark === '/*' ? 1 : -1) === 0);
    rest = end === undefined ? '' : rest.slice(end.index + 2);
  }
}

/**
 * A read-only session refuses writes, but neither what would end its being read-only (SET, DO, CALL, BEGIN) nor VACUUM,
 * CLUSTER, ALTER SYSTEM and COPY … TO PROGRAM, so only statements that read are sent.
 */
function assertReading(sql: string): void {
  if (READING.has(firstWord(sql) ?? '')) return;
  throw new Problem('refused', 'the statement does more than read', 'begin it with SELECT, WITH, SHOW or EXPLAIN');
}

interface Greeting {
  readonly server: Server;
  /**
   * Whether the session's settings last and the server says when one of them stops it from being read-only (from
   * version 14 on). Where not, as behind a pooler, each statement gets a transaction of its own with these settings.
   */
  readonly steady: boolean;
}

class PostgresConnection implements Connection {
  readonly server: Server;
  readonly #session: Session;
  readonly #steady: boolean;
  readonly #statements: Statements;
  #timeoutMs: number | undefined;

  constructor(target: ServerTarget, session: Session, { server, steady }: Greeting) {
    this.#session = session;
    this.#steady = steady;
    this.server = server;
    this.#statements = new Statements({
      tell: async (running, pause) => {
        while (running()) {
          await session.cancel(STOP_MS);
          await pause();
        }
      },
      breakOff: () => session.destroy(new Error('a statement could not be stopped')),
      problemOf: (error, limitMs) => problemOf(error, target, limitMs),
    });
  }

  query({ sql, parameters }: Statement, timeoutMs: number): Promise<readonly Row[]> {
    return this.#statements.run(
      timeoutMs,
      async (assertWanted) => {
        assertReading(sql);
        await this.#prepare(Math.max(1, Math.round(timeoutMs)));
        // Nothing was running for the server to stop yet.
        assertWanted();
        return this.#session.query(sql, parameters);
      },
      // A session that can't take this says so to the next statement.
      async () => (this.#steady ? undefined : this.#session.command('ROLLBACK').catch(() => undefined)),
    );
  }

  cancel(): Promise<void> {
    return this.#statements.stop(cancelled());
  }

  async close(): Promise<void> {
    await this.#statements.stop(closed());
    await this.#session.end();
  }

  /** Sets the statement's limit where it differs, and makes the session read-only again if a statement ended that. */
  async #prepare(timeoutMs: number): Promise<void> {
    const limit = `statement_timeout = ${timeoutMs}`;
    if (!this.#steady) {
      const local = [...SETTINGS, limit].map((setting) => `SET LOCAL ${setting}`);
      return await this.#session.command('BEGIN READ ONLY', ...local);
    }
    if (this.#session.mayWrite) await this.#session.command('SET default_transaction_read_only = on');
    if (this.#timeoutMs === timeoutMs) return;
    await this.#session.command(`SET ${limit}`);
    this.#timeoutMs = timeoutMs;
  }
}

/** Learns who answered, and whether it took the session's settings. */
async function greet(session: Session, target: ServerTarget): Promise<Greeting> {
  const [facts] = await session.query(`SELECT current_setting('server_version') AS version,
    current_setting('server_version_num') AS number, current_database() AS database, current_user AS account,
    pg_is_in_recovery() AS recovering, current_setting('default_transaction_read_only') AS read_only,
    current_setting('TimeZone') AS zone`);
  return {
    server: {
      product: 'PostgreSQL',
      // Debian writes its package's name behind the number.
      version: facts?.['version']?.split(' ')[0] ?? '',
      database: facts?.['database'] ?? '',
      user: facts?.['account'] ?? target.user,
      role: facts?.['recovering'] === 't' ? 'replica' : 'primary',
    },
    steady: facts?.['read_only'] === 'on' && facts['zone'] === 'UTC' && Number(facts['number']) >= 140_000,
  };
}

async function sslOf({ tls }: ServerTarget): Promise<ConnectionOptions> {
  return {
    rejectUnauthorized: tls.mode === 'verify-ca' || tls.mode === 'verify-full',
    ...(tls.mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
    ...(await readCertificates(tls)),
  };
}

/** A socket is named by its folder, or by its file in it: `/run/postgresql/.s.PGSQL.5432`. */
function address({ host, port, socket }: ServerTarget): { readonly host: string; readonly port: number } {
  if (socket === undefined) return { host, port };
  const named = /^\.s\.PGSQL\.(\d+)$/.exec(basename(socket))?.[1];
  return named === undefined ? { host: socket, port } : { host: dirname(socket), port: Number(named) };
}

/** What a server, or a pooler in front of it, says when it can't take what a session asks for. */
const lacksTls = (error: Error): boolean => /does not support SSL/.test(error.message);
const lacksSettings = (error: Error): boolean => /unsupported startup parameter/.test(error.message);

/** Opens a session, with less when it may do with less. */
async function open(options: SessionOptions, target: ServerTarget, remainingMs: () => number): Promise<Session> {
  try {
    return await Session.open(options, remainingMs());
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const less: Partial<SessionOptions> = {
      ...(target.tls.mode === 'prefer' && lacksTls(error) && { ssl: undefined }),
      ...(options.settings && lacksSettings(error) && { settings: false }),
    };
    if (Object.keys(less).length === 0) throw error;
    return await open({ ...options, ...less }, target, remainingMs);
  }
}

/** PostgreSQL speaks no TLS on a Unix socket, where nobody listens in. */
const inTheClear = ({ tls, socket }: ServerTarget): boolean => tls.mode === 'disable' || socket !== undefined;

/**
 * Opens a session whose transactions only read, by the server's own setting.
 * @throws Problem unreachable, refused, missing, timeout or config
 */
export async function connect(target: Target, timeoutMs: number): Promise<Connection> {
  if (target.engine !== 'postgres') throw new Error(`the PostgreSQL engine was given a ${target.engine} target`);
  const { user, password, database } = target;
  const deadline = performance.now() + timeoutMs;
  const remainingMs = () => Math.max(1, deadline - performance.now());
  try {
    const ssl = inTheClear(target) ? undefined : await sslOf(target);
    const options = { ...address(target), user, password, database, ssl, settings: true };
    const session = await open(options, target, remainingMs);
    const late = setTimeout(() => session.destroy(noAnswer(target)), remainingMs());
    try {
      return new PostgresConnection(target, session, await greet(session, target));
    } catch (error) {
      await session.end();
      throw error;
    } finally {
      clearTimeout(late);
    }
  } catch (error) {
    throw error instanceof Error && !(error instanceof Problem) ? problemOfConnecting(error, target) : error;
  }
}
