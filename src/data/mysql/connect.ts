import { isIP } from 'node:net';
import type { ServerTarget, Target } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
import { readCertificates } from '../certificates.ts';
import type { Connection, Row, Server, Statement } from '../connection.ts';
import { noAnswer } from '../network-problems.ts';
import { cancelled, closed, STOP_MS, Statements } from '../turns.ts';
import { Session, type SessionOptions } from './driver.ts';
import { problemOf, problemOfConnecting } from './problems.ts';

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

class MysqlConnection implements Connection {
  readonly server: Server;
  readonly #options: SessionOptions;
  readonly #session: Session;
  readonly #greeting: Greeting;
  readonly #statements: Statements;

  constructor(target: ServerTarget, options: SessionOptions, session: Session, greeting: Greeting) {
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
