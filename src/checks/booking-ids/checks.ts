import type { Check } from '../check.ts';
import { AFTER_CHECKS } from './after.ts';
import { BEFORE_CHECKS } from './before.ts';

/** The move of V1 ids out of the V2 column: before it, after it, after its cleanup, and from day to day. */
export const BOOKING_ID_CHECKS: readonly Check[] = [...BEFORE_CHECKS, ...AFTER_CHECKS];
