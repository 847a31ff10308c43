import type { List, ListView } from './list.ts';

/** Where a person is in a list and what is marked. */
export interface TableState<Item> {
  readonly view: ListView<Item>;
  /** Of the row under the cursor, in `view.rows`. */
  readonly index: number;
  /** Of the first row on screen. */
  readonly top: number;
  /** Primary keys. */
  readonly marks: ReadonlySet<string>;
  /** Position in the whole list where a range was begun. */
  readonly anchor: number | undefined;
}

/** Moves a cursor through a list by primary key, so that no refresh moves it. Knows nothing of React. */
export class TableModel<Item> {
  readonly #list: List<Item>;
  readonly #listeners = new Set<() => void>();
  #state: TableState<Item>;
  #height = 1;
  /** An end of the list that the cursor goes to as soon as its rows are there. */
  #awaited: 'start' | 'end' | undefined;
  /** Marks from before the range, which a shrinking range leaves alone. */
  #before: ReadonlySet<string> = new Set();

  constructor(list: List<Item>) {
    this.#list = list;
    this.#state = { view: list.getView(), index: 0, top: 0, marks: new Set(), anchor: undefined };
  }

  getState = (): TableState<Item> => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Follows the list until the returned function is called. */
  attach(): () => void {
    const follow = () => this.#follow(this.#list.getView());
    follow();
    return this.#list.subscribe(follow);
  }

  /** @param height rows that fit on screen */
  setHeight(height: number): void {
    if (height === this.#height) return;
    this.#height = Math.max(1, height);
    this.#set({});
  }

  get selected(): Item | undefined {
    return this.#state.view.rows[this.#state.index];
  }

  move(by: number): void {
    const { view, index } = this.#state;
    this.#goTo(Math.max(0, Math.min(view.rows.length - 1, index + by)));
  }

  page(direction: 1 | -1): void {
    this.move(direction * Math.max(1, this.#height - 1));
  }

  /** To the first row of the list, or in a range to the first that is loaded. */
  toStart(): void {
    if (this.#state.view.atStart || this.#state.anchor !== undefined) return this.#goTo(0);
    this.#awaited = 'start';
    this.#list.toStart();
  }

  toEnd(): void {
    if (this.#state.view.atEnd || this.#state.anchor !== undefined) return this.#goTo(this.#state.view.rows.length - 1);
    this.#awaited = 'end';
    this.#list.toEnd();
  }

  /** Marks the row under the cursor, or takes its mark away, and goes on to the next. */
  toggleMark(): void {
    const row = this.selected;
    if (row === undefined) return;
    const key = this.#list.keyOf(row);
    const marks = new Set(this.#state.marks);
    if (!marks.delete(key)) marks.add(key);
    this.#mark({ marks, anchor: undefined });
    this.move(1);
  }

  /** Begins a range at the cursor; the next call ends it with its rows marked. */
  toggleRange(): void {
    const { anchor, view, index, marks } = this.#state;
    if (anchor !== undefined) return this.#mark({ anchor: undefined });
    this.#before = marks;
    this.#mark({ anchor: view.offset + index });
    this.#goTo(index);
  }

  clearMarks(): void {
    this.#mark({ marks: new Set(), anchor: undefined });
  }

  #goTo(index: number): void {
    const { view, anchor } = this.#state;
    this.#awaited = undefined;
    if (view.rows.length === 0) return;
    if (anchor === undefined) this.#set({ index });
    else this.#set({ index, marks: this.#rangeTo(view, anchor, view.offset + index) });
    this.#list.near(index);
  }

  #rangeTo(view: ListView<Item>, anchor: number, cursor: number): ReadonlySet<string> {
    const marks = new Set(this.#before);
    const [first, last] = anchor < cursor ? [anchor, cursor] : [cursor, anchor];
    for (const row of view.rows.slice(Math.max(0, first - view.offset), last - view.offset + 1)) {
      marks.add(this.#list.keyOf(row));
    }
    return marks;
  }

  /** What is marked must not be changed by a refresh. */
  #mark(change: Partial<TableState<Item>>): void {
    this.#set(change);
    this.#list.hold(this.#state.marks.size > 0 || this.#state.anchor !== undefined);
  }

  #follow(view: ListView<Item>): void {
    const { view: old, index, top, marks } = this.#state;
    if (view === old) return;
    // Esc stopped what was to bring the end of the list.
    if (this.#awaited !== undefined && view.loading === undefined && !view.atStart && !view.atEnd)
      this.#awaited = undefined;
    // Another list begins: nothing of the old one is marked in it.
    if (view.loading === 'first') {
      this.#set({ view, index: 0, top: 0 });
      return this.#mark({ marks: new Set(), anchor: undefined });
    }
    if (view.rows === old.rows) return this.#set({ view });
    const keys = view.rows.map(this.#list.keyOf);
    const oldKeys = old.rows.map(this.#list.keyOf);
    const next = this.#cursorAfter(view, keys, oldKeys, index);
    const gone = goneKeys(old, oldKeys, view, keys);
    const kept = gone.size === 0 ? marks : new Set([...marks].filter((key) => !gone.has(key)));
    // The row under the cursor stays on its line of the screen.
    this.#set({ view, index: next, top: top + next - index, marks: kept });
    if (kept.size < marks.size) this.#list.hold(kept.size > 0);
  }

  #cursorAfter(view: ListView<Item>, keys: readonly string[], oldKeys: readonly string[], index: number): number {
    if (this.#awaited === 'start' && view.atStart && view.loading === undefined) {
      this.#awaited = undefined;
      return 0;
    }
    if (this.#awaited === 'end' && view.atEnd && view.loading === undefined) {
      this.#awaited = undefined;
      return Math.max(0, keys.length - 1);
    }
    const at = new Map(keys.map((key, position) => [key, position]));
    // The row itself, or its nearest neighbour that is left: first those after it.
    const after = oldKeys.slice(index).find((key) => at.has(key));
    const near = after ?? oldKeys.slice(0, index).findLast((key) => at.has(key));
    return (near === undefined ? undefined : at.get(near)) ?? 0;
  }

  #set(change: Partial<TableState<Item>>): void {
    const state = { ...this.#state, ...change };
    const last = Math.max(0, state.view.rows.length - this.#height);
    const index = Math.max(0, Math.min(state.index, state.view.rows.length - 1));
    const top = Math.max(0, Math.min(last, state.top, index), index - this.#height + 1);
    this.#state = { ...state, index, top };
    for (const listener of this.#listeners) listener();
  }
}

/**
 * Keys of rows that are gone, not just outside the run that is loaded now: those that stood between rows that are
 * still there, or beyond an end that both runs reach.
 */
function goneKeys<Item>(
  old: ListView<Item>,
  oldKeys: readonly string[],
  view: ListView<Item>,
  keys: readonly string[],
): ReadonlySet<string> {
  const present = new Set(keys);
  const first = old.atStart && view.atStart ? 0 : oldKeys.findIndex((key) => present.has(key));
  const last = old.atEnd && view.atEnd ? oldKeys.length - 1 : oldKeys.findLastIndex((key) => present.has(key));
  if (first < 0) return new Set();
  return new Set(oldKeys.slice(first, last + 1).filter((key) => !present.has(key)));
}
