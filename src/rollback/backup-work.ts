import type { Following, Stretch } from '../changes/batch-work.ts';
import type { PlanSample } from '../changes/change.ts';
import { IdColumnsWork, type IdItem } from '../changes/id-columns-work.ts';
import type { Database, QueryOptions } from '../data/database.ts';
import { hasBackup } from '../data/queries/backups.ts';
import type { Source } from '../data/queries/expressions.ts';
import { type IdRow, lastKey, sampleIdRows, sweepIdRows } from '../data/queries/id-rows.ts';
import type { IdValues } from '../data/writing.ts';
import { kindOfValue } from '../model/booking-id.ts';
import type { Comparison } from './compare.ts';

/**
 * The comparison where only the backup column tells what was: a row was moved when its backup is a V1 id that now stands in
 * the V1 column beside an empty V2 column; it is back when the V2 column holds the backup.
 */
function compareBackup({ ids }: IdRow): Exclude<Comparison, 'deleted'> {
  const { v1, v2, backup } = ids;
  if (v2 === backup) return 'already';
  return v2 === null && v1 === backup && kindOfValue(backup) === 'v1' ? 'restore' : 'conflict';
}

const before = ({ backup }: IdValues): IdValues => ({ v1: null, v2: backup, backup: null });

/** The first rows that would be restored, and those that would not. */
export async function sampleBackups(
  database: Database,
  source: Source,
  limit: number,
  options: QueryOptions,
): Promise<readonly PlanSample[]> {
  const rows = await sampleIdRows(database, source, hasBackup(source), limit, options);
  return rows.flatMap((row) => {
    const compared = compareBackup(row);
    if (compared === 'already') return [];
    return [
      { pk: row.pk, action: compared, before: row.ids, after: compared === 'restore' ? before(row.ids) : row.ids },
    ];
  });
}

/** Rows that are looked at in one statement: those without a backup are not fetched. */
const SWEPT_ROWS = 5_000;

/** Takes back a move that somebody else made, from its backup column. */
export class BackupWork extends IdColumnsWork {
  /** One pass does it: rows that somebody changes meanwhile are left to them. */
  async end(pass: number): Promise<string | undefined> {
    if (pass > 0) return undefined;
    const { database, source, options } = this.ground;
    return lastKey(database, source, options);
  }

  async read(_pass: number, cursor: string | undefined, until: string, limit: number): Promise<Stretch<IdItem>> {
    const { database, source, options } = this.ground;
    const stretch = { after: cursor, until, limit: Math.min(limit, SWEPT_ROWS) };
    const { last, rows, scanned } = await sweepIdRows(database, source, stretch, hasBackup(source), options);
    const compared = Map.groupBy(rows, compareBackup);
    const items = (compared.get('restore') ?? []).map(
      ({ pk, ids }): IdItem => ({ kind: 'change', as: 'moved', row: { pk, from: ids, to: before(ids) } }),
    );
    const count = (kind: Exclude<Comparison, 'deleted'>) => compared.get(kind)?.length ?? 0;
    return { cursor: last, scanned, items, counts: { already: count('already'), conflicts: count('conflict') } };
  }

  following(): Following {
    return 'over';
  }
}
