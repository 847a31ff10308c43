import { sql } from 'kysely';
import type { Change, ChangeGround, ChangeKind, Gate, Planned } from '../changes/change.ts';
import { checkGates, copyGates, green, red, runsOf } from '../changes/gates.ts';
import { assertTakes } from '../changes/takes.ts';
import { countBackups } from '../data/queries/backups.ts';
import { namesIn, plainName } from '../data/queries/expressions.ts';
import { named, stateTable } from '../data/state/tables.ts';
import { BACKUP_COLUMN } from '../model/columns.ts';
import { counted } from '../model/format.ts';
import { Problem } from '../model/problem.ts';
import { distance } from '../model/time.ts';
import { phaseOf } from './phase.ts';

const ROWS_DROPPED_PER_SECOND = 500_000;

async function plan({ database, source, context, options }: ChangeGround): Promise<Planned> {
  const backup = source.appointments.known.get(BACKUP_COLUMN);
  if (backup === undefined) {
    throw new Problem('blocked', 'there is no backup column to clean up', 'nothing is left of a move');
  }
  const counts = await countBackups(database, source, options);
  const originals = counts.restore + counts.already + counts.conflict;
  const [table] = namesIn(source);
  const drops = context.changes.ledger === 'drop';
  return {
    rows: originals,
    total: originals,
    counts: { originals },
    summary: [
      `drops ${backup.name} with ${counted(originals, 'original')}`,
      drops ? 'drops the ledger of the moves' : 'keeps the ledger of the moves',
    ],
    sql: [
      `ALTER TABLE ${table} DROP COLUMN ${plainName(source.dialect, backup.name)}`,
      ...(drops ? ['DROP TABLE apptop_ledger'] : []),
    ],
    sample: [],
    loses: [`the originals of ${counted(originals, 'row')}: no rollback is possible after it`],
    rollback: 'none: this is the one-way door; only the dump has the originals then',
    seconds: originals / ROWS_DROPPED_PER_SECOND,
    notes: [],
  };
}

async function windowGate(ground: ChangeGround): Promise<Gate> {
  const title = 'the monitor window is over';
  const { monitorHours } = ground.context.changes;
  const [row] = await ground.database.query(sql`SELECT ${ground.dialect.now()} AS now`, ground.options);
  const now = Number(row?.['now']) * 1000;
  const phase = phaseOf('migrated', await runsOf(ground, 1_000), monitorHours, now);
  if (phase.kind === 'monitoring') {
    const remedy = `wait; it is ${monitorHours} h by the config`;
    return red('monitor-window', title, `it ends ${distance(phase.until, now)}`, remedy);
  }
  if (phase.kind === 'cleanup-due') return green('monitor-window', title, `ended ${distance(phase.since, now)}`);
  const why = phase.kind === 'rolled-back' ? 'the move was rolled back' : 'no move of apptop to wait for';
  return green('monitor-window', title, why);
}

/** What must hold where originals would be lost that the V2 column does not have. */
async function checksOfLoss({ database, source, options }: ChangeGround): Promise<readonly string[]> {
  if (!source.appointments.known.has(BACKUP_COLUMN)) return [];
  const { restore, conflict } = await countBackups(database, source, options);
  return restore + conflict === 0 ? [] : ['booking-ids/none-misplaced', 'booking-ids/conservation'];
}

/** Ends a migration of the booking ids for good. */
export const CLEANUP_BOOKING_IDS: ChangeKind = {
  id: 'cleanup-booking-ids',
  title: 'Clean up after the move of booking ids',
  purpose: 'drops the backup column and the ledger when nobody will need them any more',
  tier: 'typed',
  needsBackup: true,
  before: ['schema/no-long-locks'],
  // Whether ids may be misplaced its gates have seen.
  after: ['booking-ids/no-backup-column'],
  unit: 'original',
  told: ({ state, planned }) => `${counted(planned, 'original')} ${state === 'done' ? 'dropped' : 'to be dropped'}`,
  with(parameters): Change {
    assertTakes('cleanup-booking-ids', parameters, ['mayCopy']);
    return {
      parameters,
      throttled: true,
      plan,
      alters: () => true,
      gates: async (ground) => [
        ...(await checkGates(ground, await checksOfLoss(ground))),
        await windowGate(ground),
        ...(await copyGates(ground, parameters['mayCopy'] === true)),
      ],
      async finish(session, { source, writing, context, dialect }) {
        const { table, known } = source.appointments;
        const backup = known.get(BACKUP_COLUMN);
        if (backup !== undefined) {
          await writing.dropColumn(session, table, backup.name, parameters['mayCopy'] === true);
        }
        if (context.changes.ledger === 'keep') return;
        const ledger = named(stateTable(table, 'apptop_ledger'));
        await session.execute(dialect.compile(sql`DROP TABLE IF EXISTS ${ledger}`));
      },
    };
  },
};
