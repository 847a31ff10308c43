import type { ChangesState } from './store-state.ts';

/** What the parts of the store share: its state. */
export interface Shared {
  get(): ChangesState;
  set(change: Partial<ChangesState>): void;
}
