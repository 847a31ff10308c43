import { hostname, userInfo } from 'node:os';

/** Who did something, as far as this machine and the database know. */
export interface Operator {
  /** The account on this machine. */
  readonly user: string;
  /** Who became that account with sudo. */
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

/** @param databaseUser as the server calls the session's */
export function operatorOf(databaseUser: string | undefined, environment = process.env): Operator {
  const connection = environment['SSH_CONNECTION'] || environment['SSH_CLIENT'];
  return {
    user: accountName(),
    sudoUser: environment['SUDO_USER'] || undefined,
    sshClient: connection?.split(' ')[0],
    host: hostname(),
    databaseUser,
    pid: process.pid,
  };
}
