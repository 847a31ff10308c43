import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { CommandCheck } from '../../config/own-checks.ts';
import { Problem } from '../../model/problem.ts';
import type { Check, Finding } from '../check.ts';
import { ownCheck } from './own.ts';

/** Characters of output that are kept, from its end. */
const KEPT_CHARACTERS = 10_000;
/** Characters of the last line that a result shows. */
const SHOWN_CHARACTERS = 300;

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1)?.slice(0, SHOWN_CHARACTERS) ?? '';

/** Keeps the end of what a stream says. */
function listen(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => {
    text = (text + part).slice(-KEPT_CHARACTERS);
  });
  return () => text;
}

function look({ command, folder, timeoutMs }: CommandCheck, signal: AbortSignal): Promise<Finding> {
  const [program = '', ...words] = command;
  const remedy = 'check the command of this check in the config';
  return new Promise((resolve, reject) => {
    // A group of its own: what the command has started ends with it.
    const child = spawn(program, words, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr] = [listen(child.stdout), listen(child.stderr)];
    let stopped: Problem | undefined;
    const stop = (why: Problem) => {
      stopped ??= why;
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    };
    const late = setTimeout(
      () => stop(new Problem('timeout', `${program} took over ${timeoutMs / 1000} s`, remedy)),
      timeoutMs,
    );
    const cancel = () => stop(new Problem('cancelled', 'the check was cancelled', 'run it again'));
    signal.addEventListener('abort', cancel, { once: true });
    const end = () => {
      clearTimeout(late);
      signal.removeEventListener('abort', cancel);
    };
    child.on('error', (error) => {
      end();
      reject(new Problem('config', `${program} can't be run: ${error.message}`, remedy));
    });
    child.on('close', (code, killedBy) => {
      end();
      if (stopped !== undefined) return reject(stopped);
      if (code === 0) return resolve({ violations: 0, sample: [], figure: lastLine(stdout()) || undefined });
      const how = killedBy === null ? `ended with ${code}` : `was ended by ${killedBy}`;
      resolve({ violations: 1, sample: [], figure: `${program} ${how}: ${lastLine(stderr()) || lastLine(stdout())}` });
    });
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
