import type { Target } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
import type { Connection, Row, Server, Statement } from '../connection.ts';
import { cancelled, closed, STOP_MS, Statements } from '../turns.ts';
import { Session, type SessionOptions } from './driver.ts';
import type { Flavour } from './flavour.ts';
import { type Greeting, INSTANCE, type Opened, openSession } from './open.ts';
import { problemOf } from './problems.ts';

const READING = new Set(['select', 'with', 'values', 'table', 'show', 'explain', 'describe', 'desc']);
/** To the letter as the server's lexer sees them: a space to JavaScript may be part of a name to the server. */
const QUOTED_OR_COMMENT =
  /'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"|`[^`]*`|--(?=[\0-\x20\x7f]|$)[^\n]*|#[^\n]*|\/\*[^]*?\*\//g;

/**
 * A read-only session refuses writes, but not statements that would end its being read-only (SET, CALL, BEGIN NOT ATOMIC)
 * nor SELECT … INTO OUTFILE, so only statements that read are sent. INTO is a reserved word; a comment that begins with
 * `!` or `M!` is executed.
 */
function assertReading(sql: string): void {
  const bare = sql.replaceAll(QUOTED_OR_COMMENT, (part) => (/^\/\*M?!/.test(part) ? ' into ' : ' '));
  const first = /^[\s(]*([a-z]+)/i.exec(bare)?.[1]?.toLowerCase();
  if (first !== undefined && READING.has(first) && !/\binto\b/i.test(bare)) return;
  throw new Problem(
    'refused',
    'the statement does more than read',
    'begin it with SELECT, WITH, SHOW or EXPLAIN, and leave INTO out',
  );
}

class MysqlConnection implements Connection {
  readonly server: Server;
  readonly #options: SessionOptions;
  readonly #session: Session;
  readonly #greeting: Greeting;
  readonly #statements: Statements;

  constructor({ target, options, session, greeting }: Opened) {
    this.#options = options;
    this.#session = session;
    this.#greeting = greeting;
    this.server = greeting.server;
    this.#statements = new Statements({
      tell: (running, pause) => this.#kill(running, pause),
      breakOff: () => session.destroy(new Error('a statement could not be stopped')),
      problemOf: (error, limitMs) => problemOf(error, target, limitMs),
    });
  }

  query({ sql, parameters }: Statement, timeoutMs: number): Promise<readonly Row[]> {
    return this.#statements.run(timeoutMs, async () => {
      assertReading(sql);
      return this.#session.query((await this.#limit(timeoutMs)) + sql, parameters);
    });
  }

  cancel(): Promise<void> {
    return this.#statements.stop(cancelled());
  }

  async close(): Promise<void> {
    await this.#statements.stop(closed());
    await this.#session.end();
  }

  /**
   * Lets the server limit the next statement's time, and makes sure that it only reads: a stored function may have
   * changed that for the session.
   * @returns what to put in front of the statement, where the server takes it with the statement
   */
  async #limit(timeoutMs: number): Promise<string> {
    const { product, readOnly } = this.#greeting.flavour;
    if (product === 'MariaDB') return `SET STATEMENT max_statement_time=${timeoutMs / 1000}, ${readOnly}=1 FOR `;
    await this.#session.query(`SET SESSION max_execution_time=${timeoutMs}, SESSION ${readOnly}=1`);
    return '';
  }

  /** Kills the session's statement from a second session. */
  async #kill(running: () => boolean, pause: () => Promise<void>): Promise<void> {
    const killer = await Session.open(this.#options, STOP_MS);
    try {
      const [answer] = await killer.query(INSTANCE);
      // Behind one address there may be several servers, where the same number is somebody else.
      if (answer?.['instance'] !== this.#greeting.instance) throw new Error('another server answered');
      while (running()) {
        await killer.query(`KILL QUERY ${this.#session.threadId}`);
        await pause();
      }
    } finally {
      await killer.end();
    }
  }
}

/**
 * Without NO_UNSIGNED_SUBTRACTION a difference below zero is an error. ONLY_FULL_GROUP_BY is left out: it would refuse
 * checks that run well in the application.
 */
const settings = ({ readOnly }: Flavour): string =>
  `SESSION sql_mode = 'NO_UNSIGNED_SUBTRACTION', SESSION ${readOnly} = 1`;

/**
 * Opens a session that only reads, with the session's own guard against everything that a read-only session lets through.
 * @throws Problem unreachable, refused, missing, timeout or config
 */
export function connect(target: Target, timeoutMs: number, latest = false): Promise<Connection> {
  return openSession(target, timeoutMs, settings, async (opened) => {
    // A SELECT then waits until this node has what the cluster has committed: 0.04 ms more on one machine.
    if (latest && opened.greeting.membership !== undefined)
      await opened.session.query('SET SESSION wsrep_sync_wait = 1');
    return new MysqlConnection(opened);
  });
}
