import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commitOf } from '../../src/config/commit.ts';
import { Folder } from './folder.ts';

const HASH = '0123456789abcdef0123456789abcdef01234567';
const OTHER = 'f'.repeat(40);

/** A folder with these files under it. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const { folder } = new Folder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

describe('the commit of a folder', () => {
  test('is that of its branch, seen from below it too', () => {
    const folder = folderWith({
      '.git/HEAD': 'ref: refs/heads/fix/ids\n',
      '.git/refs/heads/fix/ids': `${HASH}\n`,
      'app/config/x': '',
    });
    expect(commitOf(join(folder, 'app', 'config'))).toEqual({ hash: HASH, branch: 'fix/ids' });
  });

  test('is found among packed references, and without a branch', () => {
    const packed = `# pack-refs with: peeled fully-peeled sorted \n${OTHER} refs/heads/mai\n${HASH} refs/heads/main\n^${OTHER}\n`;
    const folder = folderWith({ '.git/HEAD': 'ref: refs/heads/main\n', '.git/packed-refs': packed });
    expect(commitOf(folder)).toEqual({ hash: HASH, branch: 'main' });
    expect(commitOf(folderWith({ '.git/HEAD': `${HASH}\n` }))).toEqual({ hash: HASH, branch: undefined });
  });

  test('is that of a work tree beside its repository', () => {
    const folder = folderWith({
      'tree/.git': 'gitdir: ../shop/.git/worktrees/tree\n',
      'shop/.git/worktrees/tree/HEAD': 'ref: refs/heads/tree\n',
      'shop/.git/worktrees/tree/commondir': '../..\n',
      'shop/.git/refs/heads/tree': `${HASH}\n`,
    });
    expect(commitOf(join(folder, 'tree'))).toEqual({ hash: HASH, branch: 'tree' });
  });

  test.each([
    ['no repository', {}],
    ['a branch without a commit', { '.git/HEAD': 'ref: refs/heads/main\n' }],
    ['a reference that leads out', { '.git/HEAD': 'ref: refs/../../secret\n', secret: HASH }],
    ['a file that is no reference', { '.git/HEAD': 'ref: secret\n', '.git/secret': HASH }],
    ['what is no hash', { '.git/HEAD': 'ref: refs/heads/a\n', '.git/refs/heads/a': '<script>' }],
    ['references in a circle', { '.git/HEAD': 'ref: refs/heads/a\n', '.git/refs/heads/a': 'ref: refs/heads/a\n' }],
    ['references that git keeps elsewhere', { '.git/HEAD': 'ref: refs/heads/.invalid\n' }],
  ])('is not told for %s', (_, files) => {
    expect(commitOf(folderWith({ ...files, here: '' }))).toBeUndefined();
  });

  test('is not told where a device stands in its place', () => {
    const folder = folderWith({ '.git/HEAD': '' });
    rmSync(join(folder, '.git', 'HEAD'));
    symlinkSync('/dev/zero', join(folder, '.git', 'HEAD'));
    expect(commitOf(folder)).toBeUndefined();
  });
});
