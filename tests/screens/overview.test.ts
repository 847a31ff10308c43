import { describe, expect, test } from 'vitest';
import { seedRows } from '../../src/data/demo/seed-rows.ts';
import { ENGINES } from '../engines/engines.ts';
import { openConsole } from '../terminal/console.ts';
import { memoryLive, memoryServices, SNAPSHOT } from './memory.ts';
import { openOn } from './on-database.ts';

const MINUTE = 60_000;
const SYNC_COLUMNS = [
  'sync_origin',
  'calcom_sync_status',
  'sync_initiated_at',
  'sync_verified_at',
  'requires_manual_review',
];

const moment = (minutesAgo: number): string =>
  new Date(Date.now() - minutesAgo * MINUTE).toISOString().slice(0, 19).replace('T', ' ');

for (const engine of ENGINES) {
  describe(`Overview on ${engine.name}`, () => {
    test('one look at 80x24: the verdict with its reasons, and every panel whole', async () => {
      await using open = await openOn(engine, seedRows(Date.now()));
      const { console } = open;
      await console.sees('▲ DEGRADED  102 ids misplaced · success 93.1 % < 95 %', '5 in review, oldest 3 h');
      await console.sees(
        /Booking ids +128 rows/,
        /▲ misplaced +102 █+\S* +79\.7 %/,
        /both +2 \S* +1\.6 %/,
        /none +23 /,
      );
      await console.sees('0 in v1, duplicate, conflict, review', 'Migration  not started · 6 Changes');
      await console.sees(/Sync, last 24 h .* target/, /▲ synced +93\.1 % +> 95 %/, /latency avg +4\.\d s +< 10 s/);
      await console.sees(
        /▲ pending +4\.2 % +both/,
        /▲ failed +2\.8 % +< 5 %/,
        /max +27 s +< 30 s/,
        /stuck +0 > 10 min +0/,
      );
      await console.sees(/By source +rows with ids/, /cal\.com +101 +101/, /phone +9 +0/, /calcom_import +2 +2/);
      await console.sees(/▲ Manual review +5, oldest 3 h/, /HTTP_401 +2 invalid API key/, /timeout +1 network/);
      expect(await console.text()).not.toMatch(/more (below|sources|errors)/);
    });

    test('wide and tall shows the overlapping lines and the alerts by level too', async () => {
      await using open = await openOn(engine, seedRows(Date.now()), { columns: 200, rows: 50 });
      const { console } = open;
      await console.sees(/Overlapping +a row counts in several/, /V1 in V1 column +2 /, /V2 uid in V2 column +3 /);
      await console.sees(/V1 in V2 column +102 /, /both present +2 /, /none +23 +18 %\n/);
      await console.sees('0 immediate · 4 warning · 1 investigation', /▲ warning +102 ids misplaced/);
      await console.sees(/• investigation +success over 7 d/);
    });

    test('on 40x15 the most important is first and the rest is below', async () => {
      await using open = await openOn(engine, seedRows(Date.now()), { columns: 40, rows: 15 });
      const { console } = open;
      await console.sees(
        '▲ DEGRADED  102 ids misplaced',
        'and 4 more reasons',
        /▲ misplaced +102/,
        /\d+ more below: j, PgDn/,
      );
      await console
        .press('G')
        .sees('more above: k, PgUp', /other +8 +0/, 'and 3 more sources')
        .press('g')
        .sees(/Booking ids/);
      await console.press('pagedown').sees(/synced +93\.1 %/);
    });

    test('Enter opens the rows behind a class, a source, a status and an error', async () => {
      await using open = await openOn(engine, seedRows(Date.now()), { columns: 120 });
      const { console } = open;
      await console.sees('›▲ misplaced').press('enter').sees('› misplaced', 'row 1 of 102').press('escape');
      await console.press('l').sees('›▲ synced').press('j', 'j').sees('›▲ failed').press('enter');
      await console.sees('› failed, last 24 h', 'row 1 of 2').press('escape', 'h').sees('›  v2');
      await console.press('j', 'j', 'j', 'j').sees('›  phone').press('enter').sees('› source phone', 'row 1 of 9');
      await console.press('escape', 'G').sees('›  timeout').press('enter').sees('› review timeout', 'row 1 of 1');
    });

    test('t goes through the windows, each with its own target', async () => {
      await using open = await openOn(engine, seedRows(Date.now()));
      const { console } = open;
      await console
        .sees('Sync, last 24 h')
        .press('t')
        .sees('Sync, last 7 d', /▲ synced +88 % +> 98 %/);
      await console
        .press('t')
        .sees('Sync, all time')
        .press('t')
        .sees('Sync, last hour', /synced .*> 95 %/);
    });

    test('a table without any sync column: the panels say what they need', async () => {
      const without = [...SYNC_COLUMNS, 'source', 'deleted_at'];
      await using open = await openOn(engine, [{ calcom_booking_id: 7 }], { appointments: { without } });
      const { console } = open;
      await console.sees('✓ HEALTHY  the ids are right', 'not judged for want of columns: sync, latency, review');
      await console.sees('needs columns sync_origin,', 'calcom_sync_status', 'needs column requires_manual_review');
      await console.sees(/By source/, 'needs column source', 'latency: needs columns');
    });

    test('an empty table says why, and fills by itself', async () => {
      await using open = await openOn(engine, [], { columns: 60 });
      const { console, live, db } = open;
      await console.sees('✓ HEALTHY  no rows, nothing to judge', 'No appointments in appointments', 'soft-deleted: D');
      await engine.insert(db, 'appointments', [{ calcom_v2_booking_id: '8212577' }]);
      await console.after(() => live.refresh()).sees(/›▲ misplaced +1 /);
    });

    test('what waits for a person is marked, what a healthy table has is not', async () => {
      const synced = { sync_origin: 'retell', calcom_sync_status: 'synced', created_at: moment(20) };
      const pending = { sync_origin: 'api', calcom_sync_status: 'pending', created_at: moment(20) };
      const many = Array.from({ length: 99 }, () => ({ ...synced, calcom_booking_id: 7 }));
      await using open = await openOn(engine, many);
      const { console, live, db } = open;
      await console.sees(
        '✓ HEALTHY  every target is met',
        /  synced +100 %/,
        'nobody has to look',
        'Migration  clean · 6 Changes',
      );
      expect(await console.text()).not.toMatch(/[▲•] /);
      const flagged = { requires_manual_review: true, manual_review_flagged_at: moment(7) };
      await engine.insert(db, 'appointments', [{ ...pending, sync_initiated_at: moment(11), ...flagged }]);
      await console.after(() => live.refresh()).sees('▲ DEGRADED', '1 pending for over 10 min', /▲ stuck +1 > 10 min/);
      await console.sees(/• Manual review +1, oldest 7 min/, /no code +1 unknown cause/);
    });

    test('after the move an id in the wrong column is a STOP', async () => {
      const extra = ['_migration_backup_v2_id varchar(255)'];
      await using open = await openOn(engine, [{ calcom_v2_booking_id: '8212577' }], { appointments: { extra } });
      await open.console.sees('▲ STOP  1 id misplaced after the move', '▲ Migration  moved elsewhere');
    });

    test('hostile values stay in their cells', async () => {
      const sources = [
        '\u001b[2J\u001b[31mred',
        'two\nlines',
        '電話電話電話電話電話電話電話電話電話',
        '\u202eltr',
        'é'.repeat(90),
        null,
        '',
      ];
      await using open = await openOn(
        engine,
        sources.map((source) => ({ source })),
      );
      const { console } = open;
      await console.sees('␛[2J␛[31mred', 'two␊lines', '電話', '⟪U+202E⟫', '(no source)');
      const figures = await console.terminal.columnsOf('1        0');
      expect(figures).toHaveLength(7);
      expect(new Set(figures).size).toBe(1);
      expect(console.hasNoRawEscapes()).toBe(true);
    });
  });
}

