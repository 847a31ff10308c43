import * as z from 'zod/mini';
import type { CalcomApi } from '../../../config/retry.ts';
import { type Booking, oneOrSeries, page, parsed, refusal } from './booking.ts';
import type { Clock, Wait } from './clock.ts';
import { systemClock } from './clock.ts';
import { type Asked, type Exchange, Exchanger, type Limits } from './exchange.ts';
import { Pace } from './pace.ts';
import { rateLimitsOf } from './rate-limit.ts';
import { cleaned } from './server-text.ts';

/** Without it the server speaks another version, and says nothing of that. */
const VERSION = '2024-08-13';
/** A page of 250 bookings takes under 1 MB. */
const LONGEST_ANSWER_BYTES = 8_000_000;
/** Bookings on a page: as many as the server gives. */
export const PAGE_BOOKINGS = 250;

/** Why a request never left this machine, in Node's words. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
]);

/** What came of a request. Every message is one line, without any key, and may go to a screen or into a column. */
export type Answer<Data> =
  | { readonly kind: 'ok'; readonly data: Data }
  /** The server says no, and has done nothing. */
  | { readonly kind: 'rejected'; readonly code: string; readonly message: string }
  /** The key is wrong: so will every other request be. */
  | { readonly kind: 'unauthorized'; readonly code: 'HTTP_401'; readonly message: string }
  /** The rate limit is passed; nothing was done. */
  | { readonly kind: 'limited'; readonly code: 'HTTP_429'; readonly message: string }
  /**
   * Nobody knows whether it was done. `over` says that the server has ended without saying that it did it, or was never
   * reached: once it is verified not to be done, it will not be done later either.
   */
  | { readonly kind: 'unknown'; readonly code: string; readonly message: string; readonly over: boolean }
  /** The signal was aborted before it was sent, or while something was only read. */
  | { readonly kind: 'cancelled' };

export interface Asking {
  /** Stops waits and reading requests. One that writes is never cut off: nobody would know what came of it. */
  readonly signal: AbortSignal;
  readonly onWait?: ((wait: Wait) => void) | undefined;
}

/** What a booking is created from. */
export interface NewBooking {
  /** Milliseconds since 1970 UTC. */
  readonly start: number;
  readonly eventTypeId: number;
  readonly lengthInMinutes?: number | undefined;
  readonly attendee: {
    readonly name: string;
    readonly timeZone: string;
    readonly email?: string | undefined;
    readonly phoneNumber?: string | undefined;
    readonly language?: string | undefined;
  };
  /** Text, each at most 500 characters. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What bookings are listed by; all that is given must hold. */
export interface BookingFilter {
  readonly attendeeEmail?: string | undefined;
  readonly eventTypeId?: string | undefined;
  /** Milliseconds since 1970 UTC. */
  readonly afterStart?: number | undefined;
  readonly beforeEnd?: number | undefined;
}

export interface Page {
  readonly bookings: readonly Booking[];
  readonly more: boolean;
}

type Request = Pick<Asked, 'method' | 'path'> & {
  readonly body?: object;
};

/** One pace for a key in this process, whoever asks, and the connections. */
const shared = new WeakMap<CalcomApi, { readonly pace: Pace; readonly exchanger: Exchanger }>();

/** API v2 of Cal.com, paced. */
export class CalcomClient {
  readonly clock: Clock;
  readonly #api: CalcomApi;
  readonly #pace: Pace;
  readonly #exchanger: Exchanger;

  constructor(api: CalcomApi, clock: Clock = systemClock) {
    this.clock = clock;
    this.#api = api;
    const { pace, exchanger } = shared.get(api) ?? { pace: new Pace(clock), exchanger: new Exchanger(api.baseUrl) };
    shared.set(api, { pace, exchanger });
    this.#pace = pace;
    this.#exchanger = exchanger;
  }

  /** @returns the bookings that it made: more than one where the event type recurs */
  create({ start, ...booking }: NewBooking, asking: Asking): Promise<Answer<readonly Booking[]>> {
    return this.#bookings('POST', '/bookings', asking, { start: new Date(start).toISOString(), ...booking });
  }

  /** @returns all of a series where the uid is that of one */
  get(uid: string, asking: Asking): Promise<Answer<readonly Booking[]>> {
    return this.#bookings('GET', `/bookings/${encodeURIComponent(uid)}`, asking);
  }

  cancel(uid: string, asking: Asking): Promise<Answer<readonly Booking[]>> {
    return this.#bookings('POST', `/bookings/${encodeURIComponent(uid)}/cancel`, asking, {});
  }

  /** @returns the new booking: it has another id and another uid */
  reschedule(uid: string, start: number, asking: Asking): Promise<Answer<readonly Booking[]>> {
    const body = { start: new Date(start).toISOString() };
    return this.#bookings('POST', `/bookings/${encodeURIComponent(uid)}/reschedule`, asking, body);
  }

