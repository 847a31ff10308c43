import { createContext, useCallback, useContext, useRef, useSyncExternalStore } from 'react';
import type { ChangesState } from '../../changes/store-state.ts';
import type { ChecksState } from '../../checks/store.ts';
import type { LiveState } from '../../live/store.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { RunbooksState } from '../../runbooks/console-state.ts';
import type { Console, Display, DrawOptions, Services } from '../contract.ts';
import type { KeyRouter } from '../keys/router.ts';
import type { ConsoleModel, ConsoleState } from '../model.ts';
import type { ChangesSource, LiveSource } from '../still.ts';
import type { Theme } from '../theme.ts';

/** Everything that stays the same for the life of a console. */
export interface Root {
  readonly services: Services;
  /** The live state as it is drawn. */
  readonly drawn: LiveSource;
  /** The changes as they are drawn. */
  readonly drawnChanges: ChangesSource;
  readonly model: ConsoleModel;
  readonly router: KeyRouter;
  readonly theme: Theme;
  readonly draw: DrawOptions;
  /** Ends the console with an exit code. */
  readonly quit: (code: number) => void;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export const RootContext = createContext<Root | undefined>(undefined);
/** The cells that a view may draw on. */
export const SizeContext = createContext<Size>({ columns: 80, rows: 24 });
/** Whether a view is on screen, or covered by another. */
export const VisibleContext = createContext(true);

export function useRoot(): Root {
  const root = useContext(RootContext);
  if (root === undefined) throw new Error('a screen was drawn outside the console');
  return root;
}

export const useConsole = (): Console => useRoot().model;
export const useServices = (): Services => useRoot().services;
export const useTheme = (): Theme => useRoot().theme;
export const useSize = (): Size => useContext(SizeContext);
export const useVisible = (): boolean => useContext(VisibleContext);

const silent = () => () => undefined;

/** A slice of a store's state; draws again when the slice changes, and never while `followed` is false. */
function useSlice<State, Slice>(
  store: { getState(): State; subscribe(listener: () => void): () => void },
  select: (state: State) => Slice,
  followed = true,
): Slice {
  // One selection for each state, so that a slice made anew is the same one until the state changes.
  const last = useRef<{ state: State; select: (state: State) => Slice; slice: Slice } | undefined>(undefined);
  const subscribe = useCallback((listener: () => void) => store.subscribe(listener), [store]);
  return useSyncExternalStore(followed ? subscribe : silent, () => {
    const [state, previous] = [store.getState(), last.current];
    if (previous !== undefined && (!followed || (previous.state === state && previous.select === select))) {
      return previous.slice;
    }
    last.current = { state, select, slice: select(state) };
    return last.current.slice;
  });
}

/** A slice of the live state. A covered view keeps the slice it had. */
export function useLive<Slice>(select: (state: LiveState) => Slice): Slice {
  return useSlice(useRoot().drawn, select, useVisible());
}

/** A slice of what is known of the checks. A covered view keeps the slice it had. */
export function useChecks<Slice>(select: (state: ChecksState) => Slice): Slice {
  return useSlice(useServices().checks, select, useVisible());
}

/** A slice of what is known of the changes and their runs. A covered view keeps the slice it had. */
export function useChanges<Slice>(select: (state: ChangesState) => Slice): Slice {
  return useSlice(useRoot().drawnChanges, select, useVisible());
}

/** A slice of what is known of the runbooks and their runs. A covered view keeps the slice it had. */
export function useRunbooks<Slice>(select: (state: RunbooksState) => Slice): Slice {
  return useSlice(useServices().runbooks, select, useVisible());
}

/** A slice of the figures, which are there whenever a screen is drawn. */
export function useSnapshot<Slice>(select: (snapshot: Snapshot) => Slice): Slice {
  return useLive(({ snapshot }) => {
    if (snapshot === undefined) throw new Error('a screen was drawn before the first figures');
    return select(snapshot);
  });
}

export function useConsoleState<Slice>(select: (state: ConsoleState) => Slice): Slice {
  return useSlice(useRoot().model, select);
}

export const useDisplay = (): Display => useConsoleState(selectDisplay);
const selectDisplay = (state: ConsoleState): Display => state.display;
