import type { Constraint, Index, Lock } from '../data/connection.ts';
import type { Migration, TableSchema } from '../data/queries/schema.ts';
import type { KnownColumn } from '../model/columns.ts';
import { age } from '../model/format.ts';
import type { TableColumn } from './table/columns.ts';
import type { Tone } from './theme.ts';

/** What needs a column: what the table lacks, those panels lack too. */
const NEEDED_BY: Readonly<Record<KnownColumn, string>> = {
  id: 'everything',
  calcom_booking_id: 'everything',
  calcom_v2_booking_id: 'everything',
  sync_origin: 'Sync, success rate',
  sync_initiated_at: 'latency, stuck rows',
  sync_job_id: 'a row in full',
  calcom_sync_status: 'Sync, stuck rows',
  last_sync_attempt_at: 'a row in full',
  sync_attempt_count: 'Review: tries',
  sync_error_message: 'Review: cause, text',
  sync_error_code: 'Review: groups',
  sync_verified_at: 'latency',
  requires_manual_review: 'Review',
  manual_review_flagged_at: 'Review: age, order',
  company_id: 'Ids by tenant',
  branch_id: 'a row in full',
  staff_id: 'a row in full',
  starts_at: 'lists of rows',
  ends_at: 'a row in full',
  status: 'lists of rows',
  source: 'Ids by source',
  created_at: 'Sync: windows',
  updated_at: 'a row in full',
  deleted_at: 'live rows only',
  calcom_v2_booking_uid: 'ids by design',
  _migration_backup_v2_id: 'migration state',
};

/** Columns whose absence is as right as their presence. */
const OPTIONAL: ReadonlySet<KnownColumn> = new Set(['calcom_v2_booking_uid', '_migration_backup_v2_id']);

/** A column that is expected, there, or both. */
export interface ColumnLine {
  readonly name: string;
  readonly state: 'missing' | 'absent' | 'present' | 'extra';
  readonly known: KnownColumn | undefined;
  readonly type: string;
  readonly nullable: boolean | undefined;
  readonly default: string | null;
  readonly use: string;
}

/**
 * What is missing first, then the table's columns in their order.
 * @param names the names in the database of the columns that apptop knows
 */
export function columnLines(schema: TableSchema, names: Readonly<Record<KnownColumn, string>>): readonly ColumnLine[] {
  const lacking = schema.missing.map(
    (known): ColumnLine => ({
      name: names[known],
      state: OPTIONAL.has(known) ? 'absent' : 'missing',
      known,
      type: '',
      nullable: undefined,
      default: null,
      use: NEEDED_BY[known],
    }),
  );
  const there = schema.columns.map(
    ({ known, ...column }): ColumnLine => ({
      ...column,
      known,
      state: known === undefined ? 'extra' : 'present',
      use: known === undefined ? 'a row in full' : NEEDED_BY[known],
    }),
  );
  const isMissing = ({ state }: ColumnLine) => state === 'missing';
  return [...lacking.filter(isMissing), ...there, ...lacking.filter((line) => !isMissing(line))];
}

const STATE_TONES: Readonly<Record<ColumnLine['state'], Tone>> = {
  missing: 'bad',
  absent: 'muted',
  present: 'good',
  extra: 'muted',
};

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

export const COLUMNS: readonly TableColumn<ColumnLine>[] = [
  { id: 'name', title: 'column', width: 24, priority: 1, sortable: true, value: ({ name }) => name },
  {
    id: 'state',
    title: 'state',
    width: 7,
    priority: 2,
    sortable: true,
    value: ({ state }) => state,
    tone: ({ state }) => STATE_TONES[state],
  },
  { id: 'type', title: 'type', width: 19, priority: 3, grows: true, sortable: true, value: ({ type }) => type },
  {
    id: 'null',
    title: 'null',
    width: 4,
    priority: 5,
    sortable: true,
    value: ({ nullable }) => (nullable === undefined ? null : yesNo(nullable)),
  },
  { id: 'default', title: 'default', width: 14, priority: 6, value: (line) => line.default },
  {
    id: 'use',
    title: 'needed for',
    width: 19,
    priority: 4,
    grows: true,
    value: ({ use }) => use,
    tone: ({ state }) => (state === 'missing' ? 'bad' : 'muted'),
  },
];

