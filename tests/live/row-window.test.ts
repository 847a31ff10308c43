import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { defaultContext } from '../../src/config/resolve.ts';
import { type Database, openDatabase } from '../../src/data/database.ts';
import type { RowsQuery } from '../../src/data/queries/rows.ts';
import { createRowsStore } from '../../src/live/row-window.ts';
import type { RowsStore, RowsView } from '../../src/live/rows.ts';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';
import { poll } from '../support.ts';

const ROWS = 2_000;
/** What the store promises to keep at most. */
const MOST_KEPT = 900;

const QUERY: RowsQuery = {
  filter: { includesDeleted: false },
  sort: { column: 'source', direction: 'desc' },
  columns: ['source'],
};

/** Seven sources, so that most rows share their place in the order with others. */
const appointments = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: index + 1, source: `source ${index % 7}` }));

for (const engine of ENGINES) {
  describe(`a window on rows on ${engine.name}`, () => {
    let db: TestDatabase;
    let database: Database;
    let store: RowsStore;
    const refreshes = new Set<(signal: AbortSignal) => Promise<void>>();

    beforeAll(async () => {
      db = await engine.database();
      await engine.createAppointments(db);
      await engine.insert(db, 'appointments', appointments(ROWS));
      database = await openDatabase(defaultContext('test', db.target));
    });
    afterAll(async () => {
      await database.close();
      await db.drop();
    });
    beforeEach(() => {
      store = createRowsStore(database, defaultContext('test', db.target), {
        refreshWith: (work) => {
          refreshes.add(work);
          return () => refreshes.delete(work);
        },
      });
    });
    afterEach(() => store.close());

    /** A refresh of the live store, to its end. */
    const refresh = () => Promise.all([...refreshes].map((work) => work(new AbortController().signal)));
    const until = (what: string, condition: (view: RowsView) => boolean) =>
      poll(() => condition(store.getView()), { what });
    const settled = () =>
      until('the end of loading', ({ loading, total }) => loading === undefined && total !== undefined);
    const keys = () => store.getView().rows.map(({ pk }) => pk);
    async function opened(query: RowsQuery = QUERY): Promise<void> {
      store.open(query);
      await settled();
    }

    test('a list is opened by the shape seen last, and anew where the table was altered since', async () => {
      const other = await engine.database();
      await engine.createAppointments(other);
      await engine.insert(other, 'appointments', [{ id: 1, source: 'phone' }]);
      const context = defaultContext('test', other.target);
      const altered = await openDatabase(context);
      const list = createRowsStore(altered, context, { refreshWith: () => () => undefined });
      const shown = () => poll(() => list.getView().rows[0]?.values, { what: 'a row' });
      const sent = () => altered.log.length;
      list.open(QUERY);
      expect((await shown())['source']).toBe('phone');
      await poll(() => list.getView().total === 1, { what: 'the count' });
      const before = sent();
      list.open({ ...QUERY, sort: { column: 'id', direction: 'asc' } });
      await shown();
      await poll(() => list.getView().total === 1, { what: 'the count' });
      // The rows and their number, and nothing about the table.
      expect(sent() - before).toBe(2);
      await other.execute('ALTER TABLE appointments RENAME COLUMN source TO origin');
      list.open(QUERY);
      expect((await shown())['source']).toBeNull();
      list.close();
      await altered.close();
      await other.drop();
    });

    test('rows that all came to stand before where the window begins are found again from the start', async () => {
      const own = Array.from({ length: 310 }, (_, index) => ({ id: 10_001 + index, source: 'own', status: 'a' }));
      await engine.insert(db, 'appointments', own);
      try {
        await opened({
          filter: { source: 'own', includesDeleted: false },
          sort: { column: 'status', direction: 'desc' },
          columns: ['status'],
        });
        store.toEnd();
        await until('the end', ({ atEnd, atStart, loading }) => atEnd && !atStart && loading === undefined);
        await db.execute("UPDATE appointments SET status = 'z' WHERE source = 'own'");
        await refresh();
        expect(store.getView()).toMatchObject({ atStart: true, offset: 0, total: 310 });
        expect(keys()[0]).toBe('10310');
      } finally {
        await db.execute("DELETE FROM appointments WHERE source = 'own'");
      }
    });

    test('a walk from start to end and back meets every row once, and keeps few', async () => {
      await opened();
      const met = new Set<string>();
      for (;;) {
        for (const pk of keys()) met.add(pk);
        const { rows, atEnd } = store.getView();
        expect(rows.length).toBeLessThanOrEqual(MOST_KEPT);
        if (atEnd) break;
        const last = rows.at(-1);
        store.near(rows.length - 1);
        await until('more rows', (view) => view.loading === undefined && view.rows.at(-1) !== last);
      }
      expect(met.size).toBe(ROWS);
      const { rows, offset } = store.getView();
      expect(offset + rows.length).toBe(ROWS);
      while (!store.getView().atStart) {
        const first = store.getView().rows[0];
        store.near(0);
        await until('rows before', (view) => view.loading === undefined && view.rows[0] !== first);
        expect(store.getView().rows.length).toBeLessThanOrEqual(MOST_KEPT);
      }
      expect(store.getView().offset).toBe(0);
    });

    test('jumps to the end and to the start, and knows where it is', async () => {
      await opened();
      store.toEnd();
      await until('the end', ({ atEnd, loading }) => atEnd && loading === undefined);
      const { rows, offset, total, atStart } = store.getView();
      expect([total, offset + rows.length, atStart]).toEqual([ROWS, ROWS, false]);
      expect(rows.at(-1)?.pk).toBe('1');
      store.toStart();
      await until('the start', (view) => view.atStart && view.loading === undefined);
      expect(store.getView().rows[0]?.values.source).toBe('source 6');
    });

    test('a refresh keeps the rows that did not change as they are', async () => {
      await opened({ ...QUERY, sort: { column: 'id', direction: 'desc' } });
      const before = store.getView().rows;
      await db.execute("UPDATE appointments SET source = 'changed' WHERE id = ?", [before[1]?.pk ?? '']);
      await refresh();
      const after = store.getView().rows;
      expect(after[0]).toBe(before[0]);
      expect(after[1]?.values.source).toBe('changed');
      expect(after.slice(2)).toEqual(before.slice(2));
    });

    test('rows that come and go at the top are shown at the start, and counted anywhere else', async () => {
      await opened({ ...QUERY, sort: { column: 'id', direction: 'desc' } });
      await engine.insert(db, 'appointments', [{ id: 9_001 }]);
      await refresh();
      expect(keys()[0]).toBe('9001');
      store.toEnd();
      await until('the end', ({ atEnd, loading }) => atEnd && loading === undefined);
      const { offset } = store.getView();
      await db.execute('DELETE FROM appointments WHERE id = 9001');
      await refresh();
      expect([store.getView().offset, store.getView().total, keys().at(-1)]).toEqual([offset - 1, ROWS, '1']);
    });

    test('held rows stay, whatever is deleted meanwhile, and follow again when let go', async () => {
      await opened({ ...QUERY, sort: { column: 'id', direction: 'desc' } });
      await engine.insert(db, 'appointments', [{ id: 9_002 }, { id: 9_003 }]);
      await refresh();
      store.hold(true);
      const held = keys();
      await db.execute('DELETE FROM appointments WHERE id > 9000');
      await refresh();
      expect(keys()).toEqual(held);
      store.hold(false);
      await until('the rows of now', () => keys()[0] === String(ROWS));
    });

    test('another query begins anew, and the answer to the old one is dropped', async () => {
      store.open(QUERY);
      store.open({ ...QUERY, filter: { includesDeleted: false, text: { needle: 'source 3', inverse: false } } });
      await settled();
      const { rows, total } = store.getView();
      expect(rows.every(({ values }) => values.source === 'source 3')).toBe(true);
      expect(total).toBeLessThan(ROWS / 6);
    });

    test('an empty list, and a list that a table can not answer', async () => {
      await opened({ ...QUERY, filter: { includesDeleted: false, source: 'nobody' } });
      expect(store.getView()).toMatchObject({ rows: [], total: 0, atStart: true, atEnd: true, problem: undefined });
      await db.execute('ALTER TABLE appointments RENAME TO away');
      store.open(QUERY);
      await until('the problem', ({ problem }) => problem !== undefined);
      expect(store.getView().problem).toMatchObject({ kind: 'missing' });
      await db.execute('ALTER TABLE away RENAME TO appointments');
      await opened();
      expect(store.getView()).toMatchObject({ problem: undefined, total: ROWS });
    });

    test('a closed store is not read again', async () => {
      await opened();
      store.close();
      expect(refreshes.size).toBe(0);
    });
  });
}
