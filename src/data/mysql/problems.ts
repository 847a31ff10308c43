import type { ServerTarget } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
import { remedyOfDenied } from '../denied.ts';
import { networkTellings, placeOf, type Telling } from '../network-problems.ts';
import { tooLong } from '../turns.ts';

interface DriverError {
  /** The server's number, the same on MySQL and MariaDB: https://mariadb.com/kb/en/mariadb-error-codes/ */
  readonly number: number | undefined;
  /** Node's or the driver's. */
  readonly code: string;
  readonly message: string;
  /** Whether the session is gone. */
  readonly fatal: boolean;
}

function read(error: Error): DriverError {
  const field = (name: string): unknown => Object.getOwnPropertyDescriptor(error, name)?.value;
  const [errno, code, fatal] = [field('errno'), field('code'), field('fatal')];
  return {
    number: typeof errno === 'number' && errno > 0 ? errno : undefined,
    code: typeof code === 'string' ? code : '',
    message: error.message.replaceAll(/\s+/g, ' '),
    fatal: fatal === true,
  };
}

/** The server went away, was told to, or ended this session. */
const LOST = new Set([1053, 1077, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2006, 2013, 4031]);
/** An unknown table, column or database, or none chosen. */
const MISSING = new Set([1046, 1049, 1051, 1054, 1109, 1146, 1176]);
/** Privileges, and what a read-only session may not. */
const DENIED = new Set([1044, 1142, 1143, 1227, 1290, 1370, 1792]);

/**
 * Somebody else's lock, a deadlock (at COMMIT too, where a node of a Galera cluster finds that another one was first), a
 * row or a table that changed since this transaction began, too many transactions, a rollback by group replication.
 */
const BUSY = new Set([1020, 1205, 1213, 1412, 1637, 1689, 3101]);
const DUPLICATE = new Set([1022, 1062, 1169, 1586]);
const FULL = new Set([1021, 1114]);
/** Writing a file failed; the errno stands in the message, and 28 means no space. */
const FILE_FAILED = new Set([3, 1026, 1030, 1180]);
/** The server has become one that only reads. */
const CLOSED = new Set([1290, 1792, 1836, 3100]);
/** A Galera node without its cluster. */
const NOT_READY = 1047;
/** More in one transaction than a Galera cluster takes (`wsrep_max_ws_size`): half of it may be taken. */
export const TOO_MUCH = /^Maximum writeset size exceeded/;

/** Why a server, by its number, or the network, by a code, let nobody in. */
function tellings(target: ServerTarget, message: string): Readonly<Record<string, Telling>> {
  const { user = '', password, database, tls } = target;
  const place = placeOf(target);
  const refused: Telling = [
    'refused',
    `${place} refuses user "${user}" ${password ? 'with this password' : 'without a password'}`,
    // MariaDB says the same to a user who comes in the clear where it demands TLS.
    `check the user and the password${tls.mode === 'disable' ? ', and whether the server demands TLS' : ''}`,
  ];
  const full: Telling = ['refused', `${place} has no connection left: ${message}`, 'close idle sessions'];
  const unwanted: Telling = [
    'refused',
    `${place} takes no connection from this machine: ${message}`,
    'connect from an allowed host, or let an administrator allow this one',
  ];
  return {
    ...networkTellings(target),
    1040: full,
    1044: [
      'refused',
      `user "${user}" may not use database "${database}" on ${place}`,
      `check the name, or let an administrator run GRANT SELECT ON \`${database}\`.* for this user`,
    ],
    1045: refused,
    [NOT_READY]: ['unreachable', `${place} takes no statements: ${message}`, 'see whether the node has its cluster'],
    1049: ['missing', `there is no database "${database}" on ${place}`, 'check the name in the connection'],
    1129: unwanted,
    1130: unwanted,
    1203: full,
    1226: full,
    1698: refused,
    3159: ['refused', `${place} wants TLS`, 'set tls mode "require" or stricter in the connection'],
    HANDSHAKE_NO_SSL_SUPPORT: [
      'refused',
      `${place} offers no TLS`,
      'enable TLS on the server, or set tls mode "prefer" or "disable" in the connection',
    ],
    HANDSHAKE_SSL_ERROR: [
      'refused',
      `TLS with ${place} failed: ${message}`,
      'check the CA, the host name in the certificate and the tls mode of the connection',
    ],
  };
}

/** What a failure to open a session means to a person. Passwords are in none of the driver's messages. */
export function problemOfConnecting(error: Error, target: ServerTarget): Problem {
  const { number, code, message } = read(error);
  const place = placeOf(target);
  const other: Telling =
    number === undefined
      ? ['unreachable', `cannot connect to ${place}: ${message}`, 'check that a MySQL or MariaDB server listens there']
      : ['refused', `${place} refuses the connection: ${message}`, 'ask the administrator of the server'];
  return new Problem(...(tellings(target, message)[number ?? code] ?? other));
}

/**
 * What a failure of a statement means to a person.
 * @param timeoutMs the statement's limit
 */
export function problemOf(error: Error, target: ServerTarget, timeoutMs: number): Problem {
  const { number, message, fatal } = read(error);
  if (number === undefined || fatal || LOST.has(number)) {
    return new Problem(
      'lost',
      `the connection to ${placeOf(target)} broke: ${message}`,
      'see whether the server runs and can be reached',
    );
  }
  if (number === NOT_READY) {
    return new Problem(
      'lost',
      `${placeOf(target)} takes no statements: ${message}`,
      'see whether the node has its cluster',
    );
  }
  if (number === 1969 || number === 3024) return tooLong(timeoutMs);
  if (number === 1205) return new Problem('timeout', message, 'look at the locks, and who holds them for so long');
  if (number === 1317)
    return new Problem('cancelled', 'somebody stopped the statement on the server', 'press R to ask again');
  if (MISSING.has(number)) return new Problem('missing', message, 'check the names in the config against the database');
  if (number === 1792) return new Problem('refused', 'this session only reads', 'apptop never writes while it looks');
  if (DENIED.has(number)) return new Problem('refused', message, remedyOfDenied(message, target.user));
  return new Problem('sql', message, 'check the statement against the tables and columns there are');
}

/** Other ways to alter a table take a copy, or more than a moment. */
const notThatWay = ({ number, message }: DriverError): boolean =>
  number === 1845 || number === 1846 || /COPY\/INPLACE|INPLACE\/COPY/.test(message);

/**
 * The same of a session that writes.
 * @param timeoutMs the statement's limit
 */
export function problemOfWriting(error: Error, target: ServerTarget, timeoutMs: number): Problem {
  const known = read(error);
  const { number, message, fatal } = known;
  if (number === undefined || fatal || LOST.has(number)) return problemOf(error, target, timeoutMs);
  if (BUSY.has(number)) return new Problem('busy', message, 'try again, or see who holds the lock (8 Schema)');
  if (DUPLICATE.has(number)) return new Problem('duplicate', message, 'decide which row the value belongs to');
  if (FULL.has(number) || (FILE_FAILED.has(number) && /\b28\b/.test(message))) {
    return new Problem('full', message, `make room on the disk of ${placeOf(target)}`);
  }
  if (CLOSED.has(number)) {
    return new Problem(
      'refused',
      message,
      `see whether ${placeOf(target)} is still the primary, and name the one that is`,
    );
  }
  if (number === 1665) {
    return new Problem('refused', message, 'let an administrator SET GLOBAL binlog_format = MIXED');
  }
  if (notThatWay(known)) return new Problem('refused', message, 'allow a copy of the table, at a quiet hour');
  return problemOf(error, target, timeoutMs);
}
