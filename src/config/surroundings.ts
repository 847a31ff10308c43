import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { isAbsolute, join, relative } from 'node:path';

/** What the machine says about the person who starts apptop: everything that a config is looked for in. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The current folder. */
  readonly folder: string;
  readonly home: string;
  /** The operating system's name for the person. */
  readonly user: string | undefined;
}

/** The surroundings of this process. */
export function here(): Surroundings {
  return { env: process.env, folder: process.cwd(), home: homedir(), user: userName() };
}

/** A container may run under an id that no user has; then there is no name. */
function userName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/** A path as a person wrote it: `~/` is their home, and a relative one starts at `folder`. */
export function absolute(path: string, folder: string, home: string): string {
  if (path === '~' || path.startsWith('~/')) return join(home, path.slice(1));
  return isAbsolute(path) ? path : join(folder, path);
}

/** A path as a person recognises it: from the current folder when it lies within, else from home, else in full. */
export function shown(path: string, { folder, home }: Surroundings): string {
  const within = relative(folder, path);
  if (!within.startsWith('..') && !isAbsolute(within)) return `./${within}`;
  const fromHome = relative(home, path);
  return fromHome.startsWith('..') || isAbsolute(fromHome) ? path : `~/${fromHome}`;
}

/** The first of some paths that exists. */
export function firstExisting(paths: readonly string[]): string | undefined {
  return paths.find((path) => existsSync(path));
}
