import { type Appointment, isCancelled } from './appointment.ts';
import { type Booking, isLive } from './booking.ts';
import type { Answer, Asking, CalcomClient, NewBooking } from './client.ts';
import { type Failed, type Found, findBooking } from './find.ts';
import { newBookingOf } from './new-booking.ts';

/** Milliseconds after each attempt. Source: the back-off of the application's own sync job. */
const DELAYS_MS = [1_000, 5_000, 30_000] as const;

/** The origin of rows that came from Cal.com: to send one back is the loop. */
const FOREIGN_ORIGIN = 'calcom';

type Action = 'create' | 'cancel' | 'reschedule';
type Unknown = Extract<Failed, { readonly kind: 'unknown' }>;

/** What came of a retry, for whoever writes the row. Texts are one line each and hold no secret. */
export type RetryResult =
  /**
   * What the row is to hold: after a reschedule both ids are new. Null where Cal.com has no booking, and needs none.
   */
  | {
      readonly kind: 'succeeded';
      /** `nothing`: it was so already. */
      readonly action: Action | 'nothing';
      readonly v1Id: string | null;
      readonly uid: string | null;
    }
  /** Nothing was changed in Cal.com. The code has at most 50 characters: `HTTP_401`, `TIMEOUT`, `NETWORK`. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  /** It may have been changed. The next retry verifies before anything else. */
  | { readonly kind: 'unknown'; readonly code: string; readonly message: string }
  /** A person has to look at it; nothing was changed. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Stopped before anything was changed. */
  | { readonly kind: 'left' };

const refused = (reason: string): RetryResult => ({ kind: 'refused', reason });

/** What has to be done, or what comes of it at once. */
type Step =
  | { readonly action: 'create'; readonly booking: NewBooking }
  | { readonly action: 'cancel'; readonly uid: string }
  | { readonly action: 'reschedule'; readonly uid: string; readonly start: number }
  | { readonly action: 'nothing'; readonly booking: Booking | undefined }
  | { readonly action: 'refuse'; readonly reason: string };

/** Compares an appointment with what Cal.com has. */
function stepOf(appointment: Appointment, found: Found): Step {
  const refuse = (reason: string): Step => ({ action: 'refuse', reason });
  const { start } = appointment;
  const booking = found.kind === 'booking' ? found.booking : undefined;
  const moved = found.kind === 'booking' && found.moved;
  if (found.kind === 'unclear') return refuse(found.reason);
  if (isCancelled(appointment)) {
    if (booking === undefined || !isLive(booking)) return { action: 'nothing', booking };
    if (moved) return refuse(`it is cancelled here, and in Cal.com somebody moved it to ${at(booking.start)}`);
    return { action: 'cancel', uid: booking.uid };
  }
  if (start === undefined) return refuse('it has no start');
  if (booking === undefined) {
    const wanted = newBookingOf(appointment, start);
    return typeof wanted === 'string' ? refuse(wanted) : { action: 'create', booking: wanted };
  }
  if (!isLive(booking)) return refuse(`Cal.com has cancelled its booking ${booking.uid}`);
  if (booking.start === start) return { action: 'nothing', booking };
  if (moved) return refuse(`in Cal.com somebody moved it to ${at(booking.start)}`);
  return { action: 'reschedule', uid: booking.uid, start };
}

const at = (start: number): string => `${new Date(start).toISOString().slice(0, 16).replace('T', ' ')}Z`;

/** Why a row is not retried whatever Cal.com has. */
function hindrance(appointment: Appointment): string | undefined {
  const { origin, deleted, unclearIds } = appointment;
  if (origin?.toLowerCase() === FOREIGN_ORIGIN) return 'it came from Cal.com, and sending it back would be a loop';
  if (deleted && !isCancelled(appointment)) return 'it is deleted';
  return unclearIds ? 'its booking ids are none, or contradict each other' : undefined;
}

/** What a person reads of an action of which nobody knows what came. */
const MAY_HAVE: Readonly<Record<Action, string>> = {
  create: 'the booking may have been made',
  cancel: 'the booking may have been cancelled',
  reschedule: 'the booking may have been moved',
};

type Doing = Extract<Step, { readonly action: Action }>;
/** The end, or what an attempt failed by that another may not. */
type Outcome = { readonly result: RetryResult } | { readonly failed: Failed };

/** One appointment's way through its attempts. */
class Attempts {
  readonly #client: CalcomClient;
  readonly #appointment: Appointment;
  readonly #asking: Asking;
  /** The action that was sent and of which nobody knows what came; gone as soon as it is verified not to be done. */
  #open: { readonly action: Action; readonly answer: Unknown } | undefined;
  /** The last action that may have been done. */
  #tried: Action | undefined;

  constructor(client: CalcomClient, appointment: Appointment, asking: Asking) {
    this.#client = client;
    this.#appointment = appointment;
    this.#asking = asking;
  }

