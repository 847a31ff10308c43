import { sql } from 'kysely';
import type { Expression } from '../../data/connection.ts';
import { all, any, tableOf } from '../../data/queries/expressions.ts';
import type { KnownColumn } from '../../model/columns.ts';
import { KNOWN_STATUSES } from '../../model/sync.ts';
import { WINDOW_SECONDS } from '../../model/windows.ts';
import { appointmentsWhere, isFlagged, isNoneOf, isOneOf, latestFirst, live, within } from '../appointment-rows.ts';
import type { DatabaseCheck, Finding, Ground } from '../check.ts';

const MONITOR = { system: 'sync', phases: ['post', 'monitor'], severity: 'warn', scans: 'appointments' } as const;

/** Attempts after which the sync job gives up. */
const ATTEMPTS = 3;

const isEmpty = (ground: Ground, name: KnownColumn): Expression =>
  sql`(${ground.column(name)} IS NULL OR ${ground.dialect.text(ground.column(name))} = '')`;

const rowsWhere = (ground: Ground, conditions: readonly Expression[], columns: readonly KnownColumn[]) =>
  appointmentsWhere(ground, [...live(ground), ...conditions], columns);

/** Every live row that shares an id with another one, whichever of the two columns it stands in. */
function shared(ground: Ground): Promise<Finding> {
  const { dialect, appointments, source } = ground;
  const { id, v1, v2 } = appointments;
  const pk = dialect.text(sql.id(id.name));
  const idsIn = (column: string) => sql`SELECT ${pk} AS pk, ${dialect.text(sql.id(column))} AS booking_id
    FROM ${tableOf(source)} WHERE ${all([...live(ground), sql`${sql.id(column)} IS NOT NULL`])}`;
  const ids = sql`${idsIn(v1.name)} UNION ALL ${idsIn(v2.name)}`;
  return ground.violations(
    sql`SELECT DISTINCT pk, booking_id FROM (${ids}) AS ids WHERE booking_id <> '' AND booking_id IN (
      SELECT booking_id FROM (${ids}) AS all_ids GROUP BY booking_id HAVING MIN(pk) <> MAX(pk))`,
    sql`booking_id, pk`,
  );
}

/** What no row of a working sync shows. */
export const ROW_CHECKS: readonly DatabaseCheck[] = [
  {
    ...MONITOR,
    id: 'sync/exhausted-flagged',
    title: 'Every row that used up its attempts is flagged for review',
    reason: 'After three attempts the job gives up: without the flag nobody ever looks at the row again.',
    remedy: 'Flag the rows for review, or retry them once their cause is gone.',
    needs: { columns: ['sync_attempt_count', 'requires_manual_review', 'calcom_sync_status'] },
    look: (ground) =>
      rowsWhere(
        ground,
        [
          sql`${ground.column('sync_attempt_count')} >= ${sql.lit(ATTEMPTS)}`,
          sql`NOT (${isFlagged(ground)})`,
          isNoneOf(ground, 'calcom_sync_status', ['synced']),
        ],
        ['sync_attempt_count', 'calcom_sync_status', 'last_sync_attempt_at', 'sync_error_code'],
      ),
  },
  {
    ...MONITOR,
    id: 'sync/flagged-with-error',
    title: 'Every row in review says why',
    reason: 'Without code and message nobody can tell whether a retry is safe.',
    remedy: 'Search the log for the sync job of the row.',
    needs: { columns: ['requires_manual_review', 'sync_error_code', 'sync_error_message'] },
    look: (ground) =>
      rowsWhere(
        ground,
        [isFlagged(ground), isEmpty(ground, 'sync_error_code'), isEmpty(ground, 'sync_error_message')],
        ['sync_job_id', 'sync_attempt_count', 'manual_review_flagged_at'],
      ),
  },
  {
    ...MONITOR,
    id: 'sync/synced-with-id',
    title: 'Every synced row has a booking id',
    severity: 'error',
    reason: 'Without an id the booking in Cal.com can be neither changed nor cancelled from here.',
    remedy: 'Find the booking in Cal.com by attendee and time and write its uid into the V2 column.',
    needs: { columns: ['calcom_sync_status'] },
    look: (ground) =>
      rowsWhere(
        ground,
        [
          isOneOf(ground, 'calcom_sync_status', ['synced']),
          isEmpty(ground, 'calcom_booking_id'),
          isEmpty(ground, 'calcom_v2_booking_id'),
        ],
        ['sync_origin', 'sync_verified_at', 'sync_job_id'],
      ),
  },
  {
    ...MONITOR,
    id: 'sync/synced-not-flagged',
    title: 'No synced row is still flagged for review',
    reason: 'The application does not clear the flag when a sync succeeds: the queue grows with work that is done.',
    remedy: 'Dismiss the flag of these rows.',
    needs: { columns: ['calcom_sync_status', 'requires_manual_review'] },
    look: (ground) =>
      rowsWhere(
        ground,
        [isOneOf(ground, 'calcom_sync_status', ['synced']), isFlagged(ground)],
        ['sync_verified_at', 'manual_review_flagged_at', 'sync_error_code'],
      ),
  },
  {
    ...MONITOR,
    id: 'sync/one-row-per-booking',
    title: 'Every booking id stands on one row only',
    severity: 'error',
    reason: 'Two rows with one booking are what a sync loop leaves behind, and a webhook changes the wrong one.',
    remedy: 'Compare the rows with the booking in Cal.com and delete or correct the one that is not it.',
    look: shared,
  },
  {
    ...MONITOR,
    id: 'sync/origin-set',
    title: 'Every row that takes part in the sync has an origin',
    reason: 'The listeners decide by the origin: a row without one is never pushed, or comes back in a loop.',
    remedy: 'Find the code that books without setting sync_origin; the source of the rows tells.',
    needs: { columns: ['sync_origin', 'created_at', 'calcom_sync_status', 'sync_job_id'] },
    // Older rows without any trace of a sync are from before there was one.
    look: (ground) =>
      appointmentsWhere(
        ground,
        [
          ...live(ground),
          isEmpty(ground, 'sync_origin'),
          any([
            within(ground, 'created_at', WINDOW_SECONDS['7d']),
            sql`${ground.column('calcom_sync_status')} IS NOT NULL`,
            sql`${ground.column('sync_job_id')} IS NOT NULL`,
          ]),
        ],
        ['source', 'calcom_sync_status', 'created_at'],
        latestFirst(ground, 'created_at'),
      ),
  },
  {
    ...MONITOR,
    id: 'sync/status-known',
    title: 'Every sync status is one that the application knows',
    reason: 'A row in an unknown status is in no figure and no retry.',
    remedy: 'Find the code that writes the status, and set the rows to failed so that they are seen.',
    needs: { columns: ['calcom_sync_status'] },
    look: (ground) =>
      rowsWhere(
        ground,
        [
          sql`${ground.column('calcom_sync_status')} IS NOT NULL`,
          isNoneOf(ground, 'calcom_sync_status', KNOWN_STATUSES),
        ],
        ['calcom_sync_status', 'sync_origin', 'updated_at'],
      ),
  },
];
