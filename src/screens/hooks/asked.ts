import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { QueryOptions } from '../../data/database.ts';
import { Problem } from '../../model/problem.ts';
import { useServices, useVisible } from './console.ts';

/** The answer to a view's own question to the database. */
export interface Asked<Answer> {
  /** The newest; the same object as before when nothing in it changed. It stays when a later question fails. */
  readonly answer: Answer | undefined;
  readonly problem: Problem | undefined;
  readonly asking: boolean;
  again(): void;
  cancel(): void;
}

type State<Answer> = Pick<Asked<Answer>, 'answer' | 'problem' | 'asking'>;

/**
 * Asks the database when the view is first shown, and again while it is on screen: with every refresh, every so many
 * seconds unless the console is paused, or only when a person wants it. Closing the view stops on the server what is being asked.
 * @param ask rejects with a Problem; its answer is plain data
 */
export function useAsked<Answer>(
  ask: (options: QueryOptions) => Promise<Answer>,
  follow: 'refresh' | 'never' | number,
): Asked<Answer> {
  const { live } = useServices();
  const visible = useVisible();
  const [state, setState] = useState<State<Answer>>({ answer: undefined, problem: undefined, asking: false });
  const latest = useRef(ask);
  useLayoutEffect(() => {
    latest.current = ask;
  });
  const asked = useRef(false);
  const running = useRef<AbortController>(undefined);
  const run = useCallback(async (outer?: AbortSignal) => {
    if (running.current !== undefined) return;
    const abort = new AbortController();
    running.current = abort;
    setState((before) => ({ ...before, asking: true }));
    const signal = outer === undefined ? abort.signal : AbortSignal.any([outer, abort.signal]);
    try {
      const answer = await latest.current({ lane: 'row', signal });
      setState(({ answer: before }) => ({ answer: unchanged(before, answer), problem: undefined, asking: false }));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setState(({ answer }) => ({ answer, problem: error, asking: false }));
    } finally {
      running.current = undefined;
    }
  }, []);
  const again = useCallback(() => void run(), [run]);
  const cancel = useCallback(() => running.current?.abort(), []);
  useEffect(() => {
    if (!visible || (follow === 'never' && asked.current)) return undefined;
    asked.current = true;
    again();
    if (follow === 'never') return undefined;
    if (follow === 'refresh') return live.refreshWith(run);
    const timer = setInterval(() => {
      if (!live.getState().paused) again();
    }, follow * 1000);
    return () => clearInterval(timer);
  }, [live, visible, follow, again, run]);
  useEffect(() => cancel, [cancel]);
  return { ...state, again, cancel };
}

const unchanged = <Answer>(before: Answer | undefined, answer: Answer): Answer =>
  before !== undefined && JSON.stringify(before) === JSON.stringify(answer) ? before : answer;
