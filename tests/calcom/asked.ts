import type { Appointment } from '../../src/changes/retry/calcom-api/appointment.ts';
import type { CalcomApi } from '../../src/config/retry.ts';
import { Refusal } from './bookings.ts';
import type { Misbehaviour } from './server.ts';

/** The start of the appointments, and of planted bookings. */
export const START = Date.UTC(2026, 10, 21, 12);

/** How a server is asked by somebody with little patience. */
export const apiOf = (server: { readonly baseUrl: string; readonly key: string }, timeoutMs = 5_000): CalcomApi => ({
  apiKey: server.key,
  baseUrl: server.baseUrl,
  parallel: 4,
  timeoutMs,
  sql: 'SELECT 1',
});

/** An appointment that Cal.com has never heard of. */
export const appointment = (changes: Partial<Appointment> = {}): Appointment => ({
  pk: '512',
  origin: 'admin',
  status: 'confirmed',
  deleted: false,
  start: START,
  v1Id: undefined,
  uid: undefined,
  unclearIds: false,
  details: {
    eventTypeId: '77',
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    phone: null,
    timeZone: 'Europe/Berlin',
    language: 'de',
    lengthMinutes: null,
  },
  ...changes,
});

export const refusal = (status: number, message = 'it went wrong', code = 'Error'): Refusal =>
  new Refusal(status, code, message);

/** Every way in which a request that is done is not heard to be. */
export const UNHEARD: Readonly<Record<string, Misbehaviour>> = {
  'drops the answer': { does: 'yes', says: 'drop' },
  'answers 500': { does: 'yes', says: refusal(500) },
  'answers 409': { does: 'yes', says: refusal(409, 'booking_conflict') },
  'answers 502': { does: 'yes', says: refusal(502) },
  'keeps silent': { does: 'yes', says: 'silence' },
  'breaks off in the middle': { does: 'yes', says: 'half' },
  'answers with no JSON': { does: 'yes', says: 'garbage' },
  'answers without an end': { does: 'yes', says: 'huge' },
};
