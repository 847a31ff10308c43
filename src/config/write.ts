import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { Problem } from '../model/problem.ts';
import { errorCode } from './read.ts';
import type { ConfigFile, ContextConfig } from './schema.ts';
import { absolute } from './surroundings.ts';
import { tlsMode } from './tls.ts';
import { parseUrl } from './url.ts';

/** Where the password of a URL is expected, once it has been taken out of it. */
export const PASSWORD_VARIABLE = 'APPTOP_PASSWORD';

/** A URL as a config may hold it, and the password that was in it. */
export interface Secretless {
  readonly connection: ContextConfig['connection'];
  readonly password: string | undefined;
}

/**
 * Takes the password out of a URL and leaves a reference in its place.
 * @param asked a password that came apart from the URL; one in the URL wins
 * @throws Problem config, when the URL is wrong
 */
export function secretless(url: string, asked?: string): Secretless {
  const wanted = parseUrl(url);
  const password = wanted.engine === 'sqlite' ? undefined : (wanted.password ?? asked);
  if (wanted.engine === 'sqlite' || password === undefined) return { connection: url, password: undefined };
  const { tls, ...place } = wanted;
  const mode = tls.mode === undefined ? undefined : tlsMode(tls.mode);
  const hasTls = Object.values(tls).some((part) => part !== undefined);
  const connection = {
    ...place,
    password: `\${env:${PASSWORD_VARIABLE}}`,
    tls: hasTls ? { ...tls, mode } : undefined,
  };
  return { connection, password };
}

/** The same connection for a config in another folder: its relative paths made absolute. */
export function anchored(
  connection: ContextConfig['connection'],
  folder: string,
  home: string,
): ContextConfig['connection'] {
  if (typeof connection !== 'string' || connection.startsWith('${')) return connection;
  const wanted = parseUrl(connection);
  return wanted.engine === 'sqlite' ? `sqlite:${absolute(wanted.path, folder, home)}` : connection;
}

/** @throws Problem usage, when a file is there that may not be replaced */
export function checkFree(path: string, name: string, force: boolean): void {
  if (!force && existsSync(path)) {
    throw new Problem(
      'usage',
      `${name} is there already`,
      'replace it with --force, or write another with --output FILE',
    );
  }
}

/**
 * Writes a config that only its owner may read, all or nothing.
 * @throws Problem config, when the folder does not let it
 */
export function writeConfig(path: string, name: string, config: ConfigFile): void {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(unfinished, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(unfinished, path);
  } catch (error) {
    const remedy = 'check the folder, or write elsewhere with --output FILE';
    throw new Problem('config', `${name} cannot be written (${errorCode(error) ?? 'unknown'})`, remedy, {
      cause: error,
    });
  }
}
