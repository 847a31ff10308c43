import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/checks/catalogue.ts';
import { runChecks } from '../../src/checks/runner.ts';
import { defaultContext } from '../../src/config/resolve.ts';
import { openDatabase } from '../../src/data/database.ts';
import { ENGINES } from '../engines/engines.ts';

for (const engine of ENGINES) {
  describe(`a database without appointments on ${engine.name}`, () => {
    test('is checked for what else it has, and nothing is called fine that was not seen', async () => {
      const db = await engine.database();
      await db.execute('CREATE TABLE calendars_event (id integer, correlation_id varchar(40))');
      await engine.insert(db, 'calendars_event', [{ id: 1, correlation_id: 'a' }, { id: 2 }]);
      const context = defaultContext('test', db.target);
      const database = await openDatabase(context);
      const ids = ['event-correlation/events-have-id', 'sync/failed-jobs', 'sync/review-queue'];
      const checks = CATALOGUE.filter(({ id }) => ids.includes(id));
      const results = await runChecks(database, context, checks, { signal: new AbortController().signal });
      await database.close();
      await db.drop();
      const outcome = Object.fromEntries(results.map(({ check, verdict, note }) => [check.id, note ?? verdict]));
      expect(outcome).toEqual({
        'event-correlation/events-have-id': 'fail',
        'sync/failed-jobs': 'needs table failed_jobs',
        'sync/review-queue': expect.stringMatching(/^there is no table "appointments"/),
      });
    });
  });
}
