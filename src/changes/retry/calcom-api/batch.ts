import type { Appointment } from './appointment.ts';
import type { Asking, CalcomClient } from './client.ts';
import { type RetryResult, retryBooking } from './retry-booking.ts';

/** A row and what came of it. */
export interface Retried {
  readonly appointment: Appointment;
  readonly result: RetryResult;
}

/** What ends a batch: every other request would be told the same. */
const UNAUTHORIZED = 'HTTP_401';

export const isUnauthorized = (result: RetryResult): boolean => 'code' in result && result.code === UNAUTHORIZED;

/**
 * Retries appointments, several at the same time, and gives the results as they come. Never more than `parallel` rows
 * are begun and not taken by the caller, so that a crash leaves no more than these unwritten.
 *
 * The first 401 ends it: what has not begun stays as it is and gets no result; what is under way and has changed
 * nothing is `left`. Aborting the signal and leaving the loop early do the same. What was sent is waited for.
 * @param appointments each once; read as they are needed
 */
export async function* retryBookings(
  client: CalcomClient,
  appointments: Iterable<Appointment> | AsyncIterable<Appointment>,
  { signal, onWait, parallel }: Asking & { readonly parallel: number },
): AsyncGenerator<Retried, void, undefined> {
  const stop = new AbortController();
  const asking: Asking = { signal: AbortSignal.any([signal, stop.signal]), onWait };
  const running = new Map<Appointment, Promise<void>>();
  const done: (Retried | { readonly error: unknown })[] = [];
  let { promise: news, resolve: tell } = Promise.withResolvers<void>();

  const run = async (appointment: Appointment) => {
    try {
      const result = await retryBooking(client, appointment, asking);
      if (isUnauthorized(result)) stop.abort();
      done.push({ appointment, result });
    } catch (error) {
      done.push({ error });
    }
    running.delete(appointment);
    tell();
  };

  const source = iteratorOf(appointments);
  try {
    let more = true;
    for (;;) {
      while (more && !asking.signal.aborted && running.size + done.length < parallel) {
        const next = await source.next();
        if (next.done === true) more = false;
        else running.set(next.value, run(next.value));
      }
      const first = done.shift();
      if (first !== undefined) {
        if ('error' in first) throw first.error;
        yield first;
      } else if (running.size === 0) {
        return;
      } else {
        await news;
        ({ promise: news, resolve: tell } = Promise.withResolvers<void>());
      }
    }
  } finally {
    stop.abort();
    await Promise.all(running.values());
    await source.return?.();
  }
}

function iteratorOf<Item>(items: Iterable<Item> | AsyncIterable<Item>): AsyncIterator<Item> | Iterator<Item> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}
