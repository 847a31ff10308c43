import type { ChangesState, ChangesStore } from '../changes/store-state.ts';
import type { LiveState, LiveStore } from '../live/store.ts';
import type { Run } from '../model/run.ts';

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

/** What screens about changes are drawn from. */
export type ChangesSource = Pick<ChangesStore, 'getState' | 'subscribe'>;

/** Shares of a run's way that are spoken: each tenth. */
const SPOKEN = 10;

/** How far a run is, roughly, and how it stands. */
const runContent = (run: Run | undefined): unknown =>
  run && [run.id, run.state, run.request, run.reason, run.pass, Math.floor((SPOKEN * run.counts.scanned) / run.total)];

const changesContent = ({ runs, own, ...others }: ChangesState): string =>
  JSON.stringify([
    runs?.map(runContent),
    own && [own.change, own.leaving, runContent(own.run)],
    { ...others, looks: 0, rate: 0 },
  ]);

/** The changes for a screen reader: a run that only goes on is spoken of at each tenth of its way. */
export function stillChanges(changes: ChangesSource): ChangesSource {
  let newest = changes.getState();
  let shown = newest;
  const getState = (): ChangesState => {
    const state = changes.getState();
    if (state === newest) return shown;
    newest = state;
    if (state.looks !== shown.looks || changesContent(state) !== changesContent(shown)) shown = state;
    return shown;
  };
  return { getState, subscribe: (listener) => changes.subscribe(listener) };
}
