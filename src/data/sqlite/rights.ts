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
  const path = connection.server.database;
  const all = { may: mayWrite(path), grant: `chmod u+w ${path}` };
  return {
    readOnly: row?.query_only === '1',
    writes: all.may ? ['INSERT', 'UPDATE', 'DELETE'] : [],
    reads: true,
    alters: all,
    creates: all,
    complete: true,
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
