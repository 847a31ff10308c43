import { sql } from 'kysely';
import type { Expression } from '../data/connection.ts';
import { all, inScope, join, reference, tableOf } from '../data/queries/expressions.ts';
import type { KnownColumn } from '../model/columns.ts';
import type { Finding, Ground } from './check.ts';

/** Characters of a value that a sample shows: the first lines of an error. */
const SHOWN_CHARACTERS = 200;

/** The conditions that leave soft-deleted rows out, where they can be told. */
export const live = (ground: Ground): readonly Expression[] => inScope(ground.source, false);

/** The moment in a column that the check needs, in seconds since 1970 UTC. */
export function moment(ground: Ground, name: KnownColumn): Expression {
  const column = ground.appointments.known.get(name);
  if (column === undefined) throw new Error(`a check uses ${name} without needing it`);
  return ground.dialect.epoch(column);
}

/** Whether that moment is at most so many seconds ago. */
export const within = (ground: Ground, name: KnownColumn, seconds: number): Expression =>
  sql`${moment(ground, name)} >= ${sql.lit(ground.now - seconds)}`;

/** Whether a column that the check needs holds one of some words, byte for byte. */
export const isOneOf = (ground: Ground, name: KnownColumn, words: readonly string[]): Expression =>
  sql`${ground.dialect.text(ground.column(name))} IN (${sql.join(words.map((word) => sql.lit(word)))})`;

/** The same for none of them, and for null. */
export const isNoneOf = (ground: Ground, name: KnownColumn, words: readonly string[]): Expression =>
  sql`(${ground.column(name)} IS NULL OR NOT ${isOneOf(ground, name, words)})`;

export const isFlagged = (ground: Ground): Expression =>
  sql`${ground.dialect.truth(ground.column('requires_manual_review'))} = 1`;

/** What the whole table is asked for. */
export const fromRows = (ground: Ground, conditions: readonly Expression[]): Expression =>
  sql`FROM ${tableOf(ground.source)} WHERE ${all(conditions)}`;

/** How many rows there are, and for how many of them each of some conditions holds. */
export async function countRows<Name extends string>(
  ground: Ground,
  conditions: readonly Expression[],
  counted: Readonly<Record<Name, Expression>>,
): Promise<(name: Name | 'n') => number> {
  const sums = Object.entries<Expression>(counted).map(
    ([name, condition]) => sql`COUNT(CASE WHEN ${condition} THEN 1 END) AS ${sql.id(name)}`,
  );
  const [row] = await ground.query(sql`SELECT ${join([sql`COUNT(*) AS n`, ...sums])} ${fromRows(ground, conditions)}`);
  return (name) => Number(row?.[name] ?? 0);
}

/**
 * The appointments that fulfil all conditions, as violations: primary key, booking ids, and those of the columns that
 * the table has.
 * @param order by what the first are taken, columns qualified; the primary key by default
 */
export function appointmentsWhere(
  ground: Ground,
  conditions: readonly Expression[],
  columns: readonly KnownColumn[] = [],
  order?: Expression,
): Promise<Finding> {
  const { dialect, source, appointments } = ground;
  const shown = (['calcom_booking_id', 'calcom_v2_booking_id', ...columns] as const).flatMap((name) => {
    const column = reference(source, name);
    return column === undefined ? [] : [sql`${dialect.shortText(column, SHOWN_CHARACTERS)} AS ${sql.id(name)}`];
  });
  const { table, id } = appointments;
  const select = sql`SELECT ${join([sql`${dialect.text(sql.id(id.name))} AS pk`, ...shown])} ${fromRows(ground, conditions)}`;
  // Qualified: a bare name means the output column, which is text.
  return ground.violations(select, order ?? sql.id(table.name, id.name));
}

/** A column for an order, the latest first. */
export function latestFirst(ground: Ground, name: KnownColumn): Expression | undefined {
  const { table, known } = ground.appointments;
  const column = known.get(name);
  return column && sql`${sql.id(table.name, column.name)} DESC`;
}
