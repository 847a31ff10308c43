import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Appointment } from '../../src/changes/retry/calcom-api/appointment.ts';
import { CalcomClient } from '../../src/changes/retry/calcom-api/client.ts';
import { type Wait, waitWords } from '../../src/changes/retry/calcom-api/clock.ts';
import { retryBooking } from '../../src/changes/retry/calcom-api/retry-booking.ts';
import { apiOf, appointment, refusal, START, UNHEARD } from '../calcom/asked.ts';
import { told } from '../calcom/bookings.ts';
import { HurriedClock } from '../calcom/fake-clock.ts';
import { type CalcomServer, type Misbehaviour, startCalcom } from '../calcom/server.ts';

const HOUR = 3_600_000;
const OWN = { metadata: { crm_appointment_id: '512' } };

/** Milliseconds that a request may take: short only where nothing but that ends it. */
const patience = (says: unknown): number => (says === 'silence' ? 600 : 10_000);

async function stand(timeoutMs = patience(undefined)) {
  const server = await startCalcom();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const clock = new HurriedClock();
  const client = new CalcomClient(apiOf(server, timeoutMs), clock);
  const waits: Wait[] = [];
  const retry = (changes: Partial<Appointment> = {}, signal = new AbortController().signal) =>
    retryBooking(client, appointment(changes), { signal, onWait: (wait) => waits.push(wait) });
  return { server, clock, retry, waits };
}

/** How often it was asked to change something. */
const writes = (server: CalcomServer): number =>
  server.times('create') + server.times('cancel') + server.times('reschedule');

describe('an appointment that Cal.com does not know', () => {
  it('is booked once, under its own id', async () => {
    const { server, retry } = await stand();
    expect(await retry()).toEqual({
      kind: 'succeeded',
      action: 'create',
      v1Id: '1000',
      uid: server.bookings.all[0]?.uid,
    });
    expect(server.bookings.all).toMatchObject([{ start: START, eventTypeId: 77, ...OWN }]);
    expect(server.seen.map(({ operation }) => operation)).toEqual(['list', 'create']);
  });

  it('and that was booked before, as nobody heard, is found', async () => {
    const { server, retry } = await stand();
    const { uid } = server.bookings.plant(OWN);
    expect(await retry()).toEqual({ kind: 'succeeded', action: 'nothing', v1Id: '1000', uid });
    expect(writes(server)).toBe(0);
  });

  it('and that was booked under the same address in small letters is found', async () => {
    const { server, retry } = await stand();
    server.bookings.plant(OWN);
    const details = { ...detailsOf(appointment()), email: 'Ada@Example.com' };
    expect(await retry({ details })).toMatchObject({ kind: 'succeeded', action: 'nothing', v1Id: '1000' });
  });

  it('is booked by telephone where it has no address', async () => {
    const { server, retry } = await stand();
    const details = { ...detailsOf(appointment()), email: null, phone: '+49 30 123456' };
    expect(await retry({ details })).toMatchObject({ kind: 'succeeded', action: 'create' });
    expect(await retry({ details })).toMatchObject({ kind: 'succeeded', action: 'nothing' });
    expect(server.bookings.all).toMatchObject([{ attendee: { phoneNumber: '+49 30 123456' } }]);
  });

  it('stays unbooked where something is missing', async () => {
    const { server, retry } = await stand();
    const details = detailsOf(appointment());
    const refused = async (changes: Partial<Appointment>) => {
      const result = await retry(changes);
      return result.kind === 'refused' ? result.reason : result;
    };
    const lacks = (column: string) => `retry.calcomApi.sql has no ${column} for it`;
    expect(await refused({ details: { ...details, eventTypeId: null } })).toBe(lacks('event_type_id'));
    expect(await refused({ details: { ...details, eventTypeId: '7x' } })).toBe(lacks('event_type_id'));
    expect(await refused({ details: { ...details, name: null } })).toBe(lacks('attendee_name'));
    expect(await refused({ details: { ...details, timeZone: null } })).toBe(lacks('time_zone'));
    expect(await refused({ details: { ...details, email: null } })).toBe(lacks('attendee_email and no attendee_phone'));
    expect(await refused({ start: undefined })).toBe('it has no start');
    expect(await refused({ details: 'retry.calcomApi.sql has no row for it' })).toBe(lacks('row'));
    expect(writes(server)).toBe(0);
  });
});

