import { sql } from 'kysely';
import type { Expression } from '../../data/connection.ts';
import { all, inScope, tableOf } from '../../data/queries/expressions.ts';
import type { DatabaseCheck, Finding, Ground } from '../check.ts';

/** States of appointments that take nobody's time although their row is live. */
const CANCELLED = ['cancelled', 'canceled', 'rejected', 'declined'];

const isTaken = (status: Expression): Expression =>
  sql`COALESCE(LOWER(${status}), '') NOT IN (${sql.join(CANCELLED.map((word) => sql.lit(word)))})`;

/**
 * Rows that the next one of the same person begins inside. Whoever has two appointments at once has two neighbours in
 * their day that overlap, so none is missed; a long one counts once, however many others fall into it. Neighbours need
 * one sort of the table: the largest end so far, which would count them all, takes MariaDB 10.11 over a minute for
 * 1,000,000 rows of 60 people, as it looks back over a person's whole past for each row.
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
    ...(status === undefined ? [] : [isTaken(dialect.text(sql.id(status.name)))]),
  ]);
  return ground.violations(
    sql`SELECT ${dialect.text(sql.id('own'))} AS pk, ${dialect.shortText(sql.id('staff'), 36)} AS staff_id,
        ${dialect.text(sql.id('begins'))} AS starts_at, ${dialect.text(sql.id('ends'))} AS ends_at,
        ${dialect.text(sql.id('next_own'))} AS next_id, ${dialect.text(sql.id('next_begins'))} AS next_starts_at
      FROM (SELECT ${id} AS own, ${staff} AS staff, ${startsAt} AS begins, ${endsAt} AS ends,
          LEAD(${id}) OVER person AS next_own, LEAD(${startsAt}) OVER person AS next_begins
        FROM ${tableOf(source)} WHERE ${taken}
        WINDOW person AS (PARTITION BY ${staff} ORDER BY ${startsAt}, ${id})) AS day
      WHERE next_begins < ends`,
    sql`begins DESC`,
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
