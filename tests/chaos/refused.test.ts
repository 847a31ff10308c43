import { describe, expect, test } from 'vitest';
import { operated, row } from '../changes/guarded.ts';
import { ENGINES } from '../engines/engines.ts';
import { refuse } from './refusals.ts';

/** Two batches, all of them misplaced; the keys are the numbers from 1 on. */
const ROWS = 1_200;
const rows = Array.from({ length: ROWS }, (_, index) => row(index + 1, null, String(5_000_000 + index)));

/** More than this number of refused rows, where they are over 0.1 %, ends a run. */
const FEW = 10;

for (const engine of ENGINES) {
  describe(`rows that the database refuses, on ${engine.name}`, () => {
    test('a full batch of them: set aside down to the limit, then the run halts with the reason', async () => {
      await using on = await operated(engine, rows);
      await refuse(on.db, 'old.id <= 500');
      const end = await on.run('move-booking-ids');
      expect(end?.run).toMatchObject({
        state: 'halted',
        reason: `the database refuses ${FEW + 1} rows, over 0.1 %`,
        counts: { changed: 0, aside: FEW + 1 },
      });
      const lines = await on.db.execute('SELECT pk, aside FROM apptop_ledger ORDER BY pk');
      expect(lines.map(({ pk }) => pk)).toEqual(Array.from({ length: FEW + 1 }, (_, index) => String(index + 1)));
      expect(lines.every(({ aside }) => aside?.includes('not this one'))).toBe(true);
      // A person decides that it may go on: it comes as far again.
      expect((await on.resume()).run).toMatchObject({ state: 'halted', counts: { aside: 2 * (FEW + 1) } });
    });

    test('a few of them: each is set aside once, and the others move', async () => {
      await using on = await operated(engine, rows);
      await refuse(on.db, 'old.id IN (1, 2, 77, 500, 501, 1200)');
      const end = await on.run('move-booking-ids');
      expect(end?.run).toMatchObject({ counts: { changed: ROWS - 6, aside: 6 } });
      expect(end?.run.reason).toBe('booking-ids/none-misplaced: 6 violations');
      const [lines] = await on.db.execute(
        'SELECT COUNT(*) AS n, COUNT(aside) AS aside, COUNT(DISTINCT pk) AS pks FROM apptop_ledger',
      );
      expect(lines).toEqual({ n: String(ROWS), aside: '6', pks: String(ROWS) });
    });
  });
}
