import type { Context } from '../config/context.ts';
import type { Database, QueryOptions } from '../data/database.ts';
import { BACKUP_COLUMN } from '../model/columns.ts';

/** Columns that a move adds and a cleanup drops: they are no change of somebody else's. */
const own = (context: Context): string => context.columns[BACKUP_COLUMN];

/**
 * Stands for the shape of the appointments table: columns and indexes with what they are, the backup column left out.
 * Two shapes that differ in anything have different fingerprints.
 */
export async function schemaFingerprint(database: Database, context: Context, options: QueryOptions): Promise<string> {
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
