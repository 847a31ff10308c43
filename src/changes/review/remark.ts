import { counted } from '../../model/format.ts';
import type { Outcome } from '../../model/review.ts';
import type { ChangeKind } from '../change.ts';
import { queueChange } from './queue-change.ts';
import type { ReviewItem } from './review-work.ts';

/** Rows of a batch. */
const MOST = 2_000;

/** Something that is only written beside the appointments: they stay as they are. */
interface Remark extends Pick<ChangeKind, 'id' | 'title' | 'purpose' | 'needsReason'> {
  readonly outcome: Outcome;
  readonly action: string;
  readonly summary: (rows: number) => string;
}

const remark = ({ outcome, action, summary, ...kind }: Remark): ChangeKind =>
  queueChange<ReviewItem>({
    ...kind,
    tier: 'none',
    make: () => ({
      action: {
        most: MOST,
        examine: async (rows) => rows.map((row) => ({ row, refusal: undefined })),
        expected: () => outcome,
        perform: async (_session, items, run) => items.map(({ row }) => ({ pk: row.pk, outcome, detail: run.ticket })),
      },
      words: {
        summary: (rows) => [summary(rows)],
        sql: ['INSERT INTO apptop_outcome (run, pk, outcome, detail, at) …'],
        sample: () => ({ action, before: {}, after: {} }),
        rollback: 'none is needed: the appointments stay as they are',
        notes: [],
      },
    }),
  });

/** An operator says that they see to some rows: everybody sees it in the queue. */
export const TAKE_REVIEW = remark({
  id: 'take-review',
  title: 'Take rows of the review queue',
  purpose: 'says to everybody that you see to these appointments',
  outcome: 'taken',
  action: 'take',
  summary: (rows) => `says that you see to ${counted(rows, 'appointment')}`,
});

export const RELEASE_REVIEW = remark({
  id: 'release-review',
  title: 'Release rows of the review queue',
  purpose: 'says that nobody sees to these appointments any more',
  outcome: 'released',
  action: 'release',
  summary: (rows) => `gives ${counted(rows, 'appointment')} back to everybody`,
});

/** The remark is the reason that is asked for. */
export const NOTE_REVIEW = remark({
  id: 'note-review',
  title: 'Note something about rows',
  purpose: 'keeps a remark about these appointments for everybody',
  needsReason: true,
  outcome: 'noted',
  action: 'note',
  summary: (rows) => `notes something about ${counted(rows, 'appointment')}`,
});
