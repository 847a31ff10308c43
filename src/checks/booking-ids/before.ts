import { sql } from 'kysely';
import type { Expression } from '../../data/connection.ts';
import { all, hasClass, kindExpressions, reference } from '../../data/queries/expressions.ts';
import { figuresOf } from '../../data/queries/figures.ts';
import { idGroups } from '../../data/queries/id-groups.ts';
import type { SummaryLines } from '../../model/booking-id.ts';
import { CLASS_MEANING, ROW_CLASSES } from '../../model/booking-id.ts';
import { count, counted } from '../../model/format.ts';
import { keysOf } from '../../model/keys.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { WINDOW_SECONDS } from '../../model/windows.ts';
import { appointmentsWhere, fromRows, latestFirst, live, within } from '../appointment-rows.ts';
import type { DatabaseCheck, Finding, Ground, NotApplicable } from '../check.ts';
import { SAMPLE_ROWS } from '../ground.ts';
import { misplaced } from './conditions.ts';

const SYSTEM = { system: 'booking-ids', scans: 'appointments' } as const;

/** Characters of a source by which rows are grouped, as in the panels. */
const SOURCE_CHARACTERS = 255;

/** The live rows counted by what their ids are and by source, in the way of the panels. */
async function countedIds(ground: Ground): Promise<Snapshot> {
  const { source, dialect, appointments, now } = ground;
  const origin = reference(source, 'source');
  const also = { source: origin && dialect.shortText(origin, SOURCE_CHARACTERS) };
  const groups = await ground.queryOnce(idGroups(source, live(ground), also));
  return figuresOf(groups, {
    now,
    panels: ['sources'],
    includesDeleted: false,
    missing: appointments.missing,
    failedJobs: undefined,
    queuedJobs: undefined,
  });
}

async function classes(ground: Ground): Promise<Finding> {
  const { total, classes: sizes } = await countedIds(ground);
  const filled = ROW_CLASSES.filter((name) => sizes[name] > 0).map((name) => `${count(sizes[name])} ${name}`);
  return {
    violations: 0,
    sample: ROW_CLASSES.map((name) => ({
      class: name,
      rows: String(sizes[name]),
      meaning: CLASS_MEANING[name].meaning,
    })),
    figure: `${counted(total, 'row')}${filled.length === 0 ? '' : `: ${filled.join(', ')}`}`,
  };
}

const LINES: Readonly<Record<keyof SummaryLines, string>> = {
  v1InV1Column: 'V1 id in the V1 column',
  v2InV2Column: 'V2 uid in the V2 column',
  v1InV2Column: 'V1 id in the V2 column',
  both: 'both columns filled',
  none: 'no id',
};

async function summary(ground: Ground): Promise<Finding> {
  const { total, lines } = await countedIds(ground);
  const sizes = keysOf(LINES).map((line) => `${LINES[line]} ${count(lines[line])}`);
  return {
    violations: 0,
    sample: keysOf(LINES).map((line) => ({ line: LINES[line], rows: String(lines[line]) })),
    figure: `of ${count(total)}, overlapping: ${sizes.join(', ')}`,
  };
}

async function sources(ground: Ground): Promise<Finding> {
  const { sources: found = [] } = await countedIds(ground);
  return {
    violations: 0,
    sample: found.slice(0, SAMPLE_ROWS).map(({ value, rows, withIds }) => ({
      source: value,
      rows: String(rows),
      with_ids: String(withIds),
      without_ids: String(rows - withIds),
    })),
    figure: `rows with ids: ${found.map(({ value, rows, withIds }) => `${value ?? 'no source'} ${count(withIds)} of ${count(rows)}`).join(', ')}`,
  };
}

/**
 * Rows to be moved that want the same id. Soft-deleted ones are looked at too: a unique index holds their ids as well, and
 * the move takes them. A row whose id another one has already is a conflict, which the move leaves alone.
 */
async function clashes(ground: Ground): Promise<Finding | NotApplicable> {
  const { dialect, source, appointments } = ground;
  const { v1, v2, v1Unique } = appointments;
  if (!v1Unique) return { notApplicable: `needs a unique index on ${v1.name}` };
  const id = dialect.text(sql.id(v2.name));
  const moving = all([sql`${sql.id(v1.name)} IS NULL`, sql`${kindExpressions(source).v2} = 'v1'`]);
  const shared = sql`${id} IN (SELECT ${id} ${fromRows(ground, [moving])} GROUP BY ${id} HAVING COUNT(*) > 1)`;
  return appointmentsWhere(ground, [hasClass(source, 'misplaced'), shared], ['deleted_at']);
}