const kindOf = ({ primary, unique }: Index): string => (primary ? 'primary' : unique ? 'unique' : '');

export const INDEXES: readonly TableColumn<Index>[] = [
  { id: 'name', title: 'index', width: 34, priority: 1, grows: true, sortable: true, value: ({ name }) => name },
  { id: 'kind', title: 'kind', width: 7, priority: 3, sortable: true, value: kindOf },
  {
    id: 'columns',
    title: 'columns',
    width: 28,
    priority: 2,
    grows: true,
    sortable: true,
    value: ({ columns }) => columns.join(', '),
  },
];

export const CONSTRAINTS: readonly TableColumn<Constraint>[] = [
  { id: 'name', title: 'constraint', width: 26, priority: 1, sortable: true, value: ({ name }) => name },
  { id: 'type', title: 'type', width: 11, priority: 3, sortable: true, value: ({ type }) => type },
  {
    id: 'definition',
    title: 'definition',
    width: 30,
    priority: 2,
    grows: true,
    value: ({ definition }) => definition,
  },
];

/** The eleven sync columns come with these two, whatever date their names begin with. */
const SYNC_MIGRATIONS = ['add_calcom_sync_tracking_to_appointments', 'add_sync_orchestration_to_appointments'];

export interface MigrationLine extends Migration {
  readonly note: string;
  readonly missing: boolean;
}

/** The sync migrations that are missing first, then all, the newest first. */
export function migrationLines(migrations: readonly Migration[]): readonly MigrationLine[] {
  const syncOf = ({ name }: Migration) => SYNC_MIGRATIONS.find((wanted) => name.endsWith(wanted));
  const missing = SYNC_MIGRATIONS.filter((wanted) => !migrations.some((migration) => syncOf(migration) === wanted));
  return [
    ...missing.map((name) => ({ name, batch: null, note: 'sync migration: missing', missing: true })),
    ...migrations.map((migration, index) => {
      const notes = [syncOf(migration) && 'sync migration: found', index === 0 && 'rolled back first'];
      return { ...migration, note: notes.filter(Boolean).join('; '), missing: false };
    }),
  ];
}

export const MIGRATIONS: readonly TableColumn<MigrationLine>[] = [
  {
    id: 'migration',
    title: 'migration',
    width: 40,
    priority: 1,
    grows: true,
    sortable: true,
    value: ({ name }) => name,
  },
  { id: 'batch', title: 'batch', width: 6, priority: 2, align: 'right', sortable: true, value: ({ batch }) => batch },
  {
    id: 'note',
    title: 'note',
    width: 23,
    priority: 3,
    grows: true,
    value: ({ note }) => note,
    tone: ({ missing }) => (missing ? 'bad' : 'good'),
  },
];

/** A lock that is held this long, in seconds, is one that a person wants to know of. */
const LONG_LOCK = 60;

export const LOCKS: readonly TableColumn<Lock>[] = [
  { id: 'holder', title: 'holder', width: 10, priority: 1, sortable: true, value: ({ holder }) => holder },
  {
    id: 'state',
    title: 'state',
    width: 7,
    priority: 3,
    sortable: true,
    value: ({ waiting }) => (waiting ? 'waiting' : 'holds'),
    tone: ({ waiting }) => (waiting ? 'bad' : 'plain'),
  },
  {
    id: 'seconds',
    title: 'for',
    width: 6,
    priority: 2,
    align: 'right',
    sortable: true,
    value: ({ seconds }) => (seconds === undefined ? null : String(seconds)),
    shown: ({ seconds }) => (seconds === undefined ? '' : age(seconds)),
    tone: ({ seconds = 0 }) => (seconds > LONG_LOCK ? 'bad' : 'plain'),
  },
  { id: 'object', title: 'on', width: 20, priority: 4, sortable: true, value: ({ object }) => object },
  { id: 'mode', title: 'mode', width: 20, priority: 6, sortable: true, value: ({ mode }) => mode },
  { id: 'user', title: 'user', width: 10, priority: 7, sortable: true, value: ({ user }) => user },
  { id: 'statement', title: 'statement', width: 20, priority: 5, grows: true, value: ({ statement }) => statement },
];
