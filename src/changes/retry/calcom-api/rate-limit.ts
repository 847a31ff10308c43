import type { IncomingHttpHeaders } from 'node:http';

/** Requests in `WINDOW_MS` that a server is taken to allow until it says. Source: Cal.com's default for an API key. */
const ASSUMED_LIMIT = 120;
const ASSUMED_WINDOW_MS = 60_000;
/** A time in whole seconds may be rounded down. */
const ROUNDING_MS = 1_000;

/** What an answer's headers say of one limit. */
export interface RateLimit {
  /** As the end of the headers has it: `-default`, or nothing. */
  readonly name: string;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the server counts anew: no time of day is in it. */
  readonly resetSeconds: number;
}

const wholeNumber = (value: string | readonly string[] | undefined): number | undefined =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : undefined;

const LIMIT = 'x-ratelimit-limit';

/** The limits that an answer states. A key may have several: `X-RateLimit-Limit-Default` and others. */
export function rateLimitsOf(headers: IncomingHttpHeaders): readonly RateLimit[] {
  const stated: RateLimit[] = [];
  for (const header of Object.keys(headers)) {
    const name = header.slice(LIMIT.length);
    if (!header.startsWith(LIMIT) || (name !== '' && !name.startsWith('-'))) continue;
    const limit = wholeNumber(headers[header]);
    const remaining = wholeNumber(headers[`x-ratelimit-remaining${name}`]);
    const resetSeconds = wholeNumber(headers[`x-ratelimit-reset${name}`]);
    if (limit === undefined || limit === 0 || remaining === undefined || resetSeconds === undefined) continue;
    stated.push({ name, limit, remaining, resetSeconds });
  }
  return stated;
}

/** What is known of a request when its answer has come. Times are those of a `Clock`. */
export interface Sent {
  readonly at: number;
  /** Whether no other request was under way at any moment between. */
  readonly alone: boolean;
}

/**
 * One limit as the server counts it: in windows of a fixed length, each from its first request on. What an answer says
 * is old when it arrives, as other requests are under way: each answer is read at its worst, as if none of these had
 * been counted yet. So the limit is never passed by requests of this process.
 */
export class RateWindow {
  #limit: number;
  /** Requests that may still go out. */
  #available: number;
  #lengthMs = 0;
  /** When this window began at the latest: answers to requests from before it say nothing of it. */
  #since = Number.NEGATIVE_INFINITY;
  /** When the server counts anew at the latest; undefined until an answer has come. */
  #resetAt: number | undefined;

  constructor(limit: number, available: number) {
    this.#limit = limit;
    this.#available = available;
  }

  /** What is taken to be so until the first answer. */
  static assumed(): RateWindow {
    return new RateWindow(ASSUMED_LIMIT, ASSUMED_LIMIT);
  }

  /** Milliseconds until the next request may go out; infinite when an answer has to come first. */
  wait(now: number, underWay: number): number {
    if (this.#resetAt !== undefined && now >= this.#resetAt) {
      // Those under way may be the first of the new window.
      this.#available = this.#limit - underWay;
      this.#since = now;
      this.#resetAt = undefined;
    }
    if (this.#available > 0) return 0;
    return this.#resetAt === undefined ? Number.POSITIVE_INFINITY : this.#resetAt - now;
  }

  sent(): void {
    this.#available -= 1;
  }

  /** Takes in the end of a request that said nothing: it may have begun a window all the same. */
  silent(now: number): void {
    this.#resetAt ??= now + (this.#lengthMs || ASSUMED_WINDOW_MS) + ROUNDING_MS;
  }

  /** @param underWay requests that the server may not have counted when it wrote this */
  learn({ limit, remaining, resetSeconds }: RateLimit, { at, alone }: Sent, now: number, underWay: number): void {
    this.#available += limit - this.#limit;
    this.#limit = limit;
    const resetMs = resetSeconds * 1000;
    this.#lengthMs = Math.max(this.#lengthMs, resetMs);
    const left = remaining - underWay;
    const resetAt = now + resetMs + ROUNDING_MS;
    if (this.#resetAt !== undefined && at + resetMs > this.#resetAt) {
      // The server counts anew already.
      this.#available = left;
      this.#since = at;
      this.#resetAt = resetAt;
    } else if (at >= this.#since) {
      this.#available = alone ? remaining : Math.min(this.#available, left);
      this.#resetAt = Math.min(this.#resetAt ?? resetAt, resetAt);
    } else {
      this.silent(now);
    }
  }
}
