import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const run = (command: string, ...args: readonly string[]): Buffer => execFileSync(command, args, { stdio: 'pipe' });

/** A file system of its own for a test; undefined where the user may not mount one. */
export function smallDisk(size: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'apptop-small-'));
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'apptop-test', folder);
  } catch {
    rmdirSync(folder);
    return undefined;
  }
  onTestFinished(() => {
    run('umount', '--lazy', folder);
    rmdirSync(folder);
  });
  return folder;
}

export const NO_DISK = 'a small disk takes a user who may mount one';