  /**
   * A page of the bookings of every status, the newest first.
   * @param skip bookings of the pages before
   */
  async list(filter: BookingFilter, skip: number, asking: Asking): Promise<Answer<Page>> {
    const { attendeeEmail, eventTypeId, afterStart, beforeEnd } = filter;
    const query = new URLSearchParams({ sortCreated: 'desc', take: String(PAGE_BOOKINGS), skip: String(skip) });
    if (attendeeEmail !== undefined) query.set('attendeeEmail', attendeeEmail);
    if (eventTypeId !== undefined) query.set('eventTypeId', eventTypeId);
    if (afterStart !== undefined) query.set('afterStart', new Date(afterStart).toISOString());
    if (beforeEnd !== undefined) query.set('beforeEnd', new Date(beforeEnd).toISOString());
    const answer = await this.#ask({ method: 'GET', path: `/bookings?${query.toString()}` }, page, asking);
    if (answer.kind !== 'ok') return answer;
    const { data: bookings, pagination } = answer.data;
    const more = bookings.length > 0 && (pagination?.hasNextPage ?? bookings.length >= PAGE_BOOKINGS);
    return { kind: 'ok', data: { bookings, more } };
  }

  async #bookings(
    method: Request['method'],
    path: string,
    asking: Asking,
    body?: object,
  ): Promise<Answer<readonly Booking[]>> {
    const request = body === undefined ? { method, path } : { method, path, body };
    const answer = await this.#ask(request, oneOrSeries, asking);
    return answer.kind === 'ok' ? { kind: 'ok', data: answer.data.data } : answer;
  }

  async #ask<Schema extends z.core.$ZodType>(
    request: Request,
    schema: Schema,
    { signal, onWait }: Asking,
  ): Promise<Answer<z.output<Schema>>> {
    const turn = await this.#pace.turn(signal, (ms) => onWait?.({ seconds: ms / 1000, why: 'rate limit' }));
    if (turn === undefined) return { kind: 'cancelled' };
    let status: number | undefined;
    const exchange = await this.#send(request, request.method === 'GET' ? signal : undefined, (code, headers) => {
      status = code;
      turn.answered(rateLimitsOf(headers), code === 429);
    });
    if (status === undefined) turn.lost();
    if (exchange.kind === 'cancelled') return exchange;
    if (exchange.kind === 'answer') return this.#understood(exchange.status, exchange.text, schema);
    // What it was about to say is known.
    if (status !== undefined && status >= 400) return this.#refused(status, undefined);
    if (exchange.kind === 'late') {
      const message = `Cal.com did not answer within ${this.#api.timeoutMs / 1000} s`;
      return { kind: 'unknown', code: 'TIMEOUT', message, over: false };
    }
    const message = `the connection to Cal.com failed: ${exchange.why}`;
    return { kind: 'unknown', code: 'NETWORK', message, over: NEVER_SENT.has(exchange.why) };
  }

  #send({ method, path, body }: Request, signal: AbortSignal | undefined, onHead: Limits['onHead']): Promise<Exchange> {
    const headers = {
      authorization: `Bearer ${this.#api.apiKey}`,
      'cal-api-version': VERSION,
      'user-agent': 'apptop',
      accept: 'application/json',
      'accept-encoding': 'identity',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const asked = { method, path, headers, body: body === undefined ? undefined : JSON.stringify(body) };
    const limits = { timeoutMs: this.#api.timeoutMs, largestBytes: LONGEST_ANSWER_BYTES, signal, onHead };
    return this.#exchanger.ask(asked, limits);
  }

  #understood<Schema extends z.core.$ZodType>(
    status: number,
    text: string | undefined,
    schema: Schema,
  ): Answer<z.output<Schema>> {
    if (status < 200 || status > 299) return this.#refused(status, text);
    const read = text === undefined ? undefined : z.safeParse(schema, parsed(text));
    if (read?.success) return { kind: 'ok', data: read.data };
    const what = text === undefined ? 'too much to read' : 'no answer that can be understood';
    return { kind: 'unknown', code: 'INVALID_ANSWER', message: `HTTP ${status} with ${what}`, over: false };
  }

  #refused(status: number, text: string | undefined): Answer<never> {
    const told = refusal.safeParse(text === undefined ? undefined : parsed(text));
    const said = told.success ? cleaned(told.data.error.message, this.#api.apiKey) : '';
    const message = `HTTP ${status}${said === '' ? '' : `: ${said}`}`;
    if (status === 401) return { kind: 'unauthorized', code: 'HTTP_401', message };
    if (status === 429) return { kind: 'limited', code: 'HTTP_429', message };
    const code = `HTTP_${status}`;
    // 500 and 409 come from where bookings are made. The others come from what stands before it and may have lost
    // patience.
    if (status === 409 || status === 500) return { kind: 'unknown', code, message, over: true };
    if (status >= 500 || status === 408) return { kind: 'unknown', code, message, over: false };
    return { kind: 'rejected', code, message };
  }
}
