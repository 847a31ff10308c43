import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CATALOGUE } from '../../src/checks/catalogue.ts';
import type { Check, CheckResult } from '../../src/checks/check.ts';
import { Results } from '../../src/checks/results.ts';
import { asking, quick, resultOf, slow } from '../checks/checks.ts';
import { plantMany } from '../checks/many-rows.ts';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { openOn } from './on-database.ts';

const MISPLACED = 'booking-ids/none-misplaced';
const SHOWN = [MISPLACED, 'booking-ids/uids-unchanged', 'calendar-schema/unique-events', 'sync/loop-prevention'];
const CHECKS: readonly Check[] = CATALOGUE.filter(({ id }) => SHOWN.includes(id));

/** Three ids in the wrong column. */
const ROWS = [7, 8, 9].map((id) => ({ id, calcom_v2_booking_id: `821257${id}`, source: 'cal.com' }));

const HOURS = 3_600_000;
const ASKED = [{ sql: 'SELECT id AS pk FROM appointments WHERE source = ?', parameters: ['phone'] }];

/** A check that passed nine hours ago and failed since. */
const failedBefore = (
  check: Check,
  hours: number,
  results = new Results(undefined),
  found: Partial<CheckResult> = {},
): Results => {
  results.add([resultOf(check, { at: Date.now() - 9 * HOURS })]);
  results.add([resultOf(check, { verdict: 'fail', violations: 4, at: Date.now() - hours * HOURS, ...found })]);
  return results;
};

/** A file that results are kept in. */
function stateFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'apptop-results-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'database.json');
}

