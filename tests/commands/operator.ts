import { execFile } from 'node:child_process';
import { type Ended, LAUNCHER } from '../build/program.ts';
import { Folder } from '../config/folder.ts';
import type { TestDatabase } from '../engines/engines.ts';

/** A person who runs commands in a folder of their own, without a terminal. */
export class Operator extends Folder {
  get surroundings(): Record<string, string> {
    const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
    return { PATH, NODE_COMPILE_CACHE, HOME: this.home, LC_ALL: 'C.UTF-8', ...this.env };
  }

  run(...args: string[]): Promise<Ended> {
    return new Promise((resolve) => {
      const options = { cwd: this.folder, env: this.surroundings };
      const child = execFile(process.execPath, [LAUNCHER, ...args], options, (_, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, stdout, stderr });
      });
    });
  }
}

/** The URL of a test's database as --url takes it. */
export const urlOf = ({ target, url }: TestDatabase): string => (target.engine === 'sqlite' ? `sqlite:${url}` : url);

/** The same URL with other credentials; a file has none. */
export function withUser(url: string, user: string, password: string): string {
  const changed = new URL(url);
  changed.username = user;
  changed.password = password;
  return changed.href;
}
