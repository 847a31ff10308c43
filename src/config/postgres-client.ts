import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, hostsOf, portNumber, withPorts } from './hosts.ts';
import { passwordIn } from './pgpass.ts';
import { readOptional } from './read.ts';
import { absolute, firstExisting, type Surroundings, shown } from './surroundings.ts';
import type { ServerTarget, Tls } from './target.ts';
import { completeTls, overlay } from './tls.ts';
import type { WantedServer, WantedTls } from './wanted.ts';

const DEFAULT_PORT = 5432;

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
  const user = wanted.user ?? env['PGUSER'] ?? around.user;
  const database = wanted.database ?? env['PGDATABASE'] ?? user;
  const said = wanted.password ?? env['PGPASSWORD'];
  const file = said === undefined ? passwordFile(around, notes) : undefined;
  const withPassword = ({ host, port, socket }: Address) => {
    const hosts = socket === undefined ? [host] : ['localhost', socket];
    const key = { hosts, port, database: database ?? '', user: user ?? '' };
    return { host, port, socket, password: said ?? (file === undefined ? undefined : passwordIn(file, key)) };
  };
  const [first, ...others] = addresses(wanted, around);
  return {
    engine: 'postgres',
    ...withPassword(first),
    user,
    database,
    tls: tls(wanted.tls, around),
    ...(others.length > 0 && { others: others.map(withPassword) }),
  };
}

type Address = Pick<ServerTarget, 'host' | 'port' | 'socket'>;

/** Where the servers are: those that are said, those of the variables, or the local one. */
function addresses({ host, port, socket }: WantedServer, { env }: Surroundings): [Address, ...Address[]] {
  const { PGHOST, PGPORT } = env;
  const text = host ?? (PGHOST || undefined);
  if (text === undefined || socket !== undefined) {
    const only = port ?? (PGPORT === undefined ? DEFAULT_PORT : portNumber(PGPORT));
    return [
      {
        host: text === undefined || text.startsWith('/') ? 'localhost' : text,
        port: only,
        socket: socket ?? localSocket(only),
      },
    ];
  }
  const named = hostsOf(text);
  const [first, ...others] = port === undefined && PGPORT !== undefined ? withPorts(named, PGPORT) : named;
  const addressOf = (one: Host): Address => {
    const path = one.host.startsWith('/') ? one.host : undefined;
    return { host: path === undefined ? one.host : 'localhost', port: one.port ?? port ?? DEFAULT_PORT, socket: path };
  };
  return [addressOf(first), ...others.map(addressOf)];
}

function localSocket(port: number): string | undefined {
  const files = SOCKET_FOLDERS.map((folder) => `${folder}/.s.PGSQL.${port}`);
  return firstExisting(files)?.replace(/\/[^/]*$/, '');
}

/** The content of the password file. One that others may read is left out, as psql does it. */
function passwordFile(around: Surroundings, notes: string[]): string | undefined {
  const path = absolute(around.env['PGPASSFILE'] ?? '~/.pgpass', around.folder, around.home);
  const content = readOptional(path, shown(path, around));
  if (content === undefined) return undefined;
  if ((statSync(path).mode & 0o077) === 0) return content;
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
