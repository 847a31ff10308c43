import type { KnownTable } from '../../model/tables.ts';

/** The tables that the three migrations make. */
export const CALENDAR_TABLES = ['external_calendar_connections', 'external_calendar_events'] as const;

export type CalendarTable = (typeof CALENDAR_TABLES)[number] & KnownTable;

/** What tells one row from another. */
export const IDENTITY: Readonly<Record<CalendarTable, readonly string[]>> = {
  external_calendar_connections: ['provider_id', 'provider'],
  external_calendar_events: ['provider_id', 'calendar_provider', 'external_event_id'],
};

/** One event for each booking and calendar; on PostgreSQL only where there is a booking. */
export const BOOKING_MAPPING = ['booking_id', 'calendar_provider'] as const;

export interface ExpectedIndex {
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique: boolean;
}

const index = (name: string, columns: readonly string[], unique = false): ExpectedIndex => ({
  name: `idx_external_calendar_events_${name}`,
  columns,
  unique,
});

/** Source: the migrations and the list that the ceremony's own verification queries call required. */
export const EVENT_INDEXES: readonly ExpectedIndex[] = [
  index('provider_id', ['provider_id']),
  index('provider', ['calendar_provider']),
  index('time_range', ['provider_id', 'start_time', 'end_time']),
  index('provider_time', ['provider_id', 'calendar_provider']),
  index('checksum', ['checksum']),
  index('booking_id', ['booking_id']),
  index('sync_status', ['sync_status']),
  index('booking_provider_unique', BOOKING_MAPPING, true),
];

export const SYNC_STATUSES = ['CREATED', 'UPDATED', 'CANCELLED', 'FAILED'] as const;

export const FLAGS = [
  'CALENDAR_SYNC_ENABLED',
  'CALENDAR_OAUTH_ENABLED',
  'CALENDAR_JOBS_ENABLED',
  'CALENDAR_WEBHOOK_ENABLED',
] as const;
