import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Problem } from '../model/problem.ts';
import { errorCode } from './read.ts';

export interface CommandOptions {
  readonly folder: string;
  /** Where the command is written down, for the message: `./apptop.json: contexts.prod.connection.passwordCommand`. */
  readonly place: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** What the command reads; nothing by default, so that it does not wait for it. */
  readonly input?: string;
}

/**
 * What a program prints, run without a shell. What it writes to stderr is not repeated: it may be secret.
 * @param command the program and its arguments
 * @throws Problem config, when the program fails or takes too long
 */
export async function runCommand(
  command: readonly string[],
  { folder, place, timeoutMs, signal, input = '' }: CommandOptions,
): Promise<string> {
  const [program = '', ...args] = command;
  const options = { cwd: folder, timeout: timeoutMs, signal };
  const running = promisify(execFile)(program, args, options);
  // A command need not read what it is given.
  running.child.stdin?.on('error', () => undefined).end(input);
  return running.then(
    ({ stdout }) => stdout,
    (error: unknown) => {
      if (signal?.aborted === true) throw new Problem('cancelled', `${place}: ${program} was stopped`, 'run it again');
      const remedy = `run ${program} by hand in ${folder} and see`;
      // Without the error as a cause: it carries the command line and the output.
      throw new Problem('config', `${place}: ${program} ${failure(error, timeoutMs)}`, remedy);
    },
  );
}

function failure(error: unknown, timeoutMs: number): string {
  if (errorCode(error) === 'ENOENT') return 'was not found';
  if (errorCode(error) === 'EACCES') return 'may not be run';
  if (!(error instanceof Error)) return 'failed';
  if ('killed' in error && error.killed === true) return `took over ${timeoutMs / 1000} s`;
  return 'code' in error && typeof error.code === 'number' ? `failed with exit code ${error.code}` : 'failed';
}
