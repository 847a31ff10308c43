import type { Appointment, BookingDetails } from './appointment.ts';
import { type Booking, digitsOf, isLive } from './booking.ts';
import { type Answer, type Asking, type BookingFilter, type CalcomClient, PAGE_BOOKINGS } from './client.ts';

/** Pages of one list that are looked through: 1,000 bookings. */
const MOST_PAGES = 4;
/** Reschedules that are followed from one booking to the next. */
const MOST_MOVES = 10;
/**
 * Milliseconds around the start in which bookings are listed where there are too many in all: more than a zone is off.
 */
const AROUND_MS = 26 * 3_600_000;

/** What Cal.com has for an appointment. */
export type Found =
  /** `moved` says that somebody has rescheduled it there since the appointment's uid was written. */
  | { readonly kind: 'booking'; readonly booking: Booking; readonly moved: boolean }
  | { readonly kind: 'none' }
  /** What a person has to look at, in a sentence. */
  | { readonly kind: 'unclear'; readonly reason: string };

const unclear = (reason: string): Answer<Found> => ({ kind: 'ok', data: { kind: 'unclear', reason } });

/** What a request was no success with, as the answer to what it was asked for. */
export type Failed = Exclude<Answer<unknown>, { readonly kind: 'ok' }>;

/**
 * Finds the booking of an appointment: by its uid, or else in the list of the attendee's bookings, by the appointment's
 * id in the metadata or by the V1 id. Nothing is written.
 */
export async function findBooking(
  client: CalcomClient,
  appointment: Appointment,
  asking: Asking,
): Promise<Answer<Found>> {
  const found = await (appointment.uid === undefined
    ? findByList(client, appointment, asking)
    : findByUid(client, appointment, appointment.uid, asking));
  if (found.kind !== 'ok' || found.data.kind !== 'booking') return found;
  const { uid, appointment: owner } = found.data.booking;
  const foreign = owner !== undefined && owner !== appointment.pk;
  return foreign ? unclear(`the booking ${uid} names another appointment as its own`) : found;
}

async function findByUid(
  client: CalcomClient,
  { pk, start }: Appointment,
  uid: string,
  asking: Asking,
): Promise<Answer<Found>> {
  const answer = await client.get(uid, asking);
  if (answer.kind !== 'ok') return answer;
  const [first, ...others] = answer.data;
  if (first === undefined) return unclear('Cal.com has an empty series for its uid');
  if (others.length === 0) return follow(client, first, asking);
  // The uid of a series is that of none of its bookings.
  const own = answer.data.filter((booking) => booking.uid === uid || booking.appointment === pk);
  const fitting = own.length > 0 ? own : answer.data.filter((booking) => booking.start === start);
  const [one, ...more] = fitting;
  if (one === undefined || more.length > 0) return unclear('its uid is that of a series of bookings');
  return follow(client, one, asking);
}

/** Goes from a rescheduled booking to the one that took its place. */
async function follow(client: CalcomClient, first: Booking, asking: Asking): Promise<Answer<Found>> {
  let booking = first;
  for (let moves = 0; moves < MOST_MOVES; moves++) {
    if (isLive(booking) || booking.to === undefined) {
      return { kind: 'ok', data: { kind: 'booking', booking, moved: moves > 0 } };
    }
    const { to } = booking;
    const answer = await client.get(to, asking);
    if (answer.kind !== 'ok') return answer;
    const next = answer.data.find(({ uid }) => uid === to);
    if (next === undefined) return unclear('Cal.com does not have the booking that took its place');
    booking = next;
  }
  return unclear('its booking was rescheduled too often to follow');
}

/** Adds the bookings of a list, as far as they are looked through. @returns whether that is all of them */
async function addAll(
  client: CalcomClient,
  filter: BookingFilter,
  seen: Map<string, Booking>,
  asking: Asking,
): Promise<Answer<boolean>> {
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await client.list(filter, page * PAGE_BOOKINGS, asking);
    if (answer.kind !== 'ok') return answer;
    for (const booking of answer.data.bookings) seen.set(booking.uid, booking);
    if (!answer.data.more) return { kind: 'ok', data: true };
  }
  return { kind: 'ok', data: false };
}

const byAddress = (attendeeEmail: string): BookingFilter => ({ attendeeEmail });

/** An address as it is written, and as Cal.com may have written it. */
const spellings = (email: string): readonly string[] => [...new Set([email, email.toLowerCase()])];

/**
 * The list is that of the attendee at any time: the appointment may have been moved since its booking was made. An
 * address that stands for many people has too many; then the bookings around the start are looked through too.
 */
async function findByList(client: CalcomClient, appointment: Appointment, asking: Asking): Promise<Answer<Found>> {
  const { details, start } = appointment;
  if (typeof details === 'string') return unclear(details);
  if (start === undefined) return unclear('it has no start');
  const eventTypeId = details.eventTypeId ?? undefined;
  const around = { eventTypeId, afterStart: start - AROUND_MS, beforeEnd: start + AROUND_MS };
  const anyTime: BookingFilter[] = details.email === null ? [] : spellings(details.email).map(byAddress);
  const lists = anyTime.length === 0 ? [[around]] : [anyTime, anyTime.map((filter) => ({ ...filter, ...around }))];
  const seen = new Map<string, Booking>();
  for (const filters of lists) {
    let complete = true;
    for (const filter of filters) {
      const answer = await addAll(client, filter, seen, asking);
      if (answer.kind !== 'ok') return answer;
      complete &&= answer.data;
    }
    if (complete) {
      const found = await choose(client, appointment, details, [...seen.values()], asking);
      if (found.kind !== 'ok' || found.data.kind !== 'none') return found;
      // Around the start alone nobody knows what an old id stood for.
      if (appointment.v1Id !== undefined) return unclear(`Cal.com lists no booking with the id ${appointment.v1Id}`);
      return found;
    }
  }
  return unclear('Cal.com lists too many bookings to tell which is its own');
}

async function choose(
  client: CalcomClient,
  { pk, v1Id, start }: Appointment,
  details: BookingDetails,
  bookings: readonly Booking[],
  asking: Asking,
): Promise<Answer<Found>> {
  const own = bookings.filter((booking) => booking.appointment === pk || (v1Id !== undefined && booking.id === v1Id));
  const live = own.filter(isLive);
  const [one, ...more] = live;
  if (more.length > 0) return unclear(`Cal.com has ${live.length} bookings for it: ${uidsOf(live)}`);
  // One that came of a reschedule there, while the appointment knows of none.
  if (one !== undefined) {
    return { kind: 'ok', data: { kind: 'booking', booking: one, moved: one.from !== undefined && one.id !== v1Id } };
  }
  const [newest] = own;
  if (newest !== undefined) return follow(client, newest, asking);
  const stranger = bookings.find(
    (booking) =>
      isLive(booking) &&
      booking.start === start &&
      booking.appointment === undefined &&
      (booking.eventTypeId === undefined || booking.eventTypeId === details.eventTypeId) &&
      // A list by address has nobody else's.
      (details.email !== null || booking.phones.includes(digitsOf(details.phone ?? ''))),
  );
  if (stranger !== undefined) {
    return unclear(`Cal.com has a booking of this attendee at that time that names no appointment: ${stranger.uid}`);
  }
  return { kind: 'ok', data: { kind: 'none' } };
}

const uidsOf = (bookings: readonly Booking[]): string =>
  bookings
    .slice(0, 3)
    .map(({ uid }) => uid)
    .join(', ');
