import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';

/** The folder with PostgreSQL's programs; undefined when they are not on this machine. */
export function postgresPrograms(): string | undefined {
  const installed = listed('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a));
  const folders = [...installed.map((version) => `/usr/lib/postgresql/${version}/bin`), ...pathFolders()];
  return folders.find((folder) => executable(join(folder, 'initdb')) && executable(join(folder, 'postgres')));
}

/** Neither server wants to run as root. */
export function nobody(): { readonly uid: number; readonly gid: number } {
  const [, , uid, gid] = /^nobody:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0].split(':') ?? [];
  return { uid: Number(uid ?? 65534), gid: Number(gid ?? 65534) };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      server.close(() => (port === undefined ? reject(new Error('no free port')) : resolve(port)));
    });
  });
}

/** Where the first of some programs is that this machine has. */
export function findProgram(names: readonly string[]): string | undefined {
  const candidates = names.flatMap((name) => pathFolders().map((folder) => join(folder, name)));
  return candidates.find(executable);
}

function pathFolders(): readonly string[] {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin'].filter((folder) => folder !== '');
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
