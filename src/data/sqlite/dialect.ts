import { SqliteAdapter, SqliteQueryCompiler, sql } from 'kysely';
import { LARGEST_V1 } from '../../model/booking-id.ts';
import { compilerFor } from '../compile.ts';
import type { Dialect, Expression } from '../connection.ts';
import { DIGEST } from './protocol.ts';

/** A CAST keeps the column's collation: in a NOCASE column 'abc' would be 'ABC'. */
const text = (column: Expression): Expression => sql`CAST(${column} AS TEXT) COLLATE BINARY`;

/** SQLite's words. Its columns hold any type whatever they declare, so every expression looks at the value itself. */
export const dialect: Dialect = {
  compile: compilerFor(new SqliteAdapter(), new SqliteQueryCompiler()),

  text,

  // Cut as bytes: substr() on text ends at the first NUL and would make '123\0…' look like '123'.
  shortText: (column, characters) => sql`CASE WHEN octet_length(${column}) <= ${sql.lit(characters)}
    THEN CAST(${column} AS TEXT) ELSE CAST(substr(CAST(${column} AS BLOB), 1, ${sql.lit(characters)}) AS TEXT) END`,

  // Of what unixepoch() takes, 'now', '12:00' and '5' are no moments here: a text has to begin with a year.
  epoch: ({ name }) => {
    const column = sql.id(name);
    return sql`CASE typeof(${column}) WHEN 'text' THEN CASE WHEN ${column} GLOB '????-*' THEN unixepoch(${column}, 'subsec') END
      WHEN 'blob' THEN NULL ELSE ${column} END`;
  },

  now: () => sql`unixepoch('subsec')`,

  truth: (column) => sql`(${column} IS 1)`,

  isTrue: ({ name }) => sql`${sql.id(name)} = 1`,

  floor: (number) => sql`floor(${number})`,

  foldCase: (value) => sql`lower(${value})`,

  containsAny: (value, needles) =>
    sql`(${sql.join(
      needles.map((needle) => sql`instr(${value}, lower(${needle})) > 0`),
      sql` OR `,
    )})`,

  // length() counts characters up to a NUL and octet_length() counts bytes: equal only for ASCII without NUL. GLOB has
  // no quantifiers, so lengths are said apart.
  kindOfValue: ({ name }, uid) => {
    const column = sql.id(name);
    const value = text(column);
    return sql`CASE
      WHEN ${column} IS NULL THEN 'null'
      WHEN octet_length(${value}) <> length(${value}) THEN 'ambiguous'
      WHEN ${value} NOT GLOB '*[^0-9]*' THEN
        CASE WHEN ${value} GLOB '[1-9]*' AND (length(${value}) < ${sql.lit(LARGEST_V1.length)}
          OR (length(${value}) = ${sql.lit(LARGEST_V1.length)} AND ${value} <= ${sql.lit(LARGEST_V1)}))
        THEN 'v1' ELSE 'ambiguous' END
      WHEN length(${value}) BETWEEN ${sql.lit(uid.shortest)} AND ${sql.lit(uid.longest)}
        AND ${value} NOT GLOB ${sql.lit(`*[^${uid.characters}]*`)} THEN 'uid'
      ELSE 'ambiguous' END`;
  },

  // A column with the affinity of numbers takes a text that is one for a number.
  parameter: (_column, value) => sql`${value}`,

  v1AsColumn: (value, column) => (column.kind === 'text' ? value : sql`CAST(${value} AS INTEGER)`),

  digest: (column) => sql`${sql.raw(DIGEST)}(${column})`,

  forUpdate: () => sql``,

  byPrimaryKey: (table) => table,

  deleteByPrimaryKey: (table, condition) => sql`DELETE FROM ${table} WHERE ${condition}`,

  // Measured at 1,000,000 rows: the grouped query takes 2.7 s with it and 7.7 s without.
  computeOnce: () => sql`LIMIT -1`,

  searchableJson: undefined,
};
