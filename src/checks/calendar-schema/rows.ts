import { sql } from 'kysely';
import type { Expression } from '../../data/connection.ts';
import { all, any } from '../../data/queries/expressions.ts';
import type { DatabaseCheck, Ground } from '../check.ts';
import { columnOf, hasColumn, needing, same, shapeOf, shown, tableNamed } from '../known-tables.ts';
import { BOOKING_MAPPING, type CalendarTable, IDENTITY, SYNC_STATUSES } from './expected.ts';

const EVENTS = 'external_calendar_events';
const AFTER = { system: 'calendar-schema', phases: ['post', 'monitor'], scans: EVENTS } as const;

/** Groups of rows that agree in some columns, none of them null: the lowest key of each, and how many they are. */
export function duplicates(ground: Ground, table: CalendarTable, columns: readonly string[]): Expression {
  const names = sql.join(columns.map((name) => sql.id(name)));
  return sql`SELECT MIN(${ground.dialect.text(sql.id('id'))}) AS pk, ${sql.join(
    columns.map((name) => sql`MIN(${ground.dialect.shortText(sql.id(name), 100)}) AS ${sql.id(name)}`),
  )}, ${ground.dialect.text(sql`COUNT(*)`)} AS copies
    FROM ${tableNamed(ground, table)} WHERE ${all(columns.map((name) => sql`${sql.id(name)} IS NOT NULL`))}
    GROUP BY ${names} HAVING COUNT(*) > 1`;
}

/** SELECT of events with their key and some columns. */
const events = (ground: Ground, columns: readonly string[], condition: Expression): Expression =>
  sql`SELECT ${ground.dialect.text(sql.ref('event.id'))} AS pk, ${sql.join(
    columns.map((name) => shown(ground, `event.${name}`)),
  )} FROM ${tableNamed(ground, EVENTS)} AS event WHERE ${condition}`;

/** Events that name a row of another table which is not there. */
async function nameless(ground: Ground, column: string, table: 'bookings' | 'profiles'): Promise<Expression> {
  const own = columnOf(await shapeOf(ground, EVENTS), column);
  const other = columnOf(await shapeOf(ground, table), 'id');
  return sql`(event.${sql.id(column)} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ${tableNamed(ground, table)} AS other
    WHERE ${same(ground, ['other', other], ['event', own])}))`;
}

/** Validations of what the tables hold. */
export const ROW_CHECKS: readonly DatabaseCheck[] = [
  {
    ...AFTER,
    id: 'calendar-schema/unique-events',
    title: 'Every calendar event is there once for its provider',
    severity: 'stop',
    reason: 'A doubled event blocks a time twice, and a deletion frees it only once.',
    remedy: 'Keep the newest row of each group; add the unique constraint so that it stays so.',
    look: needing({ [EVENTS]: ['id', ...IDENTITY[EVENTS]] }, (ground) =>
      ground.violations(duplicates(ground, EVENTS, IDENTITY[EVENTS]), sql.id('pk')),
    ),
  },
  {
    ...AFTER,
    id: 'calendar-schema/unique-bookings',
    title: 'Every booking has at most one event in each calendar',
    severity: 'stop',
    reason: 'With two events for a booking, the next change of it updates one and leaves the other standing.',
    remedy: 'Delete the event that the calendar no longer has; add the unique index so that it stays so.',
    look: needing({ [EVENTS]: ['id', ...BOOKING_MAPPING] }, (ground) =>
      ground.violations(duplicates(ground, EVENTS, BOOKING_MAPPING), sql.id('pk')),
    ),
  },
  {
    ...AFTER,
    id: 'calendar-schema/no-orphans',
    title: 'Every event belongs to a booking and a provider that exist',
    severity: 'stop',
    reason: 'An orphan is never updated or deleted: it blocks its time for ever.',
    remedy: 'Delete the events, and add the foreign keys of the migrations so that no new ones come.',
    look: needing({ [EVENTS]: ['id', 'provider_id', 'booking_id'], bookings: ['id'] }, async (ground) => {
      const orphaned = [await nameless(ground, 'booking_id', 'bookings')];
      // Providers live in Supabase's own table of people, which other databases don't have.
      if (hasColumn(await shapeOf(ground, 'profiles'), 'id')) {
        orphaned.push(await nameless(ground, 'provider_id', 'profiles'));
      }
      return ground.violations(events(ground, ['booking_id', 'provider_id'], any(orphaned)), sql.id('pk'));
    }),
  },
  {
    ...AFTER,
    id: 'calendar-schema/events-have-connection',
    title: 'Every event comes through a connection',
    severity: 'info',
    reason:
      'Events of a calendar that is no longer connected are never refreshed; during the migration that is normal.',
    remedy: 'Ask the provider to connect the calendar again, or delete its events.',
    look: needing(
      {
        [EVENTS]: ['id', 'provider_id', 'calendar_provider'],
        external_calendar_connections: ['provider_id', 'provider'],
      },
      async (ground) => {
        const event = await shapeOf(ground, EVENTS);
        const connection = await shapeOf(ground, 'external_calendar_connections');
        const connected = all([
          same(ground, ['other', columnOf(connection, 'provider_id')], ['event', columnOf(event, 'provider_id')]),
          same(ground, ['other', columnOf(connection, 'provider')], ['event', columnOf(event, 'calendar_provider')]),
        ]);
        const without = sql`NOT EXISTS (SELECT 1 FROM ${tableNamed(ground, 'external_calendar_connections')} AS other
          WHERE ${connected})`;
        return ground.violations(events(ground, ['provider_id', 'calendar_provider'], without), sql.id('pk'));
      },
    ),
  },
  {
    ...AFTER,
    id: 'calendar-schema/end-after-start',
    title: 'Every event ends after it starts',
    severity: 'stop',
    reason: 'An event that ends before it starts blocks no time, so the slot is sold again.',
    remedy: 'Fetch the event from the calendar again; add the check constraint of the first migration.',
    look: needing({ [EVENTS]: ['id', 'start_time', 'end_time'] }, async (ground) => {
      const table = await shapeOf(ground, EVENTS);
      const [start, end] = ['start_time', 'end_time'].map((name) => ground.dialect.epoch(columnOf(table, name)));
      return ground.violations(events(ground, ['start_time', 'end_time'], sql`${end} <= ${start}`), sql.id('pk'));
    }),
  },
  {
    ...AFTER,
    id: 'calendar-schema/sync-status',
    title: `Every sync status is ${SYNC_STATUSES.join(', ')} or empty`,
    severity: 'stop',
    reason: 'The sync passes over events in a status that it does not know.',
    remedy: 'Set the rows to FAILED so that the sync takes them up; add the check constraint of the third migration.',
    look: needing({ [EVENTS]: ['id', 'sync_status'] }, (ground) => {
      const known = sql.join(SYNC_STATUSES.map((status) => sql.lit(status)));
      const status = ground.dialect.text(sql.id('sync_status'));
      return ground.violations(events(ground, ['sync_status'], sql`${status} NOT IN (${known})`), sql.id('pk'));
    }),
  },
];
