import { afterEach, describe, expect, test } from 'vitest';
import { requeue } from '../../src/data/state/requeue.ts';
import { ENGINES, type TestEngine } from '../engines/engines.ts';
import { failedRow, jobRow, payloadOf, QueueStand, type QueueStandOptions, uuidOf } from '../laravel/queue-stand.ts';
import { poll } from '../support.ts';
import { whenFree } from './writing-stand.ts';

/** Finds a session that waits for a row's lock; undefined where nobody waits for a row. */
const WAITING: Readonly<Record<TestEngine['name'], string | undefined>> = {
  sqlite: undefined,
  // What InnoDB tells of its waits stays as it was while it is asked again and again.
  mysql:
    "SELECT id FROM information_schema.processlist WHERE db = database() AND command = 'Query' AND info LIKE '%FOR UPDATE'",
  postgres:
    "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE '%failed_jobs%'",
};

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const ids = (...wanted: readonly number[]): string[] => wanted.map(String);
const failedRows = (count: number) => numbers(count).map((number) => failedRow(number));

for (const engine of ENGINES) {
  describe(`failed jobs on ${engine.name}`, () => {
    const waiting = WAITING[engine.name];
    const open: QueueStand[] = [];
    const stand = async (options?: QueueStandOptions): Promise<QueueStand> => {
      const made = await QueueStand.open(engine, options);
      open.push(made);
      return made;
    };
    afterEach(async () => {
      for (const made of open.splice(0)) await made.close();
    });

    test('go back into the queue as Laravel writes them, with the payload to the byte', async () => {
      const payload = `${payloadOf(2).slice(0, -1)}, "tags": {}, "note": "\\u00fc \\/ '); DROP TABLE jobs; -- \\\\"}`;
      const made = await stand({ failed: [failedRow(1), failedRow(2, { payload }), failedRow(3)] });
      const before = await made.now();
      expect(await made.requeue((await made.failed()).slice(0, 2))).toEqual({
        moved: ids(1, 2),
        queued: [],
        changed: [],
      });
      const rows = await made.rows('jobs');
      expect(rows).toEqual(
        [payloadOf(1), payload].map((text) => ({
          id: expect.stringMatching(/^\d+$/),
          queue: 'calcom-sync',
          payload: text,
          attempts: '0',
          reserved_at: null,
          available_at: expect.stringMatching(/^\d+$/),
          created_at: expect.stringMatching(/^\d+$/),
        })),
      );
      for (const row of rows) {
        expect(row['available_at']).toBe(row['created_at']);
        expect(Number(row['created_at'])).toBeGreaterThanOrEqual(Math.floor(before));
        expect(Number(row['created_at'])).toBeLessThanOrEqual(await made.now());
      }
      expect((await made.rows('failed_jobs')).map(({ id }) => id)).toEqual(ids(3));
    });

    test('that somebody changed, deleted or moved since stay, and are told', async () => {
      const made = await stand({ failed: failedRows(5) });
      const read = await made.failed();
      const other = payloadOf(2).replace('maxTries', 'maxtries');
      await made.db.execute('UPDATE failed_jobs SET payload = ? WHERE id = 2', [other]);
      await made.db.execute('UPDATE failed_jobs SET uuid = ? WHERE id = 3', [uuidOf(3).toUpperCase()]);
      await made.db.execute('DELETE FROM failed_jobs WHERE id = 4');
      expect(await made.requeue([...read, ...read])).toEqual({ moved: ids(1, 5), queued: [], changed: ids(2, 3, 4) });
      expect(await made.requeue(read.slice(3, 4))).toEqual({ moved: [], queued: [], changed: ids(4) });
      expect(await made.requeue([])).toEqual({ moved: [], queued: [], changed: [] });
      expect((await made.rows('failed_jobs')).map(({ id }) => id)).toEqual(ids(2, 3));
    });

    test('whose uuid is in the queue never go there twice', async () => {
      const elsewhere = JSON.stringify({ displayName: 'x', uuid: uuidOf(3) });
      const made = await stand({
        failed: failedRows(5),
        jobs: [
          jobRow(2, { reserved_at: 1_700_000_001 }),
          jobRow(9, { payload: elsewhere }),
          jobRow(8, { payload: 'no JSON' }),
        ],
      });
      expect(await made.requeue(await made.failed())).toEqual({ moved: ids(1, 4, 5), queued: ids(2, 3), changed: [] });
      expect(await made.requeue(await made.failed())).toEqual({ moved: [], queued: ids(2, 3), changed: [] });
      expect(await made.rows('jobs')).toHaveLength(6);
    });

    test('that share a uuid go once', async () => {
      const made = await stand({
        failed: [failedRow(1), failedRow(2, { uuid: uuidOf(1), payload: payloadOf(1) })],
        unique: false,
      });
      expect(await made.requeue(await made.failed())).toEqual({ moved: ids(1), queued: ids(2), changed: [] });
    });

    test('are found by an id beyond 2^53', async () => {
      const [first, second] = ['9007199254740992', '9007199254740993'];
      const made = await stand({ failed: [failedRow(1, { id: first }), failedRow(2, { id: second })] });
      const [, read] = await made.failed();
      expect(read?.id).toBe(second);
      expect(await made.requeue(read === undefined ? [] : [read])).toMatchObject({ moved: [second] });
      expect((await made.rows('failed_jobs')).map(({ id }) => id)).toEqual([first]);
    });

    test('are each moved once by two operators at the same moment', async () => {
      const made = await stand({ failed: failedRows(300) });
      const read = await made.failed();
      const other = await made.another();
      const [mine, theirs] = await Promise.all([
        whenFree(() => made.requeue(read)),
        whenFree(() => made.requeue(read.toReversed(), other)),
      ]);
      expect(mine.moved.length + theirs.moved.length).toBe(300);
      expect(mine.changed.length + theirs.changed.length).toBe(300);
      expect(await made.rows('failed_jobs')).toEqual([]);
      const payloads = (await made.rows('jobs')).map(({ payload }) => payload ?? '');
      expect(payloads.sort()).toEqual(
        numbers(300)
          .map((number) => payloadOf(number))
          .sort(),
      );
      await other.close();
    });

    test.runIf(waiting)('are waited for while another operator moves them, and then are gone', async () => {
      const made = await stand({ failed: failedRows(3) });
      const read = await made.failed();
      const [other, tables] = [await made.another(), await made.tables()];
      const [moved, committing] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const first = other.transaction(async () => {
        const answer = await requeue(other, made.database.dialect, tables, read.slice(0, 2));
        moved.resolve();
        await committing.promise;
        return answer;
      });
      await moved.promise;
      const second = made.requeue(read);
      await poll(async () => (await made.db.execute(waiting ?? '')).length > 0);
      committing.resolve();
      expect(await first).toEqual({ moved: ids(1, 2), queued: [], changed: [] });
      expect(await second).toEqual({ moved: ids(3), queued: [], changed: ids(1, 2) });
      await other.close();
    });

    test('all stay where what comes after them in the transaction fails', async () => {
      const made = await stand({ failed: failedRows(2) });
      const [read, tables] = [await made.failed(), await made.tables()];
      const unfit = made.session.transaction(async () => {
        expect(await requeue(made.session, made.database.dialect, tables, read)).toMatchObject({ moved: ids(1, 2) });
        throw new Error('no ledger');
      });
      await expect(unfit).rejects.toThrow('no ledger');
      expect(await made.rows('jobs')).toEqual([]);
      expect(await made.rows('failed_jobs')).toHaveLength(2);
    });

    test('get what other columns of the queue have by default', async () => {
      const made = await stand({ failed: failedRows(1) });
      await made.db.execute("ALTER TABLE jobs ADD tenant varchar(20) NOT NULL DEFAULT 'one'");
      expect(await made.requeue(await made.failed())).toMatchObject({ moved: ids(1) });
      expect(await made.db.execute('SELECT tenant FROM jobs')).toEqual([{ tenant: 'one' }]);
    });

    test.runIf(engine.sever)('stay with the word of the server where the queue takes no such row', async () => {
      const made = await stand({ failed: [failedRow(1), failedRow(2, { queue: 'q'.repeat(256) })] });
      await expect(made.requeue(await made.failed())).rejects.toMatchObject({
        name: 'Problem',
        kind: 'sql',
        message: expect.stringMatching(/queue|too long/i),
      });
      await made.db.execute('ALTER TABLE jobs ADD tenant int NULL');
      await made.db.execute('UPDATE jobs SET tenant = 1');
      await made.db.execute(
        engine.name === 'mysql'
          ? 'ALTER TABLE jobs MODIFY tenant int NOT NULL'
          : 'ALTER TABLE jobs ALTER tenant SET NOT NULL',
      );
      await expect(made.requeue((await made.failed()).slice(0, 1))).rejects.toMatchObject({
        name: 'Problem',
        kind: 'sql',
        message: expect.stringContaining('tenant'),
      });
      expect(await made.rows('jobs')).toEqual([]);
      expect(await made.rows('failed_jobs')).toHaveLength(2);
    });

    test('without a uuid are left to Laravel', async () => {
      const made = await stand({ failed: failedRows(1) });
      await made.db.execute('DROP INDEX failed_jobs_uuid_unique' + (engine.name === 'mysql' ? ' ON failed_jobs' : ''));
      await made.db.execute('ALTER TABLE failed_jobs DROP COLUMN uuid');
      const read = await made.failed();
      expect(read).toMatchObject([{ id: '1', uuid: null }]);
      await expect(made.requeue(read)).rejects.toMatchObject({
        kind: 'blocked',
        message: expect.stringContaining('uuid'),
      });
    });

    test('are moved although a payload has 5 MB', async () => {
      const large = payloadOf(1, `s:5000000:"${'x'.repeat(5_000_000)}";`);
      const made = await stand({ failed: [failedRow(1, { payload: large }), failedRow(2)] });
      const read = await made.failed();
      expect(read.map(({ id, payloadBytes }) => [id, payloadBytes > 5_000_000])).toEqual([
        ['1', true],
        ['2', false],
      ]);
      expect(await made.requeue(read)).toMatchObject({ moved: ids(1, 2) });
      expect(await made.db.execute('SELECT LENGTH(payload) AS n FROM jobs ORDER BY id LIMIT 1')).toMatchObject([
        { n: expect.stringMatching(/^50\d{5}$/) },
      ]);
    });
  });
}
