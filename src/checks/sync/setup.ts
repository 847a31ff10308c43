import { sql } from 'kysely';
import { all, any } from '../../data/queries/expressions.ts';
import { SYNC_COLUMNS } from '../../model/columns.ts';
import { appointmentsWhere, isOneOf, live } from '../appointment-rows.ts';
import type { DatabaseCheck, Finding, Ground, NotApplicable } from '../check.ts';
import { found } from '../known-tables.ts';
import { onLaravelTable } from './laravel.ts';

/** The framework migrations that make the sync columns. */
const SYNC_MIGRATIONS = [
  '2025_10_11_000000_add_calcom_sync_tracking_to_appointments',
  '2025_10_13_160319_add_sync_orchestration_to_appointments',
];

async function columns({ appointments, context }: Ground): Promise<Finding> {
  const missing = SYNC_COLUMNS.filter((name) => appointments.missing.includes(name));
  const there = SYNC_COLUMNS.length - missing.length;
  return found(
    missing.map((name) => ({ column: context.columns[name] })),
    `${there} of ${SYNC_COLUMNS.length} columns`,
  );
}

const migrations = (ground: Ground): Promise<Finding | NotApplicable> =>
  onLaravelTable(ground, 'migrations', ['migration'], async ({ from }) => {
    const name = ground.dialect.text(sql.id('migration'));
    const wanted = sql.join(SYNC_MIGRATIONS.map((migration) => sql.lit(migration)));
    const rows = await ground.query(sql`SELECT ${name} AS migration FROM ${from} WHERE ${name} IN (${wanted})`);
    const run = new Set(rows.map(({ migration }) => migration));
    return found(SYNC_MIGRATIONS.filter((migration) => !run.has(migration)).map((migration) => ({ migration })));
  });

/** What the sync is built on, and the promise that it never echoes. */
export const SETUP_CHECKS: readonly DatabaseCheck[] = [
  {
    system: 'sync',
    id: 'sync/columns',
    title: 'The eleven sync columns exist',
    phases: ['pre', 'verify'],
    severity: 'error',
    reason: 'Without them the sync job fails on its first write, and nothing here can tell how the sync does.',
    remedy: 'Run the two sync migrations; where a column has another name, say so under columns in the config.',
    look: columns,
  },
  {
    system: 'sync',
    id: 'sync/migrations',
    title: 'Both sync migrations are run',
    phases: ['pre', 'verify'],
    severity: 'error',
    reason: 'Columns without their migration were made by hand: the next deployment runs it and fails on them.',
    remedy: 'Run php artisan migrate, and look at migrate:status first.',
    look: migrations,
  },
  {
    system: 'sync',
    id: 'sync/loop-prevention',
    title: 'Nothing that came from Cal.com is sent back',
    phases: ['pre', 'post', 'monitor'],
    severity: 'stop',
    reason: 'A booking that is sent back comes in again by webhook: the loop books without end.',
    remedy: 'Stop the queue workers, then see that the webhook sets sync_origin to calcom and the listeners skip it.',
    needs: { columns: ['sync_origin', 'sync_job_id', 'sync_attempt_count'] },
    scans: 'appointments',
    look: (ground) => {
      const sent = any([
        sql`${ground.column('sync_job_id')} IS NOT NULL`,
        sql`${ground.column('sync_attempt_count')} > 0`,
      ]);
      return appointmentsWhere(
        ground,
        [...live(ground), all([isOneOf(ground, 'sync_origin', ['calcom']), sent])],
        ['sync_job_id', 'sync_attempt_count', 'calcom_sync_status', 'created_at'],
      );
    },
  },
];
