import type { ServerTarget, Target } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
import type { Connection, Row, Server, Statement } from '../connection.ts';
import { cancelled, closed, Statements } from '../turns.ts';
import { SETTINGS, type Session } from './driver.ts';
import { greet, openSession, stopping } from './open.ts';
import { problemOf } from './problems.ts';

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

/** From this version on the server says when a session stops being read-only. */
const REPORTS_READ_ONLY = 140_000;

interface Greeting {
  readonly server: Server;
  /**
   * Whether the session's settings last and the server says when one of them stops it from being read-only. Where not,
   * as behind a pooler, each statement gets a transaction of its own with these settings.
   */
  readonly steady: boolean;
}

/** Up to version 15 a read-only transaction may make and delete large objects: with one of these it is undone. */
const LARGE_OBJECT = /\b(?:lo_[a-z]|loread|lowrite)/i;

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
    this.#statements = new Statements(stopping(session, (error, limitMs) => problemOf(error, target, limitMs)));
  }

  query({ sql, parameters }: Statement, timeoutMs: number): Promise<readonly Row[]> {
    const undone = !this.#steady || LARGE_OBJECT.test(sql);
    return this.#statements.run(
      timeoutMs,
      async (assertWanted) => {
        assertReading(sql);
        await this.#prepare(Math.max(1, Math.round(timeoutMs)), undone);
        // Nothing was running for the server to stop yet.
        assertWanted();
        return this.#session.query(sql, parameters);
      },
      // A session that can't take this says so to the next statement.
      async () => (undone ? this.#session.command('ROLLBACK').catch(() => undefined) : undefined),
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
  async #prepare(timeoutMs: number, undone: boolean): Promise<void> {
    const limit = `statement_timeout = ${timeoutMs}`;
    if (undone) {
      const local = [...SETTINGS, limit].map((setting) => `SET LOCAL ${setting}`);
      return await this.#session.command('BEGIN READ ONLY', ...local);
    }
    if (this.#session.mayWrite) await this.#session.command('SET default_transaction_read_only = on');
    if (this.#timeoutMs === timeoutMs) return;
    await this.#session.command(`SET ${limit}`);
    this.#timeoutMs = timeoutMs;
  }
}

/**
 * Opens a session whose transactions only read, by the server's own setting.
 * @throws Problem unreachable, refused, missing, timeout or config
 */
export function connect(target: Target, timeoutMs: number): Promise<Connection> {
  return openSession(target, SETTINGS, timeoutMs, async (session, target) => {
    const { server, settings } = await greet(session, target);
    const steady = settings.readOnly && settings.zone === 'UTC' && settings.version >= REPORTS_READ_ONLY;
    return new PostgresConnection(target, session, { server, steady });
  });
}