  async run(): Promise<RetryResult> {
    let last: Failed;
    for (const delay of DELAYS_MS) {
      const outcome = await this.#attempt(true);
      if ('result' in outcome) return outcome.result;
      last = outcome.failed;
      // Only what was sent is worth the longest wait.
      if (delay === DELAYS_MS.at(-1) && this.#open === undefined) return this.#ended(last);
      if (!(await this.#wait(delay))) return this.#ended(last);
    }
    const outcome = await this.#attempt(false);
    return 'result' in outcome ? outcome.result : this.#ended(outcome.failed);
  }

  async #wait(ms: number): Promise<boolean> {
    const { signal, onWait } = this.#asking;
    if (signal.aborted) return false;
    onWait?.({ seconds: ms / 1000, why: 'next attempt' });
    await this.#client.clock.sleep(ms, signal);
    return !signal.aborted;
  }

  /** Verifies, then does what is left to do. @param acts whether anything may be sent */
  async #attempt(acts: boolean): Promise<Outcome> {
    const found = await findBooking(this.#client, this.#appointment, this.#asking);
    if (found.kind !== 'ok') return this.#failed(found);
    const step = stepOf(this.#appointment, found.data);
    if (step.action === 'nothing') return { result: this.#done(this.#tried ?? 'nothing', step.booking) };
    const open = this.#open?.answer;
    if (step.action === 'refuse') {
      // A half done reschedule looks like a booking that somebody cancelled.
      return open === undefined ? { result: refused(step.reason) } : { failed: { ...open, message: step.reason } };
    }
    if (open !== undefined) {
      // To cancel once more does no harm. Anything else may be under way still, and would then be done twice.
      if (!open.over && !(acts && step.action === 'cancel')) return { failed: open };
      this.#open = undefined;
      if (!acts) return { failed: open };
    }
    const answer = await this.#act(step);
    if (answer.kind === 'ok') return this.#told(step, answer.data);
    if (answer.kind === 'unknown') return this.#opened(step.action, answer);
    // A slot may be taken, or a booking cancelled, by what was sent before.
    if (answer.kind === 'rejected' && (this.#tried !== undefined || step.action === 'cancel')) {
      return this.#verified(answer);
    }
    return this.#failed(answer);
  }

  #opened(action: Action, answer: Unknown): Outcome {
    this.#open = { action, answer };
    this.#tried = action;
    return { failed: answer };
  }

  #act(step: Doing): Promise<Answer<readonly Booking[]>> {
    if (step.action === 'create') return this.#client.create(step.booking, this.#asking);
    if (step.action === 'cancel') return this.#client.cancel(step.uid, this.#asking);
    return this.#client.reschedule(step.uid, step.start, this.#asking);
  }

  /** What the answer to an action says, if it says what was asked for. */
  #told(step: Doing, bookings: readonly Booking[]): Outcome {
    const { start, pk } = this.#appointment;
    const booking = bookings.find((one) => {
      if (step.action === 'cancel') return one.uid === step.uid && !isLive(one);
      return isLive(one) && one.start === start && (one.appointment ?? pk) === pk;
    });
    if (booking !== undefined) return { result: this.#done(step.action, booking) };
    const message = 'Cal.com answered with another booking than was asked for';
    return this.#opened(step.action, { kind: 'unknown', code: 'INVALID_ANSWER', message, over: false });
  }

  /** After a refusal that may only say that it is done already. */
  async #verified(answer: Failed): Promise<Outcome> {
    const found = await findBooking(this.#client, this.#appointment, this.#asking);
    if (found.kind !== 'ok') return this.#failed(found);
    const step = stepOf(this.#appointment, found.data);
    return step.action === 'nothing'
      ? { result: this.#done(this.#tried ?? 'cancel', step.booking) }
      : this.#failed(answer);
  }

  #done(action: Action | 'nothing', booking: Booking | undefined): RetryResult {
    return { kind: 'succeeded', action, v1Id: booking?.id ?? null, uid: booking?.uid ?? null };
  }

  /** What can't be tried again ends it. */
  #failed(failed: Failed): Outcome {
    const isFinal = failed.kind === 'rejected' || failed.kind === 'unauthorized' || failed.kind === 'cancelled';
    return isFinal ? { result: this.#ended(failed) } : { failed };
  }

  #ended(failed: Failed): RetryResult {
    const open = this.#open;
    if (open === undefined) {
      if (failed.kind === 'cancelled') return { kind: 'left' };
      return { kind: 'failed', code: failed.code, message: failed.message };
    }
    const { code, message } = failed.kind === 'cancelled' ? open.answer : failed;
    return { kind: 'unknown', code, message: `${MAY_HAVE[open.action]}: ${message}` };
  }
}

/**
 * Brings Cal.com to what an appointment says: creates, cancels or reschedules its booking, or finds that it is so
 * already. Before each attempt it looks at what Cal.com has, so that no booking is ever made twice. It makes three
 * attempts, with 1 s, 5 s and 30 s to verify after them.
 * @param asking aborting stops it as soon as what was sent is answered
 */
export async function retryBooking(
  client: CalcomClient,
  appointment: Appointment,
  asking: Asking,
): Promise<RetryResult> {
  const reason = hindrance(appointment);
  if (reason !== undefined) return refused(reason);
  return new Attempts(client, appointment, asking).run();
}
