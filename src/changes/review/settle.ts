import { sql } from 'kysely';
import { setWhere } from '../../data/appointment-writes.ts';
import { all } from '../../data/queries/expressions.ts';
import type { Selection } from '../../data/queries/review-rows.ts';
import { counted } from '../../model/format.ts';
import type { Parameters } from '../change.ts';
import { isFlagged, UNFLAGGED, unflagging } from './dismiss.ts';
import { keptOf } from './kept.ts';
import { queueChange } from './queue-change.ts';
import type { ReviewItem } from './review-work.ts';
import { selectionOf } from './selection.ts';

/** Rows of a batch. */
const MOST = 2_000;

/** Those that are named, or all of the queue that are synced. */
const settled = (parameters: Parameters): Selection =>
  'ids' in parameters || 'filter' in parameters
    ? selectionOf(parameters)
    : { filter: { status: 'synced', includesDeleted: true }, columns: [] };

/**
 * Takes rows off the queue whose retry has succeeded: the application's job does not do that itself. It belongs to the
 * retry that a person has confirmed, so nobody is asked again.
 */
export const SETTLE_REVIEW = queueChange<ReviewItem>({
  id: 'settle-review',
  title: 'Settle retries that have succeeded',
  purpose: 'takes appointments off the review queue that were retried and are synced now',
  tier: 'none',
  select: settled,
  make: (ground) => {
    const { source, writing, dialect } = ground;
    return {
      action: {
        most: MOST,
        async examine(rows) {
          const kept = await keptOf(
            ground,
            rows.map(({ pk }) => pk),
          );
          return rows.map((row) => {
            const retried = kept.get(row.pk)?.some(({ outcome }) => outcome === 'queued') ?? false;
            const why = retried ? undefined : 'it was not retried here: dismiss it';
            return { row, refusal: row.status === 'synced' && row.inReview ? why : 'it is not synced and in review' };
          });
        },
        expected: () => 'succeeded',
        async perform(session, items) {
          const status = source.appointments.known.get('calcom_sync_status');
          const synced = status === undefined ? sql`1 = 0` : sql`${dialect.text(sql.id(status.name))} = 'synced'`;
          const pks = items.map(({ row }) => row.pk);
          const condition = all([isFlagged(source), synced]);
          const done = await setWhere(session, writing, source, { pks, condition }, UNFLAGGED);
          return [...done].map((pk) => ({ pk, outcome: 'succeeded' as const, detail: undefined }));
        },
      },
      words: {
        summary: (rows) => [`takes ${counted(rows, 'appointment')} off the review queue that a retry has synced`],
        sql: [
          `UPDATE ${source.appointments.table.name} SET requires_manual_review = false, manual_review_flagged_at = NULL WHERE calcom_sync_status = 'synced'`,
        ],
        sample: ({ row }) => unflagging('settle', row),
        rollback: 'none is needed: the sync flags a row again when it fails again',
        notes: [],
      },
    };
  },
});
