import { describe, expect, test } from 'vitest';
import type { ContextConfig } from '../../src/config/schema.ts';
import { ENGINES, type PlantedRow, type TestEngine } from '../engines/engines.ts';
import { createQueueTables, failedRow } from '../laravel/queue-stand.ts';
import { poll } from '../support.ts';
import { changing } from './changer.ts';

/** A row that waits for review. */
const flagged = (id: number, other: PlantedRow = {}): PlantedRow => ({
  id,
  sync_origin: 'retell',
  calcom_sync_status: 'failed',
  sync_attempt_count: 3,
  sync_error_code: 'RuntimeException',
  sync_error_message: 'Cal.com API v2 request failed: HTTP 401',
  requires_manual_review: 1,
  manual_review_flagged_at: `2026-01-31 09:00:0${id % 10}`,
  ...other,
});

async function queueOf(engine: TestEngine, rows: readonly PlantedRow[], context: Partial<ContextConfig> = {}) {
  const on = await changing(engine, rows, { retry: { strategy: 'laravel-queue' }, ...context });
  await createQueueTables(on.db);
  return Object.assign(on, { [Symbol.asyncDispose]: () => on.db.drop() });
}

for (const engine of ENGINES) {
  describe(`apptop review on ${engine.name}`, () => {
    test('list prints the newest first, filtered, for pipes and programs', async () => {
      const rows = [flagged(1), flagged(2, { sync_error_code: 'x', sync_error_message: 'a\u001b[31m\tb' }), { id: 3 }];
      await using on = await queueOf(engine, rows);
      const listed = await on.run('review', 'list');
      expect(listed).toMatchObject({ code: 0, stderr: '2 appointments wait for review\n' });
      const lines = listed.stdout.trimEnd().split('\n');
      expect(lines.map((line) => line.split('\t')[0])).toEqual(['2', '1']);
      expect(lines[1]?.split('\t').slice(5, 7)).toEqual(['RuntimeException', 'invalid API key']);
      expect(lines[0]).not.toContain('\u001b');
      const one = await on.run('review', 'list', '--cause', 'http-401', '--json');
      expect(JSON.parse(one.stdout)).toMatchObject({
        version: 1,
        total: 1,
        rows: [{ pk: '1', likelyCause: 'http-401', outcomes: [] }],
      });
      expect((await on.run('review', 'list', '--text', 'nothing like it')).stdout).toBe('');
    });

    test('a dry run says which rows and changes nothing; the printed command line does it', async () => {
      await using on = await queueOf(engine, [flagged(1), flagged(2, { sync_origin: 'calcom' }), flagged(3)]);
      await engine.insert(on.db, 'failed_jobs', [failedRow(1), failedRow(2), failedRow(3)]);
      const dry = await on.run('review', 'retry', '--all', '--dry-run');
      expect(dry.code).toBe(0);
      expect(dry.stdout).toContain('retries 2 appointments by laravel-queue');
      expect(dry.stdout.replaceAll(/\s+/g, ' ')).toContain('left alone: 1 row (2): its origin is calcom');
      expect(await on.db.execute('SELECT * FROM jobs')).toEqual([]);
      const ran = await on.runPrinted(dry.stdout);
      expect(ran.stdout).toContain('run 1 is done: 2 rows changed of 2 planned');
      // A row was left alone.
      expect(ran.code).toBe(1);
      expect((await on.db.execute('SELECT uuid FROM failed_jobs')).length).toBe(1);
      const status = await on.run('change', 'status', '1');
      expect(status.stdout).toMatch(/Rows not done\n +2 +refused: its origin is calcom/);
      const results = await on.run('review', 'results', '1', '--json');
      expect(JSON.parse(results.stdout)).toMatchObject({
        run: 1,
        rows: [
          { pk: '1', outcome: 'queued' },
          { pk: '2', outcome: 'refused' },
          { pk: '3', outcome: 'queued' },
        ],
      });
    });

    test('one row is retried without a question, several want a capital Y, a dismissal wants a reason', async () => {
      await using on = await queueOf(engine, [flagged(1), flagged(2), flagged(3)]);
      await engine.insert(on.db, 'failed_jobs', [failedRow(1), failedRow(2), failedRow(3)]);
      expect((await on.run('review', 'retry', '1')).code).toBe(0);
      const several = await on.run('review', 'retry', '2', '3');
      expect(several).toMatchObject({ code: 2, stderr: expect.stringContaining('give --confirm Y') });
      expect((await on.run('review', 'retry', '2', '3', '--confirm', 'y')).code).toBe(2);
      expect((await on.run('review', 'retry', '2', '3', '--confirm', 'Y')).code).toBe(0);
      expect(await on.db.execute('SELECT COUNT(*) AS n FROM jobs')).toEqual([{ n: '3' }]);
      expect((await on.run('review', 'dismiss', '1')).stderr).toContain('it needs a reason');
      expect((await on.run('review', 'dismiss', '1', '--reason', "it's done")).code).toBe(0);
      expect((await on.run('review', 'list')).stdout.split('\n').filter(Boolean)).toHaveLength(2);
    });

    test('what leaves every row alone says why, and yes to several is yes to one', async () => {
      await using on = await queueOf(engine, [flagged(1, { sync_origin: 'CalCom' }), flagged(2)]);
      await engine.insert(on.db, 'failed_jobs', [failedRow(2)]);
      const nothing = await on.run('review', 'retry', '1', '99', '--confirm', 'Y');
      expect(nothing.code).toBe(1);
      expect(nothing.stdout.replaceAll(/\s+/g, ' ')).toMatch(
        /there is nothing to do left alone: 1 row \(1\): its origin is calcom.* 1 row is not there/,
      );
      const json = await on.run('review', 'retry', '99', '--json');
      expect(JSON.parse(json.stdout)).toMatchObject({ outcome: 'nothing', untouched: ['1 row is not there'] });
      expect((await on.run('review', 'retry', '2', '--confirm', 'Y')).code).toBe(0);
    });

    test('waits for what comes of a retry, and takes off the queue what is synced', async () => {
      await using on = await queueOf(engine, [flagged(1), flagged(2)]);
      await engine.insert(on.db, 'failed_jobs', [failedRow(1), failedRow(2)]);
      const started = on.start('review', 'retry', '--all', '--confirm', 'Y', '--wait', '60s');
      const queued = async () => (await on.db.execute('SELECT id FROM jobs')).length === 2 || undefined;
      await poll(queued, { deadlineMs: 20_000, what: 'both jobs in the queue' });
      // What a worker of the application writes.
      await on.db.execute("UPDATE appointments SET calcom_sync_status = 'synced' WHERE id = 1");
      await on.db.execute(
        "UPDATE appointments SET sync_error_code = 'HTTP_422', last_sync_attempt_at = '2037-01-01 00:00:00' WHERE id = 2",
      );
      const ended = await started.ended;
      expect(ended.stderr).toContain('1 synced, 1 failed again, 0 still retrying');
      expect(ended.code).toBe(1);
      const listed = await on.run('review', 'list');
      expect(listed.stdout.split('\t').slice(0, 6)).toEqual([
        '2',
        expect.anything(),
        'retell',
        'failed',
        '3',
        'HTTP_422',
      ]);
    });

    test('who took a row and what was noted is in the list', async () => {
      await using on = await queueOf(engine, [flagged(1), flagged(2)]);
      expect((await on.run('review', 'take', '1')).code).toBe(0);
      expect((await on.run('review', 'note', '2', '--reason', 'asked the customer')).code).toBe(0);
      const listed = await on.run('review', 'list');
      expect(listed.stdout).toMatch(/^2\t.*noted: asked the customer.*\n1\t.*taken by /);
    });
  });
}

describe('apptop review refuses in one line', () => {
  test.each([
    [['retry'], 'nothing says which rows to retry'],
    [['retry', '1', '--all'], 'ids and a filter say two things'],
    [['retry', '1', '--limit', '5'], 'apptop review retry takes no --limit'],
    [['list', '7'], 'review list takes no "7"'],
    [['list', '--cause', 'http'], 'there is no cause "http"'],
    [['results'], 'results needs the number of one run'],
    [['results', 'x'], '"x" is no number of a run'],
    [['retry', '--all', '--wait', '5'], '--wait 5 is no interval'],
    [['again'], 'unexpected "again", wanted list, retry'],
  ])('%j', async (words, line) => {
    const [engine] = ENGINES;
    if (engine === undefined) throw new Error('no engine');
    await using on = await queueOf(engine, [flagged(1)]);
    const ended = await on.run('review', ...words);
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expect(ended.stderr).toContain(line);
    expect(ended.stderr.trimEnd()).not.toContain('\n');
  });
});
