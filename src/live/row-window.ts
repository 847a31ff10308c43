import type { Context } from '../config/context.ts';
import type { Appointments } from '../data/appointments.ts';
import type { Database } from '../data/database.ts';
import type { Source } from '../data/queries/expressions.ts';
import { countRows, readRows, sourceOf } from '../data/queries/read-rows.ts';
import type { PositionedRow, RowsQuery, Stretch } from '../data/queries/rows.ts';
import { Problem } from '../model/problem.ts';
import type { RowsStore, RowsView } from './rows.ts';
import type { LiveStore } from './store.ts';

/** Rows of one read: fifteen screens, so that a held PageDown seldom waits. */
const PAGE = 300;
/** Rows kept at most: memory stays the same whatever the length of the list. */
const KEPT = 3 * PAGE;
/** Rows before an edge at which the next ones are read. */
const AHEAD = PAGE / 2;

/** Milliseconds of loading that nobody is told of: a frame that says so would keep the rows waiting for the next. */
const QUIET_MS = 100;

const EMPTY: RowsQuery = { filter: { includesDeleted: false }, sort: { column: 'id', direction: 'desc' }, columns: [] };

const equalRows = (left: PositionedRow, right: PositionedRow): boolean =>
  left.class === right.class && JSON.stringify(left.values) === JSON.stringify(right.values);

/** Keeps the identity of rows that did not change, so that the screen draws only what did. */
function keepIdentity(rows: readonly PositionedRow[], known: readonly PositionedRow[]): readonly PositionedRow[] {
  const byPk = new Map(known.map((row) => [row.pk, row]));
  return rows.map((row) => {
    const before = byPk.get(row.pk);
    return before !== undefined && equalRows(before, row) ? before : row;
  });
}

interface State extends RowsView {
  readonly rows: readonly PositionedRow[];
}

interface RowsOptions {
  readonly lane: 'rows';
  readonly signal: AbortSignal;
}

type Read = (source: Source, query: RowsQuery, options: RowsOptions) => Promise<Partial<State>>;

