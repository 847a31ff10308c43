import { NOW, setWhere } from '../../data/appointment-writes.ts';
import { counted } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import { UNFLAGGED } from '../review/dismiss.ts';
import { examineForRetry, type MakeStrategy, mayRetry } from './strategy.ts';

/** Rows of a batch. */
const MOST = 2_000;

/** What a worker that polls takes for an appointment that was never tried. */
const FRESH = {
  calcom_sync_status: 'pending',
  sync_initiated_at: NOW,
  // A listener skips rows that have a job.
  sync_job_id: null,
  sync_attempt_count: '0',
  last_sync_attempt_at: null,
  sync_error_code: null,
  sync_error_message: null,
  ...UNFLAGGED,
} as const;

const PENDING = 'it is pending already';

/** Resets the sync columns for a worker that polls for pending rows. */
export const markPending: MakeStrategy = (ground) => {
  const { source, writing, context } = ground;
  if (!source.appointments.known.has('calcom_sync_status')) {
    const remedy = `name it in contexts.${context.name}.columns, or choose another strategy`;
    throw new Problem('blocked', 'the strategy mark-pending needs column calcom_sync_status', remedy);
  }
  return {
    action: {
      resets: true,
      most: MOST,
      async examine(rows) {
        const items = await examineForRetry(ground, rows);
        return items.map((item) => ({
          ...item,
          refusal: item.refusal ?? (item.row.status === 'pending' && !item.row.inReview ? PENDING : undefined),
        }));
      },
      expected: () => 'queued',
      async perform(session, items) {
        const pks = items.map(({ row }) => row.pk);
        const done = await setWhere(session, writing, source, { pks, condition: mayRetry(source) }, FRESH);
        return [...done].map((pk) => ({ pk, outcome: 'queued' as const, detail: 'marked pending' }));
      },
    },
    words: {
      does: (rows) => `resets the sync columns of ${counted(rows, 'appointment')} to pending`,
      sql: [
        `UPDATE ${source.appointments.table.name} SET calcom_sync_status = 'pending', sync_job_id = NULL, sync_attempt_count = 0, its error and its flag = NULL`,
      ],
      sample: ({ row }) => ({
        action: 'pending',
        before: { calcom_sync_status: row.status, sync_job_id: row.jobId, sync_error_code: row.errorCode },
        after: { calcom_sync_status: 'pending', sync_job_id: null, sync_error_code: null },
      }),
      notes: ['a worker must be polling for pending rows: without one nothing happens'],
    },
  };
};
