import { sql } from 'kysely';
import type { Column, Expression } from '../data/connection.ts';
import type { KnownTable } from '../model/tables.ts';
import type { DatabaseCheck, Finding, Ground, NotApplicable, Table } from './check.ts';
import { lackingTables } from './ground.ts';

/** Characters of a value that a sample shows. */
export const SHOWN_CHARACTERS = 100;

/** A known table by its name in the database. */
export const tableNamed = (ground: Ground, table: KnownTable): Expression => sql.table(ground.context.tables[table]);

/** The shape of a known table, or undefined where there is none. */
export const shapeOf = (ground: Ground, table: KnownTable): Promise<Table | undefined> =>
  ground.table(ground.context.tables[table]);

/** As `needs.tables` of a check, for tables whose names the config may change. */
export function needing(
  needs: Partial<Readonly<Record<KnownTable, readonly string[]>>>,
  look: (ground: Ground) => Promise<Finding | NotApplicable>,
): DatabaseCheck['look'] {
  return async (ground) => {
    const { tables } = ground.context;
    const named = Object.entries(tables).flatMap(([table, name]) => {
      const columns = Object.entries(needs).find(([needed]) => needed === table)?.[1];
      return columns === undefined ? [] : [[name, columns] as const];
    });
    const lack = await lackingTables(Object.fromEntries(named), ground);
    return lack === undefined ? look(ground) : { notApplicable: lack };
  };
}

/** A column that a check has seen to be there. */
export function columnOf(table: Table | undefined, name: string): Column {
  const column = table?.columns.find((candidate) => candidate.name === name);
  if (column === undefined) throw new Error(`a check uses ${table?.name ?? 'a table'}.${name} without needing it`);
  return column;
}

export const hasColumn = (table: Table | undefined, name: string): boolean =>
  table?.columns.some((column) => column.name === name) ?? false;

/** A column as a sample shows it. */
export const shown = ({ dialect }: Ground, name: string): Expression =>
  sql`${dialect.shortText(sql.ref(name), SHOWN_CHARACTERS)} AS ${sql.id(name.split('.').at(-1) ?? name)}`;

/** Whether two columns hold the same: as they are where their types agree, else by their texts. */
export function same(
  { dialect }: Ground,
  left: readonly [string, Column],
  right: readonly [string, Column],
): Expression {
  const [leftId, rightId] = [sql.id(left[0], left[1].name), sql.id(right[0], right[1].name)];
  return left[1].type === right[1].type
    ? sql`${leftId} = ${rightId}`
    : sql`${dialect.text(leftId)} = ${dialect.text(rightId)}`;
}

/** A finding that was not counted by the database: every row of it is at hand. */
export const found = (rows: Finding['sample'], figure?: string): Finding => ({
  violations: rows.length,
  sample: rows.slice(0, 20),
  figure,
});
