import { sql } from 'kysely';
import type { Column } from '../../data/connection.ts';
import { any, join, namesIn, plainName } from '../../data/queries/expressions.ts';
import { figuresOf } from '../../data/queries/figures.ts';
import { idGroups } from '../../data/queries/id-groups.ts';
import { type IdRow, idRowsOf, sampleIdRows, toMove } from '../../data/queries/id-rows.ts';
import type { RowChange } from '../../data/writing.ts';
import type { RowClass } from '../../model/booking-id.ts';
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

const sampleOf = ({ pk, from, to }: RowChange, action: string): PlanSample => ({ pk, action, before: from, after: to });

const sampleOfItem = (item: IdItem | undefined): readonly PlanSample[] =>
  item?.kind === 'change' ? [sampleOf(item.row, ACTIONS[item.as])] : [];

/** A row that somebody decided about, and what that does to it; undefined leaves it as it is. */
interface DecidedRow {
  readonly row: IdRow;
  readonly to: RowChange | undefined;
}

/** What decisions make of their rows; a decision about any other row is a mistake. */
async function decidedRows(ground: ChangeGround, decisions: Decisions): Promise<readonly DecidedRow[]> {
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
  return rows.map((row) => {
    const item = itemFor(row, decisions);
    return { row, to: item?.kind === 'change' ? item.row : undefined };
  });
}

/** Rows that can't have the V1 id which was decided, as another row has or wants it under a unique index: a line each. */
async function takenIds(
  { database, source, options }: ChangeGround,
  decided: readonly DecidedRow[],
): Promise<ReadonlyMap<string, string>> {
  const { v1, v2, v1Unique } = source.appointments;
  const wanting = decided.flatMap(({ to }) =>
    to?.to.v1 && to.to.v1 !== to.from.v1 ? [[to.pk, to.to.v1] as const] : [],
  );
  if (!v1Unique || wanting.length === 0) return new Map();
  const holds = (column: Column) =>
    sql`${sql.id(column.name)} IN (${join(wanting.map(([, id]) => source.dialect.parameter(column, id)))})`;
  const rows = await sampleIdRows(database, source, any([holds(v1), holds(v2)]), 3 * wanting.length, options);
  const taken = new Map<string, string>();
  for (const [index, [pk, id]] of wanting.entries()) {
    const other =
      rows.find((row) => row.pk !== pk && (row.ids.v1 === id || (row.class === 'misplaced' && row.ids.v2 === id)))
        ?.pk ?? wanting.slice(0, index).find(([, wanted]) => wanted === id)?.[0];
    if (other !== undefined) {
      taken.set(
        pk,
        `row ${pk} can't have ${id}, which ${v1.name} holds once: row ${other} has it. It will be set aside`,
      );
    }
  }
  return taken;
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
  const about = await decidedRows(ground, decisions);
  const taken = await takenIds(ground, about);
  const decided = about.flatMap(({ to }) => (to === undefined || taken.has(to.pk) ? [] : [to]));
  const undecided = (name: RowClass) => classes[name] - about.filter(({ row }) => row.class === name).length;
  const kept = about.length - decided.length - taken.size;
  const found = move + clear === 0 ? [] : await sampleIdRows(database, source, toMove(source), SAMPLE_ROWS, options);
  const sideEffects = await database.introspect(options, (_, connection) =>
    writing.sideEffects(connection, source.appointments.table),
  );
  const { v1, v2 } = source.appointments;
  const rows = move + clear + decided.length;
  const [conflicts, reviews] = [undecided('conflict'), undecided('review')];
  const left = conflicts + reviews;
  const [table, shownV1, shownV2, id] = namesIn(source);
  const backup = context.columns[BACKUP_COLUMN];
  const shown = plainName(ground.dialect, backup);
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
      ...(kept === 0 ? [] : [`leaves ${counted(kept, 'row')} as ${kept === 1 ? 'it is' : 'they are'}, as you decided`]),
      `leaves ${counted(conflicts, 'conflict')} and ${count(reviews)} for review to you`,
    ],
    sql: [
      `ALTER TABLE ${table} ADD ${shown}`,
      `UPDATE ${table} SET ${shown} = ${shownV2}, ${shownV1} = …, ${shownV2} = NULL WHERE ${id} IN (…) AND both are what was read`,
      'INSERT INTO apptop_ledger (run, pk, old and new values) …',
    ],
    sample: [
      ...decided.map((row) => sampleOf(row, 'decide')),
      ...found.flatMap((row) => sampleOfItem(itemFor(row, decisions))),
    ].slice(0, SAMPLE_ROWS),
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
      ...taken.values(),
      ...(left > 0
        ? [`${counted(left, 'row needs', 'rows need')} a decision: --decide PK=keep-v1, keep-v2 or skip`]
        : []),
    ],
  };
}
