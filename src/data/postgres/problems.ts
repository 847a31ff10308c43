import type { ServerTarget } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
import { remedyOfDenied } from '../denied.ts';
import { networkTellings, noAnswer, placeOf, type Telling } from '../network-problems.ts';
import { tooLong } from '../turns.ts';

interface DriverError {
  /** An SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), or Node's code. */
  readonly code: string;
  readonly message: string;
}

function read(error: Error): DriverError {
  const code: unknown = Object.getOwnPropertyDescriptor(error, 'code')?.value;
  // Node's error for several addresses of one host has a code and no message.
  const message = error.message || String(code);
  return { code: typeof code === 'string' ? code : '', message: message.replaceAll(/\s+/g, ' ') };
}

/** Why a server or the network let nobody in, by the code of the error. */
function tellings(target: ServerTarget, message: string): Readonly<Record<string, Telling>> {
  const { user, password, database, tls } = target;
  const place = placeOf(target);
  const who = user === undefined ? 'the user' : `user "${user}"`;
  const refused: Telling = [
    'refused',
    `${place} refuses ${who} ${password ? 'with this password' : 'without a password'}`,
    'check the user and the password',
  ];
  return {
    ...networkTellings(target),
    '28P01': refused,
    '28000': [
      'refused',
      `${place} refuses ${who}: ${message}`,
      `let an administrator allow it in pg_hba.conf${tls.mode === 'disable' ? ', or set a tls mode' : ''}`,
    ],
    '3D000': [
      'missing',
      `there is no database "${database ?? user ?? ''}" on ${place}`,
      'check the name in the connection',
    ],
    '42501': ['refused', `${place} refuses ${who}: ${message}`, 'let an administrator grant CONNECT on the database'],
    '53300': [
      'refused',
      `${place} has no connection left: ${message}`,
      'close idle sessions, or raise max_connections',
    ],
    '57P03': ['refused', `${place} is not ready: ${message}`, 'wait until the server has started'],
  };
}

const CERTIFICATE = /certificate|self.signed|altname|unable to verify/i;

/** What a failure to open a session means to a person. */
export function problemOfConnecting(error: Error, target: ServerTarget): Problem {
  const { code, message } = read(error);
  const place = placeOf(target);
  const told = tellings(target, message)[code];
  if (told !== undefined) return new Problem(...told);
  if (/timeout expired/i.test(message)) return noAnswer(target);
  if (/does not support SSL/i.test(message)) {
    return new Problem(
      'refused',
      `${place} offers no TLS`,
      'enable TLS on the server, or set tls mode "prefer" or "disable"',
    );
  }
  if (/password must be a/.test(message)) {
    const remedy = 'give one in the connection, by PGPASSWORD or in ~/.pgpass';
    return new Problem('refused', `${place} wants a password for user "${target.user ?? ''}"`, remedy);
  }
  if (CERTIFICATE.test(message) || code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL')) {
    const remedy = 'check the CA, the host name in the certificate and the tls mode of the connection';
    return new Problem('refused', `TLS with ${place} failed: ${message}`, remedy);
  }
  return /^[0-9A-Z]{5}$/.test(code)
    ? new Problem('refused', `${place} refuses the connection: ${message}`, 'ask the administrator of the server')
    : new Problem(
        'unreachable',
        `cannot connect to ${place}: ${message}`,
        'check that a PostgreSQL server listens there',
      );
}

/** The server ended the session: it shuts down, somebody told it to, or the session was idle for too long. */
const ENDED = /^(57P0[1-5]|25P0[34])$/;

/**
 * What a failure of a statement means to a person.
 * @param timeoutMs the statement's limit
 */
export function problemOf(error: Error, target: ServerTarget, timeoutMs: number): Problem {
  const { code, message } = read(error);
  if (!/^[0-9A-Z]{5}$/.test(code) || code.startsWith('08') || ENDED.test(code)) {
    const what = `the connection to ${placeOf(target)} broke: ${message}`;
    return new Problem('lost', what, 'see whether the server runs and can be reached');
  }
  switch (code) {
    case '57014':
      return message.includes('timeout')
        ? tooLong(timeoutMs)
        : new Problem('cancelled', 'somebody stopped the statement on the server', 'press R to ask again');
    case '55P03':
      return new Problem('timeout', message, 'look at the locks, and who holds them for so long');
    case '25006':
      return new Problem('refused', 'this session only reads', 'apptop never writes while it looks');
    case '42501':
      return new Problem('refused', message, remedyOfDenied(message, target.user));
    case '3F000':
    case '42P01':
    case '42703':
      return new Problem('missing', message, 'check the names in the config against the database');
    default:
      return new Problem('sql', message, 'check the statement against the tables and columns there are');
  }
}

const BUSY = 'see under 8 Schema who holds locks, and try again';

/** The same for a session that writes. */
export function problemOfWriting(error: Error, target: ServerTarget, timeoutMs: number): Problem {
  const { code, message } = read(error);
  switch (code) {
    case '55P03':
      return new Problem('busy', 'somebody else holds a lock that this waited for', BUSY);
    case '40001':
    case '40P01':
      return new Problem('busy', message, BUSY);
    case '23505':
      return new Problem('duplicate', message, 'see which row has the value already');
    case '53100':
      return new Problem('full', `the disk of ${placeOf(target)} is full: ${message}`, 'make room on it');
    case '25006':
      return new Problem('refused', `${placeOf(target)} takes no writes: ${message}`, 'connect to the primary');
    case '2BP01':
      return new Problem('refused', message, 'drop what depends on it first');
    default:
      return problemOf(error, target, timeoutMs);
  }
}

/** The same for the end of a transaction. */
export function problemOfCommit(error: Error, target: ServerTarget, timeoutMs: number): Problem {
  const problem = problemOfWriting(error, target, timeoutMs);
  if (problem.kind !== 'lost') return problem;
  return new Problem('lost', `${problem.message}; whether the COMMIT was done is unknown`, problem.remedy);
}
