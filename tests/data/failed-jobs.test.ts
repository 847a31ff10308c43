import { afterEach, describe, expect, test } from 'vitest';
import {
  exceptionParts,
  existingAppointments,
  readFailedJobs,
  readFailedTexts,
  summariseExceptions,
  summariseJobs,
} from '../../src/data/queries/failed-jobs.ts';
import { queuedAppointments, readBacklog } from '../../src/data/queries/queued-jobs.ts';
import { refusalOf } from '../../src/model/laravel-job.ts';
import { ENGINES } from '../engines/engines.ts';
import {
  failedRow,
  jobRow,
  OPTIONS,
  payloadOf,
  QueueStand,
  type QueueStandOptions,
  uuidOf,
} from '../laravel/queue-stand.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const HOSTILE = '\u001b[2J\nRuntimeException: HTTP 500 "; DROP TABLE jobs; --';

test('an exception is its class and the first line of what it says', () => {
  const at = ' in /var/www/app/Jobs/Sync.php:187\nStack trace:\n#0 {main}';
  expect(exceptionParts(`RuntimeException: HTTP 401: look in /etc/key${at}`)).toEqual({
    class: 'RuntimeException',
    message: 'HTTP 401: look in /etc/key',
  });
  expect(exceptionParts(`Illuminate\\Queue\\MaxAttemptsExceededException: two\nlines${at}`)).toEqual({
    class: 'Illuminate\\Queue\\MaxAttemptsExceededException',
    message: 'two',
  });
  expect(exceptionParts(`App\\Silent${at}`)).toEqual({ class: 'App\\Silent', message: '' });
  expect(exceptionParts('RuntimeException')).toEqual({ class: 'RuntimeException', message: '' });
  expect(exceptionParts('went wrong: 5 times')).toEqual({ class: '', message: 'went wrong: 5 times' });
  expect(exceptionParts('')).toEqual({ class: '', message: '' });
});

for (const engine of ENGINES) {
  describe(`the queue on ${engine.name}`, () => {
    const open: QueueStand[] = [];
    const stand = async (options?: QueueStandOptions): Promise<QueueStand> => {
      const made = await QueueStand.open(engine, options);
      open.push(made);
      return made;
    };
    afterEach(async () => {
      for (const made of open.splice(0)) await made.close();
    });

    test('tells which table or column is not there', async () => {
      const made = await stand();
      await made.db.execute('DROP TABLE jobs');
      await made.db.execute('ALTER TABLE failed_jobs DROP COLUMN exception');
      expect(await made.find()).toEqual({
        jobs: { ok: false, error: 'needs table jobs' },
        failed: { ok: false, error: 'needs column failed_jobs.exception' },
      });
    });

    test('is read in stretches, each row once', async () => {
      const made = await stand({ failed: numbers(7).map((number) => failedRow(number)) });
      const { failed } = await made.tables();
      const read = (after: string | undefined, until?: string) =>
        readFailedJobs(made.database, failed, { after, until, limit: 3 }, OPTIONS);
      expect(await read(undefined)).toMatchObject({
        last: '3',
        scanned: 3,
        jobs: [{ id: '1' }, { id: '2' }, { id: '3' }],
      });
      expect(await read('6')).toMatchObject({ last: '7', scanned: 1, jobs: [{ id: '7' }] });
      expect(await read('4', '5')).toMatchObject({ last: '5', scanned: 1 });
      expect(await read('7')).toEqual({ last: undefined, scanned: 0, jobs: [] });
      const named = async (...ids: readonly string[]) => (await made.failed({ ids })).map(({ id }) => id);
      expect(await named('5', '2', '99', 'x')).toEqual(['2', '5']);
      expect(await named()).toEqual([]);
    });

    test('gives each job with its texts, hostile ones too', async () => {
      const made = await stand({ failed: [failedRow(1, { queue: HOSTILE, connection: HOSTILE, exception: HOSTILE })] });
      const { failed } = await made.tables();
      expect(await made.failed()).toEqual([
        {
          id: '1',
          uuid: uuidOf(1),
          connection: HOSTILE,
          queue: HOSTILE,
          failedAt: expect.stringContaining('2026-01-31 08:00:00'),
          payloadBytes: Buffer.byteLength(payloadOf(1)),
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
          job: expect.objectContaining({ appointmentIds: ['1'], refusal: undefined }),
        },
      ]);
      expect(await readFailedTexts(made.database, failed, '1', 7, OPTIONS)).toEqual({
        payload: '{"uuid"',
        exception: HOSTILE.slice(0, 7),
      });
      expect(await readFailedTexts(made.database, failed, '2', 7, OPTIONS)).toBeUndefined();
    });

    test('finds the jobs of some appointments, however their ids are written', async () => {
      const rows = [
        failedRow(1, { payload: payloadOf(1, 'i:512;') }),
        failedRow(2, { payload: payloadOf(2, 's:3:"512";') }),
        failedRow(3, { payload: payloadOf(3, 'a:2:{i:0;i:7;i:1;i:512;}') }),
        failedRow(4, { payload: payloadOf(4, 'i:5120;') }),
        // An array's key, and the keys of another model.
        failedRow(5, { payload: payloadOf(5, 'a:1:{i:512;i:7;}') }),
        failedRow(6, {
          payload: payloadOf(6, 'i:512;').replace('Models\\\\Appointment', 'Models\\\\PatientCard'),
        }),
        failedRow(7, { payload: payloadOf(7, 's:36:"7f1b0a52-0000-4000-8000-0000000005a7";') }),
        failedRow(8, { payload: payloadOf(8, 's:4:"a/ü";') }),
      ];
      const made = await stand({ failed: rows });
      const found = async (...appointments: readonly string[]) =>
        (await made.failed({ appointments })).map(({ id }) => id);
      expect(await found('512')).toEqual(['1', '2', '3']);
      expect(await found('7')).toEqual(['3', '5']);
      expect(await found('5120', '7f1b0a52-0000-4000-8000-0000000005a7')).toEqual(['4', '7']);
      expect(await found('a/ü', '512')).toEqual(['1', '2', '3', '8']);
      expect(await found(...numbers(100).map((number) => String(number + 500)))).toEqual(['1', '2', '3']);
      expect(await found('1')).toEqual([]);
      const { failed } = await made.tables();
      const stretch = { after: '3', limit: 3, appointments: ['512'] };
      expect(await readFailedJobs(made.database, failed, stretch, OPTIONS)).toEqual({
        last: '6',
        scanned: 3,
        jobs: [],
      });
      expect(await readFailedJobs(made.database, failed, { ...stretch, after: '8' }, OPTIONS)).toMatchObject({
        last: undefined,
      });
    });

    test('holds what nobody can read, and says why', async () => {
      const payload = payloadOf(1);
      const made = await stand({
        failed: [
          failedRow(1, { payload: payload.slice(0, 400) }),
          failedRow(2, { payload: '' }),
          failedRow(3, { payload: payloadOf(3, `s:9000000:"${'x'.repeat(9_000_000)}";`) }),
        ],
      });
      const jobs = await made.failed();
      expect(jobs.map((job) => refusalOf(job)?.reason)).toEqual([
        'its payload is cut off or broken JSON',
        'its payload is no JSON object',
        'its payload has over 8 MB',
      ]);
      expect(jobs.map((job) => refusalOf(job)?.command)).toContain(`php artisan queue:retry ${uuidOf(3)}`);
    });

    test('is summed up by its exceptions', async () => {
      const made = await stand({
        failed: [
          ...numbers(3).map((number) => failedRow(number)),
          failedRow(4, {
            exception: 'RuntimeException: HTTP 401 from Cal.com in /srv/other/Sync.php:3\nStack trace:\n#0 other',
            failed_at: '2020-01-31 08:00:00',
          }),
          failedRow(5, { exception: HOSTILE }),
        ],
      });
      const { failed } = await made.tables();
      const summary = await summariseExceptions(made.database, failed, OPTIONS);
      expect(summary).toMatchObject({
        total: 5,
        others: 0,
        groups: [
          { class: 'RuntimeException', message: 'HTTP 401 from Cal.com', count: 4, cause: { id: 'http-401' } },
          { class: '', message: '\u001b[2J', count: 1, cause: undefined },
        ],
      });
      const age = (await made.now()) - Date.UTC(2020, 0, 31, 8) / 1_000;
      expect(Math.abs((summary.oldestSeconds ?? 0) - age)).toBeLessThan(60);
      await made.db.execute('DELETE FROM failed_jobs');
      expect(await summariseExceptions(made.database, failed, OPTIONS)).toEqual({
        total: 0,
        oldestSeconds: undefined,
        groups: [],
        others: 0,
      });
    });

    test('is summed up by its jobs, and those that belong to no appointment are named', async () => {
      const made = await stand({
        failed: [
          ...numbers(4).map((number) => failedRow(number)),
          failedRow(5, { payload: payloadOf(5, 'N;') }),
          failedRow(6, {
            payload: JSON.stringify({ uuid: uuidOf(6), data: { commandName: 'App\\Secret', command: 'eyJpdiI6' } }),
          }),
          failedRow(7, { payload: payloadOf(7, 'a:2:{i:0;i:99;i:1;i:1;}') }),
          failedRow(8, { payload: 'broken' }),
          ...numbers(600).map((number) => failedRow(100 + number, { payload: payloadOf(100 + number, 'i:2;') })),
        ],
      });
      await made.engine.insert(made.db, 'appointments', [
        { id: 1 },
        { id: 2 },
        { id: 3, deleted_at: '2026-01-01 00:00:00' },
      ]);
      const [{ failed }, source] = [await made.tables(), await made.source()];
      const summary = await summariseJobs(made.database, failed, source, OPTIONS);
      expect(summary).toMatchObject({
        classes: [
          { class: 'App\\Jobs\\SyncAppointment', count: 606 },
          { class: 'App\\Secret', count: 1 },
          { class: undefined, count: 1 },
        ],
        strays: 2,
        strayJobs: [{ id: '5' }, { id: '4' }],
        unreadable: 2,
        looked: 608,
      });
      const asked = ['1', '3', '4', '99', 'x', "1' OR 1"];
      expect(await existingAppointments(made.database, source, asked, OPTIONS)).toEqual(new Set(['1', '3']));
    });

    test('tells what waits, by queue and age', async () => {
      const made = await stand();
      const now = Math.floor(await made.now());
      const { jobs } = await made.tables();
      expect(await readBacklog(made.database, jobs, OPTIONS)).toEqual({
        jobs: 0,
        reserved: 0,
        oldestSeconds: undefined,
        queues: [],
      });
      await made.engine.insert(made.db, 'jobs', [
        jobRow(1, { created_at: now - 7_200, reserved_at: now, attempts: 1 }),
        jobRow(2, { created_at: now - 60 }),
        jobRow(3, { created_at: now - 60, queue: HOSTILE }),
      ]);
      const backlog = await readBacklog(made.database, jobs, OPTIONS);
      expect(backlog).toMatchObject({
        jobs: 3,
        reserved: 1,
        queues: [
          { queue: 'calcom-sync', jobs: 2, reserved: 1 },
          { queue: HOSTILE, jobs: 1, reserved: 0 },
        ],
      });
      expect(Math.abs((backlog.oldestSeconds ?? 0) - 7_200)).toBeLessThan(60);
      expect(Math.abs((backlog.queues[1]?.oldestSeconds ?? 0) - 60)).toBeLessThan(60);
    });

    test('tells which appointments have a job that waits or runs', async () => {
      const made = await stand({
        jobs: [
          jobRow(1, { payload: payloadOf(1, 'i:512;') }),
          jobRow(2, { payload: payloadOf(2, 'a:2:{i:0;i:7;i:1;i:512;}'), reserved_at: 1_700_000_000, attempts: 2 }),
          jobRow(3, { payload: 'broken' }),
          ...numbers(600).map((number) => jobRow(1_000 + number)),
        ],
      });
      const { jobs } = await made.tables();
      const all = await queuedAppointments(made.database, jobs, {}, OPTIONS);
      expect(all.size).toBe(602);
      const some = await queuedAppointments(made.database, jobs, { appointments: ['512', '6'] }, OPTIONS);
      const common = { queue: 'calcom-sync', class: 'App\\Jobs\\SyncAppointment' };
      expect([...some]).toEqual([
        [
          '512',
          [
            { ...common, id: expect.any(String), uuid: uuidOf(1), reserved: false, attempts: 0 },
            { ...common, id: expect.any(String), uuid: uuidOf(2), reserved: true, attempts: 2 },
          ],
        ],
      ]);
    });
  });
}
