import { describe, expect, test } from 'vitest';
import { envelope, modelIdentifier, phpObject, phpString } from '../../src/data/demo/queue.ts';
import { type FailedJob, readJob, refusalOf } from '../../src/model/laravel-job.ts';

const UUID = '0b6d1e3c-5a0e-4f7a-9c1d-000000000001';
const JOB = 'App\\Jobs\\SyncAppointment';

/** A job with these properties, each a name and a value. */
const jobOf = (...properties: readonly string[]): string => envelope(UUID, JOB, JOB, phpObject(JOB, properties));
const holding = (value: string): string => jobOf(`${phpString('\0*\0appointment')}${value}`);
const facts = (command: string) => readJob(envelope(UUID, JOB, JOB, command));
/** The payload with other fields at its top. */
const having = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ ...JSON.parse(holding(modelIdentifier('i:5;'))), ...fields });

describe('a job', () => {
  test('says what it is and for which appointment', () => {
    expect(readJob(holding(modelIdentifier('i:512;')))).toEqual({
      uuid: UUID,
      displayName: JOB,
      class: JOB,
      appointmentIds: ['512'],
      readable: true,
      refusal: undefined,
    });
  });

  test.each([
    ['a number beyond 2^53', 'i:9007199254740993;', ['9007199254740993']],
    ['a text', phpString('512'), ['512']],
    ['a uuid', phpString('7f1b0a52-0000-4000-8000-000000000000'), ['7f1b0a52-0000-4000-8000-000000000000']],
    ['a collection', `a:3:{i:0;i:7;i:1;${phpString('8')}i:2;i:7;}`, ['7', '8']],
    ['nothing', 'N;', []],
  ])('finds it by %s', (_, id, ids) => {
    expect(readJob(holding(modelIdentifier(id))).appointmentIds).toEqual(ids);
  });

  test('may be about two, in a property of whatever class and depth', () => {
    const inner = phpObject('App\\Data\\Gone', [
      `${phpString('\0App\\Data\\Gone\0list')}a:1:{${phpString('Größe')}${modelIdentifier('i:9;')}}`,
    ]);
    const job = jobOf(
      `${phpString('note')}${phpString('Zoë 💈 "}i:99;')}`,
      `${phpString('first')}${modelIdentifier('i:8;')}`,
      `${phpString('rest')}${inner}`,
      `${phpString('service')}${modelIdentifier('i:1;', 'App\\Models\\Service')}`,
    );
    expect(readJob(job)).toMatchObject({ appointmentIds: ['8', '9'], refusal: undefined });
  });

  test('takes any class named Appointment for the model, or the one that it is told', () => {
    const job = jobOf(
      `${phpString('a')}${modelIdentifier('i:1;', 'App\\Appointment')}`,
      `${phpString('b')}${modelIdentifier('i:2;', 'Domain\\Calendar\\Appointment')}`,
      `${phpString('c')}${modelIdentifier('i:3;', 'App\\Models\\AppointmentNote')}`,
      `${phpString('d')}${modelIdentifier('i:4;', 'App\\Models\\Termin')}`,
    );
    expect(readJob(job).appointmentIds).toEqual(['1', '2']);
    expect(readJob(job, '\\App\\Models\\Termin').appointmentIds).toEqual(['4']);
  });

  test("does not take a person's text for a model", () => {
    const note = phpString(modelIdentifier('i:666;'));
    for (const name of ['note', 'data', 'serializable']) {
      expect(readJob(jobOf(`${phpString(name)}${note}`)).appointmentIds).toEqual([]);
    }
  });

  test('shares an id with another property', () => {
    const identifier = phpObject('Illuminate\\Contracts\\Database\\ModelIdentifier', [
      `${phpString('class')}${phpString('App\\Models\\Appointment')}`,
      `${phpString('id')}R:2;`,
    ]);
    expect(
      facts(phpObject(JOB, [`${phpString('id')}i:77;`, `${phpString('model')}${identifier}`])).appointmentIds,
    ).toEqual(['77']);
  });

  test('is named by what Laravel wraps: a listener, an event, a mail', () => {
    const event = phpObject('App\\Events\\Cancelled', [`${phpString('appointment')}${modelIdentifier('i:5;')}`]);
    const listener = (data: string) =>
      facts(
        phpObject('Illuminate\\Events\\CallQueuedListener', [
          `${phpString('class')}${phpString('App\\Listeners\\SyncOnCancelled')}`,
          `${phpString('data')}${data}`,
        ]),
      );
    const expected = { class: 'App\\Listeners\\SyncOnCancelled', appointmentIds: ['5'] };
    expect(listener(`a:1:{i:0;${event}}`)).toMatchObject(expected);
    expect(listener(phpString(`a:1:{i:0;${event}}`))).toMatchObject(expected);
    const broadcast = phpObject('Illuminate\\Broadcasting\\BroadcastEvent', [`${phpString('event')}${event}`]);
    expect(facts(broadcast)).toMatchObject({ class: 'App\\Events\\Cancelled', appointmentIds: ['5'] });
  });

  test('brings those of its chain, which run after it', () => {
    const next = phpObject(JOB, [`${phpString('appointment')}${modelIdentifier('i:6;')}`]);
    const chained = `a:2:{i:0;${phpString(next)}i:1;${phpString('O:1:"broken')}}`;
    const job = jobOf(`${phpString('appointment')}${modelIdentifier('i:5;')}`, `${phpString('chained')}${chained}`);
    expect(readJob(job)).toMatchObject({ class: JOB, appointmentIds: ['5', '6'], refusal: undefined });
  });

  test('may be a closure, which Laravel signs', () => {
    const native = phpObject('Laravel\\SerializableClosure\\Serializers\\Native', [
      `${phpString('use')}a:1:{${phpString('appointment')}${modelIdentifier('i:5;')}}`,
    ]);
    const signed = phpObject('Laravel\\SerializableClosure\\Serializers\\Signed', [
      `${phpString('serializable')}${phpString(native)}`,
      `${phpString('hash')}${phpString('h')}`,
    ]);
    const closure = phpObject('Illuminate\\Queue\\CallQueuedClosure', [`${phpString('closure')}${signed}`]);
    expect(facts(closure)).toMatchObject({ class: 'Illuminate\\Queue\\CallQueuedClosure', appointmentIds: ['5'] });
  });

  test('of a method and plain data is about no appointment, and nothing is in its way', () => {
    const payload = JSON.stringify({ uuid: UUID, displayName: 'App\\Old', job: 'App\\Old@fire', data: { id: 5 } });
    expect(readJob(payload)).toEqual({
      uuid: UUID,
      displayName: 'App\\Old',
      class: 'App\\Old',
      appointmentIds: [],
      readable: true,
      refusal: undefined,
    });
  });

  test('of a class that exists nowhere is read all the same', () => {
    expect(facts('O:9:"No\\Such\\A":0:{}')).toMatchObject({ class: 'No\\Such\\A', refusal: undefined });
  });
});

