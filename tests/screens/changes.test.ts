import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/model/run.ts';
import { DUMP, row } from '../changes/guarded.ts';
import { ENGINES, type TestDatabase } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { openChanges, somebodyElse, Traffic } from './on-changes.ts';

/** Two ids in the wrong column, and one that is right. */
const ROWS = [row(1, null, '8212577'), row(2, null, '8212578'), row(3, '77', null)];
const PHRASE = 'staging appointments 2';

const v1Of = async (db: TestDatabase) =>
  (await db.execute('SELECT calcom_booking_id AS v1 FROM appointments ORDER BY id')).map(({ v1 }) => v1);

/** Keeps a run at its first progress until it is let go. */
function held() {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: gone, resolve: letGo } = Promise.withResolvers<void>();
  const onProgress = async (run: Run) => {
    if (run.counts.changed === 0) return;
    reach();
    await gone;
  };
  return { reached, letGo, onProgress };
}

for (const engine of ENGINES) {
  describe(`Changes on ${engine.name}`, () => {
    test('a whole move by keys: plan, menu, phrase, and the run up to its end', async () => {
      await using open = await openChanges(engine, ROWS, { rows: 40, columns: 100 });
      const { console, db } = open;
      await console.sees('Migration  not started · no change was ever run here', /› Move booking ids +ready +2 /);
      await console.sees(/Roll back .* nothing +there is nothing/, /Clean up .* nothing +there is no backup/);
      await console.press('enter').sees('› plan', 'moves 2 ids from calcom_v2_booking_id to calcom_booking_id');
      await console.sees('✓ backup: ', "1  move  calcom_booking_id NULL → '8212577'", 'UPDATE appointments SET');
      await console.press('m').sees('What can be done here').press('enter').sees('┌ Move booking ids ─', 'STAGING');
      await console.sees('type  staging appointments 2  to go on', /expires in \d+ s/, '[ Cancel ]', 'Enter cancel');
      await console.after(() => undefined).seesNot('› [ Cancel ]');
      await console.type(PHRASE).sees('Tab goes there').press('tab').sees('› [ Move 2 ids ]', 'Enter does it');
      await console
        .press('enter')
        .sees('run 1  Move booking ids  done', 'moved 2', /outcome +2 rows changed of 2 planned/);
      expect(await v1Of(db)).toEqual(['8212577', '8212578', '77']);
      // While the plan is looked at, Esc cancels that.
      await console.press('escape').sees('› plan', 'there is nothing to do · looked').press('escape');
      await console.sees('Migration  monitor, 23 h to cleanup', /1 Move booking ids +done/);
      await console.sees(/Clean up .* blocked +2 +the monitor window is over: it/).press('1');
      await console.sees('Migration  monitor, 23 h to cleanup');
    });

    test('nothing runs by a wrong phrase, by Enter, by Esc or by a paste', async () => {
      await using open = await openChanges(engine, ROWS, { context: { environment: 'production' }, columns: 100 });
      const { console, db } = open;
      await console
        .sees(/backup: nobody|ready/)
        .press('m', 'enter')
        .sees('reason (ticket)', 'not yet: reason (ticket)');
      await console.press('enter').sees(/Move booking ids +(ready|blocked)/);
      await console.press('m', 'enter').sees('expires in').paste('OPS-1\r').sees('reason (ticket)  OPS-1');
      await console.press('tab').type('production q 2').sees('not yet: the phrase is another one');
      await console
        .press('tab')
        .sees('› reason')
        .press('tab', 'ctrl-u')
        .type('production appoint')
        .sees('not complete');
      await console.press('tab', 'enter').sees('row 1 of 3').press('m', 'enter').sees('expires in');
      await console.paste('OPS-1').press('tab').paste('production appointments 2\r\n').sees('Tab goes there');
      await console.press('escape').sees('row 1 of 3');
      expect(await v1Of(db)).toEqual([null, null, '77']);
      await expect(db.execute('SELECT * FROM apptop_run')).rejects.toThrow('apptop_run');
    });

    test('a confirmation expires, says so, and looks again for somebody who is there', async () => {
      await using open = await openChanges(engine, ROWS, { confirmMs: 500, columns: 100 });
      const { console } = open;
      await console
        .sees(/ready +2 /)
        .press('m', 'enter')
        .sees('expired: the figures may be others by now');
      await open.insert([row(4, null, '8212579')]);
      await console.press('tab').sees('› [ Look again ]').press('enter').sees('moves 3 ids', 'staging appointments 3');
      await console
        .type('staging')
        .sees('› staging')
        .sees('[ Cancel ]', /›  +expires in/)
        .sees('expired: the figures may');
    });

    test('figures that changed since the look are shown anew, and nothing runs', async () => {
      await using open = await openChanges(engine, ROWS, { columns: 100, rows: 30 });
      const { console, db } = open;
      await console
        .sees(/ready +2 /)
        .press('m', 'enter')
        .sees('expires in')
        .type(PHRASE);
      await open.insert([row(4, null, '8212579')]);
      await console.press('tab', 'enter').sees('▲ the database has changed since the plan was made: nothing was done');
      await console.sees('moves 3 ids').press('m').sees('What can').press('enter').sees('type  staging appointments 3');
      expect(await v1Of(db)).toEqual([null, null, '77', null]);
    });

    test('what only reads says so, and a red gate stands in the way with its remedy', async () => {
      await using reading = await openChanges(engine, ROWS, { context: { access: 'read' } });
      await reading.console.sees('READ-ONLY', '▲ this context only reads: set contexts.test.access to "operate"');
      await reading.console.press('m').sees('- Move booking ids', 'not now: this context only reads').press('enter');
      await reading.console.sees('Move booking ids: this context only reads');
      await using open = await openChanges(engine, ROWS, {
        context: {
          environment: 'staging',
          changes: { ...reading.context.changes, backup: { file: `${DUMP}.gone` } },
        },
        columns: 120,
      });
      const { console } = open;
      await console
        .sees(/blocked +2 +backup: there is no file/)
        .press('m')
        .sees('not now: backup: there is no');
      await console.press('escape', 'enter').sees('1 gate in the way', '▲ backup: there is no file', '→ make the dump');
      await console.press('m', 'G').type('kk').press('escape').sees('1 gate in the way').press('escape');
      await console
        .press(':')
        .type('namefile')
        .sees('› Name the file')
        .press('enter')
        .sees('a dump of the database')
        .type(DUMP)
        .sees('dump.sql ')
        .press('enter');
      await console.sees(/ready +2 /);
    });

    test('an empty database says that there is nothing to do', async () => {
      await using open = await openChanges(engine, []);
      const { console } = open;
      await console.sees('Migration  clean · no change was ever run here', /Move booking ids +nothing/);
      await console.press('m').sees('not now: there is nothing to do').press('j', 'j', 'j').sees('no run is under way');
    });

    test('the run of another operator is seen live, its holder too, and can be asked to pause', async () => {
      await using open = await openChanges(engine, ROWS, { columns: 120, rows: 40 });
      const { console, live } = open;
      await using other = await somebodyElse(engine, open);
      await console.sees(/ready +2 /);
      const { reached, letGo, onProgress } = held();
      const ended = other.run('move-booking-ids', {}, { onProgress });
      await reached;
      await console.after(() => live.refresh()).sees(/run 1 {2}Move booking ids {2}running · .*\(process \d+\) for/);
      await console.sees('100 % · 3 of 3 rows', 'moved 2', /1 Move booking ids +running/, 'batch 500');
      await console.press('m').sees('is running: it has to end first').type('jjjj').sees('take it over').type('jj');
      await console
        .sees(/› +Take over the run/)
        .press('escape')
        .press(':')
        .type('pauserun')
        .sees('› Pause the run')
        .press('enter');
      await console.sees('run 1 pauses at the end of its batch', 'pause was asked for');
      letGo();
      await ended;
      await console
        .sees(/run 1 {2}Move booking ids {2}paused/)
        .press('1')
        .sees('Migration  run 1 paused');
    });

    test('a run pauses and resumes, q asks before it leaves, and the throttle is told', async () => {
      const traffic = new Traffic().stop();
      await using open = await openChanges(engine, ROWS, { columns: 100, rows: 40, traffic });
      const { console, db } = open;
      await console
        .sees(/ready +2 /)
        .press('m', 'enter')
        .sees('expires in')
        .type(PHRASE)
        .sees('Tab goes there')
        .press('tab', 'enter');
      await console.sees('run 1  Move booking ids  running', /throttled: \d+ running threads/).press('q', 'q');
      await console.sees('A change is under way here', 'Pause and leave', '› [ Stay ]').press('enter');
      await console
        .press(':')
        .type('pauserun')
        .sees('› Pause the run')
        .press('enter')
        .sees(/run 1 {2}Move booking ids {2}paused/);
      await console
        .after(() => poll(async () => open.changes.getState().own === undefined))
        .press(':')
        .type('resumerun')
        .sees('› Resume the run')
        .press('enter')
        .sees('┌ Resume the run');
      await console
        .press('enter')
        .sees('paused')
        .press(':')
        .type('resumerun')
        .sees('› Resume the run')
        .press('enter')
        .press('tab', 'enter');
      // What the others wait for is told as it is now, not as it was when somebody looked.
      await console
        .sees('run 1  Move booking ids  running')
        .press('q')
        .sees(/blocked.*run 1 \(Move booking ids\) is runni/);
      await console.after(() => traffic.flow()).sees(/Move booking ids.*done/);
      expect(await v1Of(db)).toEqual(['8212577', '8212578', '77']);
    });

    test('leaving pauses what is under way here', async () => {
      const traffic = new Traffic().stop();
      await using open = await openChanges(engine, ROWS, { traffic });
      const { console, db } = open;
      await console
        .sees(/ready +2 /)
        .press('m', 'enter')
        .sees('expires in')
        .type(PHRASE)
        .sees('Tab goes there')
        .press('tab', 'enter');
      await console.sees('throttled: ').press('ctrl-c').sees('A change is under way').press('tab', 'enter');
      expect(await console.ended).toBe(130);
      expect(await db.execute('SELECT state FROM apptop_run')).toEqual([{ state: 'paused' }]);
    });

    test('a run that halted needs a decision; its tab has a dot; cancelling leaves what is done', async () => {
      await using open = await openChanges(engine, ROWS, { columns: 100 });
      const { console, db, live } = open;
      await using other = await somebodyElse(engine, open);
      await other.run('move-booking-ids');
      await db.execute("UPDATE apptop_run SET state = 'halted', ended_at = NULL, reason = 'the table was altered'");
      await console
        .after(() => live.refresh())
        .sees('[6 Changes•]', 'run 1  Move booking ids  halted', 'table was altered');
      await console
        .press(':')
        .type('resumerun')
        .sees('› Resume the run')
        .press('enter')
        .sees('why it may go on')
        .press('escape');
      await console
        .press(':')
        .type('cancelrun')
        .sees('› Cancel the run')
        .press('enter')
        .sees('type  Y  to go on')
        .type('y')
        .sees('another one');
      await console.press('backspace').type('Y').press('tab', 'enter').sees('run 1 is cancelled', '[6 Changes]');
      expect(await db.execute('SELECT state FROM apptop_run')).toEqual([{ state: 'cancelled' }]);
    });

    test('a rollback gives the ids back, of one run too', async () => {
      await using open = await openChanges(engine, ROWS, { columns: 100, rows: 30 });
      const { console, db, live } = open;
      await using other = await somebodyElse(engine, open);
      await other.run('move-booking-ids');
      await console
        .after(() => live.refresh())
        .sees(/Roll back .* ready +2 /, '1 Move booking ids')
        .press('G', 'enter');
      await console
        .sees('› run 1', /ticket +TEST-1/)
        .press('m')
        .sees(/› +Roll back run 1/)
        .press('enter');
      await console
        .sees('takes back run 1', 'restores 2 rows')
        .type(PHRASE)
        .press('tab')
        .sees('› [ Roll back 2 rows ]');
      await console.press('enter').sees('run 2  Roll back the move of booking ids  done', 'restored 2');
      expect(await v1Of(db)).toEqual([null, null, '77']);
      await console.press('escape', 'escape').sees('Migration  rolled back').press('1').sees('▲ DEGRADED');
    });

    test('a cleanup that is due has a dot on its tab, and the gate that kept it is open', async () => {
      await using open = await openChanges(engine, ROWS, { columns: 100, rows: 30 });
      const { console, db, live } = open;
      await using other = await somebodyElse(engine, open);
      await other.run('move-booking-ids');
      await console.after(() => live.refresh()).sees('Migration  monitor', '[6 Changes]');
      await db.execute('UPDATE apptop_run SET ended_at = ended_at - 172800');
      await console.after(() => live.refresh()).sees('[6 Changes•]', /Migration {2}cleanup due since (?:23 h|1 d)/);
      await console
        .press('R')
        .sees(/Clean up .* ready +2 /)
        .press('1')
        .sees('Migration  cleanup due since');
      await console.press('6').press(':').type('cleanup').sees('› Clean up').press('enter').sees('lost for good: ');
      await console.press('enter').sees(/Clean up .* ready/);
    });

    test('an operator decides about rows that the move leaves alone', async () => {
      await using open = await openChanges(engine, [...ROWS, row(4, '5', '6'), row(5, null, '0123')], { columns: 100 });
      const { console, db } = open;
      await console
        .sees(/ready +2 /)
        .press(':')
        .type('decideabout')
        .sees('› Decide about')
        .press('enter')
        .sees('[conflict 1]', /4 +· +stays/);
      await console
        .press('x')
        .sees(/keep V1 +V1 '5', V2 NULL/)
        .press('x')
        .sees(/keep V2 +V1 '6', V2 NULL/);
      await console
        .press('tab')
        .sees('[review 1]', '1 row is decided about')
        .press('m')
        .sees('Decide about the row: skip');
      await console
        .press('escape', 'escape')
        .sees(/ready +3 /)
        .press('m', 'enter')
        .sees('does with 1 row as you decided', 'appointments 3');
      await console
        .type('staging appointments 3')
        .press('tab')
        .sees('[ Change 3 rows ]')
        .press('enter')
        .sees('run 1  Move booking ids  done', 'decided 1');
      expect(await v1Of(db)).toEqual(['8212577', '8212578', '77', '6', null]);
      // The outcome is recorded after it is seen.
      await poll(async () => open.changes.getState().own === undefined);
      expect(open.changes.getState().decisions).toEqual({});
    });

    test('Ids leads to the rows that an operator decides about, where there are any', async () => {
      await using open = await openChanges(engine, [row(5, null, '0123')]);
      const { console, live } = open;
      await console
        .press('2')
        .sees('the move of misplaced')
        .press('m')
        .sees(/› +Decide about conflict and review rows/)
        .press('enter')
        .sees('[review 1]', /5 +· +stays/);
      await open.db.execute('UPDATE appointments SET calcom_v2_booking_id = NULL');
      await console.after(() => live.refresh()).sees('[review 0]');
      await console.press('escape', 'm').sees('not now: no row is in either class');
    });

    test('hostile values are shown and not sent', async () => {
      const hostile = '\u001b[2J\u0007\u202e';
      await using open = await openChanges(engine, ROWS, { columns: 120, rows: 40 });
      const { console, db, live } = open;
      await using other = await somebodyElse(engine, open);
      await other.run('move-booking-ids');
      await db.execute(
        'UPDATE apptop_run SET operator = ?, ticket = ?, reason = ?, change_id = ?',
        Array(4).fill(hostile),
      );
      await console
        .after(() => live.refresh())
        .sees('1 ␛[2J␇⟪U+202E⟫')
        .press('G', 'enter')
        .sees(/ticket +␛\[2J␇/);
      expect(console.hasNoRawEscapes()).toBe(true);
    });

    test('draws at any size, in ASCII, and for a screen reader', async () => {
      await using open = await openChanges(engine, ROWS, { ascii: true, columns: 200, rows: 50 });
      const { console } = open;
      await console
        .sees(/> Move booking ids +ready/)
        .press('m', 'enter')
        .sees('+ Move booking ids -', '  [ Cancel ]');
      await console.resize(40, 15).sees('type  staging appointments 2', '  [ Cancel ]', '  [ Move 2 ids ]', / \d+ s$/m);
      await console
        .type(PHRASE)
        .sees(/> staging appointments 2 +\d+ s/)
        .resize(20, 8)
        .sees('Cancel')
        .press('escape')
        .resize(40, 15);
      await console.sees(/> Move booking ids +ready/);
      await console.press('enter').sees('ready: m opens the actions', '> What happens').press('G');
      await console.sees('INSERT INTO apptop_ledger');
      expect(/[^\u0000-\u007f]/.test(await console.text())).toBe(false);
      await using spoken = await openChanges(engine, ROWS, { screenReader: true, noColor: true, rows: 40 });
      await spoken.console
        .sees('Move booking ids')
        .press('m', 'enter')
        .sees(/expires at \d\d:\d\d:\d\dZ/, '[ Cancel ]');
      await poll(async () => !(await spoken.console.text()).includes('┌'));
    });
  });
}
