import { readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { attempt } from './state.ts';

/** Where a folder under git stands. */
export interface Commit {
  /** In hexadecimal: 40 characters, or 64. */
  readonly hash: string;
  /** undefined where none is checked out. */
  readonly branch: string | undefined;
}

/** Bytes of a file of git's that is read: packed refs have some 60 each. */
const LARGEST = 16_000_000;
/** References that name another one: git's own limit. */
const DEPTH = 5;

const HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const REFERENCE = /^refs\/(?!.*\.\.)[^\0-\x20\x7f~^:?*[\\]+$/;

const textOf = (file: string): string | undefined =>
  attempt(() => {
    const found = statSync(file);
    return found.isFile() && found.size <= LARGEST ? readFileSync(file, 'utf8') : undefined;
  });

const from = (path: string, folder: string): string => (isAbsolute(path) ? path : join(folder, path));

/** The folder of git's that a folder belongs to. */
function gitFolderOf(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const git = join(at, '.git');
    const [, linked] = /^gitdir: (.+)\n?$/.exec(textOf(git) ?? '') ?? [];
    if (linked !== undefined) return from(linked, at);
    if (textOf(join(git, 'HEAD')) !== undefined) return git;
    if (dirname(at) === at) return undefined;
  }
}

function hashOf(git: string, shared: string, reference: string, depth = 0): string | undefined {
  const loose = textOf(join(git, reference)) ?? textOf(join(shared, reference));
  const text = loose?.trim();
  if (text === undefined) {
    const lines = (textOf(join(shared, 'packed-refs')) ?? '').split('\n');
    return lines.map((line) => line.split(' ')).find(([, name]) => name === reference)?.[0];
  }
  const [, next] = /^ref: (.+)$/.exec(text) ?? [];
  if (next === undefined) return text;
  return depth < DEPTH && REFERENCE.test(next) ? hashOf(git, shared, next, depth + 1) : undefined;
}

/**
 * The commit that is checked out in a folder or one above it. Git's files are read and git is not run: a repository may
 * name programs that git would start. undefined where there is none, or where it is kept in another way.
 */
export function commitOf(folder: string): Commit | undefined {
  const git = gitFolderOf(folder);
  const head = git === undefined ? undefined : textOf(join(git, 'HEAD'))?.trim();
  if (git === undefined || head === undefined) return undefined;
  const shared = from(textOf(join(git, 'commondir'))?.trim() ?? '.', git);
  const [, reference] = /^ref: (.+)$/.exec(head) ?? [];
  if (reference === undefined) return HASH.test(head) ? { hash: head, branch: undefined } : undefined;
  const hash = REFERENCE.test(reference) ? hashOf(git, shared, reference) : undefined;
  return hash !== undefined && HASH.test(hash) ? { hash, branch: reference.replace(/^refs\/heads\//, '') } : undefined;
}
