import { open, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../config/read.ts';
import { Problem } from '../../model/problem.ts';

/** Folders of other people's code and of history. */
const PASSED_OVER: ReadonlySet<string> = new Set(['vendor', 'node_modules', '.git']);
/** Code that people write is smaller; a bundle or a dump is not. */
const LARGEST_BYTES = 1_048_576;

export interface SourceFile {
  /** From the folder, with slashes. It may hold any character. */
  readonly path: string;
  /** undefined: too large, binary, or not to be read. */
  readonly text: string | undefined;
}

/** A file's text, or undefined where it is no source: too large, binary, gone or not readable. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    const file = await open(path);
    try {
      if ((await file.stat()).size > LARGEST_BYTES) return undefined;
      const bytes = await file.readFile();
      return bytes.includes(0) ? undefined : bytes.toString('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** What a folder holds, by name; nothing where it may not be read. */
async function entriesOf(folder: string) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return [];
  }
}

/**
 * The regular files below a folder, without other people's code. Links are not followed: what they lead to within the
 * folder comes by itself, and what lies outside is no part of it.
 * @throws Problem usage, when there is no such folder; cancelled
 */
export async function* sourceFiles(folder: string, signal: AbortSignal): AsyncGenerator<SourceFile> {
  let root: string;
  try {
    root = await realpath(folder);
    await readdir(root);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw new Problem('usage', `${folder} is no folder that can be read`, 'give the folder of the source code');
  }
  const folders = [''];
  for (let below = folders.pop(); below !== undefined; below = folders.pop()) {
    const entries = await entriesOf(join(root, below));
    const inner: string[] = [];
    for (const entry of entries) {
      if (signal.aborted) throw new Problem('cancelled', 'the search was cancelled', 'run it again');
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory() && !PASSED_OVER.has(entry.name)) inner.push(path);
      if (entry.isFile()) yield { path, text: await textOf(join(root, path)) };
    }
    folders.push(...inner.reverse());
  }
}