const detailsOf = ({ details }: Appointment) => {
  if (typeof details === 'string') throw new Error(details);
  return details;
};

describe('a booking that is made while nobody hears of it', () => {
  it.each(Object.keys(UNHEARD))('as the server %s is there once, and found', async (name) => {
    const { server, retry } = await stand(patience(unheard(name).says));
    server.misbehave('create', unheard(name));
    expect(await retry()).toMatchObject({ kind: 'succeeded', action: 'create', v1Id: '1000' });
    expect(server.bookings.all).toHaveLength(1);
    expect(server.times('create')).toBe(1);
  });

  it.each([
    ['nothing', 'drop'],
    ['nothing for long', 'silence'],
    ['504', refusal(504)],
  ] as const)('a while after the server said %s is there once, and found', async (_what, says) => {
    const { server, retry, waits } = await stand(patience(says));
    server.misbehave('create', { does: 'late', says });
    expect(await retry()).toMatchObject({ kind: 'succeeded', action: 'create' });
    expect(server.bookings.all).toHaveLength(1);
    expect(waits.map(waitWords)).toEqual(['waits 1 s for the next attempt', 'waits 5 s for the next attempt']);
  });

  it('at every attempt is there once', async () => {
    const { server, retry } = await stand(patience('silence'));
    const silent = { does: 'yes', says: 'silence' } as const;
    server.misbehave('create', silent, silent, silent).misbehave('list', { does: 'yes', says: 'garbage' });
    expect(await retry()).toMatchObject({ kind: 'succeeded', action: 'create' });
    expect(server.bookings.all).toHaveLength(1);
  });

  it('and can not be looked for is unknown, until the next retry finds it', async () => {
    const { server, retry, clock } = await stand();
    const down = { does: 'no', says: refusal(503, 'maintenance') } as const;
    server.misbehave('create', { does: 'yes', says: 'drop' });
    server.misbehave('list', { does: 'yes', says: 'slow' }, down, down, down);
    expect(await retry()).toEqual({
      kind: 'unknown',
      code: 'HTTP_503',
      message: 'the booking may have been made: HTTP 503: maintenance',
    });
    expect(clock.slept).toEqual([1_000, 5_000, 30_000]);
    expect(await retry()).toMatchObject({ kind: 'succeeded', action: 'nothing', v1Id: '1000' });
    expect(server.bookings.all).toHaveLength(1);
  });
});

const unheard = (name: string) => {
  const how = UNHEARD[name];
  if (how === undefined) throw new Error(`there is no ${name}`);
  return how;
};

