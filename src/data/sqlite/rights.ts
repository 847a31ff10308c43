import { accessSync, constants } from 'node:fs';
import { sql } from 'kysely';
import type { Connection, Rights } from '../connection.ts';
import { dialect } from './dialect.ts';

/** Milliseconds; nothing of the file is read. */
const TIMEOUT_MS = 5_000;

/** A file knows no accounts: whoever may write it may do everything. */
export async function rights(connection: Connection): Promise<Rights> {
  const query = dialect.compile(sql`SELECT query_only FROM pragma_query_only`);
  const [row] = await connection.query(query, TIMEOUT_MS);
  return {
    readOnly: row?.query_only === '1',
    writes: mayWrite(connection.server.database) ? ['INSERT', 'UPDATE', 'DELETE'] : [],
  };
}

/** Whether the system lets this user write a file. */
export function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
