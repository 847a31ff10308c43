import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Answer, CalcomClient, type NewBooking } from '../../src/changes/retry/calcom-api/client.ts';
import { apiOf, refusal, START } from '../calcom/asked.ts';
import { HurriedClock } from '../calcom/fake-clock.ts';
import { type CalcomOptions, startCalcom } from '../calcom/server.ts';

const asking = { signal: new AbortController().signal };
const wanted: NewBooking = {
  start: START,
  eventTypeId: 77,
  attendee: { name: 'Ada', timeZone: 'Europe/Berlin', email: 'ada@example.com', language: 'de' },
  metadata: { crm_appointment_id: '512' },
};

async function stand(options: CalcomOptions & { readonly timeoutMs?: number } = {}) {
  const server = await startCalcom(options);
  return { server, client: new CalcomClient(apiOf(server, options.timeoutMs), new HurriedClock()) };
}

/** The data of an answer that was a success. */
function dataOf<Data>(answer: Answer<Data>): Data {
  if (answer.kind !== 'ok') throw new Error(`expected a success, got ${inspect(answer)}`);
  return answer.data;
}

describe('what is sent', () => {
  it('has the key, the version and the body that API v2 wants', async () => {
    const { server, client } = await stand();
    await using _ = server;
    const [made] = dataOf(await client.create(wanted, asking));
    expect(made).toMatchObject({ id: '1000', status: 'accepted', start: START, appointment: '512', eventTypeId: '77' });
    expect(server.seen[0]).toMatchObject({
      operation: 'create',
      headers: { authorization: `Bearer ${server.key}`, 'cal-api-version': '2024-08-13' },
      body: { start: '2026-11-21T12:00:00.000Z', eventTypeId: 77, metadata: { crm_appointment_id: '512' } },
    });
    expect(server.seen[0]?.headers['content-type']).toContain('application/json');
  });

  it('keeps a uid in its place, whatever is in it', async () => {
    const { server, client } = await stand();
    await using _ = server;
    expect(await client.get('../me?x=1#', asking)).toMatchObject({ kind: 'rejected', code: 'HTTP_404' });
    expect(server.seen[0]?.operation).toBe('get');
  });
});

describe('a booking', () => {
  it('is found, moved and cancelled', async () => {
    const { server, client } = await stand();
    await using _ = server;
    const { uid } = server.bookings.plant({});
    expect(dataOf(await client.get(uid, asking))).toMatchObject([{ uid, start: START }]);
    const [moved] = dataOf(await client.reschedule(uid, START + 3_600_000, asking));
    expect(moved).toMatchObject({ id: '1001', start: START + 3_600_000, from: uid });
    expect(dataOf(await client.get(uid, asking))).toMatchObject([{ status: 'cancelled', to: moved?.uid }]);
    expect(dataOf(await client.cancel(moved?.uid ?? '', asking))).toMatchObject([{ status: 'cancelled' }]);
    expect(await client.cancel(moved?.uid ?? '', asking)).toMatchObject({
      kind: 'rejected',
      code: 'HTTP_400',
      message: expect.stringContaining('has been cancelled already'),
    });
  });

  it('by a numeric id is not found', async () => {
    const { server, client } = await stand();
    await using _ = server;
    server.bookings.plant({});
    expect(await client.get('1000', asking)).toMatchObject({ kind: 'rejected', code: 'HTTP_404' });
  });

  it('that recurs is all of its series', async () => {
    const { server, client } = await stand();
    await using _ = server.misbehave('get', { does: 'yes', says: 'series' });
    const { uid } = server.bookings.plant({});
    expect(dataOf(await client.get(uid, asking))).toHaveLength(1);
  });

  it.each([2_147_483_648n, 9_007_199_254_740_993n])('keeps every digit of the id %s', async (firstId) => {
    const { server, client } = await stand({ firstId });
    await using _ = server;
    expect(dataOf(await client.create(wanted, asking))).toMatchObject([{ id: String(firstId) }]);
    expect(dataOf(await client.list({}, 0, asking)).bookings).toMatchObject([{ id: String(firstId) }]);
  });
});

it('a list comes in pages, filtered', async () => {
  const { server, client } = await stand();
  await using _ = server;
  for (let n = 0; n < 260; n++) server.bookings.plant({ start: START + n * 60_000 });
  server.bookings.plant({ attendee: { name: 'Eve', timeZone: 'UTC', email: 'eve@example.com' } });
  const first = dataOf(await client.list({ attendeeEmail: 'ada@example.com' }, 0, asking));
  expect(first).toMatchObject({ more: true, bookings: { length: 250 } });
  const second = dataOf(await client.list({ attendeeEmail: 'ada@example.com' }, 250, asking));
  expect(second).toMatchObject({ more: false, bookings: { length: 10 } });
  const around = { eventTypeId: '77', afterStart: START, beforeEnd: START + 31 * 60_000 };
  expect(dataOf(await client.list(around, 0, asking)).bookings).toHaveLength(3);
});

