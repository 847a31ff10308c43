import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerTarget, Target } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
import { readCertificates } from '../certificates.ts';
import type { Connection, Row, Server, Statement } from '../connection.ts';
import { Session, type SessionOptions } from './driver.ts';
import { noAnswer, problemOf, problemOfConnecting } from './problems.ts';

/** Milliseconds after the server's own limit before a statement is killed from here. */
const GUARD_MS = 500;
/** Milliseconds for opening the session that kills, and again for the killed statement to end. */
const KILL_MS = 2_000;
/** Milliseconds between two kills of a statement that goes on. */
const AGAIN_MS = 100;

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

/** Whether a version like `10.11.6` is at least another. */
function atLeast(version: string, wanted: string): boolean {
  return version.localeCompare(wanted, 'en', { numeric: true }) >= 0;
}

/** What one server's words differ in. */
interface Flavour {
  readonly product: 'MariaDB' | 'MySQL';
  readonly version: string;
  readonly readOnly: string;
  /** Compares byte for byte, trailing spaces included: `CAST(… AS CHAR)` takes it from the session. */
  readonly collation: string;
  readonly showReplicas: string;
}

function flavourOf(fullVersion: string): Flavour {
  // Proxies and old replication protocols put a false 5.5.5 in front.
  const version = /\d+\.\d+\.\d+/.exec(fullVersion.replace(/^5\.5\.5-/, ''))?.[0] ?? fullVersion;
  if (/mariadb/i.test(fullVersion)) {
    return {
      product: 'MariaDB',
      version,
      readOnly: atLeast(version, '11.1.1') ? 'transaction_read_only' : 'tx_read_only',
      collation: 'utf8mb4_nopad_bin',
      showReplicas: 'SHOW ALL SLAVES STATUS',
    };
  }
  return {
    product: 'MySQL',
    version,
    readOnly: 'transaction_read_only',
    collation: atLeast(version, '8.0.17') ? 'utf8mb4_0900_bin' : 'utf8mb4_bin',
    showReplicas: atLeast(version, '8.0.22') ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS',
  };
}

interface Running {
  /** Why it was stopped from here. */
  stopped?: Problem;
  stopping?: Promise<void>;
  /** Aborted when it has ended. */
  readonly over: AbortController;
}

/** Until a statement has ended, at most the time after which it is told again: the first word may overtake the statement. */
const pause = ({ over }: Running): Promise<void> =>
  sleep(AGAIN_MS, undefined, { signal: over.signal }).catch(() => undefined);

class MysqlConnection implements Connection {
  readonly server: Server;
  readonly #target: ServerTarget;
  readonly #options: SessionOptions;
  readonly #session: Session;
  readonly #flavour: Flavour;
  /** Tells this server from another one behind the same address. */
  readonly #instance: string | null;
  #running: Running | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(target: ServerTarget, options: SessionOptions, session: Session, greeting: Greeting) {
    this.#target = target;
    this.#options = options;
    this.#session = session;
    this.#flavour = greeting.flavour;
    this.#instance = greeting.instance;
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
    assertReading(sql);
    const running: Running = { over: new AbortController() };
    this.#running = running;
    const tooLong = new Problem(
      'timeout',
      `the statement took over ${timeoutMs / 1000} s`,
      'raise statementTimeoutSeconds',
    );
    const guard = setTimeout(() => void this.#stop(tooLong), timeoutMs + GUARD_MS);
    try {
      const rows = await this.#session.query((await this.#limit(timeoutMs)) + sql, parameters);
      // A killed SLEEP() ends well, and so does a statement that the kill came too late for.
      if (running.stopped) throw running.stopped;
      return rows;
    } catch (error) {
      if (running.stopped) throw running.stopped;
      throw error instanceof Error && !(error instanceof Problem) ? problemOf(error, this.#target) : error;
    } finally {
      clearTimeout(guard);
      this.#running = undefined;
      running.over.abort();
      // The next statement must not meet the kill that was meant for this one.
      await running.stopping;
    }
  }

  /**
   * Lets the server limit the next statement's time, and makes sure that it only reads: a stored function may have
   * changed that for the session.
   * @returns what to put in front of the statement, where the server takes it with the statement
   */
  async #limit(timeoutMs: number): Promise<string> {
    const { product, readOnly } = this.#flavour;
    if (product === 'MariaDB') return `SET STATEMENT max_statement_time=${timeoutMs / 1000}, ${readOnly}=1 FOR `;
    await this.#session.query(`SET SESSION max_execution_time=${timeoutMs}, SESSION ${readOnly}=1`);
    return '';
  }

