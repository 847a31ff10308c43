import { sql } from 'kysely';
import type { Column, Expression } from '../connection.ts';
import { NAMES, type Name, type Pattern } from '../row-patterns.ts';
import { named } from '../state/tables.ts';
import type { IdColumns, LedgerPlace } from '../writing.ts';
import { dialect } from './dialect.ts';
import type { Form, Template } from './protocol.ts';

/**
 * Lines of the ledger that one statement writes. Seconds for 200,000 rows, 127,818 of them moved, 2,000 a batch: one UPDATE
 * of them all 0.44, without a ledger; this way 0.59, and 0.66 with the way to the process; with a line a statement 0.72; with
 * all values of a row as parameters of their own 0.69; UPDATE and INSERT from json_each with the same conditions 0.81.
 */
const LINES = 50;

const PK = 0;

/** A value of the row as a parameter; `templateOf` reads the places back. */
const at = (place: number): Expression => sql`${place}`;
const value = (place: number | undefined): Expression => (place === undefined ? sql`NULL` : at(place));

function templateOf(query: Expression): Template {
  const { sql: text, parameters } = dialect.compile(query);
  return { sql: text, places: parameters.map(Number) };
}

const is = ({ name }: Column, place: number | undefined): Expression =>
  place === undefined ? sql`${sql.id(name)} IS NULL` : sql`${dialect.text(sql.id(name))} = ${at(place)}`;

/** Integers are found exactly by their text. Other keys may be alike to their column's collation. */
const hasKey = (id: Column): Expression => {
  const found = sql`${sql.id(id.name)} = ${at(PK)}`;
  return id.kind === 'integer' ? found : sql`${found} AND ${is(id, PK)}`;
};

/** Where a column gets what another one of the same type holds, it is copied there: a blob stays a blob. */
const SOURCES: Readonly<Partial<Record<Name, Name>>> = { v2: 'backup', backup: 'v2' };

function assignments(columns: IdColumns, { from, to }: Pattern): Expression {
  const changed = NAMES.filter((name) => from[name] !== to[name]);
  // An update that changes nothing still tells whether the row is what it should be.
  const set = (changed.length === 0 ? (['backup'] as const) : changed).map((name) => {
    const source = changed.length === 0 ? name : SOURCES[name];
    const copied = source !== undefined && to[name] !== undefined && to[name] === from[source];
    return sql`${sql.id(columns[name].name)} = ${copied ? sql.id(columns[source].name) : value(to[name])}`;
  });
  return sql.join(set);
}

const updateOf = (columns: IdColumns, pattern: Pattern): Template =>
  templateOf(sql`UPDATE ${named(columns.table)} SET ${assignments(columns, pattern)}
    WHERE ${hasKey(columns.id)} AND ${sql.join(
      NAMES.map((name) => is(columns[name], pattern.from[name])),
      sql` AND `,
    )}`);

function linesOf({ table, run, pass }: LedgerPlace, { from, to, width }: Pattern, rows: number): string {
  const columns = [
    'run',
    'pass_number',
    'pk',
    ...NAMES.map((name) => `old_${name}`),
    ...NAMES.map((name) => `new_${name}`),
  ];
  const cell = (place: number | undefined): Expression =>
    place === undefined ? sql`NULL` : sql.ref(`column${place + 1}`);
  const cells = [
    sql.lit(run),
    sql.lit(pass),
    cell(PK),
    ...NAMES.map((name) => cell(from[name])),
    ...NAMES.map((name) => cell(to[name])),
  ];
  const row = sql`(${sql.join(Array.from({ length: width }, (_, place) => at(place)))})`;
  return dialect.compile(sql`INSERT INTO ${named(table)} (${sql.join(columns.map((name) => sql.id(name)))})
    SELECT ${sql.join(cells)} FROM (VALUES ${sql.join(Array.from({ length: rows }, () => row))})`).sql;
}

/** The statements for rows that are alike. */
export function formOf(columns: IdColumns, ledger: LedgerPlace, pattern: Pattern): Form {
  const lines = (rows: number) => linesOf(ledger, pattern, rows);
  const line = { one: lines(1), several: lines(LINES), many: LINES };
  return { width: pattern.width, update: updateOf(columns, pattern), line };
}

/** Copies V2 to the backup column of a row where that is empty. */
export function backUpForm(columns: IdColumns): Form {
  const [v2, backup] = [sql.id(columns.v2.name), sql.id(columns.backup.name)];
  const update = templateOf(sql`UPDATE ${named(columns.table)} SET ${backup} = ${v2}
    WHERE ${hasKey(columns.id)} AND ${backup} IS NULL AND ${v2} IS NOT NULL`);
  return { width: 1, update, line: undefined };
}
