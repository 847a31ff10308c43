import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../model/problem.ts';

/** Work that is done one after the other, whatever became of the work before. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const turn = this.#last.then(work);
    this.#last = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }
}

/** Milliseconds after the server's own limit before a statement is stopped from here. */
const GUARD_MS = 500;
/** Milliseconds for reaching the server to stop a statement, and again for the statement to end. */
export const STOP_MS = 2_000;
/** Milliseconds after which the server is told again: the first word may overtake the statement. */
const AGAIN_MS = 100;

/** What differs between servers in stopping a statement. */
export interface Stopping {
  /** Tells the server to stop what the session runs, and again after each pause while it still runs. */
  tell(running: () => boolean, pause: () => Promise<void>): Promise<void>;
  /** Ends the session at once: its statement could not be stopped. */
  breakOff(): void;
  /** @param timeoutMs the limit that the statement had */
  problemOf(error: Error, timeoutMs: number): Problem;
}

interface Running {
  /** Why it was stopped from here. */
  stopped?: Problem;
  stopping?: Promise<void>;
  /** Aborted when it has ended. */
  readonly over: AbortController;
}

export const cancelled = (): Problem => new Problem('cancelled', 'the statement was cancelled', 'press R to ask again');
export const closed = (): Problem => new Problem('cancelled', 'the connection was closed', 'open it again');
export const tooLong = (timeoutMs: number): Problem =>
  new Problem(
    'timeout',
    `the statement took over ${timeoutMs / 1000} s`,
    'look for a lock (8 Schema), then raise statementTimeoutSeconds',
  );

/** The statements of one session with a server: one at a time, each within its time, and to be stopped by a person. */
export class Statements {
  readonly #turns = new Turns();
  readonly #stopping: Stopping;
  #running: Running | undefined;

  constructor(stopping: Stopping) {
    this.#stopping = stopping;
  }

  /**
   * @param send runs the statement; `assertWanted` throws when it was stopped before it was sent
   * @param after runs when the statement has ended and nothing can stop the session's next command any more
   * @throws Problem
   */
  run<Answer>(
    timeoutMs: number,
    send: (assertWanted: () => void) => Promise<Answer>,
    after: () => Promise<void> = () => Promise.resolve(),
  ): Promise<Answer> {
    return this.#turns.take(async () => {
      const running: Running = { over: new AbortController() };
      this.#running = running;
      const assertWanted = () => {
        if (running.stopped) throw running.stopped;
      };
      const guard = setTimeout(() => void this.stop(tooLong(timeoutMs)), timeoutMs + GUARD_MS);
      try {
        const answer = await send(assertWanted);
        // A stopped SLEEP() ends well, and so does a statement that the stop came too late for.
        assertWanted();
        return answer;
      } catch (error) {
        assertWanted();
        throw error instanceof Error && !(error instanceof Problem)
          ? this.#stopping.problemOf(error, timeoutMs)
          : error;
      } finally {
        clearTimeout(guard);
        this.#running = undefined;
        running.over.abort();
        // The next statement must not meet the stop that was meant for this one.
        await running.stopping;
        await after();
      }
    });
  }

  /** Stops the running statement, which then rejects with the reason. Nothing running: no effect. */
  async stop(reason: Problem): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    running.stopped ??= reason;
    running.stopping ??= this.#tell(running);
    await running.stopping;
  }

  /** Ends the running statement on the server; where that fails, the session. */
  async #tell(running: Running): Promise<void> {
    const isRunning = () => this.#running === running;
    const giveUp = () => {
      if (isRunning()) this.#stopping.breakOff();
    };
    const late = setTimeout(giveUp, 2 * STOP_MS);
    late.unref();
    const pause = () => sleep(AGAIN_MS, undefined, { signal: running.over.signal }).catch(() => undefined);
    await this.#stopping.tell(isRunning, pause).catch(giveUp);
  }
}
