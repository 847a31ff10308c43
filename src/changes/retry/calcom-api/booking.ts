import * as z from 'zod/mini';
import { timeOf } from '../../../model/time.ts';

/** The metadata key under which the application notes the appointment's id in a booking. */
export const APPOINTMENT_KEY = 'crm_appointment_id';

/** A booking as Cal.com tells it, as far as a retry looks at it. */
export interface Booking {
  /** The V1 id: digits, of any length. */
  readonly id: string;
  readonly uid: string;
  /** `accepted`, `pending`, `cancelled`, `rejected` or a word that is not known yet. */
  readonly status: string;
  /** Milliseconds since 1970 UTC. */
  readonly start: number;
  /** The appointment that it belongs to by its metadata. */
  readonly appointment: string | undefined;
  readonly eventTypeId: string | undefined;
  /** The attendees' telephone numbers, digits alone. */
  readonly phones: readonly string[];
  /** The bookings before and after a reschedule. */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** Whether it takes its time from the calendar. */
export const isLive = ({ status }: Booking): boolean => status !== 'cancelled' && status !== 'rejected';

/** A telephone number however it is written. */
export const digitsOf = (phone: string): string => phone.replace(/\D/g, '');

const id = z.pipe(
  z.union([z.int().check(z.gt(0)), z.string().check(z.regex(/^[1-9]\d{0,19}$/))]),
  z.transform((value) => String(value)),
);
const uid = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,255}$/));
const instant = z.pipe(
  z.string().check(z.refine((text) => timeOf(text) !== undefined)),
  z.transform((text) => timeOf(text) ?? Number.NaN),
);
/** Left out, null, or there. */
const perhaps = <Type extends z.core.$ZodType>(type: Type) => z.optional(z.nullable(type));

const wire = z.object({
  id,
  uid,
  status: z.string(),
  start: instant,
  metadata: perhaps(z.record(z.string(), z.unknown())),
  eventTypeId: perhaps(id),
  eventType: perhaps(z.object({ id: perhaps(id) })),
  attendees: perhaps(z.array(z.object({ phoneNumber: perhaps(z.string()) }))),
  rescheduledFromUid: perhaps(uid),
  rescheduledToUid: perhaps(uid),
});

const booking = z.pipe(
  wire,
  z.transform((told): Booking => {
    const appointment = told.metadata?.[APPOINTMENT_KEY];
    return {
      id: told.id,
      uid: told.uid,
      status: told.status.toLowerCase(),
      start: told.start,
      appointment: typeof appointment === 'string' || typeof appointment === 'number' ? String(appointment) : undefined,
      eventTypeId: told.eventType?.id ?? told.eventTypeId ?? undefined,
      phones: told.attendees?.flatMap(({ phoneNumber }) => digitsOf(phoneNumber ?? '') || []) ?? [],
      from: told.rescheduledFromUid ?? undefined,
      to: told.rescheduledToUid ?? undefined,
    };
  }),
);

const success = <Type extends z.core.$ZodType>(data: Type) => z.object({ status: z.literal('success'), data });

/** One booking; all of a series where it recurs. */
export const oneOrSeries = success(
  z.union([
    z.pipe(
      booking,
      z.transform((one): readonly Booking[] => [one]),
    ),
    z.array(booking).check(z.minLength(1)),
  ]),
);

/** A page of a list. */
export const page = z.extend(success(z.array(booking)), {
  pagination: perhaps(z.object({ hasNextPage: perhaps(z.boolean()) })),
});

/** What Cal.com says when it refuses. */
export const refusal = z.object({ error: z.object({ message: z.string() }) });

/**
 * A text as JSON. Whole numbers beyond 2^53 come as text, every digit of them.
 * @returns undefined when it is none
 */
export function parsed(text: string): unknown {
  try {
    // With a reviver it takes five times as long.
    if (!/[:,[]\s*\d{16}/.test(text)) return JSON.parse(text);
    return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' && !Number.isSafeInteger(value) && /^\d+$/.test(context?.source ?? '')
        ? context?.source
        : value,
    );
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
