import { createReadStream, type Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { runCommand } from '../config/command.ts';
import type { Context } from '../config/context.ts';
import { errorCode } from '../config/read.ts';
import { makeFolder, stateFile } from '../config/state.ts';
import type { WritingEngine } from '../data/writing.ts';
import { age, bytes } from '../model/format.ts';
import { Problem } from '../model/problem.ts';
import type { Gate } from './change.ts';
import { green, red } from './gates.ts';

/** Milliseconds that a backup command may take. */
const COMMAND_MS = 4 * 3_600_000;

/** That the data could be had back, as far as a file tells. */
export interface BackupProof {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  /** When the file was last written, in milliseconds since 1970 UTC. */
  readonly at: number;
}

/** A file that could be a backup. */
interface Dump {
  readonly file: string;
  readonly bytes: number;
  readonly at: number;
  /** Why it is none, whatever it holds. */
  readonly wrong: string | undefined;
}

/** Milliseconds by which the clock of a file server may be ahead. */
const AHEAD_MS = 60_000;

const TITLE = 'backup';

/** Whether a file is what a change is about to change, under this name or another. */
async function isLive({ target }: Context, { dev, ino }: { readonly dev: number; readonly ino: number }) {
  if (target.engine !== 'sqlite') return false;
  const live = await stat(target.path);
  return live.dev === dev && live.ino === ino;
}

const FOLDER = 'is a folder';

/** Why what is there can be no dump of this database; undefined where it may be one. */
async function whyNoDump(context: Context, found: Stats): Promise<string | undefined> {
  if (found.isDirectory()) return FOLDER;
  if (!found.isFile()) return 'is no file';
  if (await isLive(context, found)) return 'is the database itself';
  return found.mtimeMs > Date.now() + AHEAD_MS ? 'was written in the future by its time' : undefined;
}

async function dumpAt(context: Context, file: string): Promise<Dump | undefined> {
  try {
    const found = await stat(file);
    return { file, bytes: found.size, at: found.mtimeMs, wrong: await whyNoDump(context, found) };
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw new Problem('config', `cannot look at ${file}`, 'check the right to read it and its folder');
  }
}

const isFresh = ({ changes }: Context, { bytes: size, at, wrong }: Dump): boolean =>
  wrong === undefined && size > 0 && Date.now() - at <= changes.backupMaxAgeMinutes * 60_000;

const words = ({ at, bytes: size }: Dump): string => `${age(Math.max(0, Date.now() - at) / 1000)} old, ${bytes(size)}`;

/** Where the online backups of a database are kept, the newest last. */
const onlineFile = (context: Context, stamp: string): string =>
  `${stateFile(context, 'backups').replace(/\.sqlite$/, '')}-${stamp}.sqlite`;

async function newestOnline(context: Context): Promise<Dump | undefined> {
  const folder = dirname(stateFile(context, 'backups'));
  const beginning = onlineFile(context, '').replace(/\.sqlite$/, '');
  const names = await readdir(folder).catch(() => []);
  const files = names.map((name) => join(folder, name)).filter((file) => file.startsWith(beginning));
  const newest = files.toSorted().at(-1);
  return newest === undefined ? undefined : dumpAt(context, newest);
}

/** The dump that there is already. */
async function present(context: Context, given: string | undefined): Promise<Dump | undefined> {
  const file = given === undefined ? context.changes.backup?.file : resolve(given);
  return file === undefined ? newestOnline(context) : dumpAt(context, file);
}

/** Whether a dump can be made here and now. */
const canMake = ({ changes }: Context, writing: WritingEngine, given: string | undefined): boolean => {
  if (given !== undefined) return false;
  return changes.backup === undefined ? writing.onlineBackup !== undefined : 'command' in changes.backup;
};

/**
 * How the backup stands, without making one.
 * @param given the path of a dump that the operator names
 */
export async function backupGate(context: Context, writing: WritingEngine, given: string | undefined): Promise<Gate> {
  const dump = await present(context, given);
  if (dump !== undefined && isFresh(context, dump)) return green('backup', TITLE, words(dump));
  if (canMake(context, writing, given)) {
    return { id: 'backup', title: TITLE, state: 'pending', detail: 'is made when the change begins', remedy: '' };
  }
  const limit = `${context.changes.backupMaxAgeMinutes} min`;
  if (dump !== undefined) {
    const bad = dump.wrong ?? (dump.bytes === 0 ? 'is empty' : undefined);
    const what = bad === undefined ? `${words(dump)}, older than ${limit}` : `${dump.file} ${bad}`;
    return red('backup', TITLE, what, dump.wrong === FOLDER ? 'name the file in it' : 'make a new dump');
  }
  const file = given ?? context.changes.backup?.file;
  return file === undefined
    ? red(
        'backup',
        TITLE,
        'nobody said where it is',
        `set contexts.${context.name}.changes.backup, or give --backup FILE`,
      )
    : red('backup', TITLE, `there is no file ${file}`, 'make the dump, or correct the path');
}

async function sha256(file: string): Promise<string> {
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * Proves that there is a fresh backup, making one where the config or the engine says how.
 * @param since milliseconds since 1970 of the newest change that it has to hold
 * @throws Problem blocked, where there is none; config, when the command fails
 */
export async function proveBackup(
  context: Context,
  writing: WritingEngine,
  given: string | undefined,
  signal: AbortSignal,
  since = 0,
): Promise<BackupProof> {
  let dump = await present(context, given);
  const serves = dump !== undefined && isFresh(context, dump) && dump.at >= since;
  if (!serves && canMake(context, writing, given)) dump = await makeDump(context, writing, signal);
  if (dump === undefined || !isFresh(context, dump)) {
    const { detail, remedy } = await backupGate(context, writing, given ?? context.changes.backup?.file);
    throw new Problem('blocked', `no backup is proven: ${detail}`, remedy || 'see that the command writes the file');
  }
  const { file, bytes: size, at } = dump;
  if (at < since) {
    const what = `no backup is proven: ${file} is ${words(dump)}, from before the newest change`;
    throw new Problem('blocked', what, 'make a new dump');
  }
  return { file, bytes: size, at, sha256: await sha256(file) };
}

async function makeDump(context: Context, writing: WritingEngine, signal: AbortSignal): Promise<Dump | undefined> {
  const { backup } = context.changes;
  if (backup !== undefined && 'command' in backup) {
    const place = `contexts.${context.name}.changes.backup.command`;
    await runCommand(backup.command, { folder: backup.folder, place, timeoutMs: COMMAND_MS, signal });
    return dumpAt(context, backup.file);
  }
  const file = onlineFile(context, new Date().toISOString().replaceAll(/[:.]/g, '-'));
  makeFolder(dirname(file));
  await writing.onlineBackup?.(context.target, file, signal);
  return dumpAt(context, file);
}
