import { describe, expect, test } from 'vitest';
import { sourceOf } from '../../src/data/queries/read-rows.ts';
import { readRetries } from '../../src/data/queries/retries.ts';
import { operated } from '../changes/guarded.ts';
import { ENGINES } from '../engines/engines.ts';
import { createQueueTables, failedRow } from '../laravel/queue-stand.ts';
import { failAgain, flagged, OPERATE, succeed } from '../screens/on-review.ts';

const OPTIONS = { lane: 'row' } as const;

for (const engine of ENGINES) {
  describe(`the newest retries on ${engine.name}`, () => {
    test('none before the first change; then each with how it stands now, the newest first', async () => {
      const rows = [1, 2, 3, 4, 5].map((id) => flagged(id, id === 5 ? { sync_origin: 'calcom' } : {}));
      await using on = await operated(engine, rows, { context: OPERATE });
      const read = async () => {
        const source = await sourceOf(on.database, on.context, OPTIONS);
        const lines = await readRetries(on.database, source, 'retry-review', OPTIONS);
        return lines.map(({ run, pk, standing }) => [run, pk, standing]);
      };
      expect(await read()).toEqual([]);
      await createQueueTables(on.db);
      await engine.insert(
        on.db,
        'failed_jobs',
        [1, 2, 3, 4].map((id) => failedRow(id)),
      );
      await on.run('retry-review', { ids: ['1', '2', '3', '4', '5'] });
      await on.run('take-review', { ids: ['1', '2'] });
      await succeed(on.db, '1');
      await failAgain(on.db, 2, 'timeout');
      await on.db.execute('DELETE FROM appointments WHERE id = 4');
      const first = [
        [1, '5', 'refused'],
        [1, '4', 'gone'],
        [1, '3', 'retrying'],
        [1, '2', 'failed-again'],
        [1, '1', 'succeeded'],
      ];
      expect(await read()).toEqual(first);
      await on.db.execute('DELETE FROM jobs');
      await engine.insert(on.db, 'failed_jobs', [failedRow(2)]);
      await on.db.execute("UPDATE appointments SET calcom_sync_status = 'pending' WHERE id = 2");
      await on.db.execute('UPDATE apptop_outcome SET at = at - 1000 WHERE run = 1');
      await on.run('retry-review', { ids: ['2'] });
      expect(await read()).toEqual([[3, '2', 'retrying'], ...first.with(3, [1, '2', 'again'])]);
    });
  });
}
