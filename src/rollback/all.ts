import type { ChangeKind } from '../changes/change.ts';
import { MOVE_BOOKING_IDS } from '../changes/move-booking-ids/change.ts';
import { CLEANUP_BOOKING_IDS } from './cleanup-booking-ids.ts';
import { ROLLBACK_BOOKING_IDS } from './rollback-booking-ids.ts';

/** Every change that there is, in the order of a migration. */
export const CHANGES: readonly ChangeKind[] = [MOVE_BOOKING_IDS, ROLLBACK_BOOKING_IDS, CLEANUP_BOOKING_IDS];