  async #stop(reason: Problem): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    running.stopped ??= reason;
    running.stopping ??= this.#kill(running);
    await running.stopping;
  }

  /** Ends the running statement on the server; where that fails, the session. */
  async #kill(running: Running): Promise<void> {
    const giveUp = () => {
      if (this.#running === running) this.#session.destroy(new Error('a statement could not be stopped'));
    };
    const late = setTimeout(giveUp, 2 * KILL_MS);
    late.unref();
    try {
      const killer = await Session.open(this.#options, KILL_MS);
      try {
        const [answer] = await killer.query(INSTANCE);
        // Behind one address there may be several servers, where the same number is somebody else.
        if (answer?.['instance'] !== this.#instance) return giveUp();
        while (this.#running === running) {
          await killer.query(`KILL QUERY ${this.#session.threadId}`);
          await pause(running);
        }
      } finally {
        await killer.end();
      }
    } catch {
      giveUp();
    }
  }
}

const INSTANCE = "SELECT CONCAT(@@hostname, ':', @@port, ':', @@server_id) AS instance";

interface Greeting {
  readonly server: Server;
  readonly flavour: Flavour;
  readonly instance: string | null;
}

/** Learns who answered, and turns the session into one that reads, in UTC. */
async function greet(session: Session, target: ServerTarget): Promise<Greeting> {
  const [facts] = await session.query(
    `${INSTANCE}, VERSION() AS version, DATABASE() AS name, USER() AS account, @@read_only AS read_only, @@innodb_read_only AS frozen`,
  );
  const flavour = flavourOf(facts?.['version'] ?? '');
  // Without NO_UNSIGNED_SUBTRACTION a difference below zero is an error. ONLY_FULL_GROUP_BY is left out: it would
  // refuse checks that run well in the application.
  await session.query(
    `SET NAMES utf8mb4 COLLATE ${flavour.collation}, SESSION time_zone = '+00:00',
      SESSION sql_mode = 'NO_UNSIGNED_SUBTRACTION', SESSION ${flavour.readOnly} = 1`,
  );
  const writable = [facts?.['read_only'], facts?.['frozen']].every((flag) => flag === '0' || flag === 'OFF');
  return {
    server: {
      product: flavour.product,
      version: flavour.version,
      database: facts?.['name'] ?? '',
      user: facts?.['account']?.replace(/@[^@]*$/, '') ?? target.user,
      role: await roleOf(session, flavour, writable),
    },
    flavour,
    instance: facts?.['instance'] ?? null,
  };
}

/** A server that takes writes and follows nobody, and every node of a Galera cluster, is a primary. */
async function roleOf(session: Session, flavour: Flavour, writable: boolean): Promise<'primary' | 'replica'> {
  // Needs a privilege that many accounts lack; read_only has to do then.
  const sources = await session.query(flavour.showReplicas).catch(() => []);
  if (writable && sources.length === 0) return 'primary';
  const [galera] = await session.query("SHOW GLOBAL STATUS LIKE 'wsrep_ready'");
  return galera?.['Value'] === 'ON' ? 'primary' : 'replica';
}

async function sslOf({ host, tls }: ServerTarget): Promise<SessionOptions['ssl']> {
  const verified = tls.mode === 'verify-ca' || tls.mode === 'verify-full';
  if (tls.mode === 'verify-full' && isIP(host) !== 0) {
    // The driver would compare the certificate with "localhost".
    throw new Problem(
      'config',
      `tls mode "verify-full" needs a host name, and ${host} is an address`,
      'connect to the name in the certificate, or set tls mode "verify-ca"',
    );
  }
  return {
    rejectUnauthorized: verified,
    verifyIdentity: tls.mode === 'verify-full',
    ...(await readCertificates(tls)),
  };
}

/** Opens a session as the TLS mode says. */
async function open(
  target: ServerTarget,
  remainingMs: () => number,
): Promise<{ session: Session; options: SessionOptions }> {
  const { host, port, socket, user, password, database, tls } = target;
  const address = socket === undefined ? { host, port } : { path: socket };
  const plain = { address, user, password, database, ssl: undefined };
  // Nobody listens in on a Unix socket.
  if (tls.mode === 'disable' || (tls.mode === 'prefer' && socket !== undefined)) {
    return { session: await Session.open(plain, remainingMs()), options: plain };
  }
  const options = { ...plain, ssl: await sslOf(target) };
  try {
    return { session: await Session.open(options, remainingMs()), options };
  } catch (error) {
    const without = error instanceof Error && 'code' in error && error.code === 'HANDSHAKE_NO_SSL_SUPPORT';
    if (tls.mode !== 'prefer' || !without) throw error;
    return { session: await Session.open(plain, remainingMs()), options: plain };
  }
}

/**
 * Opens a session that only reads, with the session's own guard against everything that a read-only session lets through.
 * @throws Problem unreachable, refused, missing, timeout or config
 */
export async function connect(target: Target, timeoutMs: number): Promise<Connection> {
  if (target.engine !== 'mysql') throw new Error(`the MySQL engine was given a ${target.engine} target`);
  const deadline = performance.now() + timeoutMs;
  const remainingMs = () => Math.max(1, deadline - performance.now());
  try {
    const { session, options } = await open(target, remainingMs);
    const late = setTimeout(() => session.destroy(noAnswer(target)), remainingMs());
    try {
      return new MysqlConnection(target, options, session, await greet(session, target));
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