class RowWindow implements RowsStore {
  readonly #database: Database;
  readonly #context: Context;
  readonly #listeners = new Set<() => void>();
  #state: State = {
    query: EMPTY,
    rows: [],
    offset: 0,
    total: undefined,
    atStart: true,
    atEnd: false,
    loading: undefined,
    problem: undefined,
    held: false,
  };
  #abort = new AbortController();
  #opened = false;
  readonly #leave: () => void;

  constructor(database: Database, context: Context, refreshWith: LiveStore['refreshWith']) {
    this.#database = database;
    this.#context = context;
    this.#leave = refreshWith((signal) => this.#refreshed(signal));
  }

  getView(): RowsView {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  open(query: RowsQuery): void {
    this.#opened = true;
    this.#set({ query, rows: [], offset: 0, total: undefined, atStart: true, atEnd: false });
    this.#replace({ direction: 'forward', limit: PAGE });
  }

  near(index: number): void {
    const { rows, atStart, atEnd, loading } = this.#state;
    if (loading !== undefined || rows.length === 0) return;
    if (!atEnd && index > rows.length - AHEAD) void this.#extend('forward');
    else if (!atStart && index < AHEAD) void this.#extend('backward');
  }

  toStart(): void {
    if (!this.#state.atStart) this.#replace({ direction: 'forward', limit: PAGE });
  }

  toEnd(): void {
    if (!this.#state.atEnd) this.#replace({ direction: 'backward', limit: PAGE });
  }

  refresh(): void {
    void this.#refreshed(this.#abort.signal);
  }

  /** Reads the stretch at hand again; settles when that is done, failed or not. */
  async #refreshed(signal: AbortSignal): Promise<void> {
    const { held, loading, atStart, rows, total } = this.#state;
    if (!this.#opened || held || loading !== undefined) return;
    // A list of one page is read whole: its rows may have gone before the first one that is at hand.
    const whole = total !== undefined && total <= PAGE;
    const from = atStart || whole ? undefined : rows[0]?.position;
    const limit = Math.max(PAGE, rows.length);
    await this.#load(AbortSignal.any([signal, this.#abort.signal]), undefined, async (source, query, options) => {
      const stretch: Stretch = { direction: 'forward', from, inclusive: true, limit };
      const found = await readRows(this.#database, source, query, stretch, options);
      // All that stood from there on is gone, or stands before it now: a row that is flagged anew comes first.
      const fresh =
        found.length > 0 || from === undefined
          ? found
          : await readRows(this.#database, source, query, { direction: 'forward', limit }, options);
      const first = fresh[0]?.position;
      const { total, before } = await countRows(this.#database, source, query, first, options);
      // The person went on or took hold of the rows meanwhile: what they look at stays.
      if (this.#state.held || this.#state.rows !== rows) return {};
      const kept = keepIdentity(fresh, rows);
      return { rows: kept, total, offset: before, atStart: before === 0, atEnd: before + fresh.length >= total };
    });
  }

  hold(held: boolean): void {
    if (this.#state.held === held) return;
    this.#set({ held });
    if (!held) this.refresh();
  }

  cancel(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  close(): void {
    this.#opened = false;
    this.#leave();
    this.cancel();
    this.#listeners.clear();
  }

  /**
   * Shows another stretch of the same list. A list that was never counted is counted then; later counts, 70 ms for
   * 200,000 rows, come with the refreshes and keep nobody waiting.
   */
  #replace(stretch: Stretch): void {
    this.cancel();
    const { signal } = this.#abort;
    const loading = this.#state.rows.length === 0 ? 'first' : 'more';
    const forward = stretch.direction === 'forward';
    void this.#load(signal, loading, async (source, query, options) => {
      const rows = await readRows(this.#database, source, query, stretch, options);
      const whole = rows.length < stretch.limit;
      const known = this.#state.total;
      const offset = forward ? 0 : Math.max(0, (known ?? rows.length) - rows.length);
      this.#set({ rows, offset, atStart: forward || whole, atEnd: !forward || whole, loading: undefined });
      if (known !== undefined) return {};
      const { total, before } = await countRows(this.#database, source, query, rows[0]?.position, options);
      return this.#state.rows[0] === rows[0] ? { total, offset: before } : { total };
    });
  }

  async #extend(direction: Stretch['direction']): Promise<void> {
    const forward = direction === 'forward';
    const edge = forward ? this.#state.rows.at(-1) : this.#state.rows[0];
    await this.#load(this.#abort.signal, 'more', async (source, query, options) => {
      const stretch: Stretch = { direction, from: edge?.position, limit: PAGE };
      const more = await readRows(this.#database, source, query, stretch, options);
      const { rows, offset } = this.#state;
      const atEdge = more.length < PAGE;
      if (forward) {
        const all = [...rows, ...more];
        const dropped = Math.max(0, all.length - KEPT);
        const atStart = this.#state.atStart && dropped === 0;
        return { rows: all.slice(dropped), offset: offset + dropped, atEnd: atEdge, atStart };
      }
      const all = [...more, ...rows];
      const atEnd = this.#state.atEnd && all.length <= KEPT;
      return { rows: all.slice(0, KEPT), offset: Math.max(0, offset - more.length), atStart: atEdge, atEnd };
    });
  }

  /** Runs a read and takes its result over, unless it was overtaken or stopped. */
  async #load(signal: AbortSignal, loading: RowsView['loading'], read: Read): Promise<void> {
    const options: RowsOptions = { lane: 'rows', signal };
    const generation = this.#abort;
    const current = () => generation === this.#abort;
    this.#state = { ...this.#state, loading };
    const tell = setTimeout(() => this.#tell(), QUIET_MS);
    if (loading === 'first') this.#tell();
    try {
      const change = await this.#read(loading, options, read);
      if (current()) this.#set({ ...change, loading: undefined, problem: undefined });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (current()) this.#set({ loading: undefined, problem: error.kind === 'cancelled' ? undefined : error });
    } finally {
      clearTimeout(tell);
    }
  }

  /**
   * Who waits for rows gets them by the table's shape as it was seen last, which a refresh looks at again: of 5 ms on
   * PostgreSQL that spares 3. A table that was altered since fails, and is looked at anew.
   */
  async #read(loading: RowsView['loading'], options: RowsOptions, read: Read): Promise<Partial<State>> {
    const seen = loading === undefined ? undefined : this.#database.seenAppointments;
    const from = async (shape: Appointments | undefined) => {
      const source = await sourceOf(this.#database, this.#context, options, shape);
      return read(source, this.#state.query, options);
    };
    try {
      return await from(seen);
    } catch (error) {
      const altered = error instanceof Problem && (error.kind === 'sql' || error.kind === 'missing');
      if (seen === undefined || !altered) throw error;
      return from(undefined);
    }
  }

  #set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** A window on the rows of a list. It is read again with every refresh of the live store until it is closed. */
export function createRowsStore(database: Database, context: Context, live: Pick<LiveStore, 'refreshWith'>): RowsStore {
  return new RowWindow(database, context, (work) => live.refreshWith(work));
}
