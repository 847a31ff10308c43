import { statSync } from 'node:fs';
import { join } from 'node:path';
import { hostsOf, portNumber } from './hosts.ts';
import { clientOptions } from './mycnf.ts';
import { readOptional } from './read.ts';
import { absolute, firstExisting, type Surroundings, shown } from './surroundings.ts';
import type { ServerTarget } from './target.ts';
import { completeTls, overlay, tlsPart } from './tls.ts';
import type { WantedServer, WantedTls } from './wanted.ts';

/** Where the packages of Debian, Red Hat and MySQL itself put the local server's socket. */
const SOCKETS = ['/run/mysqld/mysqld.sock', '/var/lib/mysql/mysql.sock', '/tmp/mysql.sock'];

/**
 * What is not said comes from where the `mysql` client takes it: `$MYSQL_HOME/my.cnf`, `~/.my.cnf` (which wins),
 * `$MYSQL_PWD`, the local server's socket. A password of an option file is only for the user that the file names.
 * @throws Problem config, for an option file that cannot be read or says something impossible
 */
export function completeMysql(wanted: WantedServer, around: Surroundings, notes: string[]): ServerTarget {
  const options = optionFiles(around, notes);
  const own = wanted.user === undefined || !options.has('user') || options.get('user') === wanted.user;
  const said = wanted.host ?? options.get('host');
  const [first, ...more] = hostsOf(said || 'localhost');
  const port = first.port ?? wanted.port;
  const local = first.host === 'localhost' && more.length === 0;
  const socket = wanted.socket ?? (local && port === undefined ? options.get('socket') : undefined);
  const usual = options.get('port') ?? '3306';
  const password = wanted.password ?? (own ? options.get('password') : undefined) ?? around.env['MYSQL_PWD'];
  const others = more.map((other) => ({
    host: other.host,
    port: other.port ?? wanted.port ?? portNumber(usual),
    socket: undefined,
    password,
  }));
  return {
    engine: 'mysql',
    host: first.host,
    port: port ?? portNumber(usual),
    socket: socket ?? (said === undefined && wanted.port === undefined ? firstExisting(SOCKETS) : undefined),
    user: wanted.user ?? options.get('user') ?? around.user,
    password,
    ...(others.length > 0 && { others }),
    database: wanted.database ?? options.get('database'),
    tls: completeTls(overlay(wanted.tls, tlsOf(options)), (path) => absolute(path, around.folder, around.home)),
  };
}

/** A file that everybody may write is left out, as mysql does it. */
function optionFiles(around: Surroundings, notes: string[]): ReadonlyMap<string, string> {
  const { MYSQL_HOME } = around.env;
  const own = join(around.home, '.my.cnf');
  const options = new Map<string, string>();
  for (const path of MYSQL_HOME === undefined ? [own] : [join(MYSQL_HOME, 'my.cnf'), own]) {
    const content = readOptional(path, shown(path, around));
    if (content === undefined) continue;
    if ((statSync(path).mode & 0o002) !== 0) notes.push(`${shown(path, around)} is left out: everybody may write it`);
    else for (const [name, value] of clientOptions(content)) options.set(name, value);
  }
  return options;
}

function tlsOf(options: ReadonlyMap<string, string>): WantedTls {
  const said = [...options].map(([name, value]) => [tlsPart(name), value] as const);
  const part = (wanted: keyof WantedTls) => said.findLast(([name]) => name === wanted)?.[1];
  return { mode: part('mode'), ca: part('ca'), certificate: part('certificate'), key: part('key') };
}
