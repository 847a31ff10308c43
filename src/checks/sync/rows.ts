import { sql } from 'kysely';
import type { Expression } from '../../data/connection.ts';
import { any, kindExpressions } from '../../data/queries/expressions.ts';
import type { KnownColumn } from '../../model/columns.ts';
import { KNOWN_STATUSES } from '../../model/sync.ts';
import { WINDOW_SECONDS } from '../../model/windows.ts';
import {
  appointmentsWhere,
  fromRows,
  isFlagged,
  isNoneOf,
  isOneOf,
  latestFirst,
  live,
  within,
} from '../appointment-rows.ts';
import type { DatabaseCheck, Finding, Ground } from '../check.ts';

const MONITOR = { system: 'sync', phases: ['post', 'monitor'], severity: 'warn', scans: 'appointments' } as const;

/** Attempts after which the sync job gives up. */
const ATTEMPTS = 3;

const isEmpty = (ground: Ground, name: KnownColumn): Expression =>
  sql`(${ground.column(name)} IS NULL OR ${ground.dialect.text(ground.column(name))} = '')`;

const rowsWhere = (ground: Ground, conditions: readonly Expression[], columns: readonly KnownColumn[]) =>
  appointmentsWhere(ground, [...live(ground), ...conditions], columns);

/** Rows of `ids` (pk, booking_id) whose id another row has too. */
const repeated = (ids: Expression): Expression =>
  sql`SELECT ids.pk, ids.booking_id FROM (${ids}) AS ids JOIN (
    SELECT booking_id FROM (${ids}) AS every_id GROUP BY booking_id HAVING COUNT(*) > 1
  ) AS shared ON shared.booking_id = ids.booking_id`;

/**
 * Every live row that shares an id with another one. V1 ids are compared as what the V1 column holds, whichever of the
 * two columns they stand in: of 300,000 rows MariaDB groups the numbers in 1.2 s, their texts on disk in 5.6 s.
 */
function shared(ground: Ground): Promise<Finding> {
  const { dialect, appointments, source } = ground;
  const { id, v1, v2, v2Unique } = appointments;
  const kinds = kindExpressions(source);
  const [v1Id, v2Id] = [sql.id(v1.name), dialect.text(sql.id(v2.name))];
  const idsOf = (value: Expression, ...conditions: readonly Expression[]) =>
    sql`SELECT ${dialect.text(sql.id(id.name))} AS pk, ${value} AS booking_id ${fromRows(ground, [...live(ground), ...conditions])}`;
  const numbers = sql`${idsOf(v1Id, sql`${kinds.v1} = 'v1'`)}
    UNION ALL ${idsOf(dialect.v1AsColumn(v2Id, v1), sql`${kinds.v2} = 'v1'`, sql`${kinds.equal} = 0`)}`;
  const text = (ids: Expression) =>
    sql`SELECT pk, ${dialect.text(sql.id('booking_id'))} AS booking_id FROM (${repeated(ids)}) AS repeated`;
  // Under a unique index no uid can be there twice.
  const uids = v2Unique ? sql`` : sql`UNION ALL ${text(idsOf(v2Id, sql`${kinds.v2} = 'uid'`))}`;
  return ground.violations(sql`SELECT pk, booking_id FROM (${text(numbers)} ${uids}) AS found`, sql`booking_id, pk`);
}

/** What no row of a working sync shows. */
export const ROW_CHECKS: readonly DatabaseCheck[] = [
  {
    ...MONITOR,
    id: 'sync/exhausted-flagged',
    title: 'Every row that used up its attempts is flagged for review',
    reason: 'After three attempts the job gives up: without the flag nobody ever looks at the row again.',
    remedy: 'Flag the rows for review, or retry them once their cause is gone.',
    needs: {
      columns: ['sync_attempt_count', 'requires_manual_review', 'manual_review_flagged_at', 'calcom_sync_status'],
    },
    // A row that was flagged once and is no longer has been dismissed by somebody.
    look: (ground) =>
      rowsWhere(
        ground,
        [
          sql`${ground.column('sync_attempt_count')} >= ${sql.lit(ATTEMPTS)}`,
          sql`NOT (${isFlagged(ground)})`,
          sql`${ground.column('manual_review_flagged_at')} IS NULL`,
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
