import type { Dialect, TableName } from '../data/connection.ts';
import { Leases } from '../data/state/lease.ts';
import { type Progress, Runs } from '../data/state/runs.ts';
import type { WritingSession } from '../data/writing.ts';
import { Problem } from '../model/problem.ts';
import type { Run, RunState } from '../model/run.ts';
import { isKind, patiently, pauses } from './patience.ts';
import { AWAY } from './progress.ts';

/** Milliseconds between two renewals of the lease, a third of what it lasts; stop conditions are looked at as often. */
const RENEW_MS = 10_000;

/** Why a run stands still where it would go on by itself. */
export const WAITING = 'waiting for a lock that somebody else holds';

/** What holding a run needs from around it. */
export interface HoldHost {
  readonly dialect: Dialect;
  readonly appointments: TableName;
  /** Opens a writing session; after a loss, another one. */
  readonly open: () => Promise<WritingSession>;
  /** A stop condition that holds now, in words: another primary, another schema, a stop check. */
  readonly stopCondition: (session: WritingSession) => Promise<string | undefined>;
  /** Aborted when this process has to leave. */
  readonly leave: AbortSignal;
  /** Told when the run has moved or its reason has changed; what it answers with is waited for. */
  readonly onProgress?: ((run: Run) => void | Promise<void>) | undefined;
}

/** The run is not where it was, or somebody asked something of it: the transaction is undone. */
class Moved extends Error {}

/** A stop condition; what was done stays done. */
export class Halted extends Error {}

/**
 * A run under the token of the lease: everything that is written about it is refused once somebody else has taken it.
 * Where it stands is what the database says.
 */
export class HeldRun {
  readonly #host: HoldHost;
  #run: Run;
  #session: WritingSession;
  #renewedAt = performance.now();
  #watchedAt = performance.now();
  #awayMs = 0;
  /** Milliseconds by which the database's clock is ahead of this one's: the run was read when its row had just been written. */
  readonly #aheadMs: number;

  /** @param run as it was read under its token */
  constructor(host: HoldHost, session: WritingSession, run: Run) {
    this.#host = host;
    this.#session = session;
    this.#run = run;
    this.#aheadMs = run.updatedAt - Date.now();
  }

  get run(): Run {
    return this.#run;
  }

  /** Milliseconds in which there was no connection. */
  get awayMs(): number {
    return this.#awayMs;
  }

  /** The session in use: another one after a loss. */
  get session(): WritingSession {
    return this.#session;
  }

