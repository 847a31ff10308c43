import { sourceOf } from '../../data/queries/read-rows.ts';
import { BACKUP_COLUMN } from '../../model/columns.ts';
import { Problem } from '../../model/problem.ts';
import type { Change, ChangeGround, ChangeKind, Parameters } from '../change.ts';
import { checkGates, runsOf } from '../gates.ts';
import { DECISIONS, type Decision, type Decisions } from './decide.ts';
import { planMove } from './plan.ts';
import { MoveWork } from './work.ts';

/** Where the backup column of an earlier move is without a ledger, somebody else moved the ids. */
const BACKUP_CHECK = 'booking-ids/no-backup-column';

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
    const decisions = decisionsOf(parameters);
    return {
      parameters,
      throttled: parameters['throttle'] !== false,
      plan: (ground) => planMove(ground, decisions),
      gates: async (ground) => {
        const own = (await runsOf(ground)).some(({ change }) => change === MOVE_BOOKING_IDS.id);
        return own ? [] : checkGates(ground, [BACKUP_CHECK]);
      },
      async prepare(session, ground) {
        // Whether an earlier try came through may be unknown.
        const { source, writing, context } = await anew(ground);
        if (source.appointments.known.has(BACKUP_COLUMN)) return;
        const { table, v2 } = source.appointments;
        await writing.addBackupColumn(session, table, v2, context.columns[BACKUP_COLUMN]);
      },
      work: async (ground) => new MoveWork(await anew(ground), decisions),
    };
  },
};
