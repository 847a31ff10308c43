import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../live/state.ts';
import { CHECK_VERDICTS, type CheckResult, type CheckVerdict } from './check.ts';

/** What is remembered of a check: enough to say how it stands and since when. */
export interface Remembered {
  readonly verdict: CheckVerdict;
  readonly violations: number;
  readonly figure: string | undefined;
  readonly note: string | undefined;
  readonly durationMs: number;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  /** When it last passed; undefined when it never did. */
  readonly passedAt: number | undefined;
  /** Violations of the last runs, oldest first; null where a run could not tell. */
  readonly trend: readonly (number | null)[];
}

/** Runs that a trend shows. */
const TREND = 30;

/** What a result becomes in memory, after what was remembered before it. */
function remember(result: CheckResult, before: Remembered | undefined): Remembered {
  const { verdict, violations, figure, note, durationMs, at } = result;
  const told = verdict === 'pass' || verdict === 'fail';
  return {
    verdict,
    violations,
    figure,
    note,
    durationMs,
    at,
    passedAt: verdict === 'pass' ? at : before?.passedAt,
    trend: [...(before?.trend ?? []), told ? violations : null].slice(-TREND),
  };
}

const isRemembered = (value: unknown): value is Remembered =>
  typeof value === 'object' &&
  value !== null &&
  'verdict' in value &&
  CHECK_VERDICTS.some((verdict) => verdict === value.verdict) &&
  'violations' in value &&
  typeof value.violations === 'number' &&
  'durationMs' in value &&
  typeof value.durationMs === 'number' &&
  'at' in value &&
  typeof value.at === 'number' &&
  'trend' in value &&
  Array.isArray(value.trend);

/** The file's results by check id; nothing from a file that is not there or was damaged. */
function read(file: string): Map<string, Remembered> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof parsed !== 'object' || parsed === null) return new Map();
    return new Map(Object.entries(parsed).filter((entry): entry is [string, Remembered] => isRemembered(entry[1])));
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error)) return new Map();
    throw error;
  }
}

/**
 * The results of one database's checks, kept across restarts in a JSON file of the state folder. Another process may write
 * the same file: each write takes over what it finds there. A folder that can't be written costs the memory of other sessions only.
 */
export class Results {
  readonly #file: string | undefined;
  #known: Map<string, Remembered>;
  /** When the file was last written as far as is known here. */
  #writtenAt: number | undefined;
  readonly #listeners = new Set<() => void>();

  /** @param file undefined keeps them in memory only */
  constructor(file: string | undefined) {
    this.#file = file;
    this.#writtenAt = writtenAt(file);
    this.#known = file === undefined ? new Map() : read(file);
  }

  /** By check id; the same map until the next result. */
  get known(): ReadonlyMap<string, Remembered> {
    return this.#known;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(results: readonly CheckResult[]): void {
    const known = new Map(this.#file === undefined ? this.#known : [...this.#known, ...read(this.#file)]);
    for (const result of results) known.set(result.check.id, remember(result, known.get(result.check.id)));
    this.#known = known;
    if (this.#file !== undefined) write(this.#file, known);
    this.#writtenAt = writtenAt(this.#file);
    for (const listener of this.#listeners) listener();
  }

  /** Takes over what another process has found meanwhile. */
  reread(): void {
    const at = writtenAt(this.#file);
    if (this.#file === undefined || at === this.#writtenAt) return;
    this.#writtenAt = at;
    this.#known = new Map([...this.#known, ...read(this.#file)]);
    for (const listener of this.#listeners) listener();
  }
}

function writtenAt(file: string | undefined): number | undefined {
  try {
    return file === undefined ? undefined : statSync(file).mtimeMs;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

function write(file: string, known: ReadonlyMap<string, Remembered>): void {
  try {
    makeFolder(dirname(file));
    const anew = `${file}.${process.pid}`;
    writeFileSync(anew, JSON.stringify(Object.fromEntries(known)), { mode: 0o600 });
    renameSync(anew, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