describe('a booking that is not made, while nobody hears of it', () => {
  it.each([500, 409])('with %d is verified and made by the next attempt', async (status) => {
    const { server, retry } = await stand();
    server.misbehave('create', { does: 'no', says: refusal(status) });
    expect(await retry()).toMatchObject({ kind: 'succeeded', action: 'create' });
    expect(server.bookings.all).toHaveLength(1);
    expect(server.seen.map(({ operation }) => operation)).toEqual(['list', 'create', 'list', 'create']);
  });

  it('by 500 at every attempt has failed, which is certain after the last look', async () => {
    const { server, retry, clock } = await stand();
    const fails = { does: 'no', says: refusal(500, 'Internal server error') } as const;
    server.misbehave('create', fails, fails, fails, fails);
    expect(await retry()).toEqual({
      kind: 'failed',
      code: 'HTTP_500',
      message: 'HTTP 500: Internal server error',
    });
    expect(server.times('create')).toBe(3);
    expect(server.seen.at(-1)?.operation).toBe('list');
    expect(clock.slept).toEqual([1_000, 5_000, 30_000]);
  });

  it.each([
    ['drop', 'drop'],
    ['silence', 'silence'],
    ['half', 'half'],
    ['garbage', 'garbage'],
    ['502', refusal(502)],
  ] as const)('in a way that it may still be (%s) is unknown, and made by the next retry', async (_what, says) => {
    const { server, retry } = await stand(patience(says));
    server.misbehave('create', { does: 'no', says });
    expect(await retry()).toMatchObject({
      kind: 'unknown',
      message: expect.stringContaining('the booking may have been made: '),
    });
    expect(server.times('create')).toBe(1);
    expect(await retry()).toMatchObject({ kind: 'succeeded', action: 'create' });
    expect(server.bookings.all).toHaveLength(1);
  });

  it('as nobody listens has failed, with nothing sent', async () => {
    const { server, retry, clock } = await stand();
    await server[Symbol.asyncDispose]();
    expect(await retry()).toMatchObject({ kind: 'failed', code: 'NETWORK' });
    expect(clock.slept).toEqual([1_000, 5_000]);
  });

  it('for the rate limit waits and is made', async () => {
    const { server, retry, waits } = await stand();
    server.misbehave('create', { does: 'no', says: refusal(429, 'Too Many Requests', 'ThrottlerException') });
    expect(await retry()).toMatchObject({ kind: 'succeeded', action: 'create' });
    expect(server.bookings.all).toHaveLength(1);
    expect(waits.map(({ why }) => why)).toEqual(['next attempt', 'rate limit']);
    expect(waits[1]?.seconds).toBeGreaterThan(30);
  });

  it('as the slot is taken has failed', async () => {
    const { server, retry } = await stand();
    server.bookings.slots = true;
    server.bookings.plant({ attendee: { name: 'Eve', timeZone: 'UTC', email: 'eve@example.com' } });
    expect(await retry()).toEqual({
      kind: 'failed',
      code: 'HTTP_400',
      message: 'HTTP 400: User either already has booking at this time or is not available',
    });
    expect(server.times('create')).toBe(1);
  });

  it('as its own earlier attempt took the slot is found', async () => {
    const { server, retry } = await stand();
    server.bookings.slots = true;
    // It is made only after it was looked for.
    server.misbehave('create', { does: 'late', says: refusal(500) });
    expect(await retry()).toMatchObject({ kind: 'succeeded', action: 'create', v1Id: '1000' });
    expect(server.times('create')).toBe(2);
    expect(server.bookings.live).toHaveLength(1);
  });

  it('with a wrong key has failed, without a second attempt or the key', async () => {
    const { server, waits } = await stand();
    const client = new CalcomClient({ ...apiOf(server), apiKey: 'cal_live_wr0ng' });
    const result = await retryBooking(client, appointment(), { signal: new AbortController().signal });
    expect(result).toEqual({ kind: 'failed', code: 'HTTP_401', message: 'HTTP 401: Invalid API key: ***' });
    expect(inspect(result)).not.toContain('wr0ng');
    expect([server.seen.length, waits.length]).toEqual([1, 0]);
  });

  it('as it can not be looked for has failed, with nothing sent', async () => {
    const { server, retry } = await stand();
    const garbage = { does: 'yes', says: 'garbage' } as const;
    server.misbehave('list', garbage, garbage, garbage, garbage);
    expect(await retry()).toMatchObject({ kind: 'failed', code: 'INVALID_ANSWER' });
    expect(writes(server)).toBe(0);
  });
});

describe('a booking of another kind than was asked for', () => {
  it('that recurs is taken by its start', async () => {
    const { server, retry } = await stand();
    server.misbehave('create', { does: 'yes', says: 'series' });
    expect(await retry()).toMatchObject({ kind: 'succeeded', action: 'create', v1Id: '1000' });
    expect(server.bookings.all).toHaveLength(1);
  });

  it.each([
    ['at another time', { start: START + HOUR, metadata: { crm_appointment_id: '9' } }],
    ['of another appointment', { metadata: { crm_appointment_id: '9' } }],
  ])('as it is one %s, is not believed', async (_what, planted) => {
    const { server, retry } = await stand();
    const other = server.bookings.plant(planted);
    server.sayOnce('create', `{"status":"success","data":${told(other)}}`);
    expect(await retry()).toMatchObject({ kind: 'unknown', code: 'INVALID_ANSWER' });
    expect(server.times('create')).toBe(1);
  });
});

