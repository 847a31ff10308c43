import type { LiveState, LiveStore } from '../live/store.ts';

/** What screens are drawn from. */
export type LiveSource = Pick<LiveStore, 'getState' | 'subscribe'>;

/** Names of the figures that grow by themselves while the database stands still. */
const CLOCKS: ReadonlySet<string> = new Set(['takenAt', 'oldestSeconds']);

/** The figures and the state of things, without what only says how late it is. */
const contentOf = ({ phase, snapshot, paused, interval }: LiveState): string =>
  JSON.stringify([phase, paused, interval.wanted, snapshot], (name, value: unknown) =>
    CLOCKS.has(name) ? undefined : value,
  );

/**
 * The live state for a screen reader, which speaks all of a screen again when anything on it changes: times, trends
 * and costs stay those of the last change of a figure.
 */
export function stillLive(live: LiveSource): LiveSource {
  let newest = live.getState();
  let shown = newest;
  const getState = (): LiveState => {
    const state = live.getState();
    if (state === newest) return shown;
    newest = state;
    const { snapshot, receivedAt, history, queryMs, interval } = contentOf(state) === contentOf(shown) ? shown : state;
    shown = { ...state, snapshot, receivedAt, history, queryMs, interval };
    return shown;
  };
  return { getState, subscribe: (listener) => live.subscribe(listener) };
}
