import { describe, expect, test } from 'vitest';
import { seedRows } from '../../src/data/demo/seed-rows.ts';
import { ENGINES, type PlantedRow } from '../engines/engines.ts';
import { openOn } from './on-database.ts';

const MINUTE = 60_000;

const moment = (minutesAgo: number, seconds = 0): string =>
  new Date(Date.now() - minutesAgo * MINUTE + seconds * 1_000).toISOString().slice(0, 19).replace('T', ' ');

/** A row of today that was pushed, verified after so many seconds. */
const verified = (seconds: number): PlantedRow => ({
  sync_origin: 'api',
  calcom_sync_status: 'synced',
  created_at: moment(30),
  sync_initiated_at: moment(30),
  sync_verified_at: moment(30, seconds),
});

for (const engine of ENGINES) {
  describe(`Sync on ${engine.name}`, () => {
    test('origins against the target, statuses and latencies on one screen of 80x24', async () => {
      await using open = await openOn(engine, seedRows(Date.now()));
      const { console } = open;
      await console
        .press('3')
        .sees('Sync by origin, last 24 h', /▲ all pushed +72 +67 +3 +2 +0 +█+\S* +93\.1 % > 95 %/);
      await console.sees(/▲ retell +38 +35 +1 +2 /, /admin +20 +19 /, /calcom +9 +9 +0 +0 +0 +not pushed/, /▲ api +8 /);
      await console.sees(/By status +72 rows pushed/, /synced +67 █/, /pending +3 /, /failed +2 /);
      await console.sees(
        '0 pending for over 10 min',
        /Latency, last 24 h +67 syncs/,
        /avg 4\.\d s · p95 17 s · max 27 s/,
      );
      await console.sees(/<= 10 s +6 \S+ +─ avg target/, /<= 30 s +1 \S+ +─ max target/);
      expect(await console.text()).not.toContain('more below');
    });

    test.each([
      [80, 24],
      [200, 50],
    ])('the columns of the origins have names at %ix%i', async (columns, rows) => {
      await using open = await openOn(engine, seedRows(Date.now()), { columns, rows });
      const { console } = open;
      await console.press('3').sees(/all pushed +72/);
      const lines = await console.terminal.lines();
      const names = lines.find((line) => /^ +rows +synced +pending +failed +other +success +target$/.test(line)) ?? '';
      const pushed = lines.find((line) => line.includes('all pushed')) ?? '';
      for (const [name, figure] of [
        ['rows', '72'],
        ['synced', '67'],
        ['pending', '3'],
        ['failed', '2'],
        ['other', '0'],
        ['success', '93.1 %'],
        ['target', '> 95 %'],
      ] as const) {
        const end = names.indexOf(name) + name.length;
        expect(`${name}:${pushed.slice(0, end)}`).toMatch(new RegExp(`^${name}:.* ${figure}$`));
      }
    });

    test('t goes through the windows, and an empty one says so', async () => {
      const week = { ...verified(3), created_at: moment(3 * 1_440), sync_initiated_at: moment(3 * 1_440) };
      await using open = await openOn(engine, [{ ...week, sync_verified_at: moment(3 * 1_440, 3) }]);
      const { console } = open;
      await console
        .press('3')
        .sees('Sync by origin, last 24 h', 'no rows were created in this window', 'no rows pushed');
      await console.sees('no sync was verified in this window');
      await console.press('t').sees('Sync by origin, last 7 d', /api +1 +1 .* 100 % > 98 %/, /<= 5 s +1 █/);
      await console.press('t').sees('Sync by origin, all time').press('t').sees('Sync by origin, last hour');
    });

    test('Enter on an origin or a status opens its rows', async () => {
      await using open = await openOn(engine, seedRows(Date.now()), { columns: 120 });
      const { console } = open;
      await console
        .press('3')
        .sees('›▲ all pushed')
        .press('enter')
        .sees('› all pushed, last 24 h', 'row 1 of 72')
        .press('escape');
      await console.press('j', 'enter').sees('› origin retell, last 24 h', 'row 1 of 38').press('escape');
      await console.press('j', 'j', 'j', 'j', 'j').sees('›  synced').press('j', 'j', 'enter');
      await console.sees('› status failed, last 24 h', 'row 1 of 2');
    });

    test('where there is room, all windows are side by side', async () => {
      await using open = await openOn(engine, seedRows(Date.now()), { columns: 100, rows: 40 });
      const { console } = open;
      await console.press('3').sees('Windows side by side', /│ last 24 h │ 72 +│ 93\.1 % ▲ │ 4\.2 % +│ 2\.8 % +│ 4/);
      await console.sees(/│ last 7 d +│ 83 +│ 88 % ▲/, /│ all time +│/, /│ last hour +│ \d+ /);
    });

    test('5,000 distinct statuses: the most frequent ones, and how many more', async () => {
      const types = { calcom_sync_status: 'varchar(255) NULL' };
      const rows = Array.from({ length: 5_000 }, (_, index) => ({
        sync_origin: 'retell',
        calcom_sync_status: `status \u001b[31m ${index}`,
        created_at: moment(5),
      }));
      const twice = [...rows, ...rows.slice(4_998)];
      await using open = await openOn(engine, twice, { appointments: { types }, rows: 30 });
      const { console } = open;
      await console
        .press('3')
        .sees(/By status +5,002 rows pushed/, /status ␛\[31m 4999 +2 /, /and 4,98\d more statuses/);
      await console.sees(/▲ retell +5,002 +0 +0 +0 +5,002/);
      expect(console.hasNoRawEscapes()).toBe(true);
    });

    test('latencies over the targets are marked, each bar beside its bound', async () => {
      const slow = [1, 7, 29, 31, 200, 4_000].map(verified);
      await using open = await openOn(engine, slow);
      const { console } = open;
      await console.press('3').sees(/▲ <= 1 min +1 █/, /▲ <= 5 min +1 █/, /▲ +> 1 h +1 █/, /[^▲] <= 30 s +1 █/);
      expect(await console.text()).not.toMatch(/▲ +<= (1|2|5|10|20|30) s/);
    });

    test('on 40x15 the origins come first and the rest is below', async () => {
      await using open = await openOn(engine, seedRows(Date.now()), { columns: 40, rows: 15 });
      const { console } = open;
      await console.press('3').sees(/▲ all pushed +72 .* 93\.1 %/, 'more below: j, PgDn');
      await console
        .press('G')
        .sees(/<= 30 s +1 /, 'more above')
        .press('g')
        .sees('Sync by origin');
    });

    test('without colour and Unicode the same is said', async () => {
      await using open = await openOn(engine, seedRows(Date.now()), { ascii: true, noColor: true });
      const { console } = open;
      await console.press('3').sees(/>! all pushed +72 +67 .* #+ +93\.1 % > 95 %/, /<= 30 s +1 #+ +- max target/);
      expect(await console.text()).toMatch(/^[\n\x20-\x7e]*$/);
    });

    test('a table without sync columns says what each panel needs', async () => {
      const without = ['sync_origin', 'calcom_sync_status', 'sync_initiated_at', 'created_at'];
      await using open = await openOn(engine, [{ calcom_booking_id: 7 }], { appointments: { without } });
      const { console } = open;
      await console.press('3').sees('needs columns sync_origin, calcom_sync_status, created_at');
      await console.sees(/Latency, last 24 h[^]*needs column sync_initiated_at/);
    });

    test('an empty table says why', async () => {
      await using open = await openOn(engine, [], { appointments: { without: ['deleted_at'] } });
      await open.console.press('3').sees('No appointments in appointments', 'It has no row at all');
    });
  });
}
