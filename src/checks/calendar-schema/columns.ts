import type { Column, ColumnKind } from '../../data/connection.ts';
import type { NewColumn, Sort } from '../../data/schema-words.ts';
import type { CalendarTable } from './expected.ts';

/** The columns of the three migrations. Source: their inventory in the ceremony of the calendar schema. */

const OWN_COLUMNS: readonly NewColumn[] = [
  { name: 'id', type: 'key', required: true, primary: true, standard: 'key' },
  { name: 'provider_id', type: 'key', required: true },
];

const TIMES: readonly NewColumn[] = [
  { name: 'created_at', type: 'moment', required: true, standard: 'now' },
  { name: 'updated_at', type: 'moment', required: true, standard: 'touched' },
];

/** What the first migration makes the tables with. */
export const FIRST_COLUMNS: Readonly<Record<CalendarTable, readonly NewColumn[]>> = {
  external_calendar_connections: [...OWN_COLUMNS, { name: 'provider', type: 'word', required: true }, ...TIMES],
  external_calendar_events: [
    ...OWN_COLUMNS,
    { name: 'calendar_provider', type: 'word', required: true },
    { name: 'external_event_id', type: 'word', required: true },
    { name: 'start_time', type: 'moment', required: true },
    { name: 'end_time', type: 'moment', required: true },
    { name: 'is_busy', type: 'flag', required: true, standard: 'true' },
    { name: 'checksum', type: 'word', required: false },
    ...TIMES,
  ],
};

/** Where the sync of a connection stands: the first migration adds it to a table that is there too. */
export const SYNC_STATE: readonly NewColumn[] = [
  { name: 'sync_cursor', type: 'text', required: false },
  { name: 'sync_token', type: 'text', required: false },
  { name: 'last_synced_at', type: 'moment', required: false },
  { name: 'error_count', type: 'number', required: true, standard: '0' },
  { name: 'last_error', type: 'details', required: false },
  { name: 'backoff_until', type: 'moment', required: false },
];

export const BOOKING_ID: NewColumn = { name: 'booking_id', type: 'key', required: false };
export const SYNC_STATUS: NewColumn = { name: 'sync_status', type: 'word', required: false };
export const LAST_ERROR: NewColumn = { name: 'last_error', type: 'text', required: false };

/** All that the tables have in the end. */
export const EXPECTED_COLUMNS: Readonly<Record<CalendarTable, readonly NewColumn[]>> = {
  external_calendar_connections: [...FIRST_COLUMNS.external_calendar_connections, ...SYNC_STATE],
  external_calendar_events: [...FIRST_COLUMNS.external_calendar_events, BOOKING_ID, SYNC_STATUS, LAST_ERROR],
};

/** The kinds that a column's type may be of; a uuid is text on the engines that have no type for it. */
const KINDS: Readonly<Record<Sort, readonly ColumnKind[]>> = {
  key: ['text', 'integer', 'binary', 'other'],
  word: ['text'],
  text: ['text'],
  moment: ['timestamp'],
  flag: ['boolean', 'integer'],
  number: ['integer'],
  details: ['json', 'text'],
};

/** Characters that a text must have room for: as many as where the migrations make it narrowest. */
const ROOM: Readonly<Partial<Record<Sort, number>>> = { word: 255, text: 65_535, details: 65_535 };
/** Characters of a uuid. */
const UUID_ROOM = 36;

/** How a default is known again, however a server writes it down, and its name. */
interface Standard {
  readonly is: RegExp;
  readonly words: string;
}

const CLOCK: Standard = { is: /now|current_timestamp|localtime|clock_timestamp/i, words: 'the time' };

const STANDARDS: Readonly<Record<NonNullable<NewColumn['standard']>, Standard>> = {
  key: { is: /./, words: 'a fresh uuid' },
  now: CLOCK,
  touched: CLOCK,
  true: { is: /^[('b]*(true|1|t)\b/i, words: 'true' },
  '0': { is: /^[('b]*0\b/, words: '0' },
};

/** How a column that is there differs from what a migration makes. */
export interface Fault {
  /** `is varchar(50), expected room for 255 characters` */
  readonly text: string;
  /** Whether only its default is missing, which touches no row where it is set again. */
  readonly lacksDefault?: true;
}

function defaultFault({ kind, length = UUID_ROOM, ...there }: Column, { standard }: NewColumn): readonly Fault[] {
  if (standard === undefined) return [];
  // Numbers number themselves, and a uuid is too long for some.
  if (standard === 'key' && (kind === 'integer' || kind === 'binary' || length < UUID_ROOM)) return [];
  const { is, words } = STANDARDS[standard];
  if (there.default === null || /^on update/i.test(there.default)) {
    return [{ text: `has no default, expected ${words}`, lacksDefault: true }];
  }
  return is.test(there.default) ? [] : [{ text: `has the default ${there.default}, expected ${words}` }];
}

/** How a column differs from what a migration makes of it, a line each; of a wrong type nothing else is told. */
export function faultsOf(there: Column, wanted: NewColumn): readonly Fault[] {
  const sort = typeof wanted.type === 'string' ? wanted.type : 'key';
  const { kind, type, length, nullable } = there;
  // A day is no moment.
  if (!KINDS[sort].includes(kind) || (sort === 'moment' && /^date$/i.test(type))) {
    return [{ text: `is ${type}, expected ${KINDS[sort].join(' or ')}` }];
  }
  const room = ROOM[sort];
  return [
    ...(room !== undefined && length !== undefined && length < room
      ? [{ text: `is ${type}, expected room for ${room} characters` }]
      : []),
    ...(wanted.required && !wanted.primary && nullable ? [{ text: 'may be NULL, expected NOT NULL' }] : []),
    ...defaultFault(there, wanted),
  ];
}
