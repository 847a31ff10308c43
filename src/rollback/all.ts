import { BACKFILL_CORRELATION } from '../changes/backfill-correlation/change.ts';
import {
  CALENDAR_FOUNDATIONS,
  CALENDAR_OUTBOUND_SYNC,
  CALENDAR_UNIQUENESS,
} from '../changes/calendar-schema/change.ts';
import type { ChangeKind } from '../changes/change.ts';
import { MOVE_BOOKING_IDS } from '../changes/move-booking-ids/change.ts';
import { RETRY_REVIEW } from '../changes/retry/retry.ts';
import { DISMISS_REVIEW } from '../changes/review/dismiss.ts';
import { NOTE_REVIEW, RELEASE_REVIEW, TAKE_REVIEW } from '../changes/review/remark.ts';
import { SETTLE_REVIEW } from '../changes/review/settle.ts';
import { CLEANUP_BOOKING_IDS } from './cleanup-booking-ids.ts';
import { ROLLBACK_BOOKING_IDS } from './rollback-booking-ids.ts';
import { ROLLBACK_CALENDAR_SCHEMA } from './rollback-calendar-schema.ts';

/** Every change that there is: those of a migration in their order, then those of the review queue. */
export const CHANGES: readonly ChangeKind[] = [
  MOVE_BOOKING_IDS,
  ROLLBACK_BOOKING_IDS,
  CLEANUP_BOOKING_IDS,
  CALENDAR_FOUNDATIONS,
  CALENDAR_UNIQUENESS,
  CALENDAR_OUTBOUND_SYNC,
  ROLLBACK_CALENDAR_SCHEMA,
  BACKFILL_CORRELATION,
  RETRY_REVIEW,
  SETTLE_REVIEW,
  DISMISS_REVIEW,
  TAKE_REVIEW,
  RELEASE_REVIEW,
  NOTE_REVIEW,
];
