import type { Failure } from '../../checks/alerts.ts';
import type { Check } from '../../checks/check.ts';
import type { LogWatch } from '../../checks/own/log.ts';
import type { Remembered } from '../../checks/results.ts';
import type { Context } from '../../config/context.ts';
import type { KnownColumn } from '../../model/columns.ts';
import type { Sample } from '../../model/sample.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Alert, AlertLevel, Verdict } from '../../model/verdict.ts';
import type { Window } from '../../model/windows.ts';
import type { PhaseWords } from '../changes-words.ts';
import type { ListFilter } from '../rows.tsx';
import type { Mark } from './line.ts';

/** What is behind a line, to be opened by it. */
interface Openings {
  readonly rows: (title: string, filter: ListFilter) => () => void;
  /** A screen by its id. */
  readonly screen: (id: string) => () => void;
  /** A check by its id. */
  readonly check: (id: string) => () => void;
}

/** What panels are drawn from. */
export interface Subject {
  readonly snapshot: Snapshot;
  /** With what the checks say. */
  readonly verdict: Verdict;
  readonly checks: {
    /** Empty until they are loaded. */
    readonly list: readonly Check[];
    readonly known: ReadonlyMap<string, Remembered>;
    readonly failures: readonly Failure[];
    /** The moment, in local milliseconds. */
    readonly now: number;
  };
  /** What the logs of the config say; empty where there are none. */
  readonly logs: readonly LogWatch[];
  /** Where the migration of the ids stands; undefined until the runs are known. */
  readonly phase: PhaseWords | undefined;
  readonly history: readonly Sample[];
  readonly window: Window;
  readonly context: Context;
  readonly open: Openings;
}

const MARKS: Readonly<Record<AlertLevel, Mark>> = { immediate: 'person', warning: 'target', investigation: 'look' };

/** The mark of a line by the alert about it, if there is one. */
export function markOf({ verdict }: Subject, ...ids: readonly string[]): Mark | undefined {
  const alert: Alert | undefined = verdict.alerts.find(({ id }) => ids.includes(id));
  return alert && MARKS[alert.level];
}

/** `needs column X`, by the names in this database, or undefined when the table has them all. */
export function needs({ snapshot, context }: Subject, ...columns: readonly KnownColumn[]): string | undefined {
  const lacking = columns.filter((column) => snapshot.missing.includes(column));
  if (lacking.length === 0) return undefined;
  return `needs column${lacking.length > 1 ? 's' : ''} ${lacking.map((column) => context.columns[column]).join(', ')}`;
}

export const WINDOW_WORDS: Readonly<Record<Window, string>> = {
  '1h': 'last hour',
  '24h': 'last 24 h',
  '7d': 'last 7 d',
  all: 'all time',
};