describe('an appointment that was cancelled', () => {
  const cancelled = { status: 'Cancelled' };

  it('is cancelled in Cal.com, once', async () => {
    const { server, retry } = await stand();
    const { uid } = server.bookings.plant({});
    expect(await retry({ ...cancelled, uid })).toEqual({ kind: 'succeeded', action: 'cancel', v1Id: '1000', uid });
    expect(await retry({ ...cancelled, uid })).toEqual({ kind: 'succeeded', action: 'nothing', v1Id: '1000', uid });
    expect(server.times('cancel')).toBe(1);
    expect(server.bookings.live).toEqual([]);
  });

  it.each(Object.keys(UNHEARD))('while the server %s is cancelled, and found to be', async (name) => {
    const { server, retry } = await stand(patience(unheard(name).says));
    const { uid } = server.bookings.plant({});
    server.misbehave('cancel', unheard(name));
    expect(await retry({ ...cancelled, uid })).toMatchObject({ kind: 'succeeded', action: 'cancel', uid });
    expect(server.bookings.live).toEqual([]);
  });

  it.each([
    ['silence', 'silence'],
    ['a broken connection', 'drop'],
    ['502', refusal(502)],
    ['500', refusal(500)],
  ] as const)('is tried again after %s', async (_what, says) => {
    const { server, retry } = await stand(patience(says));
    const { uid } = server.bookings.plant({});
    server.misbehave('cancel', { does: 'no', says }, { does: 'no', says });
    expect(await retry({ ...cancelled, uid })).toMatchObject({ kind: 'succeeded', action: 'cancel', uid });
    expect(server.times('cancel')).toBe(3);
    expect(server.bookings.live).toEqual([]);
  });

  it('by somebody else at the same moment is a success, after a look', async () => {
    const { server, retry } = await stand();
    const { uid } = server.bookings.plant({});
    server.misbehave('cancel', { does: 'yes', says: refusal(400, 'it has been cancelled already') });
    expect(await retry({ ...cancelled, uid })).toMatchObject({ kind: 'succeeded', action: 'cancel', uid });
    expect(server.seen.at(-1)?.operation).toBe('get');
  });

  it('and may not be is a failure', async () => {
    const { server, retry } = await stand();
    const { uid } = server.bookings.plant({});
    server.misbehave('cancel', { does: 'no', says: refusal(403, 'not yours') });
    expect(await retry({ ...cancelled, uid })).toEqual({
      kind: 'failed',
      code: 'HTTP_403',
      message: 'HTTP 403: not yours',
    });
  });

  it('and deleted is cancelled all the same', async () => {
    const { server, retry } = await stand();
    const { uid } = server.bookings.plant({});
    expect(await retry({ ...cancelled, uid, deleted: true })).toMatchObject({ kind: 'succeeded', action: 'cancel' });
    expect(server.bookings.live).toEqual([]);
  });

  it('by its old numeric id is found in the list', async () => {
    const { server, retry } = await stand();
    for (let n = 0; n < 300; n++) server.bookings.plant({ start: START + n * HOUR });
    const uid = server.bookings.all[3]?.uid;
    expect(await retry({ ...cancelled, v1Id: '1003' })).toEqual({
      kind: 'succeeded',
      action: 'cancel',
      v1Id: '1003',
      uid,
    });
    expect(server.bookings.all.filter(({ status }) => status === 'cancelled').map((one) => one.uid)).toEqual([uid]);
  });

  it('and never booked needs nothing', async () => {
    const { server, retry } = await stand();
    expect(await retry(cancelled)).toEqual({ kind: 'succeeded', action: 'nothing', v1Id: null, uid: null });
    server.bookings.plant(OWN);
    expect(await retry(cancelled)).toMatchObject({ kind: 'succeeded', action: 'cancel', v1Id: '1000' });
  });
});

