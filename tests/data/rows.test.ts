import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Context } from '../../src/config/context.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { type Database, openDatabase } from '../../src/data/database.ts';
import { manyRows } from '../../src/data/demo/many-rows.ts';
import type { Source } from '../../src/data/queries/expressions.ts';
import { countRows, readRow, readRows, sourceOf } from '../../src/data/queries/read-rows.ts';
import type { PositionedRow, RowsFilter, RowsQuery, RowsSort } from '../../src/data/queries/rows.ts';
import { takeSnapshot } from '../../src/data/queries/snapshot.ts';
import { ROW_CLASSES } from '../../src/model/booking-id.ts';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';

const OPTIONS = { lane: 'rows' } as const;
const SORTS: readonly RowsSort[] = (
  [
    'id',
    'manual_review_flagged_at',
    'calcom_sync_status',
    'sync_error_code',
    'calcom_booking_id',
    'requires_manual_review',
  ] as const
).flatMap((column) => [
  { column, direction: 'asc' },
  { column, direction: 'desc' },
]);

for (const engine of ENGINES) {
  describe(`lists of rows on ${engine.name}`, () => {
    let db: TestDatabase;
    let database: Database;
    let context: Context;
    let source: Source;

    beforeAll(async () => {
      db = await engine.database();
      await engine.createAppointments(db);
      await engine.insert(db, 'appointments', [...manyRows(400, Date.now())]);
      context = defaultContext('test', db.target);
      database = await openDatabase(context);
      source = await sourceOf(database, context, OPTIONS);
    });
    afterAll(async () => {
      await database.close();
      await db.drop();
    });

    const query = (
      filter: Partial<RowsFilter> = {},
      sort: RowsSort = { column: 'id', direction: 'asc' },
    ): RowsQuery => ({
      filter: { includesDeleted: true, ...filter },
      sort,
      columns: ['source', 'sync_error_code', 'sync_error_message', 'calcom_sync_status'],
    });

    /** The whole list, page by page, from the start or from the end. */
    async function walk(of: RowsQuery, direction: 'forward' | 'backward', limit: number) {
      let rows: readonly PositionedRow[] = [];
      for (;;) {
        const from = (direction === 'forward' ? rows.at(-1) : rows[0])?.position;
        const page = await readRows(database, source, of, { direction, from, limit }, OPTIONS);
        rows = direction === 'forward' ? [...rows, ...page] : [...page, ...rows];
        if (page.length < limit) return rows;
      }
    }

    test.each(SORTS)('meets every row once by $column $direction, in both directions', async (sort) => {
      const whole = await readRows(database, source, query({}, sort), { direction: 'forward', limit: 1_000 }, OPTIONS);
      expect(whole).toHaveLength(400);
      const pks = whole.map(({ pk }) => pk);
      expect(new Set(pks).size).toBe(400);
      expect((await walk(query({}, sort), 'forward', 37)).map(({ pk }) => pk)).toEqual(pks);
      expect((await walk(query({}, sort), 'backward', 41)).map(({ pk }) => pk)).toEqual(pks);
      const { total, before } = await countRows(database, source, query({}, sort), whole[123]?.position, OPTIONS);
      expect([total, before]).toEqual([400, 123]);
    });

    test('sorts by value, not by text, with null as the smallest', async () => {
      const byId = await walk(query(), 'forward', 1_000);
      const ids = byId.map(({ pk }) => BigInt(pk));
      expect(ids).toEqual(ids.toSorted((left, right) => (left < right ? -1 : 1)));
      const byV1 = await walk(query({}, { column: 'calcom_booking_id', direction: 'asc' }), 'forward', 1_000);
      const v1 = byV1.map(({ values }) => values.calcom_booking_id);
      const numbers = v1.flatMap((value) => (value === null || value === undefined ? [] : [BigInt(value)]));
      expect(v1.slice(0, 400 - numbers.length).every((value) => value === null)).toBe(true);
      expect(numbers).toEqual(numbers.toSorted((left, right) => (left < right ? -1 : 1)));
    });

    test('has as many rows of each class as the snapshot counts, each with that class', async () => {
      const scope = { includesDeleted: true, byTenant: false };
      const { classes } = await takeSnapshot(database, context, scope, { lane: 'figures' });
      for (const name of ROW_CLASSES) {
        const rows = await walk(query({ class: name }), 'forward', 1_000);
        expect([name, rows.length]).toEqual([name, classes[name]]);
        expect(rows.every((row) => row.class === name)).toBe(true);
      }
    });

    test('has as many rows for each error of the review queue as the snapshot counts', async () => {
      const scope = { includesDeleted: true, byTenant: false };
      const { review } = await takeSnapshot(database, context, scope, { lane: 'figures' });
      expect(review?.rows).toBeGreaterThan(0);
      for (const { code, cause, rows } of review?.errors ?? []) {
        const filter = { inReview: true, errorCode: code, cause };
        expect((await countRows(database, source, query(filter), undefined, OPTIONS)).total).toBe(rows);
      }
    });

    test('finds a text in any shown column without regard to case, and the rows without it', async () => {
      const all = await walk(query(), 'forward', 1_000);
      const has = (row: PositionedRow) =>
        Object.values(row.values).some((value) => value?.toLowerCase().includes('phone'));
      const expected = all.filter(has).map(({ pk }) => pk);
      expect(expected.length).toBeGreaterThan(0);
      const found = await walk(query({ text: { needle: 'PHONE', inverse: false } }), 'forward', 1_000);
      expect(found.map(({ pk }) => pk)).toEqual(expected);
      const others = await walk(query({ text: { needle: 'PHONE', inverse: true } }), 'forward', 1_000);
      expect(others).toHaveLength(400 - expected.length);
    });

    test('takes a hostile needle as text', async () => {
      for (const needle of ["'; DROP TABLE appointments; --", '%', '_', '\\', '"', '`', '.*']) {
        const { total } = await countRows(
          database,
          source,
          query({ text: { needle, inverse: false } }),
          undefined,
          OPTIONS,
        );
        const rows = await walk(query(), 'forward', 1_000);
        const expected = rows.filter((row) => Object.values(row.values).some((value) => value?.includes(needle)));
        expect([needle, total]).toEqual([needle, expected.length]);
      }
    });

    test('reads one row with all its columns, and nothing for a row that is gone', async () => {
      await engine.insert(db, 'appointments', [{ id: '9007199254740993', calcom_v2_booking_id: '8212577' }]);
      const row = await readRow(database, source, '9007199254740993', OPTIONS);
      expect([row?.pk, row?.class]).toEqual(['9007199254740993', 'misplaced']);
      expect(row?.fields.find(({ name }) => name === 'id')?.value).toBe('9007199254740993');
      expect(row?.fields).toHaveLength(24);
      expect(await readRow(database, source, '9007199254740992', OPTIONS)).toBeUndefined();
      await db.execute('DELETE FROM appointments WHERE id = 9007199254740993');
      expect(await readRow(database, source, '9007199254740993', OPTIONS)).toBeUndefined();
    });
  });
}
