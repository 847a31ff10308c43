import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { attempt, makeFolder, readState } from '../config/state.ts';
import type { Sample } from '../model/sample.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Window } from '../model/windows.ts';

/** Sparklines show the last hours: one sample a minute for a day. */
const SAMPLE_MS = 60_000;
const KEPT_MS = 24 * 3_600_000;
/** The file is written anew when it has this many times the samples that are kept. */
const REWRITE_FACTOR = 2;

const RATE_WINDOW: Window = '24h';
const LATENCY_WINDOW: Window = '1h';

/** The figures of a snapshot that are worth remembering. */
export function sampleOf(snapshot: Snapshot): Sample {
  const sync = snapshot.sync?.[RATE_WINDOW];
  const share = (status: string): number | undefined => {
    if (sync === undefined || sync.rows === 0) return undefined;
    return (sync.statuses.find((entry) => entry.status === status)?.rows ?? 0) / sync.rows;
  };
  return {
    at: snapshot.takenAt,
    misplaced: snapshot.classes.misplaced,
    review: snapshot.review?.rows,
    synced: share('synced'),
    pending: share('pending'),
    failed: share('failed'),
    latency: snapshot.latency?.[LATENCY_WINDOW].average,
  };
}

const isSample = (value: unknown): value is Sample =>
  typeof value === 'object' && value !== null && 'at' in value && typeof value.at === 'number' && 'misplaced' in value;

/** One line of the file, or nothing when it was cut off by a crash. */
function parse(line: string): readonly Sample[] {
  try {
    const value: unknown = JSON.parse(line);
    return isSample(value) ? [value] : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/**
 * The samples of one database over the last day, kept across restarts in a file of JSON lines. A folder that can't be
 * written costs the memory of earlier sessions and nothing else.
 */
export class History {
  readonly #file: string | undefined;
  #samples: readonly Sample[] = [];
  #linesInFile = 0;

  /**
   * @param file undefined keeps the samples in memory only
   * @param known samples to begin with, oldest first, where there is no file
   */
  constructor(file: string | undefined, known: readonly Sample[] = []) {
    this.#file = file;
    this.#samples = known;
    if (file === undefined) return;
    const lines = readLines(file);
    this.#linesInFile = lines.length;
    this.#samples = recent(lines.flatMap(parse), Date.now());
  }

  /** Oldest first. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** Remembers a sample, unless the last one is younger than a minute. */
  add(sample: Sample): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && sample.at - last.at < SAMPLE_MS) return;
    this.#samples = recent([...this.#samples, sample], sample.at);
    if (this.#file !== undefined) this.#write(this.#file, sample);
  }

  #write(file: string, sample: Sample): void {
    const line = (value: Sample) => `${JSON.stringify(value)}\n`;
    attempt(() => {
      makeFolder(dirname(file));
      if (this.#linesInFile < (KEPT_MS / SAMPLE_MS) * REWRITE_FACTOR) {
        appendFileSync(file, line(sample), { mode: 0o600 });
        this.#linesInFile += 1;
        return;
      }
      const anew = `${file}.${process.pid}`;
      writeFileSync(anew, this.#samples.map(line).join(''), { mode: 0o600 });
      renameSync(anew, file);
      this.#linesInFile = this.#samples.length;
    });
  }
}

const recent = (samples: readonly Sample[], now: number): readonly Sample[] =>
  samples.filter((sample) => sample.at > now - KEPT_MS);

const readLines = (file: string): readonly string[] => (readState(file) ?? '').split('\n').filter(Boolean);
