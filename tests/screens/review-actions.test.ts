import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ENGINES } from '../engines/engines.ts';
import { severable } from '../engines/severable.ts';
import { failedRow } from '../laravel/queue-stand.ts';
import { poll } from '../support.ts';
import { consoleOn } from './on-database.ts';
import { failAgain, flagged, openReview, succeed, waiting } from './on-review.ts';

const CALCOM = { sync_origin: 'calcom' };

for (const engine of ENGINES) {
  describe(`the review queue as a place to work on ${engine.name}`, () => {
    test('r retries a row without a dialog; when the database says synced it is settled, and the queue is empty', async () => {
      await using open = await openReview(engine, [flagged(3)]);
      const { console, db, live } = open;
      await console
        .sees(/› +3 /, '[Queue 1]')
        .press('r')
        .sees('row 3: handed on, retrying', /› +3 +retrying \d+ s/);
      expect(await db.execute('SELECT COUNT(*) AS n FROM jobs')).toEqual([{ n: '1' }]);
      expect(await db.execute('SELECT COUNT(*) AS n FROM failed_jobs')).toEqual([{ n: '0' }]);
      await console.press('r').sees(/row 3: it is being retried since \d+ s/);
      await console.after(() => succeed(db, '3')).after(() => live.refresh());
      await console.sees('1 retry has succeeded: off the queue', '[Queue 0]', 'nothing waits for review');
      expect(await waiting(db)).toEqual([]);
      expect(await db.execute('SELECT outcome FROM apptop_outcome ORDER BY run')).toEqual([
        { outcome: 'queued' },
        { outcome: 'succeeded' },
      ]);
      await console.press('tab', 'tab').sees('[Retries]', '1 retry: 1 synced', /› +3 +synced/);
    });

    test('a row that fails again comes back with its new error and the count of its retries', async () => {
      await using open = await openReview(engine, [flagged(3)]);
      const { console, db, live } = open;
      await console
        .sees(/› +3 .*HTTP_401/)
        .press('r')
        .sees('row 3: handed on, retrying');
      await db.execute('DELETE FROM jobs');
      await console.after(() => failAgain(db, 3, 'HTTP_422')).after(() => live.refresh());
      await console
        .sees(/› +3 +failed again .*HTTP_422/)
        .press('r')
        .sees('row 3: no failed job is about it');
      // Columns of timestamps have whole seconds: an attempt counts from that of the retry on.
      const failedIn = Math.floor(Date.now() / 1000);
      await poll(async () => Math.floor(Date.now() / 1000) > failedIn);
      await engine.insert(db, 'failed_jobs', [failedRow(3)]);
      await console.press('r').sees(/› +3 +retrying/);
      await console.after(() => failAgain(db, 3, 'timeout')).after(() => live.refresh());
      await console.sees(/› +3 +failed again ×2 .*timeout/, '[Queue 1]');
      expect(await waiting(db)).toEqual(['3']);
    });

    test('a row that came from Cal.com is not retried, and the console says why', async () => {
      await using open = await openReview(engine, [flagged(7, CALCOM)], { columns: 80, rows: 24 });
      const { console, db } = open;
      await console.sees(/› +7 /).press('r');
      await console.sees('row 7: its origin is calcom: a retry would send back what came from', 'which is the loop');
      expect(await db.execute('SELECT COUNT(*) AS n FROM failed_jobs')).toEqual([{ n: '1' }]);
      await expect(db.execute('SELECT * FROM apptop_run')).rejects.toThrow('apptop_run');
    });

    test('marked rows go through the dialog: Enter cancels until a capital Y is typed, refusals with reasons, then the run', async () => {
      await using open = await openReview(engine, [flagged(1), flagged(2, CALCOM), flagged(3), flagged(4)]);
      const { console, db, insert, live } = open;
      await console.sees(/› +4 /).press('space', 'space', 'space').sees('held: 3 marked');
      await console.press('r').sees('┌ Retry the sync ─', 'STAGING', 'retries 2 appointments by laravel-queue');
      await console.sees('puts 2 failed jobs back into the queue', 'a worker of the queue has to run', '[ Cancel ]');
      await console.sees('left alone: 1 row (2): its origin is calcom', '[ Retry 2 rows ]', 'not yet');
      // Nothing moves meanwhile, and Enter is the way back.
      await console.after(() => insert([flagged(9)])).after(() => live.refresh());
      await console
        .press('enter')
        .sees('held: 3 marked')
        .press('r')
        .sees('[ Cancel ]', '[ Retry 2 rows ]')
        .type('y')
        .press('tab', 'enter');
      await console.sees('held: 3 marked');
      expect(await db.execute('SELECT COUNT(*) AS n FROM jobs')).toEqual([{ n: '0' }]);
      await console
        .press('r')
        .sees('[ Cancel ]', '[ Retry 2 rows ]')
        .type('Y')
        .press('tab')
        .sees('› [ Retry 2 rows ]')
        .press('enter');
      await console.sees(/run 1 {2}Retry the sync {2}done/, 'handed on 2 · left alone 1').press('escape');
      await console.sees('of 5 ', /4 +retrying/, /3 +retrying/, /2 +left alone/).seesNot('held:');
      expect(await db.execute('SELECT COUNT(*) AS n FROM jobs')).toEqual([{ n: '2' }]);
    });

    test('all that a filter shows, of how many, is dismissed for a reason', async () => {
      const other = { sync_error_code: 'HTTP_422', sync_error_message: 'nobody comes' };
      await using open = await openReview(engine, [flagged(1), flagged(2, other), flagged(3), flagged(4, other)]);
      const { console, db } = open;
      await console.sees('row 1 of 4').press('/').type('nobody').press('enter').sees('row 1 of 2');
      await console.press('m').sees('Retry all 2 of 4 that match', 'Dismiss all 2 of 4 that match').press('escape');
      await console.press(':').type('dismissall').sees('› Dismiss all 2 of 4 that match').press('enter');
      await console.sees('takes 2 appointments off the review queue', 'not yet: reason (ticket)').type('OPS-1');
      await console.press('tab').type('Y').press('tab').sees('› [ Dismiss 2 rows ]').press('enter');
      await console.sees(/run 1 {2}Dismiss from the review queue {2}done/, 'changed 2').press('escape');
      await console.sees('no row is with "nobody"').press('escape').sees('row 1 of 2');
      expect(await waiting(db)).toEqual(['1', '3']);
      expect(await db.execute('SELECT pk, detail FROM apptop_outcome ORDER BY pk')).toEqual([
        { pk: '2', detail: 'OPS-1' },
        { pk: '4', detail: 'OPS-1' },
      ]);
    });

    test("one row is dismissed for a reason, never without, and stays in the queue's place", async () => {
      await using open = await openReview(engine, [flagged(1), flagged(2)]);
      const { console, db } = open;
      const dismiss = () => console.press(':').type('dismisstherow').sees('› Dismiss the row').press('enter');
      await console.sees(/› +2 /);
      await dismiss();
      await console.sees('reason (ticket)', 'takes 1 appointment off').press('enter').sees('row 1 of 2');
      await dismiss();
      await console
        .sees('reason (ticket)')
        .type('booked by phone')
        .press('tab')
        .sees('› [ Dismiss 1 row ]')
        .press('enter');
      await console.sees('row 2: off the queue', '[Queue 1]', /› +1 /);
      expect(await waiting(db)).toEqual(['1']);
    });

    test('who takes a row and what is noted is seen by everybody; hostile words are shown, never sent', async () => {
      await using open = await openReview(engine, [flagged(1)]);
      const { console, context } = open;
      await using other = await consoleOn(context, { columns: 120, rows: 30 });
      await other.console.sees('4 Review').press('4').sees(/› +1 /);
      await console
        .press(':')
        .type('taketherow')
        .sees('› Take the row')
        .press('enter')
        .sees(/› +1 +taken by \w+/);
      await console.sees('row 1: taken').press(':').type('notesome').sees('› Note something').press('enter');
      await console.sees('note about the row').press('enter').sees('write something').type('call 漢字\u202e first');
      await console.press('enter').sees('row 1: noted', /› +1 +taken by \w+ · noted/);
      await other.console
        .after(() => other.live.refresh())
        .sees(/› +1 +taken by \w+ · noted/)
        .press('enter');
      await other.console.sees('› row 1', /noted, run 2, .*: call 漢字⟪U\+202E⟫ first/, /taken, run 1, /);
      expect(other.console.hasNoRawEscapes()).toBe(true);
      await other.console.press(':').type('releasetherow').sees('› Release the row').press('enter');
      await other.console.sees(/released, run 3/);
      await console.after(() => open.live.refresh()).seesNot(/taken by \w+ · noted/);
    });

    test('two consoles retry the same row at the same moment: its job goes once', async () => {
      await using open = await openReview(engine, [flagged(1)]);
      const { console, context, db } = open;
      await using other = await consoleOn(context, { columns: 120, rows: 30 });
      await other.console.sees('4 Review').press('4').sees(/› +1 /);
      await Promise.all([
        console.press('r').sees(/row 1: (?!looking)/),
        other.console.press('r').sees(/row 1: (?!looking)/),
      ]);
      await console.after(() => open.live.refresh()).sees(/› +1 +retrying/);
      await other.console.after(() => other.live.refresh()).sees(/› +1 +retrying/);
      expect(await db.execute('SELECT COUNT(*) AS n FROM jobs')).toEqual([{ n: '1' }]);
      const handed = "SELECT COUNT(*) AS n FROM apptop_outcome WHERE outcome = 'queued'";
      expect(await db.execute(handed)).toEqual([{ n: '1' }]);
    });

    test('from the row in full: its actions by the menu, and what was done about it', async () => {
      await using open = await openReview(engine, [flagged(1)]);
      const { console, db, live } = open;
      await console.sees(/› +1 /).press('enter').sees('› row 1').press('m').sees('Retry the row').press('enter');
      await console.sees('row 1: handed on, retrying', /ago {2}queued, run 1, .*process/);
      await db.execute('DELETE FROM jobs');
      await console
        .after(() => failAgain(db, 1, 'timeout'))
        .after(() => live.refresh())
        .sees('timeout this time');
      await console
        .press(':')
        .type('dismisstherow')
        .sees('› Dismiss')
        .press('enter')
        .sees('reason (ticket)')
        .type('gone');
      await console.press('tab', 'enter').sees('row 1: off the queue', /dismissed, run 2, .*: gone/);
      expect(await waiting(db)).toEqual([]);
    });

    test("what can't be done now says why: reading only, no strategy, a queue that is empty", async () => {
      await using reading = await openReview(engine, [flagged(1)], { context: { access: 'read' } });
      await reading.console.sees(/› +1 /).press('r').sees('Retry the row: this context only reads');
      await reading.console.press('m').sees('- Dismiss all 1', 'not now: this context only reads');
      await using bare = await openReview(engine, [flagged(1)], { context: { retry: undefined } });
      await bare.console.sees(/› +1 /).press('r').sees('nothing says how a sync is retried: add "retry"');
      await bare.console
        .press('m')
        .sees('laravel-queue, calcom-api, command, mark-pending')
        .press('j', 'j')
        .sees(/› +Dismiss/);
      await using empty = await openReview(engine, [{ id: 1 }]);
      await empty.console.press('r').sees('Retry the row: the list is empty').press('m').sees('- Dismiss all 0');
    });

    test('a context that only reads settles nothing, and neither does a console that retried nothing', async () => {
      await using open = await openReview(engine, [flagged(1), flagged(2)]);
      const { console, context, db, live } = open;
      await using other = await consoleOn(context, { columns: 120, rows: 30 });
      await other.console.sees('4 Review').press('4').sees('[Queue 2]');
      await console.sees(/› +2 /).press('r').sees('row 2: handed on, retrying');
      // A refresh of its own would settle it before the other one has looked.
      live.setPaused(true);
      await poll(async () => live.getState().refreshingSince === undefined);
      await succeed(db, '1, 2');
      await other.console.after(() => other.live.refresh()).sees(/2 +synced: settling/);
      await poll(async () => other.live.getState().refreshingSince === undefined);
      expect(await waiting(db)).toEqual(['1', '2']);
      await console.after(() => live.refresh()).sees('1 retry has succeeded: off the queue', '[Queue 1]', /› +1 /);
      expect(await waiting(db)).toEqual(['1']);
    });

    test('the jobs behind the queue: backlog, exceptions with cause, classes, and those about no appointment', async () => {
      await using open = await openReview(engine, [flagged(1), flagged(2)], { failed: [1, 2, 77] });
      const { console, db } = open;
      await console
        .press('tab', 'tab', 'tab')
        .sees('[Failed jobs]', '0 jobs wait; 3 jobs failed', 'Failed, by exception');
      await console.sees(/RuntimeException: HTTP 401 from Cal.com +3 +invalid API key/, /SyncAppointment +3/);
      await console
        .sees('Failed, about no appointment that is there: 1', /SyncAppointment 77 /)
        .press('tab')
        .sees(/› +2 /);
      await console
        .press('r')
        .sees('row 2: handed on, retrying')
        .press('tab', 'tab', 'tab')
        .sees('[Failed jobs]', '3 jobs failed');
      await console.press('R').sees('1 job waits; 2 jobs failed', /calcom-sync +1 +oldest \d+ [sd].*, 0 reserved/);
      await db.execute('DROP TABLE jobs');
      await console.press('R').sees('needs table jobs; 2 jobs failed', 'the queue of the application');
    });

    test('the newest retries of everybody, with who and why, as a file too', async () => {
      await using open = await openReview(engine, [flagged(1), flagged(2, CALCOM)]);
      const { console, db } = open;
      await console.sees(/› +2 /).press(':').type('retryall2').sees('› Retry all 2').press('enter');
      await console
        .sees('[ Retry 1 row ]', 'left alone: 1 row (2)')
        .press('tab')
        .sees('› [ Retry 1 row ]')
        .press('enter');
      await console.sees('row 1: handed on, retrying').press('tab', 'tab').sees('[Retries]');
      await console.sees('2 retries: 1 left alone, 1 retrying', /› +2 +left alone .* its origin is calcom/);
      await db.execute('UPDATE apptop_outcome SET detail = ? WHERE pk = 1', ['\u001b[2J漢字\nnext']);
      await console.after(() => open.live.refresh()).sees(/1 +retrying .*␛\[2J漢字␊next/);
      const file = join(mkdtempSync(join(tmpdir(), 'apptop-export-')), 'retries.json');
      await console.press('E').sees('export').press('ctrl-u').type(file).press('enter').sees('has 2 rows');
      const rows: unknown = JSON.parse(readFileSync(file, 'utf8'));
      expect(rows).toMatchObject([
        { row: '2', state: 'left alone', run: '1' },
        { row: '1', state: 'retrying', run: '1', detail: '\u001b[2J漢字\nnext' },
      ]);
      expect(console.hasNoRawEscapes()).toBe(true);
      await console.press('enter').sees('› row 2');
    });

    test('small screens, ASCII, no colour and a screen reader', async () => {
      await using open = await openReview(engine, [flagged(1), flagged(2)], { columns: 40, rows: 15, ascii: true });
      const { console, db, live } = open;
      await console
        .sees(/> +2 /)
        .press('r')
        .sees('row 2: handed on', /2 +retrying \d+ s/);
      await console
        .after(() => failAgain(db, 2, 'timeout'))
        .after(() => live.refresh())
        .sees(/2 +failed again/);
      await console.press('m').sees('Retry the row', 'Note something').press('escape').press('space', 'space');
      await console
        .press('r')
        .sees('Retry the sync', '> [ Cancel ]', 'more lines: PgDn')
        .press('pagedown')
        .sees('gates  + access', 'more lines: PgDn')
        .press('pagedown')
        .sees('the last lines: PgDn begins anew')
        .press('escape')
        .sees('held: 2 marked');
      expect(await console.text()).not.toMatch(/[^\x00-\x7f]/);
      await using reader = await openReview(engine, [flagged(5)], { screenReader: true, noColor: true });
      await reader.console
        .sees(/› +5 /)
        .press('r')
        .sees('row 5: handed on, retrying', /5 +retrying/);
    });
  });
}

for (const engine of ENGINES.filter(({ name }) => name !== 'sqlite')) {
  test(`a server that dies while a row is looked at: what is known stays, and the note says it, on ${engine.name}`, async () => {
    await using open = await openReview(engine, [flagged(1)]);
    const { target } = open.db;
    if (!('port' in target)) throw new Error('a server has a port');
    const way = await severable(target);
    await using other = await consoleOn({ ...open.context, target: way.target }, { columns: 120, rows: 30 });
    const { console } = other;
    await console
      .sees('4 Review')
      .press('4')
      .sees(/› +1 /)
      .after(() => way.sever());
    await console
      .press('r')
      .sees(/row 1: .*(lost|closed|answers|connection)/)
      .sees(/› +1 .*HTTP_401/);
    await console.press(':').type('dismisstherow').sees('› Dismiss').press('enter').sees('try: ', '› [ Close ]');
    way.restore();
    await console.press('escape').sees(/› +1 /).press('r').sees('row 1: handed on, retrying');
  });
}
