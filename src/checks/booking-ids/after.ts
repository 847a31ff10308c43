import { sql } from 'kysely';
import type { Expression } from '../../data/connection.ts';
import { all, any } from '../../data/queries/expressions.ts';
import type { KnownColumn } from '../../model/columns.ts';
import { count, counted } from '../../model/format.ts';
import { PUSHED_ORIGINS } from '../../model/sync.ts';
import { WINDOW_SECONDS } from '../../model/windows.ts';
import {
  appointmentsWhere,
  countRows,
  fromRows,
  isOneOf,
  latestFirst,
  live,
  moment,
  within,
} from '../appointment-rows.ts';
import type { DatabaseCheck, Finding, Ground, NotApplicable } from '../check.ts';
import { backupConditions, changedSince, decidedAgainst, misplaced } from './conditions.ts';

const SYSTEM = { system: 'booking-ids', scans: 'appointments' } as const;
const BACKUP = '_migration_backup_v2_id';

/**
 * Rows as they stand beside their backups. Soft-deleted ones count: the backup took them, and a row that is restored
 * comes back with its ids.
 */
const besideBackup = (ground: Ground, conditions: readonly Expression[]): Promise<Finding> =>
  appointmentsWhere(ground, conditions, [BACKUP, 'updated_at', 'deleted_at']);

interface Unexplained {
  readonly found: Finding;
  /** Rows that an operator decided about, and that somebody changed since the move. */
  readonly decided: number;
  readonly since: number;
}

/** The same without the rows whose original is in neither column because an operator decided so, or somebody wrote since. */
async function unexplained(ground: Ground, conditions: readonly Expression[]): Promise<Unexplained> {
  const found = await besideBackup(ground, conditions);
  if (found.violations === 0) return { found, decided: 0, since: 0 };
  const never = sql`1 = 0`;
  const [decided, changed] = [(await decidedAgainst(ground)) ?? never, (await changedSince(ground)) ?? never];
  const since = all([sql`NOT ${decided}`, changed]);
  const counts = await countRows(ground, conditions, { decided, since });
  const rest = [...conditions, sql`NOT ${decided}`, sql`NOT ${changed}`];
  return { found: await besideBackup(ground, rest), decided: counts('decided'), since: counts('since') };
}

const sinceText = (since: number): string => `${count(since)} changed since by somebody`;

/** The same as a finding that says how many rows somebody changed. */
async function asMoved(ground: Ground, conditions: readonly Expression[]): Promise<Finding> {
  const { found, since } = await unexplained(ground, conditions);
  return since === 0 ? found : { ...found, figure: sinceText(since) };
}

/**
 * Rows whose V2 column was surely filled when the ids were moved, and have no backup: not changed since a row was
 * created that has one. A V2 uid that came later needs none, so a row that was changed later tells nothing; nor does
 * one with only a V1 id, which may have been right from the start. Where no row at all has a backup, every id lacks its.
 */
function withoutBackup(ground: Ground): Expression {
  const { backedUp } = backupConditions(ground);
  const { v1, v2 } = ground.appointments;
  const [created, updated] = [moment(ground, 'created_at'), moment(ground, 'updated_at')];
  const newestBackedUp = sql`(SELECT MAX(${created}) ${fromRows(ground, [backedUp])})`;
  return all([
    sql`NOT (${backedUp})`,
    any([
      all([sql`${sql.id(v2.name)} IS NOT NULL`, sql`COALESCE(${updated}, ${created}) < ${newestBackedUp}`]),
      all([
        sql`(${sql.id(v1.name)} IS NOT NULL OR ${sql.id(v2.name)} IS NOT NULL)`,
        sql`NOT EXISTS (SELECT 1 ${fromRows(ground, [backedUp])})`,
      ]),
    ]),
  ]);
}

/** How many rows there were before is not in the table; that none of the originals is lost is. */
async function conservation(ground: Ground): Promise<Finding> {
  const { backedUp, wasUid, notInV1, notInV2 } = backupConditions(ground);
  const lost = all([notInV1, notInV2]);
  const counts = await countRows(ground, [backedUp], {
    kept: sql`${wasUid} AND NOT ${notInV2}`,
    left: sql`NOT (${wasUid}) AND NOT ${notInV2}`,
    lost,
  });
  const moved = counts('n') - counts('kept') - counts('left') - counts('lost');
  const parts = [`${count(moved)} moved`, counted(counts('kept'), 'uid kept', 'uids kept')];
  if (counts('left') > 0) parts.push(`${count(counts('left'))} left in place`);
  const { found, decided, since } = await unexplained(ground, [backedUp, lost]);
  if (decided > 0) parts.push(`${count(decided)} decided against`);
  if (since > 0) parts.push(sinceText(since));
  if (found.violations > 0) parts.push(`${count(found.violations)} in neither column`);
  return { ...found, figure: `${counted(counts('n'), 'original')} = ${parts.join(' + ')}` };
}

/**
 * While the backup column is there, a misplaced id that is not its row's backup came after the move (one that is was
 * rolled back). Without it only the age of a row tells.
 */
