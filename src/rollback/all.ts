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
import type { Context } from '../config/context.ts';
import { CLEANUP_BOOKING_IDS } from './cleanup-booking-ids.ts';
import { ROLL_CODE_BACK } from './roll-code-back.ts';
import { ROLLBACK_BOOKING_IDS } from './rollback-booking-ids.ts';
import { ROLLBACK_CALENDAR_SCHEMA } from './rollback-calendar-schema.ts';
import { SWITCH_FLAGS_OFF } from './switch-flags.ts';

/** Those of every context: those of a migration in their order, then those of the review queue. */
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

/** Every change that a context has: the first two levels of a rollback only where the config says how they are done. */
export const changesOf = ({ rollback: { flags, code } }: Pick<Context, 'rollback'>): readonly ChangeKind[] => [
  ...CHANGES,
  ...(flags === undefined ? [] : [SWITCH_FLAGS_OFF]),
  ...(code !== undefined && 'command' in code ? [ROLL_CODE_BACK] : []),
];