describe('an appointment that was moved', () => {
  const moved = { start: START + 2 * HOUR };

  it('is moved in Cal.com, and gets both new ids', async () => {
    const { server, retry } = await stand();
    const { uid } = server.bookings.plant(OWN);
    const result = await retry({ ...moved, uid, v1Id: '1000' });
    expect(result).toEqual({ kind: 'succeeded', action: 'reschedule', v1Id: '1001', uid: server.bookings.all[1]?.uid });
    expect(server.bookings.live).toMatchObject([{ start: START + 2 * HOUR }]);
  });

  it.each(Object.keys(UNHEARD))('while the server %s is moved once, and found', async (name) => {
    const { server, retry } = await stand(patience(unheard(name).says));
    const { uid } = server.bookings.plant({});
    server.misbehave('reschedule', unheard(name));
    expect(await retry({ ...moved, uid })).toMatchObject({ kind: 'succeeded', action: 'reschedule', v1Id: '1001' });
    expect(server.bookings.all).toHaveLength(2);
    expect(server.bookings.live).toMatchObject([{ start: START + 2 * HOUR }]);
  });

  it('a while after nobody heard is moved once, and found', async () => {
    const { server, retry } = await stand(patience('silence'));
    const { uid } = server.bookings.plant({});
    server.misbehave('reschedule', { does: 'late', says: 'silence' });
    expect(await retry({ ...moved, uid })).toMatchObject({ kind: 'succeeded', action: 'reschedule', v1Id: '1001' });
    expect(server.bookings.all).toHaveLength(2);
  });

  it('and whose booking is known only by the metadata is moved', async () => {
    const { server, retry } = await stand();
    server.bookings.plant(OWN);
    expect(await retry(moved)).toMatchObject({ kind: 'succeeded', action: 'reschedule', v1Id: '1001' });
    expect(server.bookings.live).toHaveLength(1);
  });

  it('in Cal.com by somebody is left to a person, whether it is cancelled here or not', async () => {
    const { server, retry } = await stand();
    const { uid } = server.bookings.plant(OWN);
    server.bookings.reschedule(uid, { start: '2026-11-24T09:30:00.000Z' });
    const told = 'in Cal.com somebody moved it to 2026-11-24 09:30Z';
    expect(await retry({ uid })).toEqual({ kind: 'refused', reason: told });
    expect(await retry({ ...moved, uid })).toEqual({ kind: 'refused', reason: told });
    expect(await retry({ status: 'cancelled', uid })).toMatchObject({
      kind: 'refused',
      reason: `it is cancelled here, and ${told}`,
    });
    expect(writes(server)).toBe(0);
  });
});

describe('what only a person can decide', () => {
  it.each<[string, Partial<Appointment>, string]>([
    ['of origin calcom', { origin: 'calcom' }, 'it came from Cal.com, and sending it back would be a loop'],
    [
      'of origin CalCom',
      { origin: 'CalCom', uid: 'abcdefgh' },
      'it came from Cal.com, and sending it back would be a loop',
    ],
    ['that is deleted', { deleted: true }, 'it is deleted'],
    ['with unclear ids', { unclearIds: true }, 'its booking ids are none, or contradict each other'],
  ])('an appointment %s is refused before anything is asked', async (_what, changes, reason) => {
    const { server, retry } = await stand();
    expect(await retry(changes)).toEqual({ kind: 'refused', reason });
    expect(server.seen).toEqual([]);
  });

  it('a booking that Cal.com has cancelled is not made again', async () => {
    const { server, retry } = await stand();
    const { uid } = server.bookings.plant({ status: 'cancelled', ...OWN });
    const refused = { kind: 'refused', reason: `Cal.com has cancelled its booking ${uid}` };
    expect(await retry({ uid })).toEqual(refused);
    expect(await retry()).toEqual(refused);
    expect(writes(server)).toBe(0);
  });

  it('two bookings of one appointment stay as they are', async () => {
    const { server, retry } = await stand();
    server.bookings.plant(OWN);
    server.bookings.plant(OWN);
    expect(await retry()).toMatchObject({ reason: expect.stringContaining('Cal.com has 2 bookings for it: uid') });
    expect(writes(server)).toBe(0);
  });

  it('a booking of the same person at the same time that names no appointment is not doubled', async () => {
    const { server, retry } = await stand();
    const { uid } = server.bookings.plant({});
    expect(await retry()).toMatchObject({ kind: 'refused', reason: expect.stringContaining(`no appointment: ${uid}`) });
    expect(writes(server)).toBe(0);
  });

  it('one that names another appointment is somebody else’s', async () => {
    const { server, retry } = await stand();
    const { uid } = server.bookings.plant({ metadata: { crm_appointment_id: '9' } });
    const refused = { kind: 'refused', reason: `the booking ${uid} names another appointment as its own` };
    expect(await retry({ uid, status: 'cancelled' })).toEqual(refused);
    expect(await retry({ v1Id: '1000', status: 'cancelled' })).toEqual(refused);
    expect(await retry()).toMatchObject({ kind: 'succeeded', action: 'create' });
  });

  it('an old id that Cal.com does not list is never booked anew', async () => {
    const { server, retry } = await stand();
    expect(await retry({ v1Id: '4711' })).toEqual({
      kind: 'refused',
      reason: 'Cal.com lists no booking with the id 4711',
    });
    expect(writes(server)).toBe(0);
  });

  it('a uid that Cal.com does not know is a failure, and never booked anew', async () => {
    const { server, retry } = await stand();
    expect(await retry({ uid: 'bookedelsewhere' })).toMatchObject({ kind: 'failed', code: 'HTTP_404' });
    expect(writes(server)).toBe(0);
  });
});

