import { open, stat } from 'node:fs/promises';
import { Script } from 'node:vm';
import type { LogCheck } from '../../config/own-checks.ts';
import { count } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import type { Check, Finding } from '../check.ts';
import { SAMPLE_ROWS } from '../ground.ts';
import { ownCheck } from './own.ts';

/** Bytes read from the end of a file at most: about the last quarter million lines. */
const MOST_BYTES = 33_554_432;
/** Characters of a line that are matched and shown. */
const LINE_CHARACTERS = 2_000;

/** `[2026-11-21 12:04:31]`, `2026-11-21T12:04:31.123+01:00`, …: without an offset it is UTC. */
const TIME = /^\[?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)?/;

/** When a line was written, or undefined for one that goes on with the line before it. */
function timeOf(line: string): number | undefined {
  const [, day, time, offset = 'Z'] = TIME.exec(line) ?? [];
  const parsed = day === undefined ? Number.NaN : Date.parse(`${day}T${time}${offset}`);
  return Number.isNaN(parsed) ? undefined : parsed;
}

function firstTimeOf(lines: readonly string[]): number | undefined {
  for (const line of lines) {
    const time = timeOf(line);
    if (time !== undefined) return time;
  }
  return undefined;
}

function unreadable(file: string, error: unknown): Problem {
  const why = error instanceof Error ? error.message : String(error);
  return new Problem('config', `the log ${file} can't be read: ${why}`, 'check the path, and the right to read it');
}

/** The end of a file, and whether it is all of it. */
async function tail(file: string): Promise<{ readonly text: string; readonly whole: boolean }> {
  // Opening a pipe waits for somebody who writes to it, and nothing can stop that.
  const handle = await stat(file)
    .then((found) => (found.isFile() ? open(file) : Promise.reject(new Error('it is no file'))))
    .catch((error: unknown) => {
      throw unreadable(file, error);
    });
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, MOST_BYTES);
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await handle.read(buffer, 0, length, size - length);
    return { text: buffer.toString('utf8', 0, bytesRead), whole: length === size };
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    await handle.close();
  }
}

/** Milliseconds that a pattern may take: one that backtracks for ever would hold up everything else. */
const MATCH_MS = 1_000;

const MATCH = new Script('lines.filter((line) => pattern.test(line))');

/** @throws Problem timeout */
function matchingLines(lines: readonly string[], pattern: RegExp): readonly string[] {
  try {
    const matching: unknown = MATCH.runInNewContext({ lines, pattern }, { timeout: MATCH_MS });
    return Array.isArray(matching) ? matching.map(String) : [];
  } catch (error) {
    // No instance of this realm's Error.
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    if (code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    const what = `the pattern ${pattern.source} took over ${MATCH_MS / 1000} s`;
    throw new Problem('timeout', what, 'write it without nested repetitions');
  }
}

/** The lines of the last minutes that match a log's pattern, oldest first. @throws Problem config or timeout */
async function matchesIn({ file, pattern, minutes }: LogCheck): Promise<readonly string[]> {
  const since = Date.now() - minutes * 60_000;
  const { text, whole } = await tail(file);
  const lines = text.split('\n');
  // Where a file is cut, a line before the first time in sight belongs to one out of sight, which is older still.
  let written = whole ? undefined : firstTimeOf(lines);
  const recent = lines.filter((line) => {
    written = timeOf(line) ?? written;
    // A line without a time belongs to the last one that has one. Where none has, nobody knows: it counts.
    return written === undefined || written >= since;
  });
  return matchingLines(
    recent.map((line) => line.slice(0, LINE_CHARACTERS)),
    pattern,
  );
}

async function look(check: LogCheck): Promise<Finding> {
  const { minutes, atMost } = check;
  const matching = await matchesIn(check);
  return {
    violations: matching.length > atMost ? matching.length : 0,
    sample: matching.slice(-SAMPLE_ROWS).map((line) => ({ line })),
    figure: `${count(matching.length)} in ${minutes} min, at most ${count(atMost)}`,
  };
}

/** What a log says right now. */
export interface LogWatch {
  readonly log: LogCheck;
  /** Lines that match; undefined where nobody could tell. */
  readonly matches: number | undefined;
  /** The newest of them, oldest first; or why nobody could tell. */
  readonly last: readonly string[];
}

/** Matching lines that are shown. */
const WATCHED_LINES = 3;

/** Looks at every log of the config, one after the other. */
export async function watchLogs(logs: readonly LogCheck[]): Promise<readonly LogWatch[]> {
  const watched: LogWatch[] = [];
  for (const log of logs) {
    try {
      const matching = await matchesIn(log);
      watched.push({ log, matches: matching.length, last: matching.slice(-WATCHED_LINES) });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      watched.push({ log, matches: undefined, last: [`${error.message}: ${error.remedy}`] });
    }
  }
  return watched;
}

/** A check that a pattern stands in a log file only so often. */
export function logCheck(check: LogCheck): Check {
  const title = `${check.pattern.source} is in ${check.file} at most ${check.atMost} times in ${check.minutes} min`;
  return { ...ownCheck(check, title, `read ${check.file}`), log: check, lookOutside: () => look(check) };
}