test('a figure is drawn beside how it went', async () => {
  const now = Date.now();
  const history = Array.from({ length: 120 }, (_, index) => ({
    at: now - (120 - index) * MINUTE,
    misplaced: index,
    review: undefined,
    synced: undefined,
    pending: undefined,
    failed: undefined,
    latency: undefined,
  }));
  const live = memoryLive({ history, snapshot: { ...SNAPSHOT, takenAt: now } });
  const services = await memoryServices({ live });
  await using console = await openConsole(services, { columns: 100, rows: 50 });
  await console.sees('Work left, trend 2 h', /misplaced ▁+▂+▃+▄+▅+▆+▇+█+ +102/);
});

test('without colour and without Unicode the same is said', async () => {
  const services = await memoryServices();
  await using console = await openConsole(services, { ascii: true, noColor: true });
  await console.sees('! DEGRADED  102 ids misplaced', />! misplaced +102 #+ +79\.7 %/);
  expect(await console.text()).toMatch(/^[\n\x20-\x7e]*$/);
  expect(console.terminal.sent).not.toMatch(/\u001b\[(3|4|9|10)\d/);
});

test('a screen reader gets one column without pictures', async () => {
  await using console = await openConsole(await memoryServices(), { screenReader: true, columns: 120, rows: 60 });
  await console.sees(/Booking ids +128 rows\n/, /misplaced +102 +79\.7 %/);
  expect(await console.text()).not.toMatch(/[█▏▁]/);
});
