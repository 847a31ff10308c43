import type { FileTarget } from './target.ts';

/** Where a database is as far as somebody said it; what is left out comes from the engine's own client files. */
export type Wanted = FileTarget | WantedServer;

export interface WantedServer {
  readonly engine: 'mysql' | 'postgres';
  /** Perhaps several, in order: `db1,db2:5433`. */
  readonly host: string | undefined;
  /** Of each host that names none itself. */
  readonly port: number | undefined;
  readonly socket: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  readonly tls: WantedTls;
}

export interface WantedTls {
  /** As PostgreSQL or MySQL calls it: `require`, `VERIFY_IDENTITY`. */
  readonly mode: string | undefined;
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

/** A server of which nothing is known yet. */
export const ANY_SERVER = {
  host: undefined,
  port: undefined,
  socket: undefined,
  user: undefined,
  password: undefined,
  database: undefined,
  tls: { mode: undefined, ca: undefined, certificate: undefined, key: undefined },
} satisfies Omit<WantedServer, 'engine'>;
