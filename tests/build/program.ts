import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The program as people start it. */
export const LAUNCHER = fileURLToPath(new URL('../../bin/apptop.js', import.meta.url));

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, without a terminal. */
export function runCommand(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { env: { ...process.env, ...env } }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

/** Runs apptop to its end, without a terminal. */
export const apptop = (...args: string[]): Promise<Ended> => runCommand(process.execPath, [LAUNCHER, ...args]);
