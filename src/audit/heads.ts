import type { Context } from '../config/context.ts';
import type { Database, QueryOptions } from '../data/database.ts';
import { unlessClosed } from '../data/state/tables.ts';
import { auditFile, readLocalFile } from './local-file.ts';
import { readAudit } from './read.ts';

/** The end of a chain: who has it can tell later whether what came before it is still what it was. */
interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** The ends of both chains of a database. */
export interface AuditHeads {
  /** undefined where nothing was recorded. */
  readonly database: (ChainHead & { readonly at: string | undefined }) | undefined;
  /** Why that can't be read by this account. */
  readonly closed: string | undefined;
  /** Of the file on this machine; undefined where there is none. */
  readonly local: ChainHead | undefined;
  /** Why the file can't be read. */
  readonly problem: string | undefined;
}

async function newestOf(
  database: Database,
  context: Context,
  options: QueryOptions,
): Promise<Pick<AuditHeads, 'database' | 'closed'>> {
  const page = await unlessClosed(readAudit(database, context, { limit: 1 }, options), ({ message }) => message);
  if (typeof page === 'string') return { database: undefined, closed: page };
  const [entry] = page.entries;
  return { database: entry && { seq: entry.seq, hash: entry.hash, at: entry.record?.at }, closed: undefined };
}

/** @throws Problem */
export async function readHeads(database: Database, context: Context, options: QueryOptions): Promise<AuditHeads> {
  const found = await newestOf(database, context, options);
  try {
    const { lines } = await readLocalFile(auditFile(context));
    const last = lines.findLast(({ whole }) => whole !== undefined)?.whole;
    return { ...found, local: last && { seq: last.seq, hash: last.hash }, problem: undefined };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return { ...found, local: undefined, problem: error.message };
  }
}
