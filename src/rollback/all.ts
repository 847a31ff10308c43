import { BACKFILL_CORRELATION } from '../changes/backfill-correlation/change.ts';
import {
  CALENDAR_FOUNDATIONS,
  CALENDAR_OUTBOUND_SYNC,
  CALENDAR_UNIQUENESS,
} from '../changes/calendar-schema/change.ts';
import type { ChangeKind } from '../changes/change.ts';
import { changeNamed } from '../changes/list.ts';
import { MOVE_BOOKING_IDS } from '../changes/move-booking-ids/change.ts';
import { RETRY_REVIEW } from '../changes/retry/retry.ts';
import { DISMISS_REVIEW } from '../changes/review/dismiss.ts';
import { NOTE_REVIEW, RELEASE_REVIEW, TAKE_REVIEW } from '../changes/review/remark.ts';
import { SETTLE_REVIEW } from '../changes/review/settle.ts';
import type { Context } from '../config/context.ts';
import { Problem } from '../model/problem.ts';
import { CLEANUP_BOOKING_IDS } from './cleanup-booking-ids.ts';
import { ROLL_CODE_BACK } from './roll-code-back.ts';
import { ROLLBACK_BOOKING_IDS } from './rollback-booking-ids.ts';
import { ROLLBACK_CALENDAR_SCHEMA } from './rollback-calendar-schema.ts';
import { SWITCH_FLAGS_OFF, switchFlagsOff } from './switch-flags.ts';

/** Every change that there could be: those of a migration in their order, those of the review queue, levels of a rollback. */
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
  SWITCH_FLAGS_OFF,
  ROLL_CODE_BACK,
];

/** Every change that a context has: the first two levels of a rollback only where the config says how they are done. */
export const changesOf = ({ rollback: { flags, code } }: Pick<Context, 'rollback'>): readonly ChangeKind[] =>
  CHANGES.flatMap((kind) => {
    if (kind === SWITCH_FLAGS_OFF) return flags === undefined ? [] : [switchFlagsOff(flags)];
    return kind === ROLL_CODE_BACK && (code === undefined || !('command' in code)) ? [] : [kind];
  });

/**
 * Finds a change by its id among those that a context has.
 * @throws Problem blocked, with what the config has to say for it; usage, naming the nearest
 */
export function changeHere(kinds: readonly ChangeKind[], id: string): ChangeKind {
  const elsewhere = kinds.some((kind) => kind.id === id) ? undefined : CHANGES.find((kind) => kind.id === id);
  if (elsewhere?.unconfigured !== undefined) throw new Problem('blocked', ...elsewhere.unconfigured);
  return changeNamed(kinds, id);
}
