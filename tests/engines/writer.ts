import type { Target } from '../../src/config/target.ts';
import type { Row } from '../../src/data/connection.ts';

/** A value to plant; times as `2026-01-31 08:00:00` in UTC, big integers as text or bigint, truth as a boolean. */
export type Value = string | number | bigint | boolean | Buffer | null;

/** A test's own way into a database: it may write. Every value comes back as text or null. */
export interface Writer {
  /** One statement; its parameters are `?` on every engine. Rows of a statement that gives none: empty. */
  execute(sql: string, parameters?: readonly Value[]): Promise<readonly Row[]>;
  close(): Promise<void>;
}

/** A fresh database of a test's own. */
export interface TestDatabase {
  readonly target: Target;
  /** As an operator writes it: `mysql://user:password@host:port/database`, or a file's path for SQLite. */
  readonly url: string;
  execute(sql: string, parameters?: readonly Value[]): Promise<readonly Row[]>;
  drop(): Promise<void>;
}

/** The parts of a server's URL as a target without TLS. */
export function targetOf(engine: 'mysql' | 'postgres', url: string): Target {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    engine,
    host: hostname,
    port: Number(port || (engine === 'mysql' ? 3306 : 5432)),
    socket: undefined,
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    tls: { mode: 'disable', ca: undefined, certificate: undefined, key: undefined },
  };
}

/** The same server, another database. */
export function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(database)}`;
  return changed.href;
}
