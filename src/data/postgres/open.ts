import { basename, dirname } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type { ServerTarget, Target } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
import { readCertificates } from '../certificates.ts';
import type { Server } from '../connection.ts';
import { noAnswer } from '../network-problems.ts';
import { STOP_MS, type Stopping } from '../turns.ts';
import { Session, type SessionOptions } from './driver.ts';
import { problemOfConnecting } from './problems.ts';

/** Who answered, and whether it took what the session asked for. */
export interface Greeting {
  readonly server: Server;
  readonly settings: {
    /** As 150004. */
    readonly version: number;
    readonly zone: string | undefined;
    /** Whether transactions only read unless they say otherwise. */
    readonly readOnly: boolean;
    /** As `500ms`. */
    readonly lockTimeout: string | undefined;
  };
}

/** Asks who answered. */
export async function greet(session: Session, target: ServerTarget): Promise<Greeting> {
  const [facts] = await session.query(`SELECT current_setting('server_version') AS version,
    current_setting('server_version_num') AS number, current_database() AS database, current_user AS account,
    pg_is_in_recovery() AS recovering, current_setting('default_transaction_read_only') AS read_only,
    current_setting('TimeZone') AS zone, current_setting('lock_timeout') AS lock_timeout`);
  return {
    server: {
      product: 'PostgreSQL',
      // Debian writes its package's name behind the number.
      version: facts?.['version']?.split(' ')[0] ?? '',
      database: facts?.['database'] ?? '',
      user: facts?.['account'] ?? target.user,
      role: facts?.['recovering'] === 't' ? 'replica' : 'primary',
    },
    settings: {
      version: Number(facts?.['number']),
      zone: facts?.['zone'] ?? undefined,
      readOnly: facts?.['read_only'] === 'on',
      lockTimeout: facts?.['lock_timeout'] ?? undefined,
    },
  };
}

/** How a session's statements are stopped, be it one that reads or one that writes. */
export const stopping = (session: Session, problemOf: Stopping['problemOf']): Stopping => ({
  tell: async (running, pause) => {
    while (running()) {
      await session.cancel(STOP_MS);
      await pause();
    }
  },
  breakOff: () => session.destroy(new Error('a statement could not be stopped')),
  problemOf,
});

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
      ...(options.settings.length > 0 && lacksSettings(error) && { settings: [] }),
    };
    if (Object.keys(less).length === 0) throw error;
    return await open({ ...options, ...less }, target, remainingMs);
  }
}

/** PostgreSQL speaks no TLS on a Unix socket, where nobody listens in. */
const inTheClear = ({ tls, socket }: ServerTarget): boolean => tls.mode === 'disable' || socket !== undefined;

/**
 * Opens a session and gets to know it, both within the time.
 * @param settings what the session is asked to be, as `name=value`; a pooler may drop or refuse that
 * @param meet makes something of the session, which ends when that fails
 * @throws Problem unreachable, refused, missing, timeout or config
 */
export async function openSession<Answer>(
  target: Target,
  settings: readonly string[],
  timeoutMs: number,
  meet: (session: Session, target: ServerTarget) => Promise<Answer>,
): Promise<Answer> {
  if (target.engine !== 'postgres') throw new Error(`the PostgreSQL engine was given a ${target.engine} target`);
  const { user, password, database } = target;
  const deadline = performance.now() + timeoutMs;
  const remainingMs = () => Math.max(1, deadline - performance.now());
  try {
    const ssl = inTheClear(target) ? undefined : await sslOf(target);
    const options = { ...address(target), user, password, database, ssl, settings };
    const session = await open(options, target, remainingMs);
    const late = setTimeout(() => session.destroy(noAnswer(target)), remainingMs());
    try {
      return await meet(session, target);
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
