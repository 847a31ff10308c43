import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { keysOf } from '../model/keys.ts';
import type { Context } from './context.ts';

/** The folder for what apptop remembers, by the XDG base directory specification. */
export const stateFolder = (): string =>
  join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'apptop');

/** FNV-1a of 64 bits, in hexadecimal: loading node:crypto takes 7 ms. */
function digest(text: string): string {
  let hash = 0xcbf2_9ce4_8422_2325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100_0000_01b3n);
  return hash.toString(16).padStart(16, '0');
}

/**
 * Stands for a database by where it is, since the same name means another one in another folder. Of several hosts the
 * first counts: a further one is no other database.
 */
function digestOf({ target, table }: Context): string {
  const place =
    target.engine === 'sqlite' ? target.path : [target.host, target.port, target.socket, target.database].join(' ');
  return digest(`${target.engine} ${place} ${table.schema} ${table.name}`);
}

const ENDINGS = {
  history: 'jsonl',
  checks: 'json',
  audit: 'jsonl',
  backups: 'sqlite',
  runbooks: 'jsonl',
  exports: 'jsonl',
} as const;

/** The file of what is remembered of a database: the same one for every process that looks at it. */
export const stateFile = (context: Context, what: keyof typeof ENDINGS): string =>
  join(stateFolder(), what, `${digestOf(context)}.${ENDINGS[what]}`);

/** Forgets all that this machine remembers of a database. @throws the file system's error */
export function forgetState(context: Context): void {
  for (const what of keysOf(ENDINGS)) {
    const file = stateFile(context, what);
    const [folder, beginning] = [dirname(file), basename(file, `.${ENDINGS[what]}`)];
    const names = attempt(() => readdirSync(folder)) ?? [];
    for (const name of names.filter((each) => each.startsWith(beginning))) {
      rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
}

/**
 * Makes a folder and those above it. Node's own `recursive` turns in circles for ever where a file system takes no
 * folders, as /proc.
 * @throws the file system's error
 */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const above = dirname(folder);
  if (above !== folder) makeFolder(above);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have been quicker.
    if (!existsSync(folder)) throw error;
  }
}

/** Does something with a file, or nothing when the file system says no. */
export function attempt<Answer>(work: () => Answer): Answer | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

/** The text of a file; undefined where it can't be read. */
export const readState = (file: string): string | undefined => attempt(() => readFileSync(file, 'utf8'));

/**
 * Writes a file that only its owner can read, as a whole: who reads it meanwhile sees the old one, and so does everybody
 * where it can't be written.
 */
export function writeState(file: string, text: string): void {
  attempt(() => {
    makeFolder(dirname(file));
    const anew = `${file}.${process.pid}`;
    writeFileSync(anew, text, { mode: 0o600 });
    renameSync(anew, file);
  });
}
