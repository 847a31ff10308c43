import { sql } from 'kysely';
import type { KnownColumn } from '../model/columns.ts';
import type { Expression } from './connection.ts';
import { all, join, type Source, tableOf } from './queries/expressions.ts';
import { qualified } from './queries/id-rows.ts';
import type { WritingEngine, WritingSession } from './writing.ts';

/** Rows of one statement: a parameter each. */
const CHUNK = 1_000;

/** What columns become: a text, null, or `now`, the moment by the database's clock. */
export type NewValues = Readonly<Partial<Record<KnownColumn, string | null | { readonly now: true }>>>;

export const NOW = { now: true } as const;

/** The columns of these that the table has, as assignments; the column that the server would touch by itself stays. */
function assignments(
  { dialect, appointments }: Source,
  writing: WritingEngine,
  values: NewValues,
): readonly Expression[] {
  const set = Object.entries(values).flatMap(([name, value]) => {
    const column = [...appointments.known].find(([known]) => known === name)?.[1];
    if (column === undefined || value === undefined) return [];
    const own = sql.id(column.name);
    if (value === null) return [sql`${own} = NULL`];
    return [
      typeof value === 'string' ? sql`${own} = ${dialect.parameter(column, value)}` : sql`${own} = CURRENT_TIMESTAMP`,
    ];
  });
  const touched = writing.touchedColumn(appointments.columns);
  if (set.length === 0 || touched === undefined) return set;
  return [...set, sql`${sql.id(touched.name)} = ${sql.id(touched.name)}`];
}

/**
 * Inside a transaction: sets columns of rows that still fulfil a condition; columns that the table lacks are left out.
 * @returns the primary keys of the rows that did, changed or not
 * @throws Problem
 */
export async function setWhere(
  session: WritingSession,
  writing: WritingEngine,
  source: Source,
  rows: { readonly pks: readonly string[]; readonly condition: Expression },
  values: NewValues,
): Promise<ReadonlySet<string>> {
  const { dialect, appointments } = source;
  const { id } = appointments;
  const key = qualified(source, id.name);
  const oneOf = (pks: readonly string[]) => sql`${key} IN (${join(pks.map((pk) => dialect.parameter(id, pk)))})`;
  const set = assignments(source, writing, values);
  const changed = new Set<string>();
  for (let from = 0; from < rows.pks.length; from += CHUNK) {
    const chunk = rows.pks.slice(from, from + CHUNK);
    const found = await session.query(
      dialect.compile(sql`SELECT ${dialect.text(sql.id(id.name))} AS row_pk FROM ${tableOf(source)}
        WHERE ${all([oneOf(chunk), rows.condition])} ${dialect.forUpdate()}`),
    );
    // A collation may take another text for the key.
    const wanted = new Set(chunk);
    const pks = found.flatMap((row) => row['row_pk'] ?? []).filter((pk) => wanted.has(pk));
    if (pks.length === 0) continue;
    if (set.length > 0) {
      await session.execute(dialect.compile(sql`UPDATE ${tableOf(source)} SET ${join(set)} WHERE ${oneOf(pks)}`));
    }
    for (const pk of pks) changed.add(pk);
  }
  return changed;
}
