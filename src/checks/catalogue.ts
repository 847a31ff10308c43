import { BOOKING_ID_CHECKS } from './booking-ids.ts';
import type { Check } from './check.ts';
import { SYNC_CHECKS } from './sync.ts';

/** Every built-in check, in the order in which people read them. */
export const CATALOGUE: readonly Check[] = [...BOOKING_ID_CHECKS, ...SYNC_CHECKS];
