import { figuresOf } from '../../data/queries/figures.ts';
import { idGroups } from '../../data/queries/id-groups.ts';
import { idRowsOf, sampleIdRows, toMove } from '../../data/queries/id-rows.ts';
import { BACKUP_COLUMN } from '../../model/columns.ts';
import { count, counted } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { ChangeGround, Planned, PlanSample } from '../change.ts';
import type { IdItem } from '../id-columns-work.ts';
import { type Decisions, itemFor } from './decide.ts';

/** Rows that a plan shows before and after. */
const SAMPLE_ROWS = 20;

/** Rows that a batch engine reads and changes in a second on an ordinary server, for a first guess. */
const SCANNED_PER_SECOND = 150_000;
const CHANGED_PER_SECOND = 30_000;

/** Rows of every class, soft-deleted ones and all tenants included. */
async function classesNow({ database, source, options }: ChangeGround): Promise<Snapshot> {
  return figuresOf(await database.query(idGroups(source, []), options), {
    now: Date.now() / 1000,
    panels: ['sources'],
    includesDeleted: true,
    missing: source.appointments.missing,
    failedJobs: undefined,
    queuedJobs: undefined,
  });
}

const ACTIONS = { moved: 'move', cleared: 'clear', decided: 'decide' } as const;

const sampleOf = (item: IdItem | undefined): readonly PlanSample[] =>
  item?.kind === 'change'
    ? [{ pk: item.row.pk, action: ACTIONS[item.as], before: item.row.from, after: item.row.to }]
    : [];

/** The items that decisions make of their rows; a decision about any other row is a mistake. */
async function decidedItems(ground: ChangeGround, decisions: Decisions): Promise<readonly IdItem[]> {
  const pks = Object.keys(decisions);
  if (pks.length === 0) return [];
  const rows = await idRowsOf(ground.database, ground.source, pks, ground.options);
  const stray = pks.find((pk) => !rows.some((row) => row.pk === pk));
  if (stray !== undefined) throw new Problem('usage', `there is no row ${stray} to decide about`, 'correct --decide');
  const clear = rows.find((row) => row.class !== 'conflict' && row.class !== 'review');
  if (clear !== undefined) {
    throw new Problem(
      'usage',
      `row ${clear.pk} is ${clear.class}: there is nothing to decide`,
      'leave it out of --decide',
    );
  }
  return rows.flatMap((row) => itemFor(row, decisions) ?? []).filter(({ kind }) => kind === 'change');
}

/**
 * What the move would do.
 * @throws Problem blocked, where numeric ids stand in the V2 column on purpose; usage, for a decision about another row
 */
export async function planMove(ground: ChangeGround, decisions: Decisions): Promise<Planned> {
  const { database, source, options, context, writing } = ground;
  const { classes, total, byDesign } = await classesNow(ground);
  if (byDesign > 0) {
    const what = `${counted(byDesign, 'row has', 'rows have')} the numeric id in the V2 column on purpose`;
    const remedy = `if they are wrong there, set contexts.${context.name}.bookingIds.layout to "separate-columns"`;
    throw new Problem('blocked', what, remedy);
  }
  const [move, clear] = [classes.misplaced, classes.duplicate];
  const decided = await decidedItems(ground, decisions);
  const found = move + clear === 0 ? [] : await sampleIdRows(database, source, toMove(source), SAMPLE_ROWS, options);
  const sideEffects = await database.introspect(options, (_, connection) =>
    writing.sideEffects(connection, source.appointments.table),
  );
  const { v1, v2 } = source.appointments;
  const rows = move + clear + decided.length;
  const left = classes.conflict + classes.review - decided.length;
  const { table } = source.appointments;
  const backup = context.columns[BACKUP_COLUMN];
  return {
    rows,
    total,
    classes,
    counts: { move, clear, conflict: classes.conflict, review: classes.review, decided: decided.length },
    summary: [
      `moves ${counted(move, 'id')} from ${v2.name} to ${v1.name}`,
      `clears ${counted(clear, 'duplicate')}`,
      ...(decided.length === 0 ? [] : [`does with ${counted(decided.length, 'row')} as you decided`]),
      `keeps the original of ${counted(classes.v2 + classes.both, 'uid')} in ${backup}`,
      `leaves ${counted(classes.conflict, 'conflict')} and ${count(classes.review)} for review to you`,
    ],
    sql: [
      `ALTER TABLE ${table.name} ADD ${backup}`,
      `UPDATE ${table.name} SET ${backup} = ${v2.name}, ${v1.name} = …, ${v2.name} = NULL WHERE ${source.appointments.id.name} IN (…) AND both are what was read`,
      'INSERT INTO apptop_ledger (run, pk, old and new values) …',
    ],
    sample: [...decided.flatMap(sampleOf), ...found.flatMap((row) => sampleOf(itemFor(row, decisions)))].slice(
      0,
      SAMPLE_ROWS,
    ),
    loses:
      decided.length > 0
        ? [
            `${counted(decided.length, 'id')} decided against: only the ledger has ${decided.length === 1 ? 'it' : 'them'}, until the cleanup`,
          ]
        : [],
    rollback: 'can be rolled back row by row until the cleanup',
    seconds: total / SCANNED_PER_SECOND + rows / CHANGED_PER_SECOND,
    notes: [
      ...sideEffects,
      ...(left > 0
        ? [`${counted(left, 'row needs', 'rows need')} a decision: --decide PK=keep-v1, keep-v2 or skip`]
        : []),
    ],
  };
}
