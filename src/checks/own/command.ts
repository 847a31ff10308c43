import { execFile } from 'node:child_process';
import type { CommandCheck } from '../../config/own-checks.ts';
import { Problem } from '../../model/problem.ts';
import type { Check, Finding } from '../check.ts';
import { ownCheck } from './own.ts';

/** Bytes of output that are kept. */
const OUTPUT_BYTES = 1_048_576;
/** Characters of the last line that a result shows. */
const SHOWN_CHARACTERS = 300;

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1)?.slice(0, SHOWN_CHARACTERS) ?? '';

function look({ command, folder, timeoutMs }: CommandCheck, signal: AbortSignal): Promise<Finding> {
  const [program = '', ...words] = command;
  return new Promise((resolve, reject) => {
    const options = {
      cwd: folder,
      signal,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: OUTPUT_BYTES,
    } as const;
    const child = execFile(program, words, options, (error, stdout, stderr) => {
      if (signal.aborted) return reject(new Problem('cancelled', 'the check was cancelled', 'run it again'));
      const said = lastLine(stderr) || lastLine(stdout);
      if (error === null) return resolve({ violations: 0, sample: [], figure: lastLine(stdout) || undefined });
      if (child.pid !== undefined && child.exitCode !== null) {
        return resolve({ violations: 1, sample: [], figure: `${program} ended with ${child.exitCode}: ${said}` });
      }
      const late = child.signalCode === 'SIGKILL' && error.killed === true;
      const what = late ? `${program} took over ${timeoutMs / 1000} s` : `${program} can't be run: ${error.message}`;
      reject(new Problem(late ? 'timeout' : 'config', what, 'check the command of this check in the config'));
    });
    child.stdin?.end();
  });
}

/** A check that a command ends with 0. It gets no shell and no input. */
export function commandCheck(check: CommandCheck): Check {
  const [program = ''] = check.command;
  return {
    ...ownCheck(check, `${program} ends with 0`, 'run the command by hand and read what it says'),
    lookOutside: (signal) => look(check, signal),
  };
}
