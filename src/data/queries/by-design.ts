import { sql } from 'kysely';
import type { Expression } from '../connection.ts';
import { kindExpressions, type Source, tableOf } from './expressions.ts';

/**
 * One row when any numeric id stands in the V2 column on purpose, none otherwise; undefined when the table or the
 * config rules that out. Without such a row it is a scan of the whole table.
 */
export function anyByDesign(source: Source): Expression | undefined {
  const { v2, byDesign } = kindExpressions(source);
  return byDesign && sql`SELECT 1 AS found FROM ${tableOf(source)} WHERE ${byDesign} = 1 AND ${v2} = 'v1' LIMIT 1`;
}
