import type { Appointment } from './appointment.ts';
import { APPOINTMENT_KEY } from './booking.ts';
import type { NewBooking } from './client.ts';

/** Cal.com's own ids fit; a larger one could not be written as a JSON number. */
function positive(text: string | null): number | undefined {
  const value = text !== null && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined;
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * What a booking for an appointment is created from.
 * @param start milliseconds since 1970 UTC
 * @returns or what is missing, in a sentence
 */
export function newBookingOf({ pk, details }: Appointment, start: number): NewBooking | string {
  if (typeof details === 'string') return details;
  const { name, email, phone, timeZone, language, lengthMinutes } = details;
  const lacks = (column: string) => `retry.calcomApi.sql has no ${column} for it`;
  const eventTypeId = positive(details.eventTypeId);
  if (eventTypeId === undefined) return lacks('event_type_id');
  if (name === null) return lacks('attendee_name');
  if (timeZone === null) return lacks('time_zone');
  if (email === null && phone === null) return lacks('attendee_email and no attendee_phone');
  const lengthInMinutes = positive(lengthMinutes);
  return {
    start,
    eventTypeId,
    ...(lengthInMinutes === undefined ? {} : { lengthInMinutes }),
    attendee: {
      name,
      timeZone,
      ...(email === null ? {} : { email }),
      ...(phone === null ? {} : { phoneNumber: phone }),
      ...(language === null ? {} : { language }),
    },
    metadata: { [APPOINTMENT_KEY]: pk },
  };
}
