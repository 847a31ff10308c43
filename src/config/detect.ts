import { existsSync } from 'node:fs';
import { portNumber } from './hosts.ts';
import type { ConnectionFields, ContextConfig } from './schema.ts';
import type { Variables } from './secrets.ts';
import { absolute, type Surroundings } from './surroundings.ts';
import { tlsMode } from './tls.ts';

/** A database that the current folder or the environment speaks of. */
export interface Detected {
  /** As it would stand in a config file: secrets only as `${env:NAME}`. */
  readonly config: ContextConfig;
  /** How messages call the place. */
  readonly where: string;
}

const ENGINES: Readonly<Record<string, ConnectionFields['engine']>> = {
  mysql: 'mysql',
  mariadb: 'mariadb',
  pgsql: 'postgres',
  sqlite: 'sqlite',
};

/** Laravel's words, and those that other frameworks put into APP_ENV. Everything else counts as production. */
const ENVIRONMENTS: Readonly<Record<string, NonNullable<ContextConfig['environment']>>> = {
  staging: 'staging',
  stage: 'staging',
  local: 'local',
  dev: 'local',
  development: 'local',
  testing: 'local',
  test: 'local',
};

/**
 * Finds a Laravel application's database (`DB_CONNECTION` or `DB_URL` in `.env`), else `DATABASE_URL`, as Django,
 * Supabase, Rails and Prisma have it, in the environment or in `.env`.
 * @throws Problem config, for a port or TLS mode that is none
 * @param dotenv the variables of the `.env` in the current folder, undefined when there is none
 */
export function detect(
  { env, folder, home }: Surroundings,
  dotenv: ReadonlyMap<string, string> | undefined,
): Detected | undefined {
  const variable: Variables = (name) => env[name] ?? dotenv?.get(name);
  const environment = ENVIRONMENTS[variable('APP_ENV')?.toLowerCase() ?? ''] ?? 'production';
  const detected = (connection: ContextConfig['connection'], where: string): Detected => ({
    config: { connection, environment },
    where,
  });

  const urlName = ['DB_URL', 'DATABASE_URL'].find((name) => (dotenv?.get(name) ?? '') !== '');
  if (urlName !== undefined) {
    return detected(djangoFile(variable(urlName), folder, home) ?? `\${env:${urlName}}`, `${urlName} in ./.env`);
  }
  const engine = ENGINES[dotenv?.get('DB_CONNECTION') ?? ''];
  if (engine !== undefined) return detected(laravel(engine, variable), "Laravel's ./.env");
  if ((env['DATABASE_URL'] ?? '') === '') return undefined;
  return detected(djangoFile(env['DATABASE_URL'], folder, home) ?? '${env:DATABASE_URL}', '$DATABASE_URL');
}

/** Laravel's `config/database.php` as it comes. */
function laravel(engine: ConnectionFields['engine'], variable: Variables): ContextConfig['connection'] {
  const said = (name: string) => variable(name) || undefined;
  if (engine === 'sqlite') return `sqlite:${said('DB_DATABASE') ?? 'database/database.sqlite'}`;
  const port = said('DB_PORT');
  return {
    engine,
    host: said('DB_HOST') ?? '127.0.0.1',
    port: port === undefined ? undefined : portNumber(port),
    socket: engine === 'postgres' ? undefined : said('DB_SOCKET'),
    user: said('DB_USERNAME') ?? 'root',
    password: said('DB_PASSWORD') === undefined ? undefined : '${env:DB_PASSWORD}',
    database: said('DB_DATABASE') ?? 'laravel',
    tls: tlsOf(engine, said),
  };
}

function tlsOf(engine: ConnectionFields['engine'], said: Variables): ConnectionFields['tls'] {
  const mode = said('DB_SSLMODE');
  const ca = said('MYSQL_ATTR_SSL_CA');
  if (engine === 'postgres') return mode === undefined ? undefined : { mode: tlsMode(mode) };
  return ca === undefined ? undefined : { ca };
}

/**
 * In Django's URLs `sqlite:///db.sqlite3` is relative to the project. Where there is no such absolute file and a
 * relative one exists, that is meant.
 */
function djangoFile(url: string | undefined, folder: string, home: string): string | undefined {
  const path = /^sqlite:\/\/\/([^/].*)$/.exec(url ?? '')?.[1];
  return path !== undefined && !existsSync(`/${path}`) && existsSync(absolute(path, folder, home))
    ? `sqlite:${path}`
    : undefined;
}
