/** A booking as the server holds it; `told` writes it as API v2 of 2024-08-13 does. */
export interface Stored {
  readonly id: number | bigint;
  readonly uid: string;
  status: 'accepted' | 'pending' | 'cancelled' | 'rejected';
  /** Milliseconds since 1970 UTC. */
  readonly start: number;
  readonly minutes: number;
  readonly eventTypeId: number;
  readonly attendee: { readonly name: string; readonly timeZone: string; readonly [field: string]: unknown };
  readonly metadata: Readonly<Record<string, string>>;
  from: string | null;
  to: string | null;
}

/** What the server refuses, as it says it. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const bad = (message: string) => new Refusal(400, 'BadRequestException', message);
const iso = (at: number): string => new Date(at).toISOString();

/** The bookings of one account. It protects nobody from booking twice: that is what is tested. */
export class Bookings {
  readonly all: Stored[] = [];
  #id: bigint;
  /** Whether a slot can be taken once, as by event types without seats. */
  slots = false;

  constructor(firstId: bigint) {
    this.#id = firstId;
  }

  get live(): readonly Stored[] {
    return this.all.filter(({ status }) => status === 'accepted' || status === 'pending');
  }

  /** Adds one as somebody else might have. */
  plant(booking: Partial<Stored>): Stored {
    const id = this.#id++;
    const stored: Stored = {
      id: id <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(id) : id,
      uid: `uid${String(id).padStart(19, '1')}`,
      status: 'accepted',
      start: Date.UTC(2026, 10, 21, 12),
      minutes: 30,
      eventTypeId: 77,
      attendee: { name: 'Ada', timeZone: 'Europe/Berlin', email: 'ada@example.com' },
      metadata: {},
      from: null,
      to: null,
      ...booking,
    };
    this.all.push(stored);
    return stored;
  }

  find(uid: string): Stored {
    const found = this.all.find((booking) => booking.uid === uid);
    if (found === undefined) throw new Refusal(404, 'NotFoundException', `Booking with uid=${uid} was not found`);
    return found;
  }

  create(body: Readonly<Record<string, unknown>>): Stored {
    const { start, attendee, eventTypeId, metadata = {}, lengthInMinutes = 30 } = body;
    if (typeof start !== 'string' || !/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(start)) throw bad('start must be a UTC time');
    if (!Number.isInteger(eventTypeId)) throw bad('eventTypeId must be an integer');
    if (typeof lengthInMinutes !== 'number') throw bad('lengthInMinutes must be a number');
    const who = attendeeOf(attendee);
    const at = Date.parse(start);
    if (this.slots && this.live.some((other) => other.start === at)) {
      throw bad('User either already has booking at this time or is not available');
    }
    return this.plant({
      start: at,
      minutes: lengthInMinutes,
      eventTypeId: Number(eventTypeId),
      attendee: who,
      metadata: metadataOf(metadata),
    });
  }

  cancel(uid: string): Stored {
    const booking = this.find(uid);
    if (booking.status === 'cancelled') {
      throw bad(`Can't cancel booking with uid=${uid} because it has been cancelled already`);
    }
    booking.status = 'cancelled';
    return booking;
  }

  reschedule(uid: string, body: Readonly<Record<string, unknown>>): Stored {
    const old = this.find(uid);
    if (old.status === 'cancelled') throw bad(`Can't reschedule booking with uid=${uid} because it has been cancelled`);
    const { start, minutes, eventTypeId, attendee } = { ...old, start: Date.parse(String(body['start'])) };
    const booking = this.plant({ start, minutes, eventTypeId, attendee, from: uid });
    old.status = 'cancelled';
    old.to = booking.uid;
    return booking;
  }

  list(query: URLSearchParams): { readonly page: readonly Stored[]; readonly total: number; readonly skip: number } {
    const time = (name: string, otherwise: number) => Date.parse(query.get(name) ?? '') || otherwise;
    const [after, before] = [time('afterStart', -8.64e15), time('beforeEnd', 8.64e15)];
    const [email, type] = [query.get('attendeeEmail'), query.get('eventTypeId')];
    const fitting = this.all.filter(
      (booking) =>
        booking.start >= after &&
        booking.start + booking.minutes * 60_000 <= before &&
        (email === null || booking.attendee['email'] === email) &&
        (type === null || String(booking.eventTypeId) === type),
    );
    if (query.get('sortCreated') === 'desc') fitting.reverse();
    const [take, skip] = [Number(query.get('take') ?? 100), Number(query.get('skip') ?? 0)];
    if (!(take >= 1 && take <= 250)) throw bad('take must not be greater than 250');
    return { page: fitting.slice(skip, skip + take), total: fitting.length, skip };
  }
}

function attendeeOf(value: unknown): Stored['attendee'] {
  if (typeof value !== 'object' || value === null) throw bad('attendee must be an object');
  const { name, timeZone, email, phoneNumber } = { name: '', timeZone: '', email: '', phoneNumber: '', ...value };
  if (name === '') throw bad('attendee.name should not be empty');
  if (timeZone === '') throw bad('attendee.timeZone must be a valid IANA time-zone');
  if (email === '' && phoneNumber === '') throw bad('at least one contact method (email or phone number) is required');
  return { ...value, name, timeZone };
}

function metadataOf(value: unknown): Readonly<Record<string, string>> {
  const pairs = Object.entries(typeof value === 'object' && value !== null ? value : {});
  if (pairs.length > 50) throw bad('metadata must have at most 50 keys');
  for (const [key, text] of pairs) {
    if (key.length > 40 || typeof text !== 'string' || text.length > 500) throw bad('metadata must be short texts');
  }
  return Object.fromEntries(pairs.map(([key, text]) => [key, String(text)]));
}

/** As JSON text: an id may be larger than a JavaScript number. */
export function told({ id, uid, status, start, minutes, eventTypeId, attendee, metadata, from, to }: Stored): string {
  const rest = {
    uid,
    title: `Appointment with ${attendee.name}`,
    description: '',
    hosts: [{ id: 1, name: 'Praxis', email: 'p@example.com', displayEmail: 'p@example.com', username: 'praxis' }],
    status,
    ...(from === null ? {} : { rescheduledFromUid: from }),
    ...(to === null ? {} : { rescheduledToUid: to }),
    start: iso(start),
    end: iso(start + minutes * 60_000),
    duration: minutes,
    eventTypeId,
    eventType: { id: eventTypeId, slug: 'consultation' },
    location: 'integrations:daily',
    absentHost: false,
    createdAt: iso(start - 86_400_000),
    updatedAt: null,
    metadata,
    rating: null,
    icsUid: `${uid}@Cal.com`,
    attendees: [{ language: 'en', absent: false, ...attendee }],
    guests: [],
    bookingFieldsResponses: {},
  };
  return `{"id":${id},${JSON.stringify(rest).slice(1)}`;
}
