import { sql } from 'kysely';
import type { Column, Expression } from '../../data/connection.ts';
import type { Finding, Ground, NotApplicable } from '../check.ts';
import { lackingTables } from '../ground.ts';
import { columnOf } from '../known-tables.ts';

/** A table of the framework: how to name it in a FROM, and its columns. */
interface LaravelTable {
  readonly from: Expression;
  column(name: string): Column;
}

/** Looks into a table of the framework, which stands beside the appointments, or says that it is not there. */
export async function onLaravelTable(
  ground: Ground,
  name: 'migrations' | 'jobs' | 'failed_jobs',
  columns: readonly string[],
  look: (table: LaravelTable) => Promise<Finding>,
): Promise<Finding | NotApplicable> {
  const { schema } = ground.context.table;
  const qualified = schema === undefined ? name : `${schema}.${name}`;
  const lack = await lackingTables({ [qualified]: columns }, ground);
  if (lack !== undefined) return { notApplicable: lack };
  const table = await ground.table(qualified);
  return look({ from: sql.table(qualified), column: (wanted) => columnOf(table, wanted) });
}
