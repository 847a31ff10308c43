import { readState } from '../config/state.ts';
import { cut } from '../model/cut.ts';
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
  /** The file of its rows and its SQL; undefined where none was written. */
  readonly evidence?: string | undefined;
}

/** Runs that a trend shows. */
const TREND = 30;
/** Characters of a figure and of a note: the file is written with each result. */
const TEXT_CHARACTERS = 2_000;

const bounded = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : cut(text, TEXT_CHARACTERS);

/**
 * What a result becomes in memory, after what was remembered before it.
 * @param evidence the file of its rows and its SQL
 */
export function remember(
  result: CheckResult,
  before: Remembered | undefined,
  evidence: string | undefined,
): Remembered {
  const { verdict, violations, figure, note, durationMs, at } = result;
  const told = verdict === 'pass' || verdict === 'fail';
  return {
    verdict,
    violations,
    figure: bounded(figure),
    note: bounded(note),
    durationMs,
    at,
    passedAt: verdict === 'pass' ? at : before?.passedAt,
    trend: [...(before?.trend ?? []), told ? violations : null].slice(-TREND),
    evidence,
  };
}

/** Whether a field holds what it should, or is left out. */
const mayHold = (value: object, field: keyof Remembered, type: 'string' | 'number'): boolean => {
  const held: unknown = Object.getOwnPropertyDescriptor(value, field)?.value;
  return held === undefined || typeof held === type;
};

const isRemembered = (value: unknown): value is Remembered =>
  typeof value === 'object' &&
  value !== null &&
  mayHold(value, 'figure', 'string') &&
  mayHold(value, 'note', 'string') &&
  mayHold(value, 'passedAt', 'number') &&
  mayHold(value, 'evidence', 'string') &&
  'verdict' in value &&
  CHECK_VERDICTS.some((verdict) => verdict === value.verdict) &&
  'violations' in value &&
  typeof value.violations === 'number' &&
  'durationMs' in value &&
  typeof value.durationMs === 'number' &&
  'at' in value &&
  typeof value.at === 'number' &&
  'trend' in value &&
  Array.isArray(value.trend) &&
  value.trend.every((violations) => violations === null || typeof violations === 'number');

/** The file's results by check id; nothing from a file that is not there or was damaged. */
export function readRemembered(file: string): Map<string, Remembered> {
  try {
    const parsed: unknown = JSON.parse(readState(file) ?? 'null');
    if (typeof parsed !== 'object' || parsed === null) return new Map();
    return new Map(Object.entries(parsed).filter((entry): entry is [string, Remembered] => isRemembered(entry[1])));
  } catch (error) {
    if (error instanceof SyntaxError) return new Map();
    throw error;
  }
}

/** The newer result of each check: the file may lack what was found while another process wrote it. */
export function newest(known: ReadonlyMap<string, Remembered>, found: ReadonlyMap<string, Remembered>) {
  const all = new Map(known);
  for (const [id, result] of found) if (result.at >= (all.get(id)?.at ?? 0)) all.set(id, result);
  return all;
}
