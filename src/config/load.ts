import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nearest } from '../model/nearest.ts';
import { Problem } from '../model/problem.ts';
import { fail, ok, type Result } from '../model/result.ts';
import type { Context } from './context.ts';
import { detect } from './detect.ts';
import { parseDotenv } from './dotenv.ts';
import { readConfigFile } from './file.ts';
import { readOptional } from './read.ts';
import { type Origin, placed, resolveContext } from './resolve.ts';
import type { ConfigFile, ContextConfig } from './schema.ts';
import type { Variables } from './secrets.ts';
import { absolute, here, type Surroundings, shown } from './surroundings.ts';

/** What a command line says about the database; undefined means that it does not say. */
export interface LoadOptions {
  readonly context?: string | undefined;
  readonly config?: string | undefined;
  readonly url?: string | undefined;
}

export interface LoadedContext {
  readonly context: Context;
  /** How a person knows the place that named the database: `./apptop.json`, `--url`, `Laravel's ./.env`. */
  readonly where: string;
  /** The names of the contexts in the config file; only this one's when there is no file. */
  readonly contexts: readonly string[];
  /** What a person should know although it is no failure: a password file that was left out, and why. */
  readonly notes: readonly string[];
  /** Of the config file; the current one where there is none. */
  readonly folder: string;
}

/**
 * Finds the database that the operator means: `--url`, else the context of a config file (`--config`, `$APPTOP_CONFIG`,
 * `./apptop.json`, the XDG config folder), else what the current folder and the environment speak of. Of a file with
 * several contexts only the chosen one's secrets are fetched.
 */
export async function loadContext(
  options: LoadOptions,
  around: Surroundings = here(),
): Promise<Result<LoadedContext, Problem>> {
  try {
    return ok(await load(options, around));
  } catch (error) {
    if (error instanceof Problem) return fail(error);
    throw error;
  }
}

/** The config file that would be used, as an absolute path; undefined when there is none. */
function findConfigFile(config: string | undefined, { env, folder, home }: Surroundings): string | undefined {
  const named = config ?? (env['APPTOP_CONFIG'] || undefined);
  if (named !== undefined) return absolute(named, folder, home);
  const xdg = env['XDG_CONFIG_HOME'] || join(home, '.config');
  return [join(folder, 'apptop.json'), join(xdg, 'apptop', 'config.json')].find((path) => existsSync(path));
}

async function load(options: LoadOptions, around: Surroundings): Promise<LoadedContext> {
  if (options.url !== undefined) return fromUrl(options.url, options, around);
  const path = findConfigFile(options.config, around);
  if (path !== undefined) return fromFile(path, options.context, around);
  if (options.context !== undefined) {
    const remedy = 'run apptop init, or name the file with --config';
    throw new Problem('config', `there is no config file with a context "${options.context}"`, remedy);
  }
  const found = detectHere(around);
  if (found !== undefined) return only(found.config, found.where, found.origin, around);
  throw new Problem(
    'config',
    'no database is named: no config file, no .env with one and no DATABASE_URL here',
    'run apptop init, or give --url mysql://user@host/database; apptop demo shows one',
  );
}

/** What the current folder and the environment speak of, and where its `${env:NAME}` are looked up. */
export function detectHere(
  around: Surroundings,
): { readonly config: ContextConfig; readonly where: string; readonly origin: Origin } | undefined {
  const dotenv = readDotenv(around.folder, around);
  const found = placed('./.env', () => detect(around, dotenv));
  if (found === undefined) return undefined;
  const variables: Variables = (name) => around.env[name] ?? dotenv?.get(name);
  return { ...found, origin: { at: () => found.where, folder: around.folder, variables } };
}

function readDotenv(folder: string, around: Surroundings): ReadonlyMap<string, string> | undefined {
  const path = join(folder, '.env');
  const content = readOptional(path, shown(path, around));
  return content === undefined ? undefined : parseDotenv(content, around.env);
}

async function fromUrl(url: string, options: LoadOptions, around: Surroundings): Promise<LoadedContext> {
  const other = options.context === undefined ? options.config && '--config' : '--context';
  if (other) throw new Problem('usage', `--url and ${other} each name a database`, 'give one of them');
  const variables: Variables = (name) => around.env[name];
  return only({ connection: url }, '--url', { at: () => '--url', folder: around.folder, variables }, around);
}

async function only(
  config: ContextConfig,
  where: string,
  origin: Origin,
  around: Surroundings,
): Promise<LoadedContext> {
  const notes: string[] = [];
  const context = await resolveContext(undefined, config, origin, around, notes);
  return { context, where, contexts: [context.name], notes, folder: around.folder };
}

async function fromFile(path: string, wanted: string | undefined, around: Surroundings): Promise<LoadedContext> {
  const where = shown(path, around);
  const file = await readConfigFile(path, where);
  const name = chooseContext(file, wanted, where);
  const config = file.contexts[name];
  if (config === undefined) throw new Problem('config', `${where}: contexts.${name}: missing`, 'write it');
  const folder = dirname(path);
  let dotenv: ReadonlyMap<string, string> | undefined;
  const variables: Variables = (variable) => {
    if (around.env[variable] !== undefined) return around.env[variable];
    dotenv ??= readDotenv(folder, around) ?? new Map();
    return dotenv.get(variable);
  };
  const notes = readableSecret(config, path, where);
  const at = (key: string) => `${where}: contexts.${name}.${key}`;
  const origin = { at, folder, variables };
  const context = await resolveContext(name, config, origin, around, notes);
  return { context, where, contexts: Object.keys(file.contexts), notes, folder };
}

function chooseContext(file: ConfigFile, wanted: string | undefined, where: string): string {
  const names = Object.keys(file.contexts);
  const name = wanted ?? file.defaultContext ?? (names.length === 1 ? names[0] : undefined);
  if (name !== undefined && Object.hasOwn(file.contexts, name)) return name;
  if (names.length === 0) throw new Problem('config', `${where}: contexts: is empty`, 'run apptop init --force');
  const list = `choose one of ${names.join(', ')} with --context`;
  if (name === undefined)
    throw new Problem('usage', `${where} has ${names.length} contexts and no defaultContext`, list);
  const meant = nearest(name, names);
  const said = wanted === undefined ? `${where}: defaultContext: ` : `${where}: `;
  throw new Problem(
    wanted === undefined ? 'config' : 'usage',
    `${said}there is no context "${name}"`,
    meant === undefined ? list : `did you mean ${meant}?`,
  );
}

/** Secrets that stand in a file which others may read. */
function readableSecret({ connection, retry }: ContextConfig, path: string, where: string): string[] {
  const secrets = {
    password: typeof connection === 'string' ? /:\/\/[^@/:]*:([^@]+)@/.exec(connection)?.[1] : connection.password,
    'API key': retry?.calcomApi?.apiKey,
  };
  const written = Object.entries(secrets).filter(([, text]) => text !== undefined && !/^(?:$|\$\{env:)/.test(text));
  if (written.length === 0 || (statSync(path).mode & 0o077) === 0) return [];
  return written.map(
    ([name]) => `${where} holds ${name === 'password' ? 'a' : 'an'} ${name} and others may read it (chmod 600 it)`,
  );
}