for (const engine of ENGINES) {
  describe(`Checks on ${engine.name}`, () => {
    test('opening runs what is cheap and shows how each stands, by system', async () => {
      await using open = await openOn(engine, ROWS, { checks: [...CHECKS, quick('mine')] });
      const { console } = open;
      await console.sees('5 Checks').press('5').sees('[All 5•] pre 1  post 4•  verify 1•  monitor 3');
      await console.sees('1 FAIL · 1 pass · 2 n/a · 1 not run', 'booking-ids  1 FAIL · 1 n/a');
      await console.sees(/▲ FAIL +error +No V1 id is in the V2 column +3 +\d+ s/);
      await console.sees(
        /· n\/a +stop +Every V2 uid is the one from before/,
        /✓ pass +stop +Nothing that came from Cal/,
      );
      await console.sees('own  1 not run', /not run +error +nothing is wrong/);
    });

    test('by phase, by verdict and by text; what is shown is what runs', async () => {
      await using open = await openOn(engine, ROWS, { checks: [...CHECKS, quick('mine')] });
      const { console } = open;
      await console.sees('5 Checks').press('5').sees('1 FAIL').press('tab').sees('[pre 1]', 'Nothing that came');
      await console.press('tab', 'tab', 'tab').sees('[monitor 3]').press('/').type('own/').press('enter');
      await console.sees('row 1 of 1').press('?').sees('Run all that the list shows: 1 of 5').press('escape', 'a');
      await console
        .sees(/✓ pass +error +nothing is wrong/)
        .press('escape', 'tab')
        .sees('[All 5•]', 'row 1 of 5');
      await console.press('f').sees('only FAIL: Esc shows every verdict', 'row 1 of 1', MISPLACED);
      await console.press('f').sees('only pass').press('escape').sees('1 FAIL · 2 pass · 2 n/a');
    });

    test('a check in full, its rows, its SQL, and each row in full', async () => {
      await using open = await openOn(engine, ROWS, { checks: CHECKS, rows: 30 });
      const { console } = open;
      await console.sees('5 Checks').press('5').sees('1 FAIL').press('enter').sees(`› ${MISPLACED}`);
      await console.sees('▲ FAIL  error  No V1 id is in the V2 column', '3 violations', 'never passed', 'post, verify');
      await console.sees(/why +A row with its id in the wrong column/, /remedy +Run the move/, '[Rows 3 of 3]');
      await console.sees(/› 7 /, '8212577').press('enter').sees('› row 7', 'misplaced:').press('escape');
      await console
        .press('tab')
        .sees('[SQL]', /SELECT COUNT\(\*\) AS violations/, 'y copies statement 1 of 2')
        .press('y');
      await console
        .sees('copied statement 1 of 2: ')
        .press('tab')
        .sees('[About]', /severity +error/);
      await console.press('escape').sees('[All 4•]');
    });

    test('a row of another table says why it is not opened, one without a key too', async () => {
      const others = asking('others', (ground) => ground.violations(sql`SELECT 'a' AS pk`), { system: 'schema' });
      const keyless = asking('keyless', (ground) => ground.violations(sql`SELECT 'b' AS word`), { system: 'schema' });
      await using open = await openOn(engine, [], { checks: [others, keyless] });
      const { console } = open;
      await console.sees('5 Checks').press('5').sees('2 FAIL').press('enter').sees('› a').press('enter');
      await console.sees('it is no row of the appointments').press('escape', 'j', 'enter').sees('› b').press('enter');
      await console.sees('it names no single row');
    });

    test('what can not be told says why, and what was not applicable what it needs', async () => {
      const broken = asking('broken', (ground) => ground.violations(sql`SELECT word FROM nowhere`), {
        system: 'sync',
      });
      await using open = await openOn(engine, [], { checks: [...CHECKS, broken], columns: 120 });
      const { console } = open;
      await console
        .sees('5 Checks')
        .press('5')
        .sees(/\? unknown +error/, 'needs column _migration_backup_v2_id');
      await console.press('G', 'enter').sees(/could not tell: .*nowhere/, 'it has not looked at any row');
      await console.press('escape', 'g', 'j', 'enter').sees('not applicable: needs column _migration_backup_v2_id');
    });

    test('a check that runs shows its seconds, leaves the console alive, and Esc cancels it', async () => {
      await using open = await openOn(engine, ROWS, { checks: [slow('slow', engine), quick('quick')] });
      const { console, live } = open;
      await console.sees('5 Checks').press('5').sees('2 not run').press('x').sees('1 running: Esc cancels');
      await console
        .sees(/running +error.* [1-9] s/)
        .press('x')
        .sees('it runs already');
      const before = live.getState().receivedAt ?? 0;
      await console
        .after(() => live.refresh())
        .press('2')
        .sees('misplaced');
      await poll(() => (live.getState().receivedAt ?? 0) > before);
      await console
        .press('5', 'j', 'x')
        .sees(/✓ pass +error/, '1 running')
        .press('escape')
        .sees('1 pass · 1 not run');
    });

    test('marked checks run together', async () => {
      await using open = await openOn(engine, [], { checks: [quick('a'), quick('b'), quick('c')] });
      const { console } = open;
      await console.sees('5 Checks').press('5').sees('3 not run').press('space', 'space').sees('2 marked');
      await console.press('x').sees('2 pass · 1 not run');
    });

    test('what earlier sessions found is there with its age, its rows and its SQL', async () => {
      const check = quick('mine');
      const path = stateFile();
      failedBefore(check, 2, new Results(path), { sample: [{ pk: '8', source: 'phone' }], statements: ASKED });
      await using open = await openOn(engine, ROWS, { checks: [check], results: new Results(path), columns: 100 });
      const { console } = open;
      await console
        .sees('5 Checks•')
        .press('5')
        .sees(/▲ FAIL +error +nothing is wrong +4 +▁█ +2 h +9 h/);
      await console.press('enter').sees('ran 2 h ago', 'passed 9 h ago', '[Rows 1 of 4]', /› 8 +phone/);
      await console.press('enter').sees('› row 8', 'misplaced:').press('escape', 'tab');
      await console.sees('[SQL]', 'SELECT id AS pk', 'parameters: ["phone"]').press('escape', 'enter');
      await console.press('x').sees('✓ pass', 'no row violates it', 'ran 0 s ago').press('escape').sees('1 pass');
    });

    test('what cron finds meanwhile takes the place of what this session found, with its rows', async () => {
      const check = asking('mine', (ground) => ground.violations(sql`SELECT '7' AS pk`));
      const path = stateFile();
      const results = new Results(path);
      await using open = await openOn(engine, ROWS, { checks: [check], results, columns: 100 });
      const { console } = open;
      await console.sees('5 Checks').press('5').sees('1 not run').press('x').sees('1 FAIL').press('enter');
      await console.sees('[Rows 1 of 1]', '› 7');
      const found = { violations: 5, sample: [{ pk: '8' }, { pk: '9' }], at: Date.now() + 1 };
      await console.after(() => {
        new Results(path).add([resultOf(check, { verdict: 'fail', ...found })]);
        results.reread();
      });
      await console.sees('5 violations', '[Rows 2 of 5]', '› 8').press('j', 'enter').sees('› row 9');
    });

    test('a check that opens shows what another process has found since the last refresh', async () => {
      const check = quick('mine');
      const path = stateFile();
      await using open = await openOn(engine, ROWS, { checks: [check], results: new Results(path) });
      const { console } = open;
      await console.sees('5 Checks').press('5').sees('1 not run');
      await console.after(() =>
        new Results(path).add([resultOf(check, { verdict: 'fail', violations: 1, sample: [{ pk: '8' }] })]),
      );
      await console.press('enter').sees('1 violation', '[Rows 1 of 1]', '› 8');
    });

    test('hostile values that were kept are shown and not sent', async () => {
      const check = quick('mine');
      const path = stateFile();
      const hostile = '\u001b[2J\u0007\u202e'.repeat(50);
      const found = {
        sample: [{ pk: hostile, [hostile]: hostile }],
        statements: [{ sql: hostile, parameters: [hostile] }],
      };
      failedBefore(check, 2, new Results(path), found);
      await using open = await openOn(engine, [], { checks: [check], results: new Results(path) });
      const { console } = open;
      await console.sees('5 Checks').press('5').sees('1 FAIL').press('enter').sees('[Rows 1 of 4]', '␛[2J␇⟪U+202E⟫');
      await console.press('tab').sees('[SQL]', '␛[2J␇⟪U+202E⟫');
    });

    test('rows that are lost are said to be', async () => {
      const check = quick('mine');
      const path = stateFile();
      failedBefore(check, 2, new Results(path));
      rmSync(path.replace(/json$/, 'rows'), { recursive: true });
      await using open = await openOn(engine, [], { checks: [check], results: new Results(path) });
      const { console } = open;
      await console.sees('5 Checks').press('5').sees('1 FAIL').press('enter').sees('its rows are lost: x finds them');
      await console.press('x').sees('no row violates it');
    });

    test('what they found counts in the verdict for a day', async () => {
      const check = quick('mine');
      const options = { checks: [check], columns: 200, rows: 50 };
      await using open = await openOn(engine, [{ id: 1 }], { ...options, results: failedBefore(check, 2) });
      await open.console.sees('▲ STOP  own/mine: 4 violations, 2 h ago', /Checks +0 of 1 pass, 2 h ago/);
      await open.console.sees(/▲ own\/mine +4/, '5 Checks•');
      await using later = await openOn(engine, [{ id: 1 }], { ...options, results: failedBefore(check, 25) });
      await later.console.sees('HEALTHY', /Checks +0 of 1 pass, 1 d ago/, 'none says that something is wrong now');
    });

    test('the Overview counts what ran, and says what never did', async () => {
      const check = quick('mine');
      const options = { checks: [check, quick('other')], columns: 200, rows: 50 };
      await using open = await openOn(engine, [{ id: 1 }], { ...options, results: failedBefore(check, 2) });
      await open.console.sees(/Checks +0 of 1 pass, 1 never run, 2 h ago/);
    });

    test('the Overview opens a check', async () => {
      const check = quick('mine');
      const options = { checks: [check], results: failedBefore(check, 2), columns: 200, rows: 50 };
      await using open = await openOn(engine, [{ id: 1 }], options);
      const { console } = open;
      await console
        .sees(/▲ own\/mine +4/)
        .press('l', 'l', 'j', 'j', 'enter')
        .sees('› own/mine', '4 violations');
      await console.press('escape').sees('[All 1•]');
    });

    test('what reads a large table is asked about first, and says what it costs', async () => {
      const scan = quick('scan', { scans: 'many' });
      const plant = (db: TestDatabase) => plantMany(db, 1_100_000);
      await using open = await openOn(engine, [], { checks: [scan, quick('mine')], plant });
      const { console } = open;
      await console.sees('5 Checks').press('5').sees('2 not run').press('a');
      await console.sees('1 of them reads a large table in full. Enter runs all 2, Esc none');
      await console
        .sees(/own\/scan: reads all of many, about 1,[012]00,000 rows/)
        .press('escape')
        .sees('2 not run');
      await console.press('x').sees('it reads a large table in full. Enter runs it').press('enter').sees('1 pass');
    });

    test('draws at any size, in ASCII too', async () => {
      await using open = await openOn(engine, ROWS, { checks: CHECKS, ascii: true, columns: 200, rows: 50 });
      const { console } = open;
      await console
        .sees('5 Checks')
        .press('5')
        .sees(/! FAIL +error +No V1 id .* never +booking-ids\/none-misplaced/);
      await console
        .sees(/\+ pass +stop/)
        .resize(40, 15)
        .sees(/> ! FAIL +No V1 id is in the V2 col/, '[All 4*]');
      await console.press('enter').sees('[Rows 3 of 3] SQL  About', /> 7 /).resize(20, 5).sees('7');
      expect(/[^\u0000-\u007f]/.test(await console.text())).toBe(false);
    });
  });
}