async function newlyMisplaced(ground: Ground): Promise<Finding | NotApplicable> {
  const { known } = ground.appointments;
  const shown: readonly KnownColumn[] = ['source', 'sync_origin', 'created_at', 'updated_at'];
  const wrong = [...live(ground), misplaced(ground)];
  if (known.has(BACKUP)) {
    const { backedUp, notInV2 } = backupConditions(ground);
    return appointmentsWhere(ground, [...wrong, sql`(NOT (${backedUp}) OR ${notInV2})`], shown);
  }
  if (!known.has('created_at')) return { notApplicable: `needs column ${BACKUP} or created_at` };
  const recent = within(ground, 'created_at', WINDOW_SECONDS['24h']);
  return appointmentsWhere(ground, [...wrong, recent], shown, latestFirst(ground, 'created_at'));
}

async function operational(ground: Ground): Promise<Finding> {
  const day = WINDOW_SECONDS['24h'];
  const pushed = [
    ...live(ground),
    isOneOf(ground, 'sync_origin', PUSHED_ORIGINS),
    within(ground, 'sync_initiated_at', day),
  ];
  const counts = await countRows(ground, pushed, {
    synced: all([isOneOf(ground, 'calcom_sync_status', ['synced']), within(ground, 'sync_verified_at', day)]),
  });
  const figure =
    counts('n') === 0
      ? 'nothing pushed in 24 h'
      : `${count(counts('synced'))} synced of ${count(counts('n'))} pushed in 24 h`;
  if (counts('n') === 0 || counts('synced') > 0) return { violations: 0, sample: [], figure };
  const shown: readonly KnownColumn[] = ['sync_origin', 'calcom_sync_status', 'sync_initiated_at', 'sync_error_code'];
  return { ...(await appointmentsWhere(ground, pushed, shown, latestFirst(ground, 'sync_initiated_at'))), figure };
}

/** What must hold once the ids are moved, after the cleanup, and from day to day. */
export const AFTER_CHECKS: readonly DatabaseCheck[] = [
  {
    ...SYSTEM,
    id: 'booking-ids/none-misplaced',
    title: 'No V1 id is in the V2 column',
    phases: ['post', 'verify'],
    severity: 'error',
    reason: 'A row with its id in the wrong column is found by no webhook, so changes in Cal.com pass it by.',
    remedy: 'Run the move; after a cleanup it is a move of its own.',
    // Soft-deleted rows count: the move takes them, and the framework cleanup refuses to run while they are left.
    look: (ground) => appointmentsWhere(ground, [misplaced(ground)], ['source', 'created_at', 'deleted_at']),
  },
  {
    ...SYSTEM,
    id: 'booking-ids/moved-equals-backup',
    title: 'Every moved id equals its backup',
    phases: ['post'],
    severity: 'stop',
    reason: 'Where they differ the V1 id of a booking was lost or overwritten by the move.',
    remedy:
      'Compare both ids with Cal.com: what a reschedule since the move gave is right, anything else needs a rollback.',
    needs: { columns: [BACKUP] },
    look: (ground) => {
      const { wasV1, notInV1, notInV2 } = backupConditions(ground);
      return asMoved(ground, [wasV1, notInV2, notInV1]);
    },
  },
  {
    ...SYSTEM,
    id: 'booking-ids/uids-unchanged',
    title: 'Every V2 uid is the one from before the move',
    phases: ['post'],
    severity: 'stop',
    reason: 'The move has no business with uids: one that changed has lost its booking.',
    remedy:
      'Compare both uids with Cal.com: what a reschedule since the move gave is right, anything else needs a rollback.',
    needs: { columns: [BACKUP] },
    look: (ground) => {
      const { wasUid, notInV2 } = backupConditions(ground);
      return asMoved(ground, [wasUid, notInV2]);
    },
  },
  {
    ...SYSTEM,
    id: 'booking-ids/backup-complete',
    title: 'The backup column holds every original',
    phases: ['post'],
    severity: 'stop',
    reason: 'A rollback restores from the backup: an id that has none is lost by it.',
    remedy: 'Fill the backup of these rows with their V2 value from the dump, before anything else.',
    needs: { columns: [BACKUP, 'created_at', 'updated_at'] },
    look: (ground) => besideBackup(ground, [withoutBackup(ground)]),
  },
  {
    ...SYSTEM,
    id: 'booking-ids/conservation',
    title: 'Every original is still in one of the id columns',
    phases: ['post'],
    severity: 'stop',
    reason: 'The move only moves: the backups must add up to the ids that were moved and the uids that were kept.',
    remedy: 'Stop the move and roll it back; compare the rows with their backups.',
    needs: { columns: [BACKUP] },
    look: conservation,
  },
  {
    ...SYSTEM,
    id: 'booking-ids/none-newly-misplaced',
    title: 'No V1 id newly came into the V2 column',
    phases: ['monitor'],
    severity: 'error',
    reason: 'Some code still writes V1 ids into the V2 column and undoes the move row by row.',
    remedy: 'Find the writer by source and origin of the rows, correct it, and move these ids.',
    look: newlyMisplaced,
  },
  {
    ...SYSTEM,
    id: 'booking-ids/sync-operational',
    title: 'Something was synced in the last 24 hours, if anything was pushed',
    phases: ['monitor'],
    severity: 'error',
    reason: 'When nothing at all gets through after the move, the sync reads the ids from the wrong column.',
    remedy: 'Look at the errors of these rows and at the queue workers; consider the rollback.',
    needs: { columns: ['sync_origin', 'calcom_sync_status', 'sync_initiated_at', 'sync_verified_at'] },
    look: operational,
  },
];
