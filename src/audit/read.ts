import type { Context } from '../config/context.ts';
import type { Database, QueryOptions } from '../data/database.ts';
import { canonicalJson } from './canonical.ts';
import { type Link, loadHashing } from './chain.ts';
import type { AuditRecord } from './event.ts';
import { readRecord } from './record.ts';
import { AuditTable } from './table.ts';

/** Characters of a record that are read for a list: apptop writes fewer. */
const LISTED_CHARACTERS = 65_536;

/** One record as the table has it. */
export interface AuditEntry extends Link {
  /** undefined where the text is none of apptop's. */
  readonly record: AuditRecord | undefined;
}

export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditEntry[];
  /** Why there are none. */
  readonly why?: string;
}

const NOTHING_RECORDED = 'nothing was changed with apptop yet';

/**
 * Reads what was recorded in a database, the newest first.
 * @param page `after` is the number of the last one that is known already: those before it in time follow
 * @throws Problem
 */
export async function readAudit(
  database: Database,
  context: Context,
  page: { readonly limit: number; readonly after?: number | undefined },
  options: QueryOptions,
): Promise<AuditPage> {
  const table = new AuditTable(context, database.dialect);
  if (!(await table.exists(database, options))) return { entries: [], why: NOTHING_RECORDED };
  const links = await table.newest(database, page.limit, page.after, LISTED_CHARACTERS, options);
  const entries = links.map((link) => ({ ...link, record: readRecord(link.body) }));
  return entries.length === 0 && page.after === undefined ? { entries, why: NOTHING_RECORDED } : { entries };
}

/** A record with its place in the chain. */
export interface Said {
  readonly seq: number;
  readonly record: AuditRecord;
  /** Whether it is what was hashed when it was written. */
  readonly whole: boolean;
}

/**
 * The records whose details have these values, oldest first.
 * @param details in the order of their names, side by side in the record
 * @param after the number of the last one that is known already
 * @throws Problem
 */
export async function recordsAbout(
  database: Database,
  context: Context,
  details: NonNullable<AuditRecord['details']>,
  after: number,
  options: QueryOptions,
): Promise<readonly Said[]> {
  const table = new AuditTable(context, database.dialect);
  if (!(await table.exists(database, options))) return [];
  const links = await table.all(database, options, { like: `%${canonicalJson(details).slice(1, -1)}%`, after });
  const hashOf = await loadHashing();
  return links.flatMap(({ seq, body, prev, hash }) => {
    const record = readRecord(body);
    const same = Object.entries(details).every(([name, detail]) => record?.details?.[name] === detail);
    return record !== undefined && same ? [{ seq, record, whole: hashOf(prev, body) === hash }] : [];
  });
}
