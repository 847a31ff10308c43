/**
 * What a screen gets and what it gives: read this, then `registry.ts`. The hooks are in `hooks/`:
 *
 * - `useConsole()` what a screen may do: open a view, go back, say something, copy, prompt (this file's `Console`)
 * - `useServices()` the context, the live store, the database, lists of rows
 * - `useSnapshot(select)` a slice of the figures; `useLive(select)` a slice of the live state around them
 * - `useChecks(select)` a slice of what is known of the checks; `useChanges(select)` of the changes and their runs;
 *   `useRunbooks(select)` of the runbooks and theirs
 * - `useKeys(bindings)` the keys of this screen, for handling, footer, help and palette at once
 * - `useFilter()` the `/` filter of this view; `useSize()` the cells it may draw on; `useTheme()` colours and glyphs
 * - `useDisplay()` the window that `t` chose and whether times are local
 * - `useRowList(query)` and `useArrayList(…)` the lists that `components/table.tsx` draws
 *
 * A view stays mounted while another covers it, so its state is there when a person comes back; covered views neither
 * hear keys nor follow the live state.
 */
import type { ComponentType, ReactNode } from 'react';
import type { ChangesState, ChangesStore } from '../changes/store-state.ts';
import type { ChecksState, ChecksStore } from '../checks/store.ts';
import type { Context } from '../config/context.ts';
import type { Database } from '../data/database.ts';
import type { AppointmentRow, RowsQuery } from '../data/queries/rows.ts';
import type { RowsStore } from '../live/rows.ts';
import type { LiveState, LiveStore } from '../live/store.ts';
import type { Window } from '../model/windows.ts';
import type { RollbackLevels } from '../rollback/levels.ts';
import type { RunbooksStore } from '../runbooks/console-state.ts';
import type { KeyName } from './keys/keys.ts';

/** One action of a screen. One list of them feeds the key handling, the footer, the help, the palette and the tests. */
export interface Binding {
  /** Unique on its screen, in kebab-case. */
  readonly id: string;
  /** Empty for what nobody may begin by a slip of the finger: it is in the action menu and the palette. */
  readonly keys: readonly KeyName[];
  /** For help and palette: what happens, as an imperative. */
  readonly title: string;
  /** For the footer, one word; a binding without it is not in the footer. */
  readonly hint?: string;
  /** Whether the action menu has it although it has a key. */
  readonly inMenu?: true;
  /** Why it can't be done now; pressing the key says so. undefined means it can. */
  readonly disabled?: () => string | undefined;
  readonly run: () => void;
}

/** What the changes need a person's attention by. */
export interface Attention {
  readonly changes: ChangesState;
  /** Hours between a move and its cleanup. */
  readonly monitorHours: number;
}

/** A tab of the console. To add one: a file with a component, and a line in `registry.ts`. */
export interface Screen {
  readonly id: string;
  /** The number key. */
  readonly key: KeyName;
  readonly title: string;
  readonly component: ComponentType;
  /** Whether something on it needs a person: the tab gets a dot. */
  readonly needsAttention?: (state: LiveState, checks: ChecksState, changes: Attention) => boolean;
}

/** A drill-down that covers its screen until Esc. */
export interface View {
  /** Where a person is, for the line of tabs: `misplaced`, `row 512`. Made visible before it is drawn. */
  readonly title: string;
  readonly element: ReactNode;
}

/** What lies below the screens. Tests hand in their own. */
export interface Services {
  readonly context: Context;
  readonly database: Database;
  readonly live: LiveStore;
  readonly checks: ChecksStore;
  readonly changes: ChangesStore;
  readonly runbooks: RunbooksStore;
  /** Which level of a rollback is called for: it runs checks, so only when a person wants to know. @throws Problem */
  levels(signal: AbortSignal): Promise<RollbackLevels>;
  /** A list of rows of its own for each view; `useRowList` opens and closes it. */
  openRows(): RowsStore;
  /** Every row of a query from first to last, in batches, for an export. Aborting stops it on the server. */
  readAll(query: RowsQuery, signal: AbortSignal): AsyncIterable<readonly AppointmentRow[]>;
}

/** How the console draws, as the command line or the environment asked. */
export interface DrawOptions {
  readonly ascii: boolean;
  readonly lowBandwidth: boolean;
  readonly noColor: boolean;
  /** Plain lines in reading order, no alternate screen. */
  readonly screenReader: boolean;
}

/** How figures and times are shown; `t` and `z` change it. */
export interface Display {
  readonly window: Window;
  readonly localTime: boolean;
}

/** A question answered in one line at the bottom: a filter, a path. */
export interface Prompt {
  readonly label: string;
  readonly initial: string;
  /** Said beside the field. */
  readonly note?: string;
  /** What Tab makes of the text. */
  readonly complete?: (text: string) => string;
  /** Takes the answer; a text that it returns says what is wrong with it and keeps the prompt open. */
  readonly submit: (text: string) => string | undefined;
}

/** What a person marked or filtered, to be written to a file. */
export interface Export {
  /** The beginning of a file name: `review`. */
  readonly name: string;
  readonly columns: readonly string[];
  /** Rows that will be written, if known, and rows there are without the filter. */
  readonly rows: number | undefined;
  readonly of: number | undefined;
  /** Batches of rows, each row with the columns' raw values. */
  readonly read: (signal: AbortSignal) => AsyncIterable<readonly (readonly (string | null)[])[]>;
}

/** What a screen may do to the console. */
export interface Console {
  /** Covers this view with another. */
  open(view: View): void;
  /** Uncovers the view below; false when there is none. */
  back(): boolean;
  /** Shows a screen by its id. */
  show(screen: string): void;
  /** One line at the bottom, until the next key or five seconds have passed. */
  notify(text: string): void;
  /** To the clipboard of the person's own terminal; `what` names it in the note. Control characters are counted. */
  copy(text: string, what: string): void;
  prompt(prompt: Prompt): void;
  /** Asks for a path and writes a file there, never over another. */
  exportRows(rows: Export): void;
}
