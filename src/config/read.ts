import { readFileSync } from 'node:fs';
import { Problem } from '../model/problem.ts';

const WHY: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  ENOENT: ['there is no such file', 'check the path'],
  EACCES: ['may not be read', 'give your user the right to read it'],
  EISDIR: ['is a folder', 'name a file'],
  ENOTDIR: ['part of the path is no folder', 'check the path'],
};

/** The code of a failed system call, such as ENOENT; undefined for any other error. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * The text of a file that has to be there.
 * @param name how messages call it
 * @throws Problem config, when it cannot be read
 */
export function readRequired(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    const [what, remedy] = WHY[code ?? ''] ?? [`cannot be read (${code ?? 'unknown'})`, 'check the file'];
    throw new Problem('config', `${name}: ${what}`, remedy, { cause: error });
  }
}

/** As `readRequired`, but undefined when there is no such file. */
export function readOptional(path: string, name: string): string | undefined {
  try {
    return readRequired(path, name);
  } catch (error) {
    if (error instanceof Problem && ['ENOENT', 'ENOTDIR'].includes(errorCode(error.cause) ?? '')) return undefined;
    throw error;
  }
}
