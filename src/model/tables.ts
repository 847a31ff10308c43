/**
 * The tables beside the appointments that apptop knows, by the names the field uses; a config may map each to another
 * name. Source: the calendar schema (Supabase) and the calendars application (Django).
 */
export const KNOWN_TABLES = [
  'external_calendar_connections',
  'external_calendar_events',
  'bookings',
  'profiles',
  'calendars_event',
  'calendars_eventstate',
  'calendars_calendar',
] as const;

export type KnownTable = (typeof KNOWN_TABLES)[number];
