import { readdir, readFile, readlink, symlink, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/**
 * The right to write the next line of a file. A claim is a symbolic link beside the file, which is made as a whole or not
 * at all and says who made it. Its name holds the line that is to be followed and a number: who finds a claim of a process
 * that is gone makes the one with the next number, which only one can. So no claim is ever taken away from under
 * somebody, which is where a single lock file forks: of two who find it stale, the second removes the first one's new lock.
 */
export interface Claim {
  /**
   * Gives it back.
   * @param written whether the next line stands now: then the claims of the dead mean nothing any more and go too
   */
  release(written: boolean): Promise<void>;
}

/** Somebody who lives, or of whom this machine can't know, has it. */
export interface Held {
  readonly path: string;
  readonly holder: string;
}

const MARK = '.next-';

/** @param after stands for the last line that is there now */
export async function claim(file: string, after: string): Promise<Claim | Held> {
  const me = await identity(process.pid);
  const before = await claimsOf(file);
  for (let number = 0; ; number += 1) {
    const path = `${file}${MARK}${after}-${number}`;
    if (await made(me, path)) {
      const others = before.filter((other) => other !== path);
      return { release: (written) => remove(written ? [...others, path] : [path]) };
    }
    const holder = await readlink(path).catch(() => '');
    if (!(await isDead(holder))) return { path, holder };
  }
}

async function made(me: string, path: string): Promise<boolean> {
  try {
    await symlink(me, path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function claimsOf(file: string): Promise<readonly string[]> {
  const folder = dirname(file);
  const names = await readdir(folder);
  return names.filter((name) => name.startsWith(basename(file) + MARK)).map((name) => join(folder, name));
}

async function remove(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await unlink(path).catch((error: unknown) => {
      if (!isCode(error, 'ENOENT')) throw error;
    });
  }
}

export const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** A process as no other one is: `1234 91823 web1`. Numbers of processes come again, so where it is known the start counts. */
const identity = async (pid: number): Promise<string> => `${pid} ${await startOf(pid)} ${hostname()}`;

/** When a process began, in the kernel's ticks; `-` where there is no /proc, no such process, or one that only was not buried. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name before them, in brackets, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '-' : (fields[19] ?? '-');
}

/** Whether a claim's process has certainly ended. Of one on another machine, over a network's file system, nobody knows. */
async function isDead(holder: string): Promise<boolean> {
  const [pid = '', start, ...host] = holder.split(' ');
  if (!/^[1-9]\d*$/.test(pid) || host.join(' ') !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return isCode(error, 'ESRCH');
  }
  return start !== (await startOf(Number(pid)));
}