  /**
   * Moves the run on, with some work in the same transaction, until the outcome is known: locks and lost connections are
   * waited out, and after a loss the cursor in the database says whether the transaction was committed.
   * @param work is given the session, and answers with corrections of the counts
   * @param heedless does it although somebody asked something of the run
   * @returns false when somebody asked something of the run, or this process has to leave, and nothing was done
   * @throws Problem of the work's own statements; blocked, when somebody took the run over; Halted
   */
  async step(
    to: Partial<Progress>,
    work?: (session: WritingSession) => Promise<Partial<Progress>>,
    heedless: boolean = work === undefined,
  ): Promise<boolean> {
    const before = this.#run;
    const target = { ...progressOf(before), ...to };
    const attempt = () =>
      this.#session.transaction(async () => {
        // First the fence: its lock keeps a late holder out of the rows.
        if (!(await this.#runs().advance(before, target, heedless))) throw new Moved();
        const corrected = await work?.(this.#session);
        if (corrected === undefined || Object.keys(corrected).length === 0) return target;
        const right = { ...target, ...corrected };
        if (!(await this.#runs().advance({ ...before, ...target }, right, true))) throw new Moved();
        return right;
      });
    for await (const _ of pauses()) {
      try {
        const progress = await attempt();
        // What it waited for meanwhile still has to be taken back.
        this.#run = { ...this.#run, ...progress, updatedAt: Date.now() + this.#aheadMs };
        await this.#host.onProgress?.(this.#run);
        return true;
      } catch (error) {
        if (!(error instanceof Moved)) await this.#overcome(error);
        const now = await this.reread();
        if (isAt(now, target)) return true;
        if (!isAt(now, before)) throw new Halted('the cursor is not where this run left it');
        if (!heedless && (now.request !== undefined || this.#host.leave.aborted)) return false;
      }
    }
    throw new Error('the pauses ended');
  }

  /**
   * Where the run is by the database's word.
   * @throws Problem blocked, when somebody took it over or ended it
   */
  async reread(): Promise<Run> {
    const now = await this.#surely(() => this.#runs().read(this.#run.id));
    if (now === undefined || now.token !== this.#run.token || now.state !== 'running') return this.#lost();
    this.#run = now;
    return now;
  }

  /**
   * Does something that may be done twice until it is done; locks and lost connections are waited out as by a step.
   * @returns undefined when somebody asked something of the run meanwhile, or this process has to leave
   * @throws Problem of the work's own; blocked, when somebody took the run over; Halted
   */
  async insist<Answer>(
    work: (session: WritingSession) => Promise<Answer>,
  ): Promise<{ readonly answer: Answer } | undefined> {
    for await (const _ of pauses()) {
      try {
        return { answer: await work(this.#session) };
      } catch (error) {
        await this.#overcome(error);
        const { request } = await this.reread();
        if (request !== undefined || this.#host.leave.aborted) return undefined;
      }
    }
    throw new Error('the pauses ended');
  }

  /**
   * Does something in a transaction under the lease's token that may be done twice; the run stays where it is.
   * @returns false when somebody asked something of the run meanwhile, or this process has to leave
   * @throws Problem of the work's own; blocked, when somebody took the run over; Halted
   */
  async note(work: (session: WritingSession) => Promise<void>): Promise<boolean> {
    const here = this.#run;
    const noted = await this.insist((session) =>
      session.transaction(async () => {
        if (!(await this.#runs().advance(here, progressOf(here), true))) await this.reread();
        await work(session);
      }),
    );
    return noted !== undefined;
  }

  /** Renews the lease when it is time. @throws Problem blocked, when somebody took it */
  async renew(): Promise<void> {
    if (performance.now() - this.#renewedAt < RENEW_MS) return;
    if (!(await this.#surely(() => this.#leases().renew(this.#run.token)))) return this.#lost();
    this.#renewedAt = performance.now();
  }

  /** The same, and looks at the stop conditions as often. It waits where the table is locked. @throws Halted */
  async watch(): Promise<void> {
    await this.renew();
    if (performance.now() - this.#watchedAt < RENEW_MS) return;
    await this.#assertMayGoOn();
    this.#watchedAt = performance.now();
  }

  /** Says why the run is slow, or that it no longer is. */
  async explain(reason: string | undefined): Promise<void> {
    if (reason === this.#run.reason) return;
    this.#run = { ...this.#run, reason };
    // Whoever looks on hears it at once: on SQLite the same lock holds up what is written about it.
    await this.#host.onProgress?.(this.#run);
    try {
      await this.#runs().explain(this.#run, reason);
    } catch (error) {
      // It is told again when it changes; nothing hangs on it.
      if (!isKind(error, 'busy', 'lost', 'timeout')) throw error;
    }
  }

  /** Puts the run into a state. @throws Problem blocked, when somebody took it over */
  async settle(state: RunState, reason?: string): Promise<Run> {
    if (!(await this.#surely(() => this.#runs().settle(this.#run, state, reason)))) return this.#lost();
    this.#run = { ...this.#run, state, reason, request: undefined };
    await this.#host.onProgress?.(this.#run);
    return this.#run;
  }

  /** Lets others have the lease, and closes the session. */
  async letGo(): Promise<void> {
    try {
      await this.#leases().release(this.#run.token);
    } catch (error) {
      // It runs out by itself.
      if (!(error instanceof Problem)) throw error;
    } finally {
      await this.#session.close();
    }
  }

  /** Does something that may be done twice, on another session after a loss. */
  #surely<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    return patiently(async () => {
      try {
        return await work();
      } catch (error) {
        if (isKind(error, 'lost', 'unreachable')) await this.#reconnect();
        throw error;
      }
    }, this.#host.leave);
  }

  async #reconnect(): Promise<void> {
    const began = performance.now();
    // In the database it stands still by the time of its last batch: nobody can write there why.
    this.#run = { ...this.#run, reason: `${AWAY}, trying again since ${new Date().toISOString().slice(11, 19)}Z` };
    await this.#host.onProgress?.(this.#run);
    await this.#session.close();
    this.#session = await patiently(this.#host.open, this.#host.leave);
    this.#awayMs += performance.now() - began;
    await this.#assertMayGoOn();
  }

  /** The sessions that read are gone with the server too, and say so once. */
  async #assertMayGoOn(): Promise<void> {
    const condition = await patiently(() => this.#host.stopCondition(this.#session), this.#host.leave);
    if (condition !== undefined) throw new Halted(condition);
  }

  /** What there is to do before the next try. @throws the failure, where another try would change nothing */
  async #overcome(failure: unknown): Promise<void> {
    if (isKind(failure, 'busy', 'timeout', 'locked')) {
      await this.explain(WAITING);
      await this.renew();
    } else if (isKind(failure, 'lost', 'unreachable')) await this.#reconnect();
    else throw failure;
  }

  async #lost(): Promise<never> {
    const lease = await this.#surely(() => this.#leases().read());
    const who =
      lease === undefined || lease.token === this.#run.token ? 'was ended' : `was taken over by ${lease.holder}`;
    const remedy = 'nothing of it was done twice; see apptop change status';
    throw new Problem('blocked', `run ${this.#run.id} ${who} from elsewhere`, remedy);
  }

  #runs(): Runs {
    return new Runs(this.#session, this.#host.dialect, this.#host.appointments);
  }

  #leases(): Leases {
    return new Leases(this.#session, this.#host.dialect, this.#host.appointments);
  }
}

const progressOf = ({ pass, cursor, until, counts, batchSize, workedMs }: Run): Progress => ({
  pass,
  cursor,
  until,
  counts,
  batchSize,
  workedMs,
});

const isAt = (run: Run, place: Pick<Progress, 'pass' | 'cursor' | 'until'>): boolean =>
  run.pass === place.pass && run.cursor === place.cursor && run.until === place.until;
