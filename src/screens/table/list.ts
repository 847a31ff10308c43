import { useEffect, useMemo, useRef, useState } from 'react';
import type { AppointmentRow, RowsQuery } from '../../data/queries/rows.ts';
import type { RowsView } from '../../live/rows.ts';
import { useServices, useVisible } from '../hooks/console.ts';
import type { Filter } from '../hooks/keys.ts';

/** A contiguous run of a list's rows and where it stands, for any kind of row. */
export type ListView<Item> = Omit<RowsView, 'query' | 'rows'> & { readonly rows: readonly Item[] };

/** How rows are ordered: by a column of the table that shows them. */
export interface Sort {
  readonly column: string;
  readonly direction: 'asc' | 'desc';
}

/** What a table shows. A list over a `RowsStore` has the same parts. */
export interface List<Item> {
  keyOf(item: Item): string;
  getView(): ListView<Item>;
  subscribe(listener: () => void): () => void;
  /** Which row a person is at, by its index in `rows`: those after it will be wanted. */
  near(index: number): void;
  toStart(): void;
  toEnd(): void;
  /** While held the rows stay as they are. */
  hold(held: boolean): void;
  /** Stops what is loading. */
  cancel(): void;
  /** Every row, for an export. */
  readAll(signal: AbortSignal): AsyncIterable<readonly Item[]>;
}

/**
 * The rows of a query, of any number, straight from the database: opened here, closed with the view. The query is
 * asked anew when its content changes.
 */
export function useRowList(query: RowsQuery): List<AppointmentRow> {
  const services = useServices();
  const visible = useVisible();
  const [store] = useState(() => services.openRows());
  const latest = useRef(query);
  const content = JSON.stringify(query);
  useEffect(() => {
    const wanted: RowsQuery = JSON.parse(content);
    latest.current = wanted;
    store.open(wanted);
  }, [store, content]);
  const [holds] = useState(() => new Set<'marked' | 'covered'>());
  // Rows that nobody sees are not read again.
  useEffect(() => {
    if (visible) holds.delete('covered');
    else holds.add('covered');
    store.hold(holds.size > 0);
  }, [store, holds, visible]);
  useEffect(() => () => store.close(), [store]);
  return useMemo(
    () => ({
      keyOf: (row) => row.pk,
      getView: () => store.getView(),
      subscribe: (listener) => store.subscribe(listener),
      near: (index) => store.near(index),
      toStart: () => store.toStart(),
      toEnd: () => store.toEnd(),
      hold: (held) => {
        if (held) holds.add('marked');
        else holds.delete('marked');
        store.hold(holds.size > 0);
      },
      cancel: () => store.cancel(),
      readAll: (signal) => services.readAll(latest.current, signal),
    }),
    [services, store, holds],
  );
}

/** Rows that are all in memory. Keeps the old ones while held. */
class ArrayList<Item> implements List<Item> {
  readonly keyOf: (item: Item) => string;
  #view: ListView<Item>;
  #newest: readonly Item[];
  readonly #listeners = new Set<() => void>();

  constructor(items: readonly Item[], keyOf: (item: Item) => string) {
    this.keyOf = keyOf;
    this.#newest = items;
    this.#view = {
      rows: items,
      offset: 0,
      total: items.length,
      atStart: true,
      atEnd: true,
      loading: undefined,
      problem: undefined,
      held: false,
    };
  }

  getView = (): ListView<Item> => this.#view;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  set(items: readonly Item[]): void {
    if (items === this.#newest) return;
    this.#newest = items;
    if (!this.#view.held) this.#show(false);
  }

  hold(held: boolean): void {
    if (held !== this.#view.held) this.#show(held);
  }

  near(): void {}
  toStart(): void {}
  toEnd(): void {}
  cancel(): void {}

  async *readAll(): AsyncIterable<readonly Item[]> {
    yield this.#view.rows;
  }

  #show(held: boolean): void {
    const rows = held ? this.#view.rows : this.#newest;
    this.#view = { ...this.#view, rows, total: rows.length, held };
    for (const listener of this.#listeners) listener();
  }
}

/** How text is compared: numbers in it by their value, so that `id 9` stands before `id 10`. */
let collator: Intl.Collator | undefined;

function sorted<Item>(
  items: readonly Item[],
  value: (item: Item) => string | null,
  direction: Sort['direction'],
): readonly Item[] {
  collator ??= new Intl.Collator('en', { numeric: true });
  const { compare } = collator;
  const sign = direction === 'asc' ? 1 : -1;
  const order = (one: string | null, other: string | null) => {
    if (one === null || other === null) return Number(one !== null) - Number(other !== null);
    return compare(one, other);
  };
  return items.toSorted((one, other) => sign * order(value(one), value(other)));
}

interface ArrayListOptions<Item> {
  readonly items: readonly Item[];
  readonly keyOf: (item: Item) => string;
  readonly columns: readonly { readonly id: string; readonly value: (item: Item) => string | null }[];
  readonly filter?: Filter | undefined;
  readonly sort?: Sort | undefined;
}

/** A list over an array, filtered by text in any of its columns and sorted by one of them. */
export function useArrayList<Item>({ items, keyOf, columns, filter, sort }: ArrayListOptions<Item>): List<Item> {
  const shown = useMemo(() => {
    const needle = filter?.needle.toLowerCase();
    const kept =
      needle === undefined
        ? items
        : items.filter(
            (item) =>
              columns.some(({ value }) => value(item)?.toLowerCase().includes(needle)) !== (filter?.inverse ?? false),
          );
    const by = columns.find(({ id }) => id === sort?.column);
    return by === undefined || sort === undefined ? kept : sorted(kept, by.value, sort.direction);
  }, [items, columns, filter, sort]);
  const [list] = useState(() => new ArrayList(shown, keyOf));
  useEffect(() => list.set(shown), [list, shown]);
  return list;
}
