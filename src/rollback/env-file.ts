import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type DotenvChange, editDotenv } from '../config/dotenv.ts';
import { errorCode } from '../config/read.ts';
import { Problem } from '../model/problem.ts';

/** An env file as it would be changed. */
export interface EnvEdit {
  /** Behind every symbolic link: that one is written, and the links stay. */
  readonly file: string;
  readonly before: Buffer;
  readonly after: Buffer;
  readonly changes: readonly DotenvChange[];
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read or written',
  EPERM: 'it may not be read or written',
  EROFS: 'its file system is read-only',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
};

/** What the file system refuses, as what halts a run. */
function refused(file: string, error: unknown): Problem {
  const code = errorCode(error);
  if (code === undefined) throw error;
  return new Problem(
    'refused',
    `${file}: ${WHY[code] ?? code}`,
    'check the file and its folder, and the right to write',
    {
      cause: error,
    },
  );
}

/**
 * What changing some values of an env file would do; nothing is written.
 * @throws Problem refused
 */
export function readEnvEdit(path: string, values: Readonly<Record<string, string>>): EnvEdit {
  try {
    const file = realpathSync(path);
    const before = readFileSync(file);
    // One character a byte, whatever the file's encoding is.
    const { content, changes } = editDotenv(before.toString('latin1'), values);
    return { file, before, after: Buffer.from(content, 'latin1'), changes };
  } catch (error) {
    throw refused(path, error);
  }
}

/** Why a file can't be replaced by this process with its mode and owner kept; undefined where it can. */
export function whyNotReplaced(path: string): string | undefined {
  try {
    const file = realpathSync(path);
    const found = statSync(file);
    if (!found.isFile()) return 'it is no file';
    // A rename would pass over the mode of a file that is not to be written.
    accessSync(file, constants.W_OK);
    if ((found.mode & 0o222) === 0) return 'it is read-only';
    accessSync(dirname(file), constants.W_OK | constants.X_OK);
    const mine = process.getuid?.();
    if (mine !== undefined && mine !== 0 && mine !== found.uid)
      return 'it belongs to another account, and would not any more';
    return undefined;
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    return WHY[code] ?? code;
  }
}

/** Writes a file that is not there yet, with the mode and the owner of another, down to the disk. */
function writeLike(file: string, content: Buffer, like: string): void {
  const { mode, uid, gid } = statSync(like);
  // Nobody else reads it before its mode is right.
  const handle = openSync(file, 'wx', 0o600);
  try {
    let written = 0;
    while (written < content.length) written += writeSync(handle, content, written);
    const own = process.getuid?.() === uid && process.getgid?.() === gid;
    if (!own && process.getuid !== undefined) fchownSync(handle, uid, gid);
    fchmodSync(handle, mode & 0o7777);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Changes an env file as a whole or not at all, and keeps what it was beside it. Where nothing is to be changed nothing is
 * written.
 * @returns the path of the backup; undefined where nothing was written
 * @throws Problem refused
 */
export function writeEnvEdit({ file, before, after, changes }: EnvEdit, at: Date): string | undefined {
  if (changes.length === 0) return undefined;
  const why = whyNotReplaced(file);
  if (why !== undefined) throw new Problem('refused', `${file}: ${why}`, 'change it by hand, or as its owner');
  const stamp = at.toISOString().replaceAll(/[-:.]/g, '');
  const backup = `${file}.apptop-${stamp}.bak`;
  const beside = join(dirname(file), `.${basename(file)}.apptop-${process.pid}.new`);
  try {
    writeLike(backup, before, file);
    writeLike(beside, after, file);
    if (!readFileSync(file).equals(before)) {
      throw new Problem('refused', `${file}: somebody else changed it just now`, 'look at it, and try again');
    }
    renameSync(beside, file);
    syncFolder(dirname(file));
    return backup;
  } catch (error) {
    rmSync(beside, { force: true });
    if (error instanceof Problem) throw error;
    throw refused(file, error);
  }
}
