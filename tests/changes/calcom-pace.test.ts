import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Wait } from '../../src/changes/retry/calcom-api/clock.ts';
import { waitWords } from '../../src/changes/retry/calcom-api/clock.ts';
import { Pace } from '../../src/changes/retry/calcom-api/pace.ts';
import { type RateLimit, rateLimitsOf } from '../../src/changes/retry/calcom-api/rate-limit.ts';
import { FakeClock } from '../calcom/fake-clock.ts';

const never = new AbortController().signal;

/** A server that counts in windows of a fixed length, each from its first request on. */
class Counter {
  readonly #limit: number;
  readonly #windowMs: number;
  #began = Number.NEGATIVE_INFINITY;
  #requests = 0;
  most = 0;
  windows = 0;

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  count(now: number): RateLimit {
    if (now >= this.#began + this.#windowMs) {
      [this.#began, this.#requests] = [now, 0];
      this.windows += 1;
    }
    this.#requests += 1;
    this.most = Math.max(this.most, this.#requests);
    return {
      name: '-default',
      limit: this.#limit,
      remaining: Math.max(0, this.#limit - this.#requests),
      resetSeconds: Math.ceil((this.#began + this.#windowMs - now) / 1000),
    };
  }
}

interface Way {
  /** Milliseconds until somebody wants to send it. */
  readonly idle: number;
  /** Milliseconds to the server and back. */
  readonly there: number;
  readonly back: number;
}

/** Sends requests by so many senders, each as soon as it may. */
async function sendAll(pace: Pace, clock: FakeClock, counter: Counter, ways: readonly Way[], senders: number) {
  const queue = [...ways];
  const sender = async () => {
    for (let way = queue.shift(); way !== undefined; way = queue.shift()) {
      await clock.sleep(way.idle);
      const turn = await pace.turn(never, () => undefined);
      await clock.sleep(way.there);
      const stated = counter.count(clock.now());
      await clock.sleep(way.back);
      turn?.answered([stated], false);
    }
  };
  await clock.until(Promise.all(Array.from({ length: senders }, sender)));
}

describe('the pace of requests', () => {
  it('never passes the limit that a server states, however long answers take and in whatever order they come', async () => {
    const ms = fc.integer({ min: 0, max: 9_000 });
    const fast = fc.integer({ min: 1, max: 300 });
    const time = fc.oneof(fast, fast, fast, ms);
    const way = fc.record({
      idle: fc.oneof(fc.constant(0), fast, fc.integer({ min: 0, max: 60_000 })),
      there: time,
      back: time,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(40),
        fc.array(way, { minLength: 150, maxLength: 200 }),
        async (more, senders, before, ways) => {
          const clock = new FakeClock();
          // The first requests go out before anything is told of what others have sent before.
          const limit = senders + Math.max(more, before);
          const counter = new Counter(limit, 60_000);
          for (let request = 0; request < before; request++) counter.count(0);
          await sendAll(new Pace(clock), clock, counter, ways, senders);
          expect(counter.most).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('uses the whole limit of every window', async () => {
    const clock = new FakeClock();
    const counter = new Counter(120, 60_000);
    const ways = Array.from({ length: 600 }, () => ({ idle: 0, there: 40, back: 40 }));
    await sendAll(new Pace(clock), clock, counter, ways, 10);
    expect(counter).toMatchObject({ most: 120, windows: 5 });
    // Four windows that were full, and two seconds for what is rounded.
    expect(clock.now()).toBeLessThan(4 * 62_000 + 5_000);
  });

  it('takes the limit for 120 a minute until it is told, and when it is told nothing', async () => {
    const clock = new FakeClock();
    const pace = new Pace(clock);
    const sent: number[] = [];
    const sender = async () => {
      const turn = await pace.turn(never, () => undefined);
      sent.push(clock.now());
      await clock.sleep(100);
      turn?.answered([], false);
    };
    await clock.until(Promise.all(Array.from({ length: 250 }, sender)));
    expect(sent.filter((at) => at < 60_000)).toHaveLength(120);
    expect(sent.filter((at) => at >= 60_000 && at < 120_000)).toHaveLength(120);
  });

  it('leaves room for others who use the same key', async () => {
    const clock = new FakeClock();
    const pace = new Pace(clock);
    const first = await pace.turn(never, () => undefined);
    first?.answered([{ name: '-default', limit: 120, remaining: 1, resetSeconds: 45 }], false);
    const waits: number[] = [];
    (await pace.turn(never, (ms) => waits.push(ms)))?.answered(
      [{ name: '-default', limit: 120, remaining: 0, resetSeconds: 45 }],
      false,
    );
    expect(waits).toEqual([]);
    await clock.until(pace.turn(never, (ms) => waits.push(ms)));
    expect(waits).toEqual([46_000]);
  });

  describe('reads an answer at its worst', () => {
    const stated = (remaining: number, resetSeconds: number, limit = 3): readonly RateLimit[] => [
      { name: '-default', limit, remaining, resetSeconds },
    ];
    const turn = (pace: Pace) => pace.turn(never, () => undefined);
    const may = async (pace: Pace) => {
      const abort = new AbortController();
      const asked = pace.turn(abort.signal, () => undefined);
      // Whether it may go is known at once.
      setImmediate(() => abort.abort());
      return (await asked) !== undefined;
    };

    it('where others used the key while requests were under way', async () => {
      const pace = new Pace(new FakeClock());
      (await turn(pace))?.answered(stated(99, 60, 100), false);
      const turns = [await turn(pace), await turn(pace), await turn(pace)];
      turns[0]?.answered(stated(3, 60, 100), false);
      // Of the three that are left two are under way, and may not be counted yet.
      expect(await may(pace)).toBe(true);
      expect(await may(pace)).toBe(false);
    });

    it('where one under way may be the first of the next window', async () => {
      const clock = new FakeClock();
      const pace = new Pace(clock);
      (await turn(pace))?.answered(stated(2, 10), false);
      const slow = await turn(pace);
      await turn(pace);
      await clock.until(clock.sleep(11_000));
      expect(await may(pace)).toBe(true);
      expect(await may(pace)).toBe(false);
      // It was of the old window, by what it says: of the new one that tells nothing.
      slow?.answered(stated(1, 1), false);
      expect(await may(pace)).toBe(false);
      await clock.until(clock.sleep(3_000));
      expect(await may(pace)).toBe(false);
    });

    it('where the server counts anew before that was certain', async () => {
      const clock = new FakeClock();
      const pace = new Pace(clock);
      (await turn(pace))?.answered(stated(2, 60), false);
      await clock.until(clock.sleep(60_500));
      // Two requests of the next window go out while the old one could still last.
      (await turn(pace))?.answered(stated(2, 60), false);
      (await turn(pace))?.answered(stated(1, 60), false);
      await clock.until(clock.sleep(600));
      expect(await may(pace)).toBe(true);
      expect(await may(pace)).toBe(false);
    });
  });

  it('holds each of several limits', async () => {
    const clock = new FakeClock();
    const pace = new Pace(clock);
    const stated = (minute: number, day: number): readonly RateLimit[] => [
      { name: '-default', limit: 120, remaining: minute, resetSeconds: 60 },
      { name: '-day', limit: 1_000, remaining: day, resetSeconds: 80_000 },
    ];
    (await pace.turn(never, () => undefined))?.answered(stated(119, 1), false);
    (await pace.turn(never, () => undefined))?.answered(stated(118, 0), false);
    await clock.until(pace.turn(never, () => undefined));
    expect(clock.now()).toBe(80_001_000);
  });

  it('rests for 60 s after a 429', async () => {
    const clock = new FakeClock();
    const pace = new Pace(clock);
    (await pace.turn(never, () => undefined))?.answered(
      [{ name: '-default', limit: 120, remaining: 100, resetSeconds: 3 }],
      true,
    );
    const waits: Wait[] = [];
    await clock.until(pace.turn(never, (ms) => waits.push({ seconds: ms / 1000, why: 'rate limit' })));
    expect(clock.now()).toBe(60_000);
    expect(waits.map(waitWords)).toEqual(['waits 60 s for the rate limit']);
  });

  it('ends a wait when it is cancelled, and lets the others go on', async () => {
    const clock = new FakeClock();
    const pace = new Pace(clock);
    (await pace.turn(never, () => undefined))?.answered([], true);
    const abort = new AbortController();
    const [cancelled, other] = [pace.turn(abort.signal, () => undefined), pace.turn(never, () => undefined)];
    abort.abort();
    expect(await cancelled).toBeUndefined();
    expect(await clock.until(other)).toBeDefined();
  });

  it('goes on when requests get no answer', async () => {
    const clock = new FakeClock();
    const pace = new Pace(clock);
    for (let request = 0; request < 120; request++) (await pace.turn(never, () => undefined))?.lost();
    await clock.until(pace.turn(never, () => undefined));
    expect(clock.now()).toBe(61_000);
  });
});

describe('what headers say of the limit', () => {
  const of = (headers: Record<string, string>) => rateLimitsOf(headers);

  it('is read by its name', () => {
    const stated = { 'x-ratelimit-limit-default': '120', 'x-ratelimit-remaining-default': '7' };
    expect(of({ ...stated, 'x-ratelimit-reset-default': '33' })).toEqual([
      { name: '-default', limit: 120, remaining: 7, resetSeconds: 33 },
    ]);
    expect(of({ 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '4', 'x-ratelimit-reset': '1' })).toEqual([
      { name: '', limit: 5, remaining: 4, resetSeconds: 1 },
    ]);
  });

  it('is nothing where it is not whole or no sense', () => {
    const all = { 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '4', 'x-ratelimit-reset': '1' };
    for (const [name] of Object.entries(all)) {
      for (const value of ['', '-1', '1e9', 'NaN', '99999999999']) expect(of({ ...all, [name]: value })).toEqual([]);
    }
    expect(of({ ...all, 'x-ratelimit-limit': '0' })).toEqual([]);
  });
});
