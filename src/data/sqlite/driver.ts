import { Worker } from 'node:worker_threads';
import { IDLE_TRANSACTION_MS } from '../idle.ts';
import { openToBackUp } from './driver-backup.ts';
import { openToRead } from './driver-reading.ts';
import type { Serving } from './driver-values.ts';
import { openToWrite } from './driver-writing.ts';
import type { DriverError, Mode, Request, Response } from './protocol.ts';

const MODES: Readonly<Record<Mode, (path: string) => Serving>> = {
  read: openToRead,
  write: openToWrite,
  'back-up': openToBackUp,
};

function describe(error: unknown): DriverError {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
  return { code, message };
}

async function respond(serving: Serving, request: Request): Promise<Response> {
  try {
    return { ...(await serving.answer(request)), inTransaction: serving.database.inTransaction };
  } catch (error) {
    return { error: describe(error), inTransaction: serving.database.inTransaction };
  }
}

/** Milliseconds between two looks at whether the parent still lives. */
const LOOK_MS = 1_000;

/** Ends this process when its parent is gone; from another thread, as this one notices nothing while it is in a statement. */
function watchParent(): void {
  const look = `if (process.ppid !== ${process.ppid}) process.kill(process.pid, 'SIGKILL');`;
  new Worker(`setInterval(() => { ${look} }, ${LOOK_MS})`, { eval: true }).unref();
}

/**
 * The parent decides when this process ends. Ctrl-C reaches the whole group, and so do the end of a terminal and the stop
 * of a service; a change stops at the end of its batch then, and needs for that this process and the one that reads its rows.
 */
function ignoreSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
}

/**
 * The process that holds a SQLite file open. better-sqlite3 is synchronous and can't be interrupted: a
 * thread stuck in a statement can be neither terminated nor exited past, a process can be killed. See
 * docs/decisions/0001-sqlite-in-a-process.md.
 */
function serve(path: string, mode: Mode): void {
  const send = (response: Response) => process.send?.(response);
  ignoreSignals();
  process.on('disconnect', () => process.exit(0));
  try {
    const serving = MODES[mode](path);
    // Undoes what is not committed.
    process.on('exit', () => serving.database.close());
    let idle: NodeJS.Timeout | undefined;
    const reply = (response: Response) => {
      if (response.inTransaction) idle = setTimeout(() => process.exit(0), IDLE_TRANSACTION_MS);
      send(response);
    };
    process.on('message', (request: Request) => {
      clearTimeout(idle);
      void respond(serving, request).then(reply);
    });
    send({ changes: 0, inTransaction: false });
    watchParent();
  } catch (error) {
    send({ error: describe(error), inTransaction: false });
  }
}

const [, , path, mode = 'read'] = process.argv;
const isMode = (word: string): word is Mode => Object.hasOwn(MODES, word);
if (process.send && path !== undefined && isMode(mode)) serve(path, mode);
