import type { ServerTarget } from '../../config/target.ts';
import { Problem } from '../../model/problem.ts';
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
  if (number === 1969 || number === 3024) return tooLong(timeoutMs);
  if (number === 1205) return new Problem('timeout', message, 'look at the locks, and who holds them for so long');
  if (number === 1317)
    return new Problem('cancelled', 'somebody stopped the statement on the server', 'press R to ask again');
  if (MISSING.has(number)) return new Problem('missing', message, 'check the names in the config against the database');
  if (number === 1792) return new Problem('refused', 'this session only reads', 'apptop never writes while it looks');
  if (DENIED.has(number))
    return new Problem('refused', message, 'let an administrator grant the privilege, or go without');
  return new Problem('sql', message, 'check the statement against the tables and columns there are');
}
