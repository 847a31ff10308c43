import { setTimeout as sleep } from 'node:timers/promises';
import type { WritingSession } from '../data/writing.ts';
import { counted } from '../model/format.ts';
import { keysOf } from '../model/keys.ts';
import { NO_COUNTS, type Run, type RunCounts } from '../model/run.ts';
import type { Applied, BatchWork, CarriedOut, Ready, Stretch } from './batch-work.ts';
import { Halted, type HeldRun } from './held-run.ts';
import { Pace } from './pace.ts';
import { isKind, patiently } from './patience.ts';
import type { Advice } from './throttle.ts';

/** Milliseconds between two looks while a run is throttled. */
const LOOK_MS = 250;
/** Milliseconds without the next rows after which it is said why: reading a batch takes 20. */
const LATE_MS = 2_000;
/** More rows than this share are refused by the database, and more than so many: something is wrong. */
const CONFLICT_SHARE = 0.001;
const FEW_CONFLICTS = 10;

/** Why reading takes long. */
const late = (ms: number): string | undefined =>
  ms > LATE_MS ? 'waiting for a lock that somebody else may hold' : undefined;

/** How a run in batches ended, or why it stands still. */
export type BatchesOutcome =
  | { readonly kind: 'over' | 'paused' | 'cancelled' }
  | { readonly kind: 'halted'; readonly reason: string };

/** Rows that were read, and made ready while those before them were written where nothing has to be carried out first. */
interface Ahead<Item> {
  readonly stretch: Stretch<Item>;
  readonly ready: Ready | undefined;
}

/** How batches treat everybody else. */
export interface Manners {
  /** Whether the next batch may begin. */
  readonly advise: (lastMs: number) => Promise<Advice>;
  /** Milliseconds that a batch aims at. */
  readonly batchMs: number;
  /** Rows of a batch at the most. */
  readonly largest: number;
  /** Milliseconds to leave to others after a batch that took so many. */
  readonly rest: (batchMs: number) => number;
  /** Whether reading and writing take turns, so that the run keeps one core busy and no more. */
  readonly polite: boolean;
  /** Rows of each batch, where they are not to find their size by themselves. */
  readonly batchSize?: number | undefined;
  /** Aborted when this process has to leave: the run pauses at the end of a batch. */
  readonly leave: AbortSignal;
}

/**
 * Works through a table in batches. Each moves the run's cursor on by compare-and-set in the transaction that changes the
 * rows, so that whatever happens no row is changed twice and none is left out.
 */
export class Batches<Item> {
  readonly #held: HeldRun;
  readonly #work: BatchWork<Item>;
  readonly #manners: Manners;
  readonly #pace: Pace;
  /** Rows set aside before this: whoever resumed the run has seen them. */
  readonly #asideBefore: number;
  /** How long the last batch took to write, in milliseconds. */
  #lastMs = 0;
  /** Since when work is not yet counted, and how much of that was left to others. */
  #countedUntil = performance.now();
  #idleMs = 0;
  #awayMs = 0;

  constructor(held: HeldRun, work: BatchWork<Item>, manners: Manners) {
    this.#held = held;
    this.#work = work;
    this.#manners = manners;
    const { batchMs, batchSize, largest } = manners;
    const fixed = batchSize !== undefined;
    this.#pace = new Pace(batchSize ?? held.run.batchSize, { aimMs: batchMs, largest, fixed });
    this.#asideBefore = held.run.counts.aside;
  }

  /**
   * Runs until the work is over or somebody or something stops it; what was done stays done.
   * @throws Problem blocked, when somebody took the run over; lost, when the database stays away; full
   */
  async execute(): Promise<BatchesOutcome> {
    const first = this.#run.pass;
    try {
      for (;;) {
        const stop = await this.#pass();
        if (stop !== undefined) return stop;
        const { pass, counts } = this.#run;
        const following = this.#work.following(pass, counts.inPass);
        const next = { pass: pass + 1, cursor: undefined, until: undefined, counts: { ...counts, inPass: 0 } };
        await this.#held.step({ ...next, workedMs: this.#worked() });
        if (following === 'over') return { kind: 'over' };
        // The first pass of a run that is resumed finds what was written before somebody decided that it may go on.
        if (following !== 'again' && pass > first) return { kind: 'halted', reason: following.halt };
      }
    } catch (error) {
      if (error instanceof Halted) return { kind: 'halted', reason: error.message };
      throw error;
    }
  }

