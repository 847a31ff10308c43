import { describe, expect, it, onTestFinished } from 'vitest';
import type { Appointment } from '../../src/changes/retry/calcom-api/appointment.ts';
import { isUnauthorized, type Retried, retryBookings } from '../../src/changes/retry/calcom-api/batch.ts';
import { CalcomClient } from '../../src/changes/retry/calcom-api/client.ts';
import { apiOf, appointment, refusal, START } from '../calcom/asked.ts';
import { HurriedClock } from '../calcom/fake-clock.ts';
import { type CalcomOptions, startCalcom } from '../calcom/server.ts';

const never = new AbortController().signal;

async function stand(options?: CalcomOptions) {
  const server = await startCalcom(options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { server, client: new CalcomClient(apiOf(server, 10_000), new HurriedClock()) };
}

/** Appointments of as many people, an hour after another. */
const rows = (count: number): Appointment[] =>
  Array.from({ length: count }, (_, n) => {
    const { details, ...rest } = appointment({ pk: String(n + 1), start: START + n * 3_600_000 });
    if (typeof details === 'string') throw new Error(details);
    return { ...rest, details: { ...details, email: `person${n}@example.com` } };
  });

async function all(results: AsyncIterable<Retried>): Promise<readonly Retried[]> {
  const taken: Retried[] = [];
  for await (const result of results) taken.push(result);
  return taken;
}

describe('a batch of retries', () => {
  it('gives each row its own result', async () => {
    const { server, client } = await stand();
    server.misbehave('create', { does: 'yes', says: 'drop' }, { does: 'no', says: refusal(422, 'no hosts') });
    const results = await all(retryBookings(client, rows(40), { signal: never, parallel: 8 }));
    expect(new Set(results.map((retried) => retried.appointment.pk)).size).toBe(40);
    const failed = results.filter(({ result }) => result.kind !== 'succeeded');
    expect(failed.map(({ result }) => result)).toEqual([
      { kind: 'failed', code: 'HTTP_422', message: 'HTTP 422: no hosts' },
    ]);
    for (const { appointment, result } of results) {
      const booked = server.bookings.all.filter((one) => one.metadata['crm_appointment_id'] === appointment.pk);
      expect(booked).toHaveLength(result.kind === 'succeeded' ? 1 : 0);
      expect('uid' in result ? result.uid : undefined).toBe(booked[0]?.uid);
    }
  });

  it('has at most so many at the same time', async () => {
    const { server, client } = await stand();
    const silence = { does: 'yes', says: 'silence' } as const;
    server.misbehave('list', ...Array.from({ length: 30 }, () => silence));
    const abort = new AbortController();
    const ended = all(retryBookings(client, rows(30), { signal: abort.signal, parallel: 5 }));
    await expect.poll(() => server.times('list')).toBe(5);
    abort.abort();
    expect((await ended).map(({ result }) => result.kind)).toEqual(Array.from({ length: 5 }, () => 'left'));
    expect(server.times('list')).toBe(5);
  });

  it('begins no more than are taken', async () => {
    const { server, client } = await stand();
    let [begun, taken] = [0, 0];
    function* counting() {
      for (const row of rows(20)) {
        begun += 1;
        yield row;
      }
    }
    for await (const _ of retryBookings(client, counting(), { signal: never, parallel: 4 })) {
      taken += 1;
      expect(begun - taken).toBeLessThanOrEqual(3);
    }
    expect([begun, taken, server.bookings.all.length]).toEqual([20, 20, 20]);
  });

  it('reads rows as they are needed, from wherever they come', async () => {
    const { server, client } = await stand();
    async function* reading() {
      yield* rows(3);
    }
    expect(await all(retryBookings(client, reading(), { signal: never, parallel: 2 }))).toHaveLength(3);
    expect(server.bookings.all).toHaveLength(3);
  });

  it('ends with the first 401: what has not begun is not asked for', async () => {
    const { server, client } = await stand();
    server.misbehave('list', { does: 'no', says: refusal(401, 'Unauthorized') });
    const results = await all(retryBookings(client, rows(1_000), { signal: never, parallel: 4 }));
    expect(results.filter(({ result }) => isUnauthorized(result))).toHaveLength(1);
    expect(results.length).toBeLessThanOrEqual(4);
    expect(server.seen.length).toBeLessThanOrEqual(8);
    // Whatever was sent is known.
    const made = results.filter(({ result }) => result.kind === 'succeeded');
    expect(server.bookings.all).toHaveLength(made.length);
  });

  it('ends when it is cancelled, with everything that was sent', async () => {
    const { server, client } = await stand();
    const abort = new AbortController();
    const results: Retried[] = [];
    for await (const retried of retryBookings(client, rows(1_000), { signal: abort.signal, parallel: 4 })) {
      results.push(retried);
      if (results.length === 10) abort.abort();
    }
    expect(results.length).toBeLessThanOrEqual(14);
    const made = results.filter(({ result }) => result.kind === 'succeeded');
    expect(server.bookings.all).toHaveLength(made.length);
    for (const { result } of results) expect(['succeeded', 'left']).toContain(result.kind);
  });

  it('ends when its results are no longer wanted', async () => {
    const { server, client } = await stand();
    for await (const _ of retryBookings(client, rows(1_000), { signal: never, parallel: 4 })) break;
    const asked = server.seen.length;
    expect(asked).toBeLessThanOrEqual(10);
    expect(server.bookings.all.length).toBeLessThanOrEqual(5);
  });

  it('stays within the limit that the server states, over all that use its key in this process', async () => {
    const { server } = await stand({ limit: 25, windowMs: 1_000 });
    const api = apiOf(server, 10_000);
    const [first, second] = [rows(10), rows(10).map((row) => ({ ...row, pk: `other${row.pk}`, start: START }))];
    const waits: string[] = [];
    const asking = { signal: never, parallel: 10, onWait: ({ why }: { why: string }) => waits.push(why) };
    const results = await Promise.all([
      all(retryBookings(new CalcomClient(api), first, asking)),
      all(retryBookings(new CalcomClient(api), second, asking)),
    ]);
    expect(results.flat().filter(({ result }) => result.kind === 'succeeded')).toHaveLength(20);
    expect(server.counted).toMatchObject({ refused: 0 });
    expect(server.counted.most).toBeLessThanOrEqual(25);
    expect(waits).toContain('rate limit');
  });

  it('is refused for rows that came from Cal.com, all of them', async () => {
    const { server, client } = await stand();
    const foreign = rows(5).map((row) => ({ ...row, origin: 'calcom' }));
    const results = await all(retryBookings(client, foreign, { signal: never, parallel: 2 }));
    expect(results.map(({ result }) => result.kind)).toEqual(Array.from({ length: 5 }, () => 'refused'));
    expect(server.seen).toEqual([]);
  });
});
