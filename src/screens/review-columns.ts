import type { AppointmentRow } from '../data/queries/rows.ts';
import type { KnownColumn } from '../model/columns.ts';
import { count, percent } from '../model/format.ts';
import type { ReviewFigures } from '../model/snapshot.ts';
import { causeById, causeOf } from '../model/sync.ts';
import { barText } from './components/bar.tsx';
import { type StandingLook, type Standings, standingTone, standingWords } from './review-standing.ts';
import {
  ALL_COLUMNS,
  keyColumn,
  plainColumn,
  present,
  type RowColumn,
  type RowColumnsOptions,
  timeColumn,
} from './row-columns.ts';
import { type ListFilter, namesOf } from './rows.tsx';
import type { TableColumn } from './table/columns.ts';
import type { Glyphs } from './theme.ts';

/** Rows in review with the same error. */
export type Group = ReviewFigures['errors'][number];
export type ErrorOf = Pick<Group, 'code' | 'cause'>;

const UNKNOWN = 'no rule knows this error';
export const groupTitle = ({ code }: Pick<Group, 'code'>): string => code ?? '(no code)';
const causeWords = (id: string | null): string => causeById(id)?.cause ?? UNKNOWN;

/** What is likely wrong and what to do about it. */
export function adviceOn(id: string | null): string {
  const cause = causeById(id);
  return cause === undefined ? UNKNOWN : `${cause.cause}: ${cause.remedy}`;
}

const causeOfRow = ({ values }: AppointmentRow): string =>
  causeOf(values.sync_error_code ?? null, values.sync_error_message ?? null)?.cause ?? '';

/** What is said of rows beside what the table holds. */
interface Beside {
  readonly standings: Standings;
  readonly look: StandingLook;
}

/** What operators did about a row: before all but the key, as soon as there is something to say. */
function operatorsColumn({ short }: RowColumnsOptions, { standings, look }: Beside): RowColumn {
  const value = ({ pk }: AppointmentRow) => standingWords(standings[pk], look);
  return {
    id: 'operators',
    title: 'operators',
    width: short ? 16 : 28,
    priority: Object.keys(standings).length > 0 ? 1 : 9,
    onScreen: true,
    value,
    tone: ({ pk }) => standingTone(standings[pk]),
  };
}

/** The columns of the queue, in their order. */
export function queueColumns(options: RowColumnsOptions, beside?: Beside): readonly RowColumn[] {
  const columns: readonly RowColumn[] = [
    keyColumn(options),
    ...(beside === undefined ? [] : [operatorsColumn(options, beside)]),
    timeColumn('manual_review_flagged_at', { title: 'flagged', priority: 2 }, options),
    plainColumn('sync_origin', { title: 'origin', width: 7, priority: 7, sortable: true }),
    plainColumn('calcom_sync_status', { title: 'status', width: 8, priority: 8, sortable: true }),
    plainColumn('sync_attempt_count', { title: 'tries', width: 6, priority: 6, align: 'right', sortable: true }),
    plainColumn('sync_error_code', { title: 'code', width: 12, priority: 3, sortable: true }),
    { id: 'likely_cause', title: 'likely cause', width: 20, priority: 4, value: causeOfRow },
    plainColumn('sync_error_message', { title: 'message', width: 24, priority: 5, grows: true }),
  ];
  return present(columns, options.missing);
}

/** What the queue asks the database for. */
export const ASKED = namesOf(queueColumns(ALL_COLUMNS));

/** The rows of a group, by what the table has of its errors. */
export function groupFilter({ code, cause }: ErrorOf, missing: readonly KnownColumn[]): ListFilter {
  const byCode = !missing.includes('sync_error_code');
  const byCause = byCode || !missing.includes('sync_error_message');
  return { ...(byCode ? { errorCode: code } : {}), ...(byCause ? { cause } : {}) };
}

/** The columns of the errors in groups. */
export function groupColumns(total: number, glyphs: Glyphs): readonly TableColumn<Group>[] {
  return [
    { id: 'code', title: 'code', width: 16, priority: 1, value: ({ code }) => code, shown: groupTitle },
    {
      id: 'rows',
      title: 'rows',
      width: Math.max(4, count(total).length),
      priority: 2,
      align: 'right',
      value: ({ rows }) => String(rows),
      shown: ({ rows }) => count(rows),
    },
    {
      id: 'bar',
      title: '',
      width: 10,
      priority: 6,
      value: ({ rows }) => String(rows / total),
      shown: ({ rows }) => barText(rows / total, 10, glyphs),
      tone: () => 'warn',
    },
    {
      id: 'share',
      title: '',
      width: 8,
      priority: 5,
      align: 'right',
      value: ({ rows }) => String(rows / total),
      shown: ({ rows }) => percent(rows / total),
    },
    { id: 'cause', title: 'likely cause', width: 28, priority: 3, value: ({ cause }) => causeWords(cause) },
    {
      id: 'remedy',
      title: 'remedy',
      width: 30,
      priority: 4,
      grows: true,
      value: ({ cause }) => causeById(cause)?.remedy ?? 'read the message of a row',
      tone: () => 'muted',
    },
  ];
}
