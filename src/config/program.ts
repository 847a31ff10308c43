import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { Problem } from '../model/problem.ts';

/** Characters of output that are kept, from its end. */
const KEPT_CHARACTERS = 10_000;

/** Milliseconds that the output of a program that has ended may still take; who else holds its pipes is not waited for. */
const LINGER_MS = 500;

/** How a program ended. */
export interface ProgramEnd {
  /** null where a signal ended it. */
  readonly code: number | null;
  readonly killedBy: string | null;
  /** The last 10,000 characters of each. */
  readonly stdout: string;
  readonly stderr: string;
}

interface ProgramOptions {
  readonly folder: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** What to do when it can't be run, takes too long or was stopped. */
  readonly remedy: string;
}

/** Told a group of programs, ends it when whoever told it is gone, and nothing when that says goodbye. */
const GUARD = 'read -r group && { read -r _ || kill -s KILL -- "-$group"; }';

/**
 * Sees to it that a group of programs ends with this process, also where that is killed: whoever does the same again would
 * have two of them. It is there before the program, and told its group in the same breath.
 */
function startGuard(): { readonly watch: (group: number) => void; readonly leave: () => void } {
  const guard = spawn('/bin/sh', ['-c', GUARD], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.unref();
  // Without a shell there is none; and one that somebody has killed hears nothing.
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  return {
    watch: (group) => void guard.stdin.write(`${group}\n`),
    // Also where no group was told, because the program could not be run.
    leave: () => void guard.stdin.end('\n\n'),
  };
}

/** Keeps the end of what a stream says. */
function listen(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => {
    text = (text + part).slice(-KEPT_CHARACTERS);
  });
  return () => text;
}

/**
 * Runs a program to its end, without a shell and without input.
 * @param command the program and its arguments
 * @throws Problem timeout; cancelled; config, where it can't be run
 */
export function runProgram(
  command: readonly string[],
  { folder, timeoutMs, signal, remedy }: ProgramOptions,
): Promise<ProgramEnd> {
  const [program = '', ...words] = command;
  return new Promise((resolve, reject) => {
    const guard = startGuard();
    // A group of its own: what the command has started ends with it.
    const child = spawn(program, words, { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.pid !== undefined) guard.watch(child.pid);
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
    const cancel = () => stop(new Problem('cancelled', `${program} was stopped`, 'run it again'));
    signal.addEventListener('abort', cancel, { once: true });
    // One that aborted before says nothing any more.
    if (signal.aborted) cancel();
    const end = () => {
      guard.leave();
      clearTimeout(late);
      signal.removeEventListener('abort', cancel);
      // What it left behind may hold the pipes for ever.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    child.on('error', (error) => {
      end();
      reject(new Problem('config', `${program} can't be run: ${error.message}`, remedy));
    });
    const finish = (code: number | null, killedBy: NodeJS.Signals | null) => {
      end();
      if (stopped !== undefined) reject(stopped);
      else resolve({ code, killedBy, stdout: stdout(), stderr: stderr() });
    };
    child.on('exit', (code, killedBy) => {
      const lingering = setTimeout(finish, LINGER_MS, code, killedBy);
      child.once('close', () => clearTimeout(lingering));
    });
    child.on('close', finish);
  });
}

/** Characters of the last line that a result shows. */
const SHOWN_CHARACTERS = 300;

/** The last line of what a program said. */
export const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1)?.slice(0, SHOWN_CHARACTERS) ?? '';

/** `sh ended with 1: no such table`; undefined where it ended well. */
export function failureOf(program: string, { code, killedBy, stdout, stderr }: ProgramEnd): string | undefined {
  if (code === 0) return undefined;
  const how = killedBy === null ? `ended with ${code}` : `was ended by ${killedBy}`;
  return [`${program} ${how}`, lastLine(stderr) || lastLine(stdout)].filter(Boolean).join(': ');
}