const ofClass = (name: 'conflict' | 'review') => (ground: Ground) =>
  appointmentsWhere(ground, [...live(ground), hasClass(ground.source, name)], ['source', 'updated_at']);

async function backupColumn(ground: Ground): Promise<Finding> {
  const column = ground.appointments.known.get('_migration_backup_v2_id');
  if (column === undefined) return { violations: 0, sample: [] };
  const filled: Expression = sql`${sql.id(column.name)} IS NOT NULL`;
  const [row] = await ground.query(sql`SELECT COUNT(*) AS backups ${fromRows(ground, [filled])}`);
  const backups = Number(row?.['backups']);
  return {
    violations: 1,
    sample: [{ column: column.name, backups: String(backups) }],
    figure: `${column.name} is there and holds ${counted(backups, 'id')}`,
  };
}

/** What is told and what must hold before ids are moved; some of it holds ever after. */
export const BEFORE_CHECKS: readonly DatabaseCheck[] = [
  {
    ...SYSTEM,
    id: 'booking-ids/classes',
    title: 'Classes of the booking ids',
    phases: ['pre', 'post'],
    severity: 'info',
    reason: 'It says how many rows the move would touch and how many it would leave to an operator.',
    remedy: 'Nothing: compare the figures before and after.',
    look: classes,
  },
  {
    ...SYSTEM,
    id: 'booking-ids/summary',
    title: 'Booking ids by column',
    phases: ['pre', 'post'],
    severity: 'info',
    reason: 'The five lines overlap, as in the summary of the migration, and add up to more than the rows.',
    remedy: 'Nothing: compare the figures before and after.',
    look: summary,
  },
  {
    ...SYSTEM,
    id: 'booking-ids/sources',
    title: 'Booking ids by source',
    phases: ['pre'],
    severity: 'info',
    reason: 'Rows of a source that books on Cal.com and have no id were never booked there.',
    remedy: 'Nothing: compare the figures with what each source should do.',
    needs: { columns: ['source'] },
    look: sources,
  },
  {
    ...SYSTEM,
    id: 'booking-ids/no-backup-column',
    title: 'There is no backup column of a move',
    phases: ['pre', 'verify'],
    severity: 'error',
    reason:
      'Where it is, a move was made already and can still be rolled back: neither a first move nor the end of one.',
    remedy:
      'Before a move: roll back or clean up the earlier one. At the end: run the cleanup when the monitoring is over.',
    look: backupColumn,
  },
  {
    ...SYSTEM,
    id: 'booking-ids/no-conflicts',
    title: 'No row has two different V1 ids, or one that is taken',
    phases: ['pre', 'post', 'verify'],
    severity: 'warn',
    reason: 'The move leaves such rows alone: only a person can tell which of the two bookings is meant.',
    remedy: 'Look both ids up in Cal.com, keep the right one in the V1 column and clear the V2 column.',
    look: ofClass('conflict'),
  },
  {
    ...SYSTEM,
    id: 'booking-ids/no-impossible-ids',
    title: 'Every value in the id columns is a V1 id or a V2 uid',
    phases: ['pre', 'post', 'verify'],
    severity: 'warn',
    reason: 'The move leaves such rows alone, and no webhook of Cal.com ever finds them.',
    remedy: 'Find the booking in Cal.com by attendee and time, and correct the value or clear it.',
    look: ofClass('review'),
  },
  {
    ...SYSTEM,
    id: 'booking-ids/no-unique-clashes',
    title: 'No two rows to be moved want the same id in the unique V1 column',
    phases: ['pre'],
    severity: 'error',
    reason: 'The unique index refuses the second row with the same id, and the framework migration fails on it.',
    remedy: 'Decide which row belongs to the booking and clear the id of the other one, deleted rows included.',
    look: clashes,
  },
  {
    ...SYSTEM,
    id: 'booking-ids/no-writers',
    title: 'No row of the last hour has a V1 id in the V2 column',
    phases: ['pre'],
    severity: 'warn',
    reason: 'Code that still writes V1 ids into the V2 column undoes the move row by row.',
    remedy: 'Deploy the corrected code first; look at the source of the rows for who wrote them.',
    needs: { columns: ['created_at'] },
    look: (ground) =>
      appointmentsWhere(
        ground,
        [...live(ground), within(ground, 'created_at', WINDOW_SECONDS['1h']), misplaced(ground)],
        ['source', 'sync_origin', 'created_at'],
        latestFirst(ground, 'created_at'),
      ),
  },
];