describe('an address that many people share', () => {
  it('has its bookings around the start looked through', async () => {
    const { server, retry } = await stand();
    // It is the oldest of too many.
    server.bookings.plant(OWN);
    for (let n = 0; n < 1_100; n++) {
      server.bookings.plant({ start: START + (n + 48) * HOUR, metadata: { crm_appointment_id: `x${n}` } });
    }
    expect(await retry()).toMatchObject({ kind: 'succeeded', action: 'nothing', v1Id: '1000' });
    expect(await retry({ pk: '513' })).toMatchObject({ kind: 'succeeded', action: 'create' });
    const dense = server.bookings.all.length;
    for (let n = 0; n < 1_100; n++) server.bookings.plant({ metadata: { crm_appointment_id: `y${n}` } });
    expect(await retry({ pk: '514' })).toEqual({
      kind: 'refused',
      reason: 'Cal.com lists too many bookings to tell which is its own',
    });
    expect(server.bookings.all).toHaveLength(dense + 1_100);
  });
});

describe('cancelling', () => {
  it('before anything is sent leaves the row', async () => {
    const { server, retry } = await stand();
    expect(await retry({}, AbortSignal.abort())).toEqual({ kind: 'left' });
    expect(server.seen).toEqual([]);
  });

  it('while it waits for an attempt says what was sent', async () => {
    const { server } = await stand();
    const abort = new AbortController();
    const client = new CalcomClient(apiOf(server));
    const retrying = (pk: string) =>
      retryBooking(client, appointment({ pk }), { signal: abort.signal, onWait: () => abort.abort() });
    server.misbehave('create', { does: 'yes', says: 'drop' });
    expect(await retrying('512')).toMatchObject({
      kind: 'unknown',
      code: 'NETWORK',
      message: expect.stringContaining('the booking may have been made: the connection to Cal.com failed'),
    });
    expect(await retrying('513')).toEqual({ kind: 'left' });
  });
});

it('whatever goes wrong in whatever order, no appointment is ever booked twice', async () => {
  const broken = [...(['drop', 'half', 'garbage', 'series'] as const), refusal(502), refusal(504)];
  const last = [400, 409, 429, 500].map((status) => refusal(status));
  const says = fc.constantFrom<Misbehaviour['says']>(...broken, ...last);
  const soon = fc.record({ does: fc.constantFrom<Misbehaviour['does']>('yes', 'no'), says });
  // Who has said the last word does nothing afterwards.
  const late = fc.record({
    does: fc.constant('late' as const),
    says: fc.constantFrom<Misbehaviour['says']>(...broken),
  });
  const create = fc.array(fc.oneof(soon, late), { maxLength: 6 });
  const list = fc.array(fc.record({ does: fc.constant('yes' as const), says }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(create, list, fc.boolean(), async (creates, lists, slots) => {
      await using server = await startCalcom();
      server.bookings.slots = slots;
      server.misbehave('create', ...creates).misbehave('list', ...lists);
      const client = new CalcomClient(apiOf(server, 10_000), new HurriedClock());
      const { signal } = new AbortController();
      for (let retry = 0; retry < 4; retry++) {
        const result = await retryBooking(client, appointment(), { signal });
        expect(server.bookings.all.length).toBeLessThanOrEqual(1);
        const [booked] = server.bookings.all;
        if (result.kind === 'succeeded' && result.uid !== booked?.uid) throw new Error('it made a uid up');
      }
      // By now nothing goes wrong any more.
      expect(await retryBooking(client, appointment(), { signal })).toMatchObject({ kind: 'succeeded' });
      expect(server.bookings.all).toHaveLength(1);
    }),
    { numRuns: 60 },
  );
});

it('a machine whose clock is an hour off sends the same', async () => {
  const { server, retry } = await stand();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR });
  onTestFinished(() => void vi.useRealTimers());
  expect(await retry()).toMatchObject({ kind: 'succeeded', action: 'create' });
  expect(await retry()).toMatchObject({ kind: 'succeeded', action: 'nothing' });
  expect(server.bookings.all).toMatchObject([{ start: START }]);
});
