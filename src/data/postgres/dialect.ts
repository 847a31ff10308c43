import { PostgresAdapter, PostgresQueryCompiler, sql } from 'kysely';
import { LARGEST_V1 } from '../../model/booking-id.ts';
import { compilerFor } from '../compile.ts';
import type { Column, Dialect, Expression } from '../connection.ts';

/** In the collation "C" texts compare by their bytes, and lower() folds ASCII only. */
const text = (column: Expression): Expression => sql`(${column}::text COLLATE "C")`;

/** Of up to 18 digits every number fits. */
const isBigint = (value: string): boolean =>
  /^-?\d+$/.test(value) && (value.length <= 18 || BigInt.asIntN(64, BigInt(value)) === BigInt(value));

/** Whether a column can hold a value read as text: where not, it equals nothing there, and saying so would fail. */
export function canHold({ type, kind }: Column, value: string): boolean {
  if (kind === 'integer') return isBigint(value);
  if (type.startsWith('numeric')) return NUMERIC.test(value);
  return type !== 'uuid' || UUID.test(value);
}

const NUMERIC = /^-?\d{1,1000}(?:\.\d{1,1000})?$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** By its text, as an application may keep a flag as boolean, smallint or text. */
const truth = (column: Expression): Expression =>
  sql`CASE WHEN ${column}::text IN ('true', 't', '1') THEN 1 ELSE 0 END`;

/** PostgreSQL's words in a session that connect.ts has set up: UTC. */
export const dialect: Dialect = {
  compile: compilerFor(new PostgresAdapter(), new PostgresQueryCompiler()),

  text,

  shortText: (column, characters) => sql`left(${text(column)}, ${sql.lit(characters)})`,

  // date_part() gives a double, exact to the microsecond, in half the time of extract()'s numeric.
  epoch: ({ name, kind }) => {
    const column = sql.id(name);
    if (kind === 'integer' || kind === 'number') return sql`${column}::double precision`;
    if (kind !== 'timestamp') return sql`NULL::double precision`;
    return sql`CASE WHEN isfinite(${column}) THEN date_part('epoch', ${column}) END`;
  },

  now: () => sql`date_part('epoch', clock_timestamp())`,

  truth,

  isTrue: ({ name, kind }) => (kind === 'boolean' ? sql.id(name) : sql`${truth(sql.id(name))} = 1`),

  floor: (number) => sql`floor(${number})`,

  foldCase: (value) => sql`lower(${value})`,

  // No text holds a NUL here, and a parameter may not either.
  containsAny: (value, needles) => {
    const possible = needles.filter((needle) => !needle.includes('\0'));
    const found = possible.map((needle) => sql`position(lower(${needle}::text COLLATE "C") IN ${value}) > 0`);
    return sql`(${sql.join([...found, sql`false`], sql` OR `)})`;
  },

  // `$` means the very end here, not the place before a last newline.
  kindOfValue: ({ name, kind }, uid) => {
    const column = sql.id(name);
    const value = text(column);
    // Said apart, as a regular expression that counts to 64 takes five times as long.
    const isUid = sql`octet_length(${value}) BETWEEN ${sql.lit(uid.shortest)} AND ${sql.lit(uid.longest)}
      AND ${value} !~ ${sql.lit(`[^${uid.characters}]`)}`;
    if (kind === 'integer') {
      return sql`CASE
        WHEN ${column} IS NULL THEN 'null'
        WHEN ${column} BETWEEN 1 AND ${sql.lit(Number(LARGEST_V1))} THEN 'v1'
        WHEN ${column} < 0 AND ${isUid} THEN 'uid'
        ELSE 'ambiguous' END`;
    }
    return sql`CASE
      WHEN ${column} IS NULL THEN 'null'
      WHEN length(${value}) <= ${sql.lit(LARGEST_V1.length)} AND ${value} ~ '^[1-9][0-9]*$' THEN
        CASE WHEN length(${value}) < ${sql.lit(LARGEST_V1.length)} OR ${value} <= ${sql.lit(LARGEST_V1)}
        THEN 'v1' ELSE 'ambiguous' END
      WHEN ${isUid} AND ${value} ~ '[^0-9]' THEN 'uid'
      ELSE 'ambiguous' END`;
  },

  // Without a type of its own a parameter takes on the column's. A text that is no value of the type equals none.
  parameter: (column, value) => {
    const possible = canHold(column, value) ? value : null;
    if (column.kind === 'integer') return sql`${possible}::bigint`;
    return possible === null ? sql`NULL::${sql.raw(column.type)}` : sql`${possible}`;
  },

  v1AsColumn: (value, column) => (column.kind === 'text' ? value : sql`${value}::bigint`),

  // md5() is off where the server has to keep to FIPS.
  digest: (column) => sql`encode(sha256(convert_to(${column}::text, 'UTF8')), 'hex')`,

  forUpdate: () => sql`FOR UPDATE`,

  byPrimaryKey: (table) => table,

  deleteByPrimaryKey: (table, condition) => sql`DELETE FROM ${table} WHERE ${condition}`,

  computeOnce: () => sql`OFFSET 0`,

  searchableJson: { type: 'jsonb', index: 'gin' },
};
