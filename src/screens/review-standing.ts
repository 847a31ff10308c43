import { useCallback, useEffect, useRef, useState } from 'react';
import { rowStandings } from '../changes/review/row-standings.ts';
import type { ChangesState } from '../changes/store-state.ts';
import type { QueryOptions } from '../data/database.ts';
import { sourceOf } from '../data/queries/read-rows.ts';
import type { AppointmentRow } from '../data/queries/rows.ts';
import { age } from '../model/format.ts';
import type { RowStanding } from '../model/review.ts';
import { useAsked } from './hooks/asked.ts';
import { useChanges, useServices } from './hooks/console.ts';
import type { Theme, Tone } from './theme.ts';

export type Standings = Readonly<Record<string, RowStanding>>;

const NONE: Standings = {};

/** Whether anything was ever changed here: before that there is no table to ask. */
export const wasChanged = ({ runs }: ChangesState): boolean => runs !== undefined && runs.length > 0;

/**
 * How the rows on screen stand by what operators did about them, read again with each refresh; rows that nobody did
 * anything about are not among them.
 */
export function useStandings(): {
  readonly standings: Standings;
  /** undefined while there is nothing to ask: no key then waits for it. */
  readonly onShown: ((rows: readonly AppointmentRow[]) => void) | undefined;
} {
  const { context, database } = useServices();
  const changed = useChanges(wasChanged);
  const [shown, setShown] = useState('[]');
  const onShown = useCallback(
    (rows: readonly AppointmentRow[]) => setShown(JSON.stringify(rows.map(({ pk }) => pk))),
    [],
  );
  const wanted = `${changed} ${shown}`;
  const ask = async (options: QueryOptions): Promise<Standings> => {
    const pks: unknown = JSON.parse(shown);
    if (!changed || !Array.isArray(pks) || pks.length === 0) return NONE;
    const source = await sourceOf(database, context, options);
    return rowStandings(database, source, pks.map(String), options);
  };
  const { answer = NONE, asking, again } = useAsked(ask, 'refresh');
  const asked = useRef(wanted);
  // Other rows came on screen, perhaps while it was asked about the ones before.
  useEffect(() => {
    if (asking || asked.current === wanted) return;
    asked.current = wanted;
    again();
  }, [asking, wanted, again]);
  return { standings: answer, onShown: changed ? onShown : undefined };
}

/** The account of an operator as runs name them: `ada` of `ada@bastion (process 812)`. */
export const operatorName = (operator: string): string => operator.split('@', 1)[0] || operator;

type Retry = NonNullable<RowStanding['retry']>;

/** What a retry is called by how it stands, and whether that needs a person: only that is red. */
const RETRIES: Readonly<Record<Retry, readonly [string, Tone]>> = {
  retrying: ['retrying', 'accent'],
  succeeded: ['synced: settling', 'good'],
  'failed-again': ['failed again', 'bad'],
  failed: ['retry failed', 'bad'],
  unknown: ['outcome unknown', 'bad'],
  begun: ['outcome unknown', 'bad'],
  left: ['left alone', 'warn'],
};

/** How standings are written. */
export interface StandingLook {
  readonly theme: Pick<Theme, 'glyphs' | 'ascii'>;
  /** Whether ages are said: a screen reader would speak with each refresh. */
  readonly ages: boolean;
}

/** How a row's newest retry stands, in a few words. */
function retryWords({ retry, seconds, retries }: RowStanding, { theme, ages }: StandingLook): string | undefined {
  if (retry === undefined) return undefined;
  const [word] = RETRIES[retry];
  if (seconds !== undefined) return ages ? `${word} ${age(seconds)}` : word;
  const counts = (retry === 'failed-again' || retry === 'failed') && retries > 1;
  return counts ? `${word} ${theme.ascii ? 'x' : '×'}${retries}` : word;
}

/** What operators did about a row: `failed again ×2 · taken by ada · noted`; empty for nothing. */
export function standingWords(standing: RowStanding | undefined, look: StandingLook): string {
  if (standing === undefined) return '';
  const { takenBy, noted, dismissed } = standing;
  const words = [
    retryWords(standing, look),
    takenBy === undefined ? undefined : `taken by ${operatorName(takenBy)}`,
    noted === undefined ? undefined : 'noted',
  ].filter((word) => word !== undefined);
  return words.length === 0 && dismissed ? 'was dismissed' : words.join(` ${look.theme.glyphs.dot} `);
}

export const standingTone = ({ retry }: Partial<RowStanding> = {}): Tone =>
  retry === undefined ? 'muted' : RETRIES[retry][1];
