import { describe, expect, test } from 'vitest';
import { ENGINES } from '../engines/engines.ts';
import { operated, row } from './guarded.ts';

const UID = 'kDm3nC8TqV5xY7zA2bE4fG';

for (const engine of ENGINES) {
  describe(`moving booking ids on ${engine.name}`, () => {
    test('moves what is misplaced, clears what is double, keeps every original and leaves the rest', async () => {
      await using on = await operated(engine, [
        row(1, null, '8212577'),
        row(2, '77', '77'),
        row(3, null, UID),
        row(4, '5', '6'),
        row(5, null, '0123'),
        row(6, null, null),
        { ...row(7, null, '99'), deleted_at: '2026-02-01 00:00:00' },
      ]);
      const { plan, gates } = await on.look('move-booking-ids');
      expect(plan.counts).toEqual({ move: 2, clear: 1, conflict: 1, review: 1, decided: 0 });
      expect(gates.filter(({ state }) => state === 'red')).toEqual([]);
      const end = await on.run('move-booking-ids');
      expect(end?.run).toMatchObject({ state: 'done', counts: { changed: 3, moved: 2, cleared: 1, aside: 0 } });
      expect(await on.ids()).toEqual({
        1: ['8212577', null, '8212577'],
        2: ['77', null, '77'],
        3: [null, UID, UID],
        4: ['5', '6', '6'],
        5: [null, '0123', '0123'],
        6: [null, null, null],
        7: ['99', null, '99'],
      });
      const [touched] = await on.db.execute(
        "SELECT COUNT(*) AS n FROM appointments WHERE updated_at <> '2026-01-31 08:00:00'",
      );
      expect(touched).toEqual({ n: '0' });
    });

    test.runIf(engine.name === 'postgres')(
      'the server knows how much a run has written, for the plan of the next',
      async () => {
        await using on = await operated(engine, [row(1, null, '101'), row(2, null, '102')]);
        await on.run('move-booking-ids');
        const known = await on.db.execute("SELECT reltuples::int AS n FROM pg_class WHERE relname = 'apptop_ledger'");
        expect(known).toEqual([{ n: '2' }]);
      },
    );

    test('a second run finds nothing to do, and a rollback gives everything back', async () => {
      const rows = [row(1, null, '8212577'), row(2, '77', '77'), row(3, null, UID)];
      await using on = await operated(engine, rows);
      const before = await on.ids();
      await on.run('move-booking-ids');
      expect(await on.run('move-booking-ids')).toBeUndefined();
      const end = await on.run('rollback-booking-ids');
      expect(end?.run).toMatchObject({ state: 'done', counts: { changed: 2, conflicts: 0 } });
      expect(await on.ids()).toEqual({ ...before, 3: [null, UID, UID] });
    });
  });
}
