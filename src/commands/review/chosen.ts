import type { RowsFilter } from '../../data/queries/rows.ts';
import type { KnownColumn } from '../../model/columns.ts';
import { Problem } from '../../model/problem.ts';
import { ERROR_CAUSES } from '../../model/sync.ts';
import type { ReviewOptions } from '../command.ts';

/** Which rows of the queue are meant, as the parameters of a change say it. */
export type Chosen =
  | { readonly ids: readonly string[] }
  | { readonly filter: RowsFilter; readonly columns: readonly KnownColumn[] }
  | Readonly<Record<string, never>>;

/** What a list of the queue shows, and where `--text` looks. */
export const LISTED = [
  'manual_review_flagged_at',
  'sync_origin',
  'calcom_sync_status',
  'sync_attempt_count',
  'sync_error_code',
  'sync_error_message',
] as const satisfies readonly KnownColumn[];

type Said = Pick<
  ReviewOptions,
  'code' | 'cause' | 'origin' | 'status' | 'source' | 'tenant' | 'text' | 'includeDeleted'
>;

/** The filter of a command line. @throws Problem usage */
export function filterOf({ code, cause, origin, status, source, tenant, text, includeDeleted }: Said): RowsFilter {
  const causes = ERROR_CAUSES.map(({ id }) => id);
  if (cause !== undefined && !causes.includes(cause)) {
    throw new Problem('usage', `there is no cause "${cause}"`, `use one of ${causes.join(', ')}`);
  }
  return {
    ...(code !== undefined && { errorCode: code }),
    ...(cause !== undefined && { cause }),
    ...(origin !== undefined && { origin }),
    ...(status !== undefined && { status }),
    ...(source !== undefined && { source }),
    ...(tenant !== undefined && { tenant }),
    ...(text !== undefined && { text: { needle: text, inverse: false } }),
    includesDeleted: includeDeleted,
  };
}

/** The rows that are to be changed: nothing is meant by saying nothing. @throws Problem usage */
export function selectionFor(options: Said & Pick<ReviewOptions, 'action' | 'ids' | 'all'>): Chosen {
  const { action, ids, all } = options;
  const filter = filterOf(options);
  const filtered = Object.keys(filter).length > 1;
  if (ids.length > 0) {
    if (filtered || all || options.includeDeleted) {
      throw new Problem('usage', 'ids and a filter say two things', 'give ids alone, or a filter alone');
    }
    return { ids };
  }
  if (!filtered && !all) {
    const remedy = `name ids, filter with --code, --cause, --origin, --status, --source, --tenant or --text, or say --all`;
    throw new Problem('usage', `nothing says which rows to ${action}`, remedy);
  }
  return { filter, columns: LISTED };
}
