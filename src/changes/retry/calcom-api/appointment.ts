import { sql } from 'kysely';
import { BOOKING_COLUMNS } from '../../../config/retry.ts';
import type { Expression, Row } from '../../../data/connection.ts';
import type { Database, QueryOptions } from '../../../data/database.ts';
import { join, reference, type Source, tableOf } from '../../../data/queries/expressions.ts';
import { kindOfValue } from '../../../model/booking-id.ts';
import type { KnownColumn } from '../../../model/columns.ts';
import { Problem } from '../../../model/problem.ts';

/** Characters of a value: more than Cal.com takes of any, and one over the longest uid. */
const CHARACTERS = 500;
/** Appointments that one query asks for. */
const ROWS_OF_A_QUERY = 500;

/**
 * What an appointment's booking is made from; null where the config's SELECT has none. Not looked at by anybody yet.
 */
export interface BookingDetails {
  readonly eventTypeId: string | null;
  readonly name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly timeZone: string | null;
  readonly language: string | null;
  readonly lengthMinutes: string | null;
}

/** An appointment as its retry needs it, as the database has it. */
export interface Appointment {
  /** The primary key: what the booking's metadata names. */
  readonly pk: string;
  readonly origin: string | null;
  /** Of the appointment itself, not of its sync: `confirmed`, `cancelled`. */
  readonly status: string | null;
  readonly deleted: boolean;
  /** Milliseconds since 1970 UTC; undefined for null and for nonsense. */
  readonly start: number | undefined;
  /** The V1 id, in whichever column it stands. */
  readonly v1Id: string | undefined;
  readonly uid: string | undefined;
  /** Whether a value in an id column is neither, or two of them contradict each other. */
  readonly unclearIds: boolean;
  /** Or why there are none, in a sentence. */
  readonly details: BookingDetails | string;
}

const CANCELLED: ReadonlySet<string> = new Set(['cancelled', 'canceled']);

export const isCancelled = ({ status }: Appointment): boolean => CANCELLED.has(status?.toLowerCase() ?? '');

/**
 * Reads appointments with what their bookings are made from.
 * @param select `retry.calcomApi.sql` of the config: only the rows of these appointments are asked of it
 * @returns in the order of the keys; a row that is gone is left out
 * @throws Problem
 */
export async function readAppointments(
  database: Database,
  source: Source,
  select: string,
  pks: readonly string[],
  options: QueryOptions,
): Promise<readonly Appointment[]> {
  const found = new Map<string, Appointment>();
  for (let from = 0; from < pks.length; from += ROWS_OF_A_QUERY) {
    const keys = join(
      pks.slice(from, from + ROWS_OF_A_QUERY).map((pk) => source.dialect.parameter(source.appointments.id, pk)),
    );
    const details = await readDetails(database, source, select, keys, options);
    for (const row of await database.query(rowsOf(source, keys), options)) {
      const appointment = appointmentOf(source, row, details);
      found.set(appointment.pk, appointment);
    }
  }
  return pks.flatMap((pk) => found.get(pk) ?? []);
}

function rowsOf(source: Source, keys: Expression): Expression {
  const { dialect, appointments } = source;
  const id = sql.id(appointments.id.name);
  const known = (name: KnownColumn) => {
    const column = reference(source, name);
    return column === undefined ? sql`NULL` : dialect.shortText(column, CHARACTERS);
  };
  const start = appointments.known.get('starts_at');
  const selection = join([
    sql`${dialect.text(id)} AS row_pk`,
    sql`${known('sync_origin')} AS row_origin`,
    sql`${known('status')} AS row_status`,
    sql`${known('deleted_at')} AS row_deleted`,
    sql`${start === undefined ? sql`NULL` : dialect.epoch(start)} AS row_start`,
    sql`${known('calcom_booking_id')} AS row_v1`,
    sql`${known('calcom_v2_booking_id')} AS row_v2`,
    sql`${known('calcom_v2_booking_uid')} AS row_uid`,
  ]);
  return sql`SELECT ${selection} FROM ${tableOf(source)} WHERE ${id} IN (${keys})`;
}

/** SQLite keeps any number as a time; this is as far as a date goes, with room for the hours around it. */
const FURTHEST_MS = 8.6e15;

/** @param seconds since 1970 UTC, perhaps with fractions: Cal.com knows whole ones */
function instantOf(seconds: string | null): number | undefined {
  const ms = seconds === null ? Number.NaN : Math.floor(Number(seconds)) * 1000;
  return Math.abs(ms) <= FURTHEST_MS ? ms : undefined;
}

function appointmentOf(source: Source, row: Row, details: ReadonlyMap<string, BookingDetails | string>): Appointment {
  const pk = row['row_pk'] ?? '';
  // The numeric id may stand in either column; the uid has one of its own in some schemas.
  const ids = ['row_uid', 'row_v2', 'row_v1'].flatMap((column) => row[column] || []);
  const kinds = ids.map((value) => kindOfValue(value, source.bookingIds.uid));
  const uids = new Set(ids.filter((_, index) => kinds[index] === 'uid'));
  const v1Ids = new Set(ids.filter((_, index) => kinds[index] === 'v1'));
  return {
    pk,
    origin: row['row_origin'] ?? null,
    status: row['row_status'] ?? null,
    deleted: (row['row_deleted'] ?? null) !== null,
    start: instantOf(row['row_start'] ?? null),
    uid: [...uids][0],
    v1Id: [...v1Ids][0],
    unclearIds: kinds.includes('ambiguous') || uids.size > 1 || v1Ids.size > 1,
    details: details.get(pk) ?? 'retry.calcomApi.sql has no row for it',
  };
}

async function readDetails(
  database: Database,
  { dialect }: Source,
  select: string,
  keys: Expression,
  options: QueryOptions,
): Promise<ReadonlyMap<string, BookingDetails | string>> {
  const columns = BOOKING_COLUMNS.map(
    (name) => sql`${dialect.shortText(sql.id('booking', name), CHARACTERS)} AS ${sql.id(`booking_${name}`)}`,
  );
  // On lines of its own: the statement may end in a comment. Values are parameters, so the server finds the rows by
  // key.
  const query = sql`SELECT ${join(columns)} FROM (\n${sql.raw(select)}\n) AS booking
    WHERE ${sql.id('booking', 'pk')} IN (${keys})`;
  const details = new Map<string, BookingDetails | string>();
  for (const row of await ask(database, query, options)) {
    const value = (name: (typeof BOOKING_COLUMNS)[number]) => row[`booking_${name}`] || null;
    const pk = value('pk') ?? '';
    const twice = details.has(pk);
    details.set(
      pk,
      twice
        ? 'retry.calcomApi.sql has more than one row for it'
        : {
            eventTypeId: value('event_type_id'),
            name: value('attendee_name'),
            email: value('attendee_email'),
            phone: value('attendee_phone'),
            timeZone: value('time_zone'),
            language: value('language'),
            lengthMinutes: value('length_minutes'),
          },
    );
  }
  return details;
}

/** A mistake in the config's SELECT says where it stands. */
async function ask(database: Database, query: Expression, options: QueryOptions): Promise<readonly Row[]> {
  try {
    return await database.query(query, options);
  } catch (error) {
    if (!(error instanceof Problem) || !['sql', 'missing'].includes(error.kind)) throw error;
    const remedy = `it must answer ${BOOKING_COLUMNS.join(', ')}`;
    throw new Problem(error.kind, `retry.calcomApi.sql: ${error.message}`, remedy, { cause: error.cause });
  }
}
