import { describe, expect, test } from 'vitest';
import { ENGINES } from '../engines/engines.ts';
import { createQueueTables, failedRow } from '../laravel/queue-stand.ts';
import { changing } from './changer.ts';

const ROWS = 10_000;

for (const engine of ENGINES) {
  describe(`a retry of 10,000 rows on ${engine.name}`, () => {
    test('that is killed leaves exactly the rest, and goes on to the end', { timeout: 60_000 }, async () => {
      const rows = Array.from({ length: ROWS }, (_, index) => ({
        id: index + 1,
        sync_origin: 'retell',
        calcom_sync_status: 'failed',
        requires_manual_review: 1,
      }));
      const on = await changing(engine, rows, { retry: { strategy: 'laravel-queue' } });
      await using _ = { [Symbol.asyncDispose]: () => on.db.drop() };
      await createQueueTables(on.db);
      await engine.insert(
        on.db,
        'failed_jobs',
        rows.map(({ id }) => failedRow(id)),
      );
      const counted = async () => {
        const [jobs] = await on.db.execute('SELECT COUNT(*) AS n, COUNT(DISTINCT payload) AS different FROM jobs');
        const [failed] = await on.db.execute('SELECT COUNT(*) AS n FROM failed_jobs');
        return { jobs: Number(jobs?.['n']), different: Number(jobs?.['different']), failed: Number(failed?.['n']) };
      };
      const started = on.start('review', 'retry', '--all', '--confirm', 'Y');
      await on.changedOver(0);
      started.signal('SIGKILL');
      await started.ended;
      const killed = await counted();
      expect(killed).toEqual({ jobs: killed.different, different: killed.jobs, failed: ROWS - killed.jobs });
      expect(killed.jobs).toBeGreaterThan(0);
      const resumed = await on.run('change', 'resume', '--take-over');
      expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining('is done: 10,000 rows changed') });
      expect(await counted()).toEqual({ jobs: ROWS, different: ROWS, failed: 0 });
      const [outcomes] = await on.db.execute("SELECT COUNT(*) AS n FROM apptop_outcome WHERE outcome = 'queued'");
      expect(outcomes).toEqual({ n: String(ROWS) });
    });
  });
}
