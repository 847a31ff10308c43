import { sql } from 'kysely';
import { keysOf } from '../../model/keys.ts';
import type { Expression } from '../connection.ts';
import { all, join, kindExpressions, type Source, tableOf } from './expressions.ts';

/**
 * Rows counted by what their booking ids are, in the way of the panels: one scan, whose groups `figuresOf` takes as the
 * panel `sources`.
 * @param also a further value to group by, under a name
 */
export function idGroups(
  source: Source,
  conditions: readonly Expression[],
  also: Readonly<Record<string, Expression | undefined>> = {},
): Expression {
  const { v1, v2, equal, taken, byDesign } = kindExpressions(source);
  const values: Readonly<Record<string, Expression | undefined>> = { v1, v2, equal, taken, byDesign, ...also };
  const known = keysOf(values).filter((name) => values[name] !== undefined);
  const names = join(known.map((name) => sql.id(name)));
  const plain = known.map((name) => sql`${values[name]} AS ${sql.id(name)}`);
  return sql`SELECT 'sources' AS panel, ${names}, COUNT(*) AS n FROM (SELECT ${join(plain)} FROM ${tableOf(source)}
    WHERE ${all(conditions)} ${source.dialect.computeOnce()}) AS ids GROUP BY ${names}`;
}
