import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Problem } from '../../model/problem.ts';
import { cancelled, tooLong } from '../turns.ts';
import { DriverProcess } from './driver-process.ts';
import { problemOfWriting } from './problems.ts';

/** Milliseconds to open the source. */
const OPEN_MS = 5_000;
/** Milliseconds that a copy may take: a day. */
const LIMIT_MS = 86_400_000;

/** What SQLite may leave beside a file that it was writing. */
const SUFFIXES = ['', '-journal', '-wal', '-shm'];

/**
 * Copies a SQLite database to a new file for its owner only, while others read and write it. The file has its name when it
 * is whole and on the disk, and until then `.part` behind it.
 * @throws Problem refused, when the file is there or can't be made; missing; full; cancelled by the signal
 */
export async function onlineBackup(source: string, target: string, signal: AbortSignal): Promise<void> {
  refuseExisting(target);
  const part = `${target}.part`;
  await makeEmpty(part);
  try {
    await copy(source, part, signal);
    refuseExisting(target);
    await rename(part, target);
    await syncFolder(dirname(target));
  } catch (error) {
    for (const suffix of SUFFIXES) await rm(part + suffix, { force: true });
    throw error;
  }
}

function refuseExisting(file: string): void {
  if (existsSync(file)) throw new Problem('refused', `${file} exists already`, 'name a new file');
}

async function makeEmpty(file: string): Promise<void> {
  try {
    await (await open(file, 'wx', 0o600)).close();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem('refused', `cannot make ${file}: ${why}`, 'name a new file in a folder that may be written', {
      cause: error,
    });
  }
}

async function copy(source: string, file: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw cancelled();
  const opening = { path: source, mode: 'back-up' as const, problemOf: problemOfWriting };
  const driver = await DriverProcess.start(opening, OPEN_MS);
  const stop = () => driver.kill(cancelled());
  signal.addEventListener('abort', stop);
  try {
    if (signal.aborted) stop();
    await driver.ask({ file }, LIMIT_MS, tooLong(LIMIT_MS));
  } finally {
    signal.removeEventListener('abort', stop);
    await driver.end();
  }
}

/** A name is on the disk when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