describe('is left to the application', () => {
  test.each([
    ['', 'its payload is no JSON object'],
    ['O:8:"stdClass":0:{}', 'its payload is no JSON object'],
    ['[]', 'its payload is no JSON object'],
    [holding(modelIdentifier('i:5;')).slice(0, -9), 'its payload is cut off or broken JSON'],
    [having({ uuid: null }), 'its payload has no uuid'],
    [having({ uuid: "x'; rm -rf /" }), 'its payload has a uuid that Laravel does not write'],
    [having({ uuid: '\u001b[2J' }), 'its payload has a uuid that Laravel does not write'],
    [having({ attempts: 3 }), 'its payload counts the attempts, which Laravel sets to 0'],
    [
      having({ data: { commandName: JOB, command: 'eyJpdiI6Ik' } }),
      'its command is encrypted: only the application can read it',
    ],
    [having({ data: { commandName: JOB, command: 5 } }), 'its command is no text'],
    [having({ data: { commandName: JOB, command: 'O:8:"std' } }), "its command can't be read: it is cut off at byte 8"],
  ])('%j', (payload, reason) => {
    expect(readJob(payload)).toMatchObject({
      refusal: reason,
      readable: reason.startsWith('its payload has') || reason.startsWith('its payload counts'),
    });
  });

  test.each(['retryUntil', 'timeoutAt'])('with %s set, and still known', (field) => {
    expect(readJob(having({ [field]: 1_700_000_000 }))).toMatchObject({
      appointmentIds: ['5'],
      readable: true,
      refusal: 'it may be tried until a moment only (retryUntil), which the application has to set anew',
    });
  });

  test('but not with fields that say nothing', () => {
    expect(readJob(having({ retryUntil: null, attempts: 0 })).refusal).toBeUndefined();
  });

  test('also with 5 MB of nesting, of values, and of chains in chains', () => {
    const deep = facts(`O:1:"A":1:{s:1:"a";${'a:1:{i:0;'.repeat(500_000)}`);
    expect(deep.refusal).toContain('more than 200 values inside one another');
    expect(readJob(`{"a":${'['.repeat(5_000_000)}`).refusal).toBe('its payload is cut off or broken JSON');
    let chain = modelIdentifier('i:5;');
    for (let level = 0; level < 5_000; level++) chain = `C:1:"X":${Buffer.byteLength(chain)}:{${chain}}`;
    expect(facts(phpObject(JOB, [`${phpString('a')}${chain}`]))).toMatchObject({
      appointmentIds: [],
      readable: true,
      refusal: undefined,
    });
  });
});

describe('a failed job', () => {
  const failed = (other: Partial<FailedJob> = {}): FailedJob => ({
    id: '1',
    uuid: UUID,
    connection: 'database',
    queue: 'default',
    failedAt: '2026-01-31 08:00:00',
    payloadBytes: 1_000,
    digest: 'd',
    job: readJob(holding(modelIdentifier('i:5;'))),
    ...other,
  });

  test('may go back into the queue of this database', () => {
    expect(refusalOf(failed())).toBeUndefined();
    expect(refusalOf(failed({ connection: 'mysql-queue' }), ['database', 'mysql-queue'])).toBeUndefined();
  });

  test.each([
    [{ connection: 'redis' }, 'it came from the connection "redis", not from this database'],
    [{ job: readJob('{') }, 'its payload is cut off or broken JSON'],
    [{ job: readJob(having({ uuid: UUID.replace('1', '2') })) }, 'its payload has another uuid than its row'],
    [{ queue: '' }, 'its row names no queue'],
  ])('is left where it is with %j, with the command to run', (other, reason) => {
    expect(refusalOf(failed(other))).toEqual({ reason, command: `php artisan queue:retry ${UUID}` });
  });

  test('without a uuid is named by its number, and nothing else is put before a shell', () => {
    expect(refusalOf(failed({ uuid: null }))).toEqual({
      reason: 'its row has no uuid, as before Laravel 8',
      command: 'php artisan queue:retry 1',
    });
    expect(refusalOf(failed({ uuid: '$(reboot)\u001b[2J' }))?.command).toBe('php artisan queue:failed');
  });
});
