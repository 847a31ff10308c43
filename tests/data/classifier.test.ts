import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection, Engine } from '../../src/data/connection.ts';
import { DEFAULT_UID, kindOfValue, uidShape } from '../../src/model/booking-id.ts';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';
import { BOOKING_IDS, bookingIdNumbers, bookingIdTexts } from '../fixtures/booking-ids.ts';

const SHAPES = [DEFAULT_UID, uidShape('^[a-c9-]{3,5}$') ?? DEFAULT_UID, uidShape('^[A-F0-9_]{1,255}$') ?? DEFAULT_UID];
const EDGES = ['0', '1', '-1', '-9', '2147483647', '2147483648', '-12345678', '9007199254740993'];
const sample = (of: fc.Arbitrary<string>, count: number) => fc.sample(of, count);

for (const engine of ENGINES) {
  describe(`kinds of booking ids in ${engine.name}'s SQL`, () => {
    const table = { schema: undefined, name: 'kinds' };
    const types = { words: 'varchar(320)', plain: 'text', numbers: 'bigint' };
    let db: TestDatabase;
    let product: Engine;
    let connection: Connection;

    beforeAll(async () => {
      db = await engine.database();
      product = await engine.load();
      connection = await engine.connect(db.target);
      const columns = Object.entries(types).map(([name, type]) => `${name} ${type} NULL`);
      await db.execute(`CREATE TABLE kinds (position integer, ${columns.join(', ')})`);
    });
    afterAll(async () => {
      await connection.close();
      await db.drop();
    });

    /** Plants values into one column, and gives each as it stands there with the kind that the server calls it. */
    async function kindsOf(name: keyof typeof types, planted: readonly (string | null)[], uid = DEFAULT_UID) {
      const values = planted.filter((value) => engine.name !== 'postgres' || !value?.includes('\0'));
      await db.execute('DELETE FROM kinds');
      await engine.insert(
        db,
        'kinds',
        values.map((value, position) => ({ position, [name]: value })),
      );
      const columns = await product.introspection.columns(connection, table);
      const column = columns.find((candidate) => candidate.name === name);
      if (column === undefined) throw new Error(`no column ${name}`);
      const { compile, text, kindOfValue } = product.dialect;
      const query = sql`SELECT ${text(sql.id(name))} AS value, ${kindOfValue(column, uid)} AS kind FROM kinds ORDER BY position`;
      const rows = await connection.query(compile(query), 10_000);
      expect(rows.map(({ value }) => value)).toEqual(values);
      return rows.map(({ value, kind }) => [value ?? null, kind]);
    }

    test.each(['words', 'plain'] as const)('are those of the fixture in a column of %s', async (name) => {
      const expected = BOOKING_IDS.filter(([value]) => engine.name !== 'postgres' || !value?.includes('\0'));
      const values = BOOKING_IDS.map(([value]) => value);
      expect(await kindsOf(name, values)).toEqual(expected);
    });

    test.each(SHAPES)('are those of the classifier for any text, uids as $characters', async (uid) => {
      for (const [value, kind] of await kindsOf('words', sample(bookingIdTexts, 2_000), uid)) {
        expect([value, kind]).toEqual([value, kindOfValue(value ?? null, uid)]);
      }
    });

    test.each(SHAPES)('are those of the classifier for any number, uids as $characters', async (uid) => {
      for (const [value, kind] of await kindsOf('numbers', [...EDGES, ...sample(bookingIdNumbers, 1_000)], uid)) {
        expect([value, kind]).toEqual([value, kindOfValue(value ?? null, uid)]);
      }
    });
  });
}
