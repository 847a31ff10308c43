import { countBackups } from '../../data/queries/backups.ts';
import { sourceOf } from '../../data/queries/read-rows.ts';
import { BACKUP_COLUMN } from '../../model/columns.ts';
import { counted } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import type { Change, ChangeGround, ChangeKind, Gate, Parameters } from '../change.ts';
import { copyGates, green, red, runsOf } from '../gates.ts';
import { assertTakes } from '../takes.ts';
import { DECISIONS, type Decision, type Decisions } from './decide.ts';
import { planMove } from './plan.ts';
import { MoveWork } from './work.ts';

const isDecision = (value: unknown): value is Decision => DECISIONS.some((decision) => decision === value);

function decisionsOf({ decisions = {} }: Parameters): Decisions {
  if (typeof decisions !== 'object' || decisions === null) throw new Error('decisions are no object');
  const entries = Object.entries(decisions).map(([pk, decision]: [string, unknown]): [string, Decision] => {
    if (isDecision(decision)) return [pk, decision];
    throw new Problem('usage', `"${String(decision)}" is no decision about row ${pk}`, `use ${DECISIONS.join(', ')}`);
  });
  return Object.fromEntries(entries);
}

/** The ground with the table as it is now. */
export const anew = async (ground: ChangeGround): Promise<ChangeGround> => ({
  ...ground,
  source: await sourceOf(ground.database, ground.context, ground.options),
});

/**
 * Where there is a backup column and no move of apptop, somebody else moved the ids. Only a column from which nothing can be
 * taken back is in nobody's way: what the V2 column has not, a move would write over. After a rollback by apptop that is
 * what was left as somebody had changed it since.
 */
async function othersGate(ground: ChangeGround): Promise<readonly Gate[]> {
  const { database, source, context, options } = ground;
  const column = source.appointments.known.get(BACKUP_COLUMN);
  const runs = await runsOf(ground);
  if (column === undefined || runs.some(({ change }) => change === MOVE_BOOKING_IDS.id)) return [];
  const { restore, conflict } = await countBackups(database, source, options);
  const title = 'no move of somebody else can be taken back';
  const rolledBack = runs.some(({ change }) => change === 'rollback-booking-ids');
  if (restore === 0 && (conflict === 0 || rolledBack))
    return [green('backup-column', title, `nothing to take back is in ${column.name}`)];
  if (restore === 0) {
    const found = `${column.name} holds ${counted(conflict, 'value')} that the id columns have not`;
    const remedy = `if it is the column of a move, look at these rows and set it to NULL there; else correct contexts.${context.name}.columns`;
    return [red('backup-column', title, found, remedy)];
  }
  const what = `${counted(restore, 'id that was', 'ids that were')} moved without apptop: ${column.name} has the originals`;
  return [red('backup-column', title, what, 'apptop rollback plan --from-backup, or apptop cleanup plan')];
}

/** Whether the backup column is still to be made. */
const adds = ({ source }: ChangeGround): boolean => !source.appointments.known.has(BACKUP_COLUMN);

/** Moves V1 ids out of the V2 column. Source: the migration of the booking ids. */
export const MOVE_BOOKING_IDS: ChangeKind = {
  id: 'move-booking-ids',
  title: 'Move booking ids',
  purpose: 'puts V1 ids that stand in the V2 column into their own column, and keeps every original',
  tier: 'typed',
  needsBackup: true,
  before: ['booking-ids/no-unique-clashes', 'schema/no-long-locks', 'calendar-schema/flags-off'],
  after: [
    'booking-ids/none-misplaced',
    'booking-ids/moved-equals-backup',
    'booking-ids/uids-unchanged',
    'booking-ids/conservation',
  ],
  with(parameters): Change {
    assertTakes('move-booking-ids', parameters, ['decisions', 'mayCopy']);
    const decisions = decisionsOf(parameters);
    const mayCopy = parameters['mayCopy'] === true;
    return {
      parameters,
      throttled: parameters['throttle'] !== false,
      plan: (ground) => planMove(ground, decisions),
      gates: async (ground) => [
        ...(await othersGate(ground)),
        ...(adds(ground) ? await copyGates(ground, mayCopy) : []),
      ],
      alters: adds,
      async prepare(session, ground) {
        // Whether an earlier try came through may be unknown.
        const { source, writing, context } = await anew(ground);
        if (source.appointments.known.has(BACKUP_COLUMN)) return;
        const { table, v2 } = source.appointments;
        await writing.addBackupColumn(session, table, v2, context.columns[BACKUP_COLUMN], mayCopy);
      },
      work: async (ground, run) => new MoveWork(await anew(ground), decisions, run),
    };
  },
};
