import type { Context } from '../config/context.ts';
import type { Database, QueryOptions } from '../data/database.ts';
import { tableNameOf } from '../data/table-name.ts';
import { BACKUP_COLUMN } from '../model/columns.ts';
import type { ChangeGround, ChangeKind } from './change.ts';

type Grounded = Pick<ChangeGround, 'database' | 'context' | 'options'>;

/** Columns that a move adds and a cleanup drops: they are no change of somebody else's. */
const own = (context: Context): string => context.columns[BACKUP_COLUMN];

/**
 * Stands for the shape of the appointments table: columns and indexes with what they are, the backup column left out.
 * Two shapes that differ in anything have different fingerprints.
 */
async function schemaFingerprint(database: Database, context: Context, options: QueryOptions): Promise<string> {
  const { createHash } = await import('node:crypto');
  const shape = await database.introspect(options, async (introspection, connection) => ({
    columns: await introspection.columns(connection, context.table),
    indexes: await introspection.indexes(connection, context.table),
  }));
  const columns = shape.columns.filter(({ name }) => name !== own(context));
  return createHash('sha256')
    .update(JSON.stringify({ columns, indexes: shape.indexes }))
    .digest('hex')
    .slice(0, 16);
}

/**
 * Stands for the shape of what a change is about: the appointments, or its own tables with their constraints and
 * triggers. A table that is not there has a shape too.
 */
export async function fingerprintFor({ tables }: Pick<ChangeKind, 'tables'>, ground: Grounded): Promise<string> {
  const { database, context, options } = ground;
  if (tables === undefined) return schemaFingerprint(database, context, options);
  const { createHash } = await import('node:crypto');
  const shapes = await database.introspect(options, async (has, connection) => {
    const found: unknown[] = [];
    for (const known of tables) {
      const table = tableNameOf(context.tables[known]);
      found.push([
        await has.columns(connection, table),
        await has.indexes(connection, table),
        await has.constraints(connection, table),
        await has.triggers(connection, table),
      ]);
    }
    return found;
  });
  return createHash('sha256').update(JSON.stringify(shapes)).digest('hex').slice(0, 16);
}
