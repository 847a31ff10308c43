import { statSync } from 'node:fs';
import { join } from 'node:path';
import { passwordIn } from './pgpass.ts';
import { readOptional } from './read.ts';
import { absolute, firstExisting, type Surroundings, shown } from './surroundings.ts';
import type { ServerTarget, Tls } from './target.ts';
import { completeTls, overlay } from './tls.ts';
import { portNumber } from './url.ts';
import type { WantedServer, WantedTls } from './wanted.ts';

/** Where Debian's packages and PostgreSQL itself put the local server's socket. */
const SOCKET_FOLDERS = ['/var/run/postgresql', '/tmp'];

/**
 * What is not said comes from where `psql` takes it: the variables PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE,
 * PGSSLMODE, PGSSLROOTCERT, PGSSLCERT and PGSSLKEY, the password file, the files in `~/.postgresql`, the local
 * server's socket. Source: PostgreSQL's manual, "libpq: Environment Variables" and "SSL Support".
 * @throws Problem config, for a password file that cannot be read or a variable that says something impossible
 */
export function completePostgres(wanted: WantedServer, around: Surroundings, notes: string[]): ServerTarget {
  const { env } = around;
  const saidHost = wanted.host ?? env['PGHOST'];
  const port = wanted.port ?? (env['PGPORT'] === undefined ? 5432 : portNumber(env['PGPORT']));
  const socket = wanted.socket ?? (saidHost === undefined ? localSocket(port) : isPath(saidHost));
  const host = saidHost === undefined || isPath(saidHost) ? 'localhost' : saidHost;
  const user = wanted.user ?? env['PGUSER'] ?? around.user;
  const database = wanted.database ?? env['PGDATABASE'] ?? user;
  const key = {
    hosts: socket === undefined ? [host] : ['localhost', socket],
    port,
    database: database ?? '',
    user: user ?? '',
  };
  return {
    engine: 'postgres',
    host,
    port,
    socket,
    user,
    password: wanted.password ?? env['PGPASSWORD'] ?? passwordFromFile(key, around, notes),
    database,
    tls: tls(wanted.tls, around),
  };
}

const isPath = (host: string): string | undefined => (host.startsWith('/') ? host : undefined);

function localSocket(port: number): string | undefined {
  const files = SOCKET_FOLDERS.map((folder) => `${folder}/.s.PGSQL.${port}`);
  return firstExisting(files)?.replace(/\/[^/]*$/, '');
}

/** A file that others may read is left out, as psql does it. */
function passwordFromFile(
  key: Parameters<typeof passwordIn>[1],
  around: Surroundings,
  notes: string[],
): string | undefined {
  const path = absolute(around.env['PGPASSFILE'] ?? '~/.pgpass', around.folder, around.home);
  const content = readOptional(path, shown(path, around));
  if (content === undefined) return undefined;
  if ((statSync(path).mode & 0o077) === 0) return passwordIn(content, key);
  notes.push(`${shown(path, around)} is left out: others may read it (chmod 600 it)`);
  return undefined;
}

function tls(said: WantedTls, { env, folder, home }: Surroundings): Tls {
  const own = (name: string) => firstExisting([join(home, '.postgresql', name)]);
  const variables = {
    mode: env['PGSSLMODE'],
    ca: env['PGSSLROOTCERT'],
    certificate: env['PGSSLCERT'],
    key: env['PGSSLKEY'],
  };
  const files = {
    mode: undefined,
    ca: undefined,
    certificate: own('postgresql.crt'),
    key: own('postgresql.key'),
  };
  const wanted = overlay(overlay(said, variables), files);
  // Without a mode the mere existence of the default CA must not demand that the server be signed by it.
  const ca = wanted.ca ?? (wanted.mode === undefined ? undefined : own('root.crt'));
  return completeTls({ ...wanted, ca }, (path) => absolute(path, folder, home));
}