  get #run(): Run {
    return this.#held.run;
  }

  /** One pass over the table; an outcome when it did not come to its end. */
  async #pass(): Promise<BatchesOutcome | undefined> {
    const { pass } = this.#run;
    if (this.#run.until === undefined) {
      // A last sweep may have no batch at which a request is heard.
      await this.#held.reread();
      const stop = await this.#beforeBatch();
      if (stop !== undefined) return stop;
      const end = await this.#meanwhile(
        patiently(() => this.#work.end(pass), this.#manners.leave),
        late,
      );
      if (end === undefined) return (await this.#beforeBatch()) ?? { kind: 'paused' };
      if (end.answer === undefined) return undefined;
      await this.#held.step({ until: end.answer });
    }
    let ahead = this.#readAhead(this.#run.cursor);
    for (;;) {
      const read = await this.#meanwhile(ahead, late);
      const stop = await this.#beforeBatch();
      if (stop !== undefined) return stop;
      if (read === undefined) continue;
      const { stretch, ready } = read.answer;
      if (stretch.cursor === undefined) return undefined;
      const { items, halt } = await this.#carryOut(stretch.items);
      const { cursor, scanned } = this.#upTo(stretch, stretch.cursor, items);
      if (cursor === undefined || cursor === this.#run.cursor) {
        ahead = this.#readAhead(this.#run.cursor);
        continue;
      }
      // The next rows are read while these are written, unless a core is to be left to others.
      const next = this.#manners.polite ? undefined : this.#readAhead(cursor);
      const began = performance.now();
      const written = await this.#write(items, cursor, { ...stretch.counts, scanned }, ready);
      this.#lastMs = performance.now() - began;
      if (halt !== undefined) return { kind: 'halted', reason: halt };
      if (written && items.length > 0) this.#pace.took(this.#lastMs);
      ahead = written && next !== undefined ? next : this.#readAhead(this.#run.cursor);
      const rest = this.#manners.rest(this.#lastMs);
      if (rest > 0) await this.#idle(rest);
    }
  }

  /**
   * Waits for what is read, which a lock may hold up. Nothing else is read meanwhile: it would wait behind that.
   * @param why says what may be the reason that it takes long
   * @returns undefined when somebody asks something of the run
   */
  async #meanwhile<Answer>(
    reading: Promise<Answer>,
    why: (ms: number) => string | undefined,
  ): Promise<{ readonly answer: Answer } | undefined> {
    const read = reading.then((answer) => ({ answer }));
    const began = performance.now();
    for (;;) {
      const over = new AbortController();
      const tick = sleep(LOOK_MS, undefined, { signal: over.signal }).catch(() => undefined);
      const done = await Promise.race([read, tick]).finally(() => over.abort());
      if (done !== undefined) return done;
      await this.#held.renew();
      const { request } = await this.#held.reread();
      if (request !== undefined || this.#manners.leave.aborted) return undefined;
      await this.#held.explain(why(performance.now() - began));
    }
  }

  /** Asks other systems for what is to be done, where that is how it is done. Who asks for a pause waits for what has begun. */
  async #carryOut(found: readonly Item[]): Promise<CarriedOut<Item>> {
    const work = this.#work;
    if (work.carryOut === undefined || found.length === 0) return { items: found, halt: undefined };
    let items = found;
    const begun = await this.#held.note(async (session) => {
      items = (await work.begin?.(session, this.#run, found)) ?? found;
    });
    if (!begun) return { items: [], halt: undefined };
    const stop = new AbortController();
    let why: string | undefined;
    const say = (reason: string | undefined) => {
      why = reason;
    };
    const carrying = work.carryOut(items, { signal: AbortSignal.any([stop.signal, this.#manners.leave]), say });
    const done = await this.#meanwhile(carrying, () => why);
    if (done !== undefined) return done.answer;
    stop.abort();
    return await carrying;
  }

  /** How far a stretch was done: all of it, or up to the last item that was carried out. */
  #upTo({ items, scanned }: Stretch<Item>, cursor: string, done: readonly Item[]) {
    const last = done.at(-1);
    if (done.length === items.length) return { cursor, scanned };
    return { cursor: last === undefined ? this.#run.cursor : this.#work.keyOf(last), scanned: done.length };
  }

  #readAhead(cursor: string | undefined): Promise<Ahead<Item>> {
    const ahead = this.#read(cursor);
    // It is awaited later, maybe after another failure.
    ahead.catch(() => undefined);
    return ahead;
  }

  async #read(cursor: string | undefined): Promise<Ahead<Item>> {
    const { pass, until = '' } = this.#run;
    const read = () => this.#work.read(pass, cursor, until, this.#pace.size);
    const stretch = await patiently(read, this.#manners.leave);
    const waits = this.#work.carryOut !== undefined;
    return { stretch, ready: waits ? undefined : this.#work.ready(this.#run, stretch.items) };
  }

  /** Everything that may hold up or end a run between two batches. */
  async #beforeBatch(): Promise<BatchesOutcome | undefined> {
    for (;;) {
      await this.#held.watch();
      const { request } = this.#run;
      if (request === 'pause' || this.#manners.leave.aborted) return { kind: 'paused' };
      if (request === 'cancel') return { kind: 'cancelled' };
      const refused = this.#refused();
      if (refused > 0) return { kind: 'halted', reason: `the database refuses ${counted(refused, 'row')}, over 0.1 %` };
      const advice = await this.#manners.advise(this.#lastMs);
      if (advice.kind === 'halt') return { kind: 'halted', reason: advice.reason };
      await this.#held.explain(advice.kind === 'wait' ? advice.reason : undefined);
      if (advice.kind === 'go') return undefined;
      this.#lastMs = 0;
      await this.#idle(LOOK_MS);
      await this.#held.reread();
    }
  }

  /** Rows set aside since the run was begun or resumed, where these are too many; else 0. */
  #refused(): number {
    const { aside, changed } = this.#run.counts;
    const refused = aside - this.#asideBefore;
    return refused > FEW_CONFLICTS && refused > CONFLICT_SHARE * (changed + refused) ? refused : 0;
  }

  /**
   * Commits what was found up to a cursor; where the database refuses a row, in halves down to that row, which is set
   * aside with the reason.
   * @returns false when it was not done because the run is not to go on
   */
  async #write(
    items: readonly Item[],
    cursor: string,
    extra: Partial<RunCounts>,
    ready: Ready = this.#work.ready(this.#run, items),
  ): Promise<boolean> {
    try {
      return await this.#commit(ready, cursor, extra);
    } catch (error) {
      if (!isKind(error, 'duplicate', 'sql')) throw error;
      if (this.#refused() > 0) return false;
      const [only] = items;
      if (only === undefined) throw error;
      if (items.length === 1) return this.#setAside(only, cursor, extra, error.message);
      const middle = Math.floor(items.length / 2);
      const end = items[middle - 1];
      if (end === undefined) throw error;
      // The first half moves the cursor to its own last row.
      const first = await this.#write(items.slice(0, middle), this.#work.keyOf(end), {});
      return first && this.#write(items.slice(middle), cursor, extra);
    }
  }

  #commit(ready: Ready, cursor: string, extra: Partial<RunCounts>): Promise<boolean> {
    const found = add(this.#run.counts, extra);
    const counting = (applied: Applied) => add(found, { ...applied, inPass: applied.changed });
    const expected = counting(ready.expected);
    return this.#step(cursor, expected, async (session) => {
      const done = counting(await ready.apply(session));
      return keysOf(done).every((name) => done[name] === expected[name]) ? {} : { counts: done };
    });
  }

  #setAside(item: Item, cursor: string, extra: Partial<RunCounts>, reason: string): Promise<boolean> {
    const run = this.#run;
    const passed = add(run.counts, extra);
    return this.#step(cursor, add(passed, { aside: 1 }), async (session) =>
      (await this.#work.setAside(session, run, item, reason)) ? {} : { counts: passed },
    );
  }

  #step(
    cursor: string,
    counts: RunCounts,
    work: (session: WritingSession) => Promise<{ readonly counts?: RunCounts }>,
  ): Promise<boolean> {
    const to = { cursor, counts, batchSize: this.#pace.size, workedMs: this.#worked() };
    // What another system has done is noted whoever asks for a pause.
    return this.#held.step(to, work, this.#work.carryOut !== undefined);
  }

  /** Leaves the database to others for so many milliseconds, or until this process has to leave. */
  async #idle(ms: number): Promise<void> {
    const began = performance.now();
    await sleep(ms, undefined, { signal: this.#manners.leave }).catch(() => undefined);
    this.#idleMs += performance.now() - began;
  }

  /** Milliseconds of work so far; what was left to others, or was without a connection, is not counted. */
  #worked(): number {
    const [now, { awayMs }] = [performance.now(), this.#held];
    const worked = now - this.#countedUntil - this.#idleMs - (awayMs - this.#awayMs);
    [this.#countedUntil, this.#idleMs, this.#awayMs] = [now, 0, awayMs];
    return this.#run.workedMs + Math.max(0, worked);
  }
}

function add(counts: RunCounts, more: Partial<RunCounts>): RunCounts {
  const sum: Record<keyof RunCounts, number> = { ...counts };
  for (const name of keysOf(NO_COUNTS)) sum[name] += more[name] ?? 0;
  return sum;
}