describe('a refusal', () => {
  it.each([400, 403, 404, 422])('of %d says no, with code and message', async (status) => {
    const { server, client } = await stand();
    await using _ = server.misbehave('create', { does: 'no', says: refusal(status, 'no such luck') });
    expect(await client.create(wanted, asking)).toEqual({
      kind: 'rejected',
      code: `HTTP_${status}`,
      message: `HTTP ${status}: no such luck`,
    });
  });

  it.each([
    [409, true],
    [500, true],
    [502, false],
    [503, false],
    [408, false],
  ])('of %d leaves it unknown what was done', async (status, over) => {
    const { server, client } = await stand();
    await using _ = server.misbehave('create', { does: 'no', says: refusal(status) });
    expect(await client.create(wanted, asking)).toMatchObject({ kind: 'unknown', code: `HTTP_${status}`, over });
  });

  it('of a wrong key is its own kind, and never shows the key that the server repeats', async () => {
    const { server } = await stand();
    await using _ = server;
    const key = 'cal_live_S3cr3tS3cr3t';
    const client = new CalcomClient({ ...apiOf(server), apiKey: key });
    const answer = await client.create(wanted, asking);
    expect(answer).toEqual({ kind: 'unauthorized', code: 'HTTP_401', message: 'HTTP 401: Invalid API key: ***' });
    // Nor does the client itself, where something prints it.
    expect(inspect(client, { depth: 10 })).not.toContain('S3cr3t');
  });

  it('of a redirect is not followed: the key would go to somebody else', async () => {
    const { server, client } = await stand();
    await using _ = server.misbehave('get', { does: 'no', says: refusal(302) });
    expect(await client.get('uid', asking)).toMatchObject({ kind: 'rejected', code: 'HTTP_302' });
  });

  it.each([
    ['\u001b[2J\u001b]0;pwned\u0007gone', 'HTTP 400: ␛[2J␛]0;pwned␇gone'],
    ['one\r\ntwo\n\n  three', 'HTTP 400: one two three'],
    ['\u202Eevil', 'HTTP 400: ⟪U+202E⟫evil'],
    ['', 'HTTP 400'],
  ])('with the message %j is one line that a terminal shows', async (message, shown) => {
    const { server, client } = await stand();
    await using _ = server.misbehave('create', { does: 'no', says: refusal(400, message) });
    expect(await client.create(wanted, asking)).toMatchObject({ kind: 'rejected', message: shown });
  });

  it('with 1 MB of message is cut, and shows no part of the key at the cut', async () => {
    const { server, client } = await stand();
    const long = `${'x'.repeat(1_990)}${server.key}${`${server.key} `.repeat(60_000)}`;
    await using _ = server.misbehave('create', { does: 'no', says: refusal(400, long) });
    const answer = await client.create(wanted, asking);
    if (answer.kind !== 'rejected') throw new Error('expected a rejection');
    expect(answer.message.length).toBeLessThan(320);
    expect(answer.message).not.toContain('cal_');
  });
});

describe('an answer that can not be had', () => {
  it.each([
    ['garbage', 'INVALID_ANSWER'],
    ['huge', 'INVALID_ANSWER'],
    ['half', 'NETWORK'],
    ['drop', 'NETWORK'],
  ] as const)('as the server says %s leaves it unknown what was done', async (says, code) => {
    const { server, client } = await stand();
    await using _ = server.misbehave('create', { does: 'yes', says });
    expect(await client.create(wanted, asking)).toMatchObject({ kind: 'unknown', code, over: false });
    expect(server.bookings.all).toHaveLength(1);
  });

  it('within the time limit leaves it unknown', async () => {
    const { server, client } = await stand({ timeoutMs: 50 });
    await using _ = server.misbehave('create', { does: 'yes', says: 'silence' });
    expect(await client.create(wanted, asking)).toEqual({
      kind: 'unknown',
      code: 'TIMEOUT',
      message: 'Cal.com did not answer within 0.05 s',
      over: false,
    });
  });

  it('as nobody listens is sure not to have been done', async () => {
    const { server, client } = await stand();
    await server[Symbol.asyncDispose]();
    const answer = await client.create(wanted, asking);
    expect(answer).toMatchObject({ kind: 'unknown', code: 'NETWORK', over: true });
  });

  it.each([
    ['no envelope', '[]'],
    ['an error inside a success', '{"status":"error","data":{}}'],
    [
      'a booking without a uid',
      '{"status":"success","data":{"id":1,"status":"accepted","start":"2026-11-21T12:00:00Z"}}',
    ],
    [
      'a uid that is a path',
      '{"status":"success","data":{"id":1,"uid":"../x","status":"accepted","start":"2026-11-21T12:00:00Z"}}',
    ],
    [
      'an id that is none',
      '{"status":"success","data":{"id":1.5,"uid":"abc","status":"accepted","start":"2026-11-21T12:00:00Z"}}',
    ],
    ['a start that is none', '{"status":"success","data":{"id":1,"uid":"abc","status":"accepted","start":"soon"}}'],
  ])('as it is %s is not believed', async (_what, body) => {
    const { server, client } = await stand();
    await using _ = server;
    server.sayOnce('get', body);
    expect(await client.get('abc', asking)).toMatchObject({ kind: 'unknown', code: 'INVALID_ANSWER' });
  });
});

describe('cancelling', () => {
  it('stops what only reads, and what was not sent', async () => {
    const { server, client } = await stand();
    await using _ = server.misbehave('list', { does: 'yes', says: 'silence' });
    const abort = new AbortController();
    const listed = client.list({}, 0, { signal: abort.signal });
    await expect.poll(() => server.times('list')).toBe(1);
    abort.abort();
    expect(await listed).toEqual({ kind: 'cancelled' });
    expect(await client.create(wanted, { signal: abort.signal })).toEqual({ kind: 'cancelled' });
    expect(server.times('create')).toBe(0);
  });

  it('lets what writes come to its end', async () => {
    const { server, client } = await stand();
    const abort = new AbortController();
    await using _ = server.misbehave('create', { does: 'yes', says: 'slow' });
    const created = client.create(wanted, { signal: abort.signal });
    await expect.poll(() => server.times('create')).toBe(1);
    abort.abort();
    expect(await created).toMatchObject({ kind: 'ok' });
  });
});
