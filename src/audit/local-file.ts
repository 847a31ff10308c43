import { open, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../config/context.ts';
import { makeFolder, stateFile } from '../config/state.ts';
import { Problem } from '../model/problem.ts';
import { canonicalJson } from './canonical.ts';
import { loadHashing } from './chain.ts';
import { claim, isCode } from './claim.ts';
import { type End, endOf, type LocalLine, linesOf } from './local-lines.ts';

/** Milliseconds that a process waits for others that write to the same file: each takes a few. */
const PATIENCE_MS = 5_000;
/** Between two tries. */
const PAUSE_MS = 10;

/** Characters of the name by which records say in which file they were announced. */
export const FILE_ID = 16;

/** A local file as it is. */
export interface LocalFile {
  readonly path: string;
  /** By which records name it; undefined when it is not there or holds nothing. */
  readonly id: string | undefined;
  readonly lines: readonly LocalLine[];
}

export const auditFile = (context: Context): string => stateFile(context, 'audit');

/** @throws the file system's error, but not where there is no file */
export async function readLocalFile(path: string): Promise<LocalFile> {
  const text = await textOf(path);
  const lines = linesOf(text);
  const first = lines.find(({ whole }) => whole?.record !== undefined)?.whole;
  return { path, id: first?.record?.file, lines };
}

/**
 * The names of the files beside one: of databases that this account reaches elsewhere, or this one at another address.
 * @throws the file system's error, but not where there is no folder
 */
export async function idsBeside(path: string): Promise<ReadonlySet<string>> {
  const folder = dirname(path);
  const names = await readdir(folder).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  });
  const others = names.filter((name) => extname(name) === extname(path) && name !== basename(path));
  const files = await Promise.all(others.map((name) => readLocalFile(join(folder, name))));
  return new Set(files.flatMap(({ id }) => id ?? []));
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return '';
    throw error;
  }
}

/**
 * Appends a line to a chain that other processes append to at the same time. It is on the disk when this resolves.
 * @param say what the line says, told the name of the file and the line's number
 * @returns what `say` said
 * @throws Problem blocked, when others keep the file for too long; the file system's error
 */
export async function appendLine<Body extends object>(
  path: string,
  say: (id: string, seq: number) => Body,
): Promise<Body> {
  makeFolder(dirname(path));
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const after = hashOfLast(endOf(await textOf(path)));
    const claimed = await claim(path, after.slice(0, FILE_ID));
    if ('release' in claimed) {
      let written = false;
      try {
        const end = endOf(await textOf(path));
        // Others may have written between the look and the claim.
        if (hashOfLast(end) === after) {
          const body = await write(path, end, say);
          written = true;
          return body;
        }
      } finally {
        await claimed.release(written);
      }
    } else if (performance.now() > deadline) {
      throw new Problem(
        'blocked',
        `another process keeps ${path}: ${claimed.holder}`,
        `wait for it, or end it; if no apptop runs there, remove ${claimed.path}`,
      );
    }
    await sleep(PAUSE_MS * Math.random());
  }
}

const hashOfLast = ({ last }: End): string => last?.hash ?? 'nothing';

async function write<Body extends object>(
  path: string,
  { last, id, begun }: End,
  say: (id: string, seq: number) => Body,
): Promise<Body> {
  const { randomBytes } = await import('node:crypto');
  const hashOf = await loadHashing();
  // The first line follows a random hash, which names the file.
  const prev = last?.hash ?? randomBytes(32).toString('hex');
  const body = say(id ?? prev.slice(0, FILE_ID), (last?.seq ?? 0) + 1);
  const line = canonicalJson({ body, prev, hash: hashOf(prev, canonicalJson(body)) });
  const file = await open(path, 'a', 0o600);
  try {
    await file.appendFile(`${begun ? '\n' : ''}${line}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return body;
}
