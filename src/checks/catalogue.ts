import type { Context } from '../config/context.ts';
import { BOOKING_ID_CHECKS } from './booking-ids/checks.ts';
import { flagsOff } from './calendar-schema/before.ts';
import { CALENDAR_SCHEMA_CHECKS } from './calendar-schema/checks.ts';
import type { Check } from './check.ts';
import { EVENT_CORRELATION_CHECKS } from './event-correlation/checks.ts';
import { metricChecks } from './event-correlation/metrics.ts';
import { stageChecks } from './event-correlation/stages.ts';
import { SCHEMA_CHECKS } from './schema/checks.ts';
import { SYNC_CHECKS } from './sync/checks.ts';

/** Every built-in check of a database, in the order in which people read them. */
export const CATALOGUE: readonly Check[] = [
  ...BOOKING_ID_CHECKS,
  ...CALENDAR_SCHEMA_CHECKS,
  ...EVENT_CORRELATION_CHECKS,
  ...SCHEMA_CHECKS,
  ...SYNC_CHECKS,
];

/** The built-in checks of what the config says where it is: most of it lies outside the database. */
export const configuredChecks = (context: Context): readonly Check[] => [
  flagsOff(context),
  ...stageChecks(context),
  ...metricChecks(context),
];
