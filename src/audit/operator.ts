import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';

/** Who did something, as far as this machine and the database know. */
export interface Operator {
  /** The account on this machine. */
  readonly user: string;
  /** Who logged in, where that is another account: the kernel keeps it through sudo and su. */
  readonly login?: string | undefined;
  /** Who became that account with sudo, by the environment, in which anybody may write anything. */
  readonly sudoUser?: string | undefined;
  /** The address that an SSH session came from. */
  readonly sshClient?: string | undefined;
  readonly host: string;
  readonly databaseUser?: string | undefined;
  readonly pid: number;
}

/** The account that runs this process; a container may run with one that has no name. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}

/** What /proc/self/loginuid holds where nobody logged in: a service, a container. */
const NOBODY = 0xffffffff;

/** The account that logged in, by the kernel's word; undefined where it is this one, or nothing tells. Linux alone does. */
export function loginOf(loginUid: string, passwd: string, uid = process.getuid?.()): string | undefined {
  const login = Number.parseInt(loginUid, 10);
  if (Number.isNaN(login) || login === NOBODY || login === uid) return undefined;
  const line = passwd.split('\n').find((account) => account.split(':')[2] === String(login));
  return line?.split(':')[0] ?? `uid ${login}`;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Elsewhere than on Linux there is none.
    return '';
  }
}

/** The person behind an account, as far as this machine vouches for it. */
export const personOf = ({ login, user }: Operator): string => login ?? user;

/** @param databaseUser as the server calls the session's */
export function operatorOf(databaseUser: string | undefined, environment = process.env): Operator {
  const connection = environment['SSH_CONNECTION'] || environment['SSH_CLIENT'];
  return {
    user: accountName(),
    login: loginOf(textOf('/proc/self/loginuid'), textOf('/etc/passwd')),
    sudoUser: environment['SUDO_USER'] || undefined,
    sshClient: connection?.split(' ')[0],
    host: hostname(),
    databaseUser,
    pid: process.pid,
  };
}
