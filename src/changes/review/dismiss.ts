import { sql } from 'kysely';
import { setWhere } from '../../data/appointment-writes.ts';
import type { Expression } from '../../data/connection.ts';
import type { Source } from '../../data/queries/expressions.ts';
import type { ReviewRow } from '../../data/queries/review-rows.ts';
import { counted } from '../../model/format.ts';
import { queueChange } from './queue-change.ts';
import type { ReviewItem } from './review-work.ts';

/** Rows of a batch. */
const MOST = 2_000;

/** What takes a row off the queue. */
export const UNFLAGGED = { requires_manual_review: '0', manual_review_flagged_at: null } as const;

/** A row that waits for review, as a condition. */
export function isFlagged({ appointments, dialect }: Source): Expression {
  const flag = appointments.known.get('requires_manual_review');
  return flag === undefined ? sql`1 = 0` : dialect.isTrue(flag);
}

/** A row off the queue, before and after. */
export const unflagging = (action: string, { flaggedAt }: ReviewRow) => ({
  action,
  before: {
    requires_manual_review: '1',
    manual_review_flagged_at: flaggedAt === undefined ? null : new Date(flaggedAt).toISOString(),
  },
  after: { requires_manual_review: '0', manual_review_flagged_at: null },
});

const NOT_WAITING = 'it does not wait for review';

/** Takes rows off the queue for a reason; their errors stay where they are. */
export const DISMISS_REVIEW = queueChange<ReviewItem>({
  id: 'dismiss-review',
  title: 'Dismiss from the review queue',
  purpose: 'takes appointments off the queue that need no retry, and keeps the reason',
  tier: 'bulk',
  needsReason: true,
  make: ({ source, writing }, _, run) => ({
    action: {
      most: MOST,
      examine: async (rows) => rows.map((row) => ({ row, refusal: row.inReview ? undefined : NOT_WAITING })),
      expected: () => 'dismissed',
      async perform(session, items) {
        const pks = items.map(({ row }) => row.pk);
        const done = await setWhere(session, writing, source, { pks, condition: isFlagged(source) }, UNFLAGGED);
        return [...done].map((pk) => ({ pk, outcome: 'dismissed' as const, detail: run?.ticket }));
      },
    },
    words: {
      summary: (rows) => [`takes ${counted(rows, 'appointment')} off the review queue; their errors stay on record`],
      sql: [
        `UPDATE ${source.appointments.table.name} SET requires_manual_review = false, manual_review_flagged_at = NULL WHERE it is true`,
      ],
      sample: ({ row }) => unflagging('dismiss', row),
      rollback: 'none is needed: the sync flags a row again when it fails again',
      notes: [],
    },
  }),
});
