import type { AppointmentRow } from '../data/queries/rows.ts';
import type { RowClass } from '../model/booking-id.ts';
import type { KnownColumn } from '../model/columns.ts';
import { distance, minuteStamp, timeOf } from '../model/time.ts';
import type { TableColumn } from './table/columns.ts';
import type { Tone } from './theme.ts';

/** What the columns of a list of rows depend on. */
export interface RowColumnsOptions {
  /** Known columns that the table lacks: they are left out. */
  readonly missing: readonly KnownColumn[];
  /** Milliseconds since 1970 by the database's clock. */
  readonly now: number;
  readonly local: boolean;
  /** Cells of the longest primary key. */
  readonly idWidth: number;
  /** On a narrow terminal a list says a time without its year: the age beside it tells it. */
  readonly short: boolean;
}

/** For the names of the columns alone. */
export const ALL_COLUMNS: RowColumnsOptions = { missing: [], now: 0, local: false, idWidth: 0, short: false };

/** A column of a list of rows; those with `of` come from the database under that name. */
export interface RowColumn extends TableColumn<AppointmentRow> {
  readonly of?: KnownColumn;
}

/** Classes that need a person are red, those that the move puts right yellow. */
export const CLASS_TONES: Readonly<Record<RowClass, Tone>> = {
  none: 'plain',
  v1: 'plain',
  v2: 'plain',
  both: 'plain',
  misplaced: 'warn',
  duplicate: 'warn',
  conflict: 'bad',
  review: 'bad',
};

/** `2026-11-21 12:04Z 12 min ago`, or `11-21 12:04Z 12 min ago` */
const TIME_WIDTH = { full: 28, short: 23 } as const;
const YEAR = '2026-'.length;

/** Columns of a terminal from which on lists say the year. */
export const WITH_YEARS = 120;

type TimeLook = Pick<RowColumnsOptions, 'now' | 'local' | 'short'>;

/** Cells of a time in a list. */
export const listTimeWidth = ({ short }: Pick<TimeLook, 'short'>): number =>
  short ? TIME_WIDTH.short : TIME_WIDTH.full;

/** A time as a list says it, with how long ago it was. */
export const listTime = (at: number, { now, local, short }: TimeLook): string =>
  `${minuteStamp(at, local).slice(short ? YEAR : 0)} ${distance(at, now)}`;

type Look = Pick<RowColumn, 'title' | 'width' | 'priority'> & Partial<RowColumn>;

export function plainColumn(of: KnownColumn, look: Look): RowColumn {
  return { id: of, of, value: (row) => row.values[of] ?? null, ...look };
}

/** A time in UTC or local, with how long ago it was. What is no time is shown as it is. */
export function timeColumn(of: KnownColumn, look: Omit<Look, 'width'>, options: RowColumnsOptions): RowColumn {
  const shown = (row: AppointmentRow): string => {
    const value = row.values[of] ?? '';
    const at = timeOf(value);
    if (at === undefined) return value;
    return listTime(at, options);
  };
  return plainColumn(of, { width: listTimeWidth(options), shown, sortable: true, ...look });
}

/** Blanks at an end are what makes some ids wrong: quotes show them, and an empty text that is not null. */
function idColumn(of: KnownColumn, look: Look): RowColumn {
  const shown = (row: AppointmentRow): string => {
    const value = row.values[of];
    if (value === undefined || value === null) return '';
    return value === value.trim() && value !== '' ? value : `'${value}'`;
  };
  return plainColumn(of, { shown, tone: (row) => CLASS_TONES[row.class], ...look });
}

export const keyColumn = ({ idWidth }: RowColumnsOptions): RowColumn => ({
  id: 'id',
  of: 'id',
  title: 'id',
  width: idWidth,
  priority: 1,
  align: 'right',
  sortable: true,
  value: (row) => row.pk,
});

/** Those that the table has. */
export const present = (columns: readonly RowColumn[], missing: readonly KnownColumn[]): readonly RowColumn[] =>
  columns.filter(({ of }) => of === undefined || !missing.includes(of));

/** The columns of a list of any rows, in their order. */
export function rowColumns(options: RowColumnsOptions & { readonly withDeleted: boolean }): readonly RowColumn[] {
  const { missing, withDeleted } = options;
  const columns: readonly RowColumn[] = [
    keyColumn(options),
    {
      id: 'class',
      title: 'class',
      width: 9,
      priority: 4,
      value: (row) => row.class,
      tone: (row) => CLASS_TONES[row.class],
    },
    idColumn('calcom_booking_id', { title: 'V1 column', width: 10, priority: 2, align: 'right' }),
    idColumn('calcom_v2_booking_id', { title: 'V2 column', width: 22, priority: 3 }),
    plainColumn('source', { title: 'source', width: 16, priority: 5, sortable: true, grows: true }),
    plainColumn('status', { title: 'status', width: 10, priority: 7, sortable: true }),
    timeColumn('starts_at', { title: 'starts', priority: 6 }, options),
    plainColumn('sync_origin', { title: 'origin', width: 7, priority: 9, sortable: true }),
    plainColumn('calcom_sync_status', { title: 'sync', width: 10, priority: 8, sortable: true }),
    timeColumn('created_at', { title: 'created', priority: 10 }, options),
    plainColumn('company_id', { title: 'tenant', width: 8, priority: 11, align: 'right', sortable: true }),
    ...(withDeleted ? [timeColumn('deleted_at', { title: 'deleted', priority: 6 }, options)] : []),
    plainColumn('sync_error_code', { title: 'error', width: 12, priority: 12 }),
    plainColumn('sync_error_message', { title: 'message', width: 24, priority: 13, grows: true }),
  ];
  return present(columns, missing);
}
