/** Where a database is and how to get in. Secrets are resolved only when a connection is opened. */
export type Target = FileTarget | ServerTarget;

export interface FileTarget {
  readonly engine: 'sqlite';
  readonly path: string;
}

/** One server of a connection. */
interface Place {
  readonly host: string;
  readonly port: number;
  /** A Unix socket (a file for MySQL, a folder or file for PostgreSQL); used instead of host and port. */
  readonly socket: string | undefined;
  readonly password: string | undefined;
}

export interface ServerTarget extends Place {
  readonly engine: 'mysql' | 'postgres';
  readonly user: string | undefined;
  readonly database: string | undefined;
  readonly tls: Tls;
  /** Further servers with the same data, to be tried in this order. */
  readonly others?: readonly Place[];
}

/**
 * - `disable`: never; `prefer`: when the server offers it, unverified (PostgreSQL's and MySQL's own default);
 * - `require`: always, unverified; `verify-ca`: signed by the CA; `verify-full`: and for this host name.
 */
export interface Tls {
  readonly mode: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';
  /** Paths of PEM files. */
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}
