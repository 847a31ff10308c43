import type { Check } from '../check.ts';
import { BOOKING_CHECKS } from './double-bookings.ts';
import { SHAPE_CHECKS } from './shape.ts';
import { TIMING_CHECKS } from './timing.ts';

/** The schema hotfix of the appointments, and what keeps a schema in good health. */
export const SCHEMA_CHECKS: readonly Check[] = [...SHAPE_CHECKS, ...BOOKING_CHECKS, ...TIMING_CHECKS];
