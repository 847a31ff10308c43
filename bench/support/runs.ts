import { spawn } from 'node:child_process';

/** A program that ran to its end. */
export interface Run {
  /** Milliseconds from the start of the process to its exit. */
  readonly ms: number;
  readonly stdout: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Looks at the process again and again while it runs. */
  readonly look?: (pid: number) => void;
}

/** Milliseconds between two looks. */
const LOOK_MS = 50;

/**
 * Runs a program to its exit, whatever its exit code: that of a check is its verdict.
 * @throws Error when it does not start, or is killed
 */
export function runToExit(
  [file = '', ...args]: readonly string[],
  { env = {}, look = () => undefined }: RunOptions = {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
    const { pid } = child;
    const looking = setInterval(() => pid !== undefined && look(pid), LOOK_MS);
    let ms = 0;
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.once('error', reject);
    child.once('exit', () => {
      ms = performance.now() - began;
      clearInterval(looking);
    });
    child.once('close', (_, signal) => {
      if (signal === null) resolve({ ms, stdout });
      else reject(new Error(`${file} was ended by ${signal}`));
    });
  });
}
