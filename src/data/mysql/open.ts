import { isIP } from 'node:net';
import type { ServerTarget, Target } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
import { readCertificates } from '../certificates.ts';
import type { Server } from '../connection.ts';
import { noAnswer } from '../network-problems.ts';
import { Session, type SessionOptions } from './driver.ts';
import { type Flavour, flavourOf } from './flavour.ts';
import { problemOfConnecting } from './problems.ts';

/** Who answers: behind one address there may be several servers. */
export const INSTANCE = "SELECT CONCAT(@@hostname, ':', @@port, ':', @@server_id) AS instance";

export interface Greeting {
  readonly server: Server;
  readonly flavour: Flavour;
  readonly instance: string | null;
  /** Whether the server lets anybody write. */
  readonly writable: boolean;
  /** undefined: the server is no node of a Galera cluster. */
  readonly membership: Membership | undefined;
}

/** A session with a server that has said who it is. */
export interface Opened {
  readonly target: ServerTarget;
  readonly options: SessionOptions;
  readonly session: Session;
  readonly greeting: Greeting;
}

/** The Galera cluster of a node. */
interface Membership {
  /** Its number, which all of its nodes say. */
  readonly cluster: string;
  /** Whether the node has the others, and takes statements. */
  readonly ready: boolean;
}

async function membershipOf(session: Session): Promise<Membership | undefined> {
  const rows = await session.query(`SHOW GLOBAL STATUS
    WHERE Variable_name IN ('wsrep_provider_name', 'wsrep_cluster_state_uuid', 'wsrep_ready')`);
  const said = new Map(rows.map((row) => [row['Variable_name'], row['Value'] ?? '']));
  if (said.get('wsrep_provider_name') !== 'Galera') return undefined;
  return { cluster: said.get('wsrep_cluster_state_uuid') ?? '', ready: said.get('wsrep_ready') === 'ON' };
}

/**
 * A server that takes writes and follows nobody, and every node of a Galera cluster, is a primary. A node that has lost its
 * cluster, and answers all the same (`wsrep_dirty_reads`), is as late as a replica.
 */
async function roleOf(
  session: Session,
  flavour: Flavour,
  writable: boolean,
  membership: Membership | undefined,
): Promise<'primary' | 'replica'> {
  if (membership !== undefined) return membership.ready ? 'primary' : 'replica';
  // Needs a privilege that many accounts lack; read_only has to do then.
  const sources = await session.query(flavour.showReplicas).catch(() => []);
  return writable && sources.length === 0 ? 'primary' : 'replica';
}

/** Learns who answered, and makes the session what it is for. */
async function greet(
  session: Session,
  target: ServerTarget,
  settings: (flavour: Flavour) => string,
): Promise<Greeting> {
  const [facts] = await session.query(
    `${INSTANCE}, VERSION() AS version, DATABASE() AS name, USER() AS account, @@read_only AS read_only, @@innodb_read_only AS frozen`,
  );
  const flavour = flavourOf(facts?.['version'] ?? '');
  await session.query(
    `SET NAMES utf8mb4 COLLATE ${flavour.collation}, SESSION time_zone = '+00:00', ${settings(flavour)}`,
  );
  const writable = [facts?.['read_only'], facts?.['frozen']].every((flag) => flag === '0' || flag === 'OFF');
  const membership = await membershipOf(session);
  return {
    server: {
      product: flavour.product,
      version: flavour.version,
      database: facts?.['name'] ?? '',
      user: facts?.['account']?.replace(/@[^@]*$/, '') ?? target.user,
      role: await roleOf(session, flavour, writable, membership),
    },
    flavour,
    instance: facts?.['instance'] ?? null,
    writable,
    membership,
  };
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

/** Opens a raw session as the TLS mode says. */
async function openRaw(
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
 * Opens a session in UTC whose texts compare byte for byte.
 * @param settings what else it is to be, as the rest of a SET
 * @param make what becomes of it; when that fails, the session ends
 * @throws Problem unreachable, refused, missing, timeout or config
 */
export async function openSession<Made>(
  target: Target,
  timeoutMs: number,
  settings: (flavour: Flavour) => string,
  make: (opened: Opened) => Promise<Made>,
): Promise<Made> {
  if (target.engine !== 'mysql') throw new Error(`the MySQL engine was given a ${target.engine} target`);
  const deadline = performance.now() + timeoutMs;
  const remainingMs = () => Math.max(1, deadline - performance.now());
  try {
    const { session, options } = await openRaw(target, remainingMs);
    const late = setTimeout(() => session.destroy(noAnswer(target)), remainingMs());
    try {
      return await make({ target, options, session, greeting: await greet(session, target, settings) });
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
