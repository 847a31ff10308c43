import { sql } from 'kysely';
import { all, inScope, tableOf } from '../../data/queries/expressions.ts';
import type { DatabaseCheck, Finding, Ground } from '../check.ts';

/** Appointments that take nobody's time although their row is live. */
const CANCELLED = ['cancelled', 'canceled', 'rejected', 'declined'];

/**
 * Rows that begin before an earlier row of the same person has ended. One pass in the order of a person's day instead of
 * comparing each row with each: it is sorted once, and the largest end so far is carried along.
 */
async function doubleBookings(ground: Ground): Promise<Finding> {
  const { dialect, source, appointments } = ground;
  const [id, staff] = [ground.column('id'), ground.column('staff_id')];
  const [startsAt, endsAt] = [ground.column('starts_at'), ground.column('ends_at')];
  const status = appointments.known.get('status');
  const taken = all([
    ...inScope(source, false),
    sql`${staff} IS NOT NULL`,
    sql`${startsAt} < ${endsAt}`,
    ...(status === undefined
      ? []
      : [
          sql`COALESCE(LOWER(${dialect.text(sql.id(status.name))}), '') NOT IN (${sql.join(CANCELLED.map((word) => sql.lit(word)))})`,
        ]),
  ]);
  return ground.violations(
    sql`SELECT ${dialect.text(id)} AS pk, ${dialect.shortText(sql.id('staff'), 36)} AS staff_id,
        ${dialect.text(startsAt)} AS starts_at, ${dialect.text(endsAt)} AS ends_at, ${dialect.text(sql.id('busy_until'))} AS busy_until
      FROM (SELECT ${id}, ${staff} AS staff, ${startsAt}, ${endsAt},
          MAX(${endsAt}) OVER (PARTITION BY ${staff} ORDER BY ${startsAt}, ${id}
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS busy_until
        FROM ${tableOf(source)} WHERE ${taken}) AS day
      WHERE ${startsAt} < busy_until`,
    sql`starts_at DESC`,
  );
}

export const BOOKING_CHECKS: readonly DatabaseCheck[] = [
  {
    id: 'schema/double-bookings',
    title: 'Nobody of the staff has two appointments at once',
    system: 'schema',
    phases: ['post', 'monitor'],
    severity: 'error',
    reason: 'Two customers stand before one person; the cache of free slots is usually the cause.',
    remedy: 'Call one of the customers and move the appointment; then look which webhook left the cache as it was.',
    needs: { columns: ['staff_id', 'starts_at', 'ends_at'] },
    scans: 'appointments',
    look: doubleBookings,
  },
];
