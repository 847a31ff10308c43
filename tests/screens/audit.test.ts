import { describe, expect, test } from 'vitest';
import { plantAudit, record } from '../audit/planted.ts';
import { ENGINES, type TestEngine } from '../engines/engines.ts';
import { type OnDatabase, openOn } from './on-database.ts';

const HISTORY = [
  record({
    reason: 'OPS-1',
    counts: { planned: { move: 102 } },
    sql: ['UPDATE "appointments" SET "calcom_booking_id" = ?'],
  }),
  record({
    event: 'outcome',
    at: '2026-11-21T12:05:02.000Z',
    outcome: 'done',
    counts: { actual: { moved: 102, cleared: 1204 } },
    operator: { user: 'root', sudoUser: 'ada', sshClient: '192.0.2.7', host: 'web1', pid: 4711, databaseUser: 'app' },
  }),
];

const onRecords = (engine: TestEngine, records: readonly unknown[], options: OnDatabase = {}) =>
  openOn(engine, [], { plant: (db) => plantAudit(engine, db, records), columns: 100, ...options });

for (const engine of ENGINES) {
  describe(`Audit on ${engine.name}`, () => {
    test('who did what, the newest first', async () => {
      await using open = await onRecords(engine, HISTORY);
      const { console } = open;
      await console.sees('9 Audit').press('9').sees('[9 Audit]');
      await console.sees(
        /2026-11-21 12:05Z +ada@web1 +outcome +move-booking-ids +1 +done\s+2026-11-21 12:04Z +ada@web1 +intent/,
      );
    });

    test('Enter opens one in full, and y copies what the cursor is at', async () => {
      await using open = await onRecords(engine, HISTORY, { rows: 40 });
      const { console } = open;
      await console.sees('9 Audit').press('9').sees('outcome').press('enter').sees('› record 2');
      await console.sees(
        /time +2026-11-21 12:05:02Z/,
        /actual +cleared 1,204, moved 102/,
        /user +root/,
        /sudo from +ada/,
      );
      await console.sees(/SSH from +192\.0\.2\.7/, /host +web1/, /database user +app/, /hash +[0-9a-f]{64}/, /follows/);
      await console.press('j', 'j').sees('y copies the event').press('y').sees('copied the event').press('escape');
      await console.press('j', 'enter').sees('› record 1', /reason +OPS-1/, /planned +move 102/, /SQL +UPDATE/);
    });

    test.each([
      [80, 24, /12:05Z +ada@web1 +outcome +move-booking-ids +1 +done/],
      [40, 15, /12:05Z +ada@web1 +outcome/],
    ])('on %ix%i', async (columns, rows, line) => {
      await using open = await onRecords(engine, HISTORY, { columns, rows });
      const { console } = open;
      await console
        .sees('Overview')
        .press('9')
        .sees(line)
        .press('enter')
        .sees('record 2', /event +outcome/);
      await console.press('G').sees(/follows +[0-9a-f]{20}/);
    });

    test('nothing was changed yet: where there is no table, and where it is empty', async () => {
      const empty = 'nothing was changed with apptop yet; see 6 Changes';
      await using open = await openOn(engine, [], { columns: 100 });
      const { console, db } = open;
      await console.sees('9 Audit').press('9').sees(empty);
      await console
        .after(() => plantAudit(engine, db, []))
        .press('R')
        .sees('the record is read again', empty);
    });

    test('what happens meanwhile comes with R', async () => {
      await using open = await onRecords(engine, HISTORY);
      const { console, db } = open;
      await console.sees('9 Audit').press('9').sees('row 1 of 2');
      const body = JSON.stringify(record({ event: 'halt', outcome: 'halted: conservation sums off' }));
      await console
        .after(() => db.execute("INSERT INTO apptop_audit VALUES (3, ?, '', '')", [body]))
        .press('R')
        .sees(/halt +move-booking-ids/, 'halted: cons');
    });

    test('hostile values are shown, and a text that is no record is told as it is', async () => {
      const hostile = 'evil\u001b[2J\u202eabc';
      await using open = await onRecords(engine, [
        'no record\u001b[2J',
        record({
          change: hostile,
          event: hostile,
          outcome: `${hostile}${'x'.repeat(9_000)}`,
          operator: 7,
          details: [],
        }),
        record({
          at: hostile,
          run: hostile,
          operator: { user: hostile, host: hostile },
          details: { [hostile]: [hostile] },
        }),
      ]);
      const { console } = open;
      await console
        .sees('9 Audit')
        .press('9')
        .sees(/evil␛\[2J.* +intent/, /evil␛.*evil␛/, 'unknown');
      await console.press('enter').sees('time          evil␛[2J⟪U+202E⟫abc').press('escape');
      await console.press('G', 'enter').sees(/unknown +no record␛\[2J/);
      expect(console.hasNoRawEscapes()).toBe(true);
    });

    test('only the newest of many, which is said, sorted and filtered', async () => {
      const many = Array.from({ length: 203 }, (_, index) => record({ run: index + 1 }));
      await using open = await onRecords(engine, many);
      const { console } = open;
      await console.sees('9 Audit').press('9').sees('the newest 200 of 203: apptop audit list prints all');
      await console.sees('row 1 of 200').press('/').type('203').press('enter').sees('filter "203": row 1 of 1 ');
    });
  });
}
