import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'apptop-demo-';
const leftBy = new RegExp(`^${PREFIX}(\\d+)-`);
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Time for the console to restore the terminal after a signal. */
const GRACE_MS = 2_000;

/** A folder that goes when its process ends. */
export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

/**
 * Makes a folder of our own for a demo database. It is removed by `remove`, at exit, and on SIGHUP, SIGINT and
 * SIGTERM; what a killed process left is swept here the next time.
 * @param stopWriters called before the folder is removed; must not wait
 */
export function temporaryFolder(stopWriters: () => void): TemporaryFolder {
  sweep();
  const path = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));

  const clear = () => {
    stopWriters();
    // A writer that is just being killed may still create a file: then removing it takes a second attempt.
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  };
  const onSignal = (signal: keyof typeof SIGNALS) => {
    clear();
    // Whoever else listens puts the terminal back first. But the listeners of some libraries leave the process to the
    // others, and it would live on.
    if (process.listenerCount(signal) === 1) process.exit(SIGNALS[signal]);
    setTimeout(() => process.exit(SIGNALS[signal]), GRACE_MS).unref();
  };
  const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;
  process.on('exit', clear);
  for (const signal of signals) process.on(signal, onSignal);

  return {
    path,
    remove() {
      clear();
      process.off('exit', clear);
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/** Removes our own folders of processes that are no more. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = leftBy.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const path = join(tmpdir(), name);
    const ours = lstatSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.();
    if (ours) rmSync(path, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
