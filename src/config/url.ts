import { nearest } from '../model/nearest.ts';
import { Problem } from '../model/problem.ts';
import { type Host, hostsOf, hostsText, portNumber, withPorts } from './hosts.ts';
import { TLS_NAMES, tlsPart } from './tls.ts';
import { ANY_SERVER, type Wanted, type WantedServer } from './wanted.ts';

const ENGINES: Readonly<Record<string, 'mysql' | 'postgres'>> = {
  mysql: 'mysql',
  mariadb: 'mysql',
  postgres: 'postgres',
  postgresql: 'postgres',
  pgsql: 'postgres',
};

/** Parameters that say where and who; `dbname` and `host` are libpq's, `socket` and its twin are mysql's. */
const PLACES: Readonly<Record<string, 'host' | 'socket' | 'user' | 'password' | 'database' | 'port'>> = {
  host: 'host',
  port: 'port',
  user: 'user',
  password: 'password',
  dbname: 'database',
  socket: 'socket',
  unix_socket: 'socket',
};

const FORMS = 'use sqlite:PATH, mysql://user@host/database or postgres://user@host/database';

/**
 * A connection URL: `sqlite:PATH`, `sqlite:///absolute`, `mysql://`, `mariadb://`, `postgres://`, `postgresql://`, also with
 * Laravel's `pgsql` and SQLAlchemy's `postgresql+psycopg`. Names and passwords are percent-encoded. Parameters of other clients (`pgbouncer`, `charset`) are ignored; parameters about
 * TLS, and words that are nearly one of ours, are not. Several hosts stand as libpq and MySQL have them: `//db1,db2:5433/shop`.
 * @throws Problem config, which never quotes more of the URL than its scheme
 */
export function parseUrl(url: string): Wanted {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    const file = /[/.]/.test(url) && !url.includes('@') ? `. For a file: sqlite:${url}` : '';
    throw new Problem('config', 'the connection is no URL', `${FORMS}${file}`);
  }
  const rest = url.slice(scheme.length + 1);
  if (scheme === 'sqlite') return { engine: 'sqlite', path: sqlitePath(rest) };
  const engine = ENGINES[scheme.replace(/\+.*/, '')];
  if (engine === undefined) {
    const meant = nearest(scheme, ['sqlite', ...Object.keys(ENGINES)]);
    const remedy = meant === undefined ? FORMS : `did you mean ${meant}:?`;
    throw new Problem('config', `the connection begins with ${scheme}:, which names no engine`, remedy);
  }
  if (!rest.startsWith('//')) throw new Problem('config', `the URL lacks // after ${scheme}:`, FORMS);
  return server(engine, `${scheme}:${rest}`, scheme);
}

function sqlitePath(rest: string): string {
  const path = rest.startsWith('//') ? decode(rest.slice(2), 'path', 'sqlite').replace(/^\/+/, '/') : rest;
  if (path === '') throw new Problem('config', 'the URL sqlite: names no file', 'write sqlite:PATH');
  return path;
}

function server(engine: 'mysql' | 'postgres', text: string, scheme: string): WantedServer {
  const { url, others } = split(text, scheme);
  const part = (value: string, name: string) => (value === '' ? undefined : decode(value, name, scheme));
  const host = part(url.hostname, 'host')?.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? undefined : Number(url.port);
  const several = host !== undefined && others.length > 0;
  const wanted: Writable<WantedServer> = {
    ...ANY_SERVER,
    engine,
    host: several ? hostsText([{ host, port }, ...others]) : host,
    port: several ? undefined : port,
    user: part(url.username, 'user'),
    password: part(url.password, 'password'),
    database: part(url.pathname.replace(/^\//, ''), 'database'),
    tls: ANY_SERVER.tls,
  };
  // Several ports are those of the hosts, wherever these stand.
  const parameters = [...url.searchParams].sort(([one], [other]) => Number(one === 'port') - Number(other === 'port'));
  for (const [name, value] of parameters) parameter(wanted, name, value);
  return wanted;
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** As WHATWG splits a URL, which also accepts `@` and `:` unencoded in a password, with its first host only. */
function split(text: string, scheme: string): { readonly url: URL; readonly others: readonly Host[] } {
  const [, authority = '', path = '', behind = ''] =
    /^([^/?#]*)([^?#]*)(.*)$/s.exec(text.slice(scheme.length + 3)) ?? [];
  const [, who = '', first = '', more] = /^(.*@)?([^,]*)(?:,(.*))?$/s.exec(authority) ?? [];
  const alone = `${scheme}://${who}${first}${path}${behind}`;
  const url = URL.canParse(alone) ? new URL(alone) : undefined;
  const early = !authority.includes('@') && path === '' && behind.includes('@');
  if (early || path.includes('@') || behind.includes('#')) {
    throw new Problem(
      'config',
      `the password in the ${scheme}:// URL has a character that ends it early: / ? or #`,
      'write / as %2F, ? as %3F, # as %23, or use "password": "${env:NAME}"',
    );
  }
  if (url === undefined || (first === '' && more !== undefined)) {
    const remedy = `${FORMS}; write special characters of a password as %2F, %3F, %23, %25`;
    throw new Problem('config', `the ${scheme}:// URL has no valid host or port`, remedy);
  }
  const others = more === undefined ? [] : hostsOf(decode(more, 'host', scheme));
  return { url, others };
}

function decode(value: string, name: string, scheme: string): string {
  try {
    return decodeURIComponent(value);
  } catch (cause) {
    const what = `the ${name} in the ${scheme} URL has a % that begins no encoded character`;
    throw new Problem('config', what, 'write % as %25', { cause });
  }
}

function parameter(wanted: Writable<WantedServer>, name: string, value: string): void {
  const tls = tlsPart(name);
  const place = PLACES[name];
  if (tls !== undefined) wanted.tls = { ...wanted.tls, [tls]: value };
  else if (name === 'ssl') wanted.tls = { ...wanted.tls, mode: sslWord(value) };
  else if (place === 'port' && value.includes(','))
    wanted.host = hostsText(withPorts(hostsOf(wanted.host ?? ''), value));
  else if (place === 'port') wanted.port = portNumber(value);
  else if (place !== undefined) wanted[place] = value;
  else refuseMistyped(name, wanted.engine);
}

/** `ssl=true` is JDBC's and Django's way to say `require`. */
function sslWord(value: string): string {
  if (['true', '1', 'false', '0'].includes(value)) return value === 'true' || value === '1' ? 'require' : 'disable';
  throw new Problem('config', 'the parameter ssl of the URL must be true or false', 'or say sslmode=verify-full');
}

/** A mistyped `sslmode` that nobody noticed would be a connection without the encryption that was asked for. */
function refuseMistyped(name: string, engine: 'mysql' | 'postgres'): void {
  const known = [...TLS_NAMES[engine], ...Object.keys(PLACES)];
  const meant = nearest(name, known);
  if (meant === undefined && !name.toLowerCase().startsWith('ssl')) return;
  const remedy = meant === undefined ? `use ${TLS_NAMES[engine].join(', ')}` : `did you mean ${meant}?`;
  throw new Problem('config', `the URL has an unknown parameter "${name}"`, remedy);
}
