import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_CHANGE_RULES } from '../../src/config/changes.ts';
import { type LogCheck, NO_OWN_CHECKS } from '../../src/config/own-checks.ts';
import { DUMP, row } from '../changes/guarded.ts';
import { Folder } from '../config/folder.ts';
import { ENGINES, type TestEngine } from '../engines/engines.ts';
import { command, manual } from '../runbooks/ceremony.ts';
import { poll } from '../support.ts';
import { Traffic } from './on-changes.ts';
import { consoleOn, type OnDatabase, openOn } from './on-database.ts';

const ROWS = [row(1, null, '8212577'), row(2, null, '8212578')];

const STEPS = [
  { id: 'before', title: 'Look before', check: { ids: ['booking-ids/no-backup-column'] } },
  { id: 'move', title: 'Move the ids', change: { id: 'move-booking-ids', action: 'run' } },
  command('tell', 'echo told', { title: 'Tell the workers' }),
  manual('read', { title: 'Read the log', note: 'required' }),
  manual('extra', { title: 'Bake a cake', optional: true }),
];

/** A console on its screen Runbooks, with a runbook of its own beside the built-in ones. */
async function openRunbooks(engine: TestEngine, options: OnDatabase & { readonly more?: object } = {}) {
  const folder = new Folder();
  const { more = {}, context, ...others } = options;
  folder.write(
    'ceremony.json',
    JSON.stringify({
      version: 1,
      id: 'ceremony',
      title: 'Ceremony',
      purpose: 'Moves what there is.',
      phases: [{ id: 'all', title: 'All of it', steps: STEPS.map((step) => ({ title: step.id, ...step })) }],
      stop: [{ id: 'fire', title: 'The house is on fire', person: true }],
      signOff: [{ role: 'operator', statement: 'It was watched.' }],
      ...more,
    }),
  );
  const open = await openOn(engine, ROWS, {
    context: {
      environment: 'staging',
      access: 'operate',
      changes: { ...DEFAULT_CHANGE_RULES, backup: { file: DUMP } },
      runbooks: { folder: folder.folder },
      ...context,
    },
    ...others,
  });
  await open.console.press('7').sees('[7 Runbooks', 'ceremony', 'sync-rollout', /not begun/);
  return open;
}

/** While a step is finished nothing else is begun: what follows from it is looked at. */
const AT_WORK = 'is under way here';

/** Opens the own runbook, which stands behind the five that are built in. */
const toCeremony = ['/', 'c', 'e', 'r', 'e', 'm', 'o', 'n', 'y', 'enter', 'enter'];

for (const engine of ENGINES) {
  describe(`runbooks on ${engine.name}`, () => {
    test('a run is begun, done step by step with its change and its ticks, and signed', async () => {
      await using open = await openRunbooks(engine);
      const { console, db } = open;
      await console.sees('none was ever begun here').press(...toCeremony);
      await console
        .sees('Ceremony: not begun, m begins a run', 'Moves what there is.', 'Look before', 'before is not done')
        .press('x')
        .sees('no run is under way: m begins one')
        .press('m')
        .sees('Begin a run of ceremony')
        .press('enter')
        .sees('run 1 of ceremony is begun', 'next  before: Look before', '0 of 5 steps done');
      await console.sees(/row 1 of 5 · before: checks booking-ids\/no-backup-column/);
      await console.press('x').sees('before passed: 1 check', 'next  move', '1 of 5 steps done').seesNot(AT_WORK);
      await console
        .press('j', 'enter')
        .sees('runs move-booking-ids, confirmed by a person', 'x plans it, shows', /needs +before/);
      await console
        .press('x')
        .sees('moves 2 ids from', 'type  staging appointments 2')
        .type('staging appointments 2')
        .press('tab')
        .sees('[ Move 2 ids ]')
        .press('enter')
        .sees('run 1  Move booking ids  done');
      expect((await db.execute('SELECT calcom_booking_id FROM appointments ORDER BY id')).map(Object.values)).toEqual([
        ['8212577'],
        ['8212578'],
      ]);
      await console
        .press('escape', 'escape')
        .sees('next  tell', /passed +Move the ids/, '2 of 5 steps done')
        .seesNot(AT_WORK);
      await console
        .press('j', 'x')
        .sees('sh -c "echo told"', 'Run it')
        .press('enter')
        .sees('next  tell')
        .press('x', 'tab', 'enter')
        .sees('tell passed', 'next  read')
        .seesNot(AT_WORK);
      await console
        .press('j', 'x')
        .sees('Do read.', 'not yet: your name')
        .type('Ada')
        .press('tab')
        .type('three lines, no error')
        .press('tab', 'enter')
        .sees('read ticked by Ada', 'every step that is needed is done: operator has to sign');
      await console.press('j', 'm').sees('Leave out extra').press('j', 'enter');
      await console
        .type('Bo')
        .press('tab')
        .type('no oven')
        .press('tab', 'enter')
        .sees('extra skipped: no oven')
        .press('m')
        .sees('Sign as operator')
        .press('escape', ':')
        .type('signas')
        .press('enter')
        .sees('It was watched.')
        .type('Ada')
        .press('tab', 'tab', 'enter')
        .sees('run 1 is finished', 'run 1 finished, 5 of 5 steps done  Ceremony');
      await console
        .press('tab', 'tab', 'tab')
        .sees('[History', 'sign-off  operator', 'by Ada (')
        .press('escape', 'escape');
      await console.sees('Runs 1', /1 ceremony +finished/);
    });

    test('a drill wants no phrase, and tells what each part found', { timeout: 60_000 }, async () => {
      const steps = [{ id: 'rehearse', title: 'Rehearse', change: { id: 'calendar-uniqueness', action: 'drill' } }];
      await using open = await openRunbooks(engine, { more: { phases: [{ id: 'all', title: 'All', steps }] } });
      const { console, db } = open;
      await console
        .press(...toCeremony)
        .sees('not begun, m begins a run')
        .press('m', 'enter')
        .sees('is begun');
      await console.press('x').sees(AT_WORK);
      // Seven changes take their time on a slow disk.
      const over = async () => (await db.execute("SELECT 1 AS one FROM apptop_step WHERE state = 'passed'"))[0];
      await poll(over, { deadlineMs: 45_000, what: 'the drill over' });
      await console.sees('rehearse passed: the drill came out as it should').seesNot(AT_WORK);
      await console
        .press('enter')
        .sees('rehearses calendar-uniqueness and its way back', 'pass  plant connections and events: 2 connections');
    });

    test('a run that has ended says how, when and why, and another one is begun from it and shown', async () => {
      await using open = await openRunbooks(engine);
      const { console } = open;
      await console
        .press(...toCeremony, 'm', 'enter')
        .sees('next  before', '? help  : command  m actions  x do it')
        .press('x')
        .sees('next  move');
      await console
        .press(':')
        .type('aborttherun')
        .press('enter')
        .type('Ada')
        .press('tab')
        .type('wrong database')
        .press('tab', 'enter')
        .sees('run 1 aborted, 1 of 5 steps done', 'wrong database', /✓ passed +Look before/, /· not done +Move the ids/)
        .seesNot('blocked', 'ready');
      await console.press('escape', 'escape').sees(/ceremony +aborted +run 1 aborted .*: wrong database/);
      await console.press('/').type('ceremony').press('enter', 'enter');
      await console.sees('Ceremony: no run is under way, m begins one', /run 1 aborted .*: wrong database/);
      await console
        .press('escape', 'G', 'enter')
        .sees('› run 1', 'run 1 aborted')
        .press('m', 'j')
        .sees(/› +Begin a run of ceremony/)
        .press('enter')
        .sees('run 2 of ceremony is begun', '› run 2', 'run 2 running, 0 of 5 steps done', 'next  before')
        .seesNot('is not what it was when the run began');
      await console.press('escape').sees(/2 ceremony +running/, /1 ceremony +aborted/);
    });

    test('q while a step is done says what leaving does to it, and when it has ended', async () => {
      const folder = new Folder();
      const gate = join(folder.folder, 'gate');
      const script = `for i in $(seq 600); do test -e ${gate} && exit 0; sleep 0.1; done; exit 1`;
      const more = { phases: [{ id: 'all', title: 'All', steps: [command('tell', script, { title: 'Tell' })] }] };
      await using open = await openRunbooks(engine, { more });
      const { console } = open;
      await console
        .press(...toCeremony, 'm', 'enter')
        .sees('next  tell')
        .press('x')
        .sees('› [ Cancel ]', '[ Run it ]')
        .press('tab', 'enter')
        .sees(AT_WORK)
        .press('q')
        .sees('row 1 of')
        .press('escape', 'q');
      await console
        .sees('A step is under way here', 'leaving stops its program: what that has done stays done')
        .seesNot('batch');
      folder.write('gate', '');
      await console
        .sees('Nothing is under way here any more', 'it has ended meanwhile', '[ Leave ]')
        .seesNot('batch', 'pause')
        .press('tab', 'enter');
      expect(await console.ended).toBe(0);
    });

    test('a dialog has one cursor: in the field that is typed into, or on the button that Enter presses', async () => {
      const steps = [manual('read', { title: 'Read the log', note: 'required' })];
      await using open = await openRunbooks(engine, { more: { phases: [{ id: 'all', title: 'All', steps }] } });
      const { console } = open;
      await console.press(...toCeremony, 'm', 'enter').sees('next  read');
      await console
        .press('x')
        .sees(/│ › your name/, /│ {3}what you saw/, /│ {3}\[ Cancel \]/)
        .type('Ada')
        .press('tab')
        .sees(/│ {3}your name +Ada/, /│ › what you saw/, /│ {3}\[ Cancel \]/)
        .type('fine')
        .press('tab')
        .sees(/│ {3}what you saw +fine/, /│ {3}\[ Cancel \] +› \[ It is done \]/);
    });

    test('what a check can not look at is answered for by a person', async () => {
      const steps = [{ id: 'orphans', title: 'No event is alone', check: { ids: ['calendar-schema/no-orphans'] } }];
      await using open = await openRunbooks(engine, { more: { phases: [{ id: 'all', title: 'All', steps }] } });
      const { console } = open;
      await console.press(...toCeremony, 'm', 'enter').sees('next  orphans');
      await console.press('m').sees('Abort the run').seesNot('Answer for').press('escape');
      await console
        .press('x')
        .sees("orphans failed: calendar-schema/no-orphans can't be looked at here", 'm answers for it  orphans')
        .seesNot(AT_WORK)
        .press(':')
        .type('answerfor')
        .press('enter')
        .sees("can't be looked at here", 'not yet: your name')
        .type('Ada')
        .press('tab')
        .type('there are no calendars')
        .press('tab', 'enter')
        .sees('orphans ticked by Ada: there are no calendars', '1 of 1 step done');
    });

    test('a run that is gone with its database is told, and another one begins by a signed word', async () => {
      await using open = await openRunbooks(engine);
      const { console, db } = open;
      await console.press(...toCeremony, 'm', 'enter').sees('run 1 of ceremony is begun', 'next  before');
      for (const table of ['apptop_runbook', 'apptop_step', 'apptop_audit']) await db.execute(`DELETE FROM ${table}`);
      await console
        .press('escape', 'escape', 'r')
        .sees('run 1 of ceremony was seen here and is gone from the database')
        .press('/')
        .type('ceremony')
        .press('enter', 'enter', 'm', 'enter')
        .sees('Begin another run of ceremony', 'is gone from the database: it was put', 'not yet: your name')
        .type('Ada')
        .press('tab')
        .type('the disk was replaced')
        .press('tab', 'enter')
        .sees('run 2 of ceremony is begun', 'next  before')
        .press('tab', 'tab', 'tab')
        .sees('decision  restored', 'the disk was replaced');
    });

    test('a stop turns every console red, halts, and goes on by a signed decision', async () => {
      await using open = await openRunbooks(engine);
      const { console, context, live, db } = open;
      await using other = await consoleOn(context);
      await other.console.sees('Overview', 'STAGING');
      await console.press(...toCeremony, 'm', 'enter').sees('next  before');
      await console
        .press(':')
        .type('fire')
        .press('enter')
        .sees('STOP the world', 'The house is on fire')
        .type('Ada')
        .press('tab')
        .type('smoke')
        .press('tab', 'enter')
        .sees('STOP THE WORLD', 'STOP: The house is on fire: smoke', 'halt, assess, decide, execute, document');
      await console.press('x').sees('STOP: somebody has to decide first');
      await other.console
        .after(() => other.live.refresh())
        .sees('STOP THE WORLD', '7 decides: runbook ceremony run 1: The house is on fire: smoke', '7 Runbooks•')
        .press('6')
        .sees(/Move booking ids +blocked/, 'no runbook is stopped');
      await console
        .press('tab')
        .sees('[STOP', /stopped +by Ada \(.*\) at .*Z: The house is on fire:\s+smoke/, /decide +nobody has yet/);
      await console
        .press(':')
        .type('decidethat')
        .press('enter')
        .sees('not yet: your name')
        .type('Bo')
        .press('tab')
        .type('it was a drill')
        .press('tab', 'enter')
        .sees('run 1 goes on', /stopped +by Ada/, /decided +to go on, by Bo \(.*\) at .*Z: it was a drill/)
        .sees(/now +the run goes on/)
        .seesNot('no change begins');
      await console.after(() => live.refresh()).seesNot('STOP THE WORLD');
      await other.console.after(() => other.live.refresh()).seesNot('STOP THE WORLD', '7 decides');
      const events = await db.execute('SELECT body FROM apptop_audit ORDER BY seq');
      const bodies = events.map(({ body }) => JSON.parse(body ?? '{}'));
      expect(bodies.filter(({ event }) => event === 'decision')).toMatchObject([{ reason: 'it was a drill' }]);
    });

    test('a stopped runbook halts a change that runs, and keeps it until somebody has decided', async () => {
      const traffic = new Traffic().stop();
      const rules = { ...DEFAULT_CHANGE_RULES, backup: { file: DUMP }, throttle: traffic };
      await using open = await openRunbooks(engine, { context: { changes: rules } });
      const { console, db, live, changes } = open;
      await console
        .press(...toCeremony, 'm', 'enter')
        .sees('next  before')
        .press('x')
        .sees('next  move')
        .seesNot(AT_WORK);
      await console
        .press('j', 'x')
        .sees('type  staging appointments 2')
        .type('staging appointments 2')
        .press('tab', 'enter')
        .sees('throttled', 'run 1  Move booking ids  running');
      await console.press('escape').sees('move is under way here', '● running');
      await console.press('q').sees('row 1 of').press('enter').sees('move is under way here');
      await console.press('k').press('x').sees('this console is at move');
      await console
        .press(':')
        .type('fire')
        .press('enter')
        .type('Ada')
        .press('tab')
        .type('smoke')
        .press('tab', 'enter')
        .sees('STOP THE WORLD', /failed +Move the ids +run 1 is halted/);
      expect(changes.getState().runs?.map(({ state }) => state)).toEqual(['halted']);
      await console
        .press('6')
        .sees(/1 Move booking ids +halted/)
        .press('m')
        .sees('Resume the run')
        .press('escape');
      const resumed = changes.getState().runs?.[0];
      if (resumed === undefined) throw new Error('no run is there');
      changes.resume(resumed, { takeOver: false, decision: 'I want it' });
      await poll(() => changes.getState().ending?.problem?.message.includes('runbook ceremony is stopped') ?? false);
      traffic.flow();
      await console
        .press('7', ':')
        .type('decidethat')
        .press('enter')
        .type('Bo')
        .press('tab')
        .type('a drill')
        .press('tab', 'enter')
        .sees('run 1 goes on', 'failed  move')
        .press('j', 'x')
        .sees('is halted', 'why it may go on')
        .type('a drill')
        .press('tab', 'enter')
        .sees('run 1  Move booking ids  done')
        .after(() => live.refresh())
        .seesNot('STOP THE WORLD');
      expect(
        (await db.execute('SELECT calcom_booking_id AS v1 FROM appointments ORDER BY id')).map(({ v1 }) => v1),
      ).toEqual(['8212577', '8212578']);
    });

    test('a stop condition that begins to hold stops the run on whatever screen somebody is', async () => {
      const more = { stop: [{ id: 'lost', title: 'An id is misplaced', checks: ['booking-ids/none-misplaced'] }] };
      await using open = await openRunbooks(engine, { more });
      const { console, live } = open;
      await console
        .press(...toCeremony, 'm', 'enter')
        .sees('next  before')
        .press('1');
      await console.after(() => live.refresh()).sees('STOP THE WORLD', 'run 1: An id is misplaced (booking-ids');
    });

    test('a run that somebody changed behind apptop stops for whoever watches, and over an open dialog', async () => {
      await using open = await openRunbooks(engine);
      const { console, context, db, live } = open;
      await console.press(...toCeremony, 'm', 'enter').sees('run 1 of ceremony is begun', 'next  before');
      await console.press('x').sees('next  move').seesNot(AT_WORK);
      await console
        .press('j', 'j')
        .sees(/› · blocked +Tell/)
        .press(':')
        .type('forano')
        .press('enter')
        .sees('not yet: your name');
      await db.execute("UPDATE apptop_step SET name = 'Bo'");
      await using other = await consoleOn(context);
      // The first one may have looked before it: then a refresh shows what that has found.
      await poll(async () => (await db.execute("SELECT id FROM apptop_runbook WHERE state = 'stopped'")).length > 0);
      await other.console
        .after(() => other.live.refresh())
        .sees('STOP THE WORLD', 'run 1: the run was changed behind apptop');
      // A name that is typed is no way back: Enter goes on to the next field.
      await console
        .type('Ada')
        .press('enter')
        .sees(/your name +Ada/, /› why/)
        .press('escape')
        .after(() => live.refresh())
        .sees('STOP THE WORLD', 'STOP: the run was changed behind apptop');
      await console.press('tab').sees(/stopped +by itself at .*: the run was/);
    });

    test('another operator is seen at a step, and their work shows with a refresh', async () => {
      await using open = await openRunbooks(engine);
      const { console, context, live } = open;
      await console.press(...toCeremony, 'm', 'enter').sees('next  before');
      await using other = await consoleOn(context);
      await other.console
        .press('7')
        .sees(/ceremony +running +0 of 5/)
        .press(...toCeremony)
        .sees('next  before')
        .press('x');
      await other.console.sees('before passed', '1 of 5 steps done');
      await console.after(() => live.refresh()).sees('1 of 5 steps done', 'next  move');
      await open.db.execute(
        "UPDATE apptop_step SET state = 'running', expires_at = expires_at + 3600, operator = 'bo@web2'",
      );
      await console
        .after(() => live.refresh())
        .sees('running  before: bo@web2 is at it since', /● running +Look before/);
      await console.press('x').sees('bo@web2 is at it since');
    });

    test('where the context only reads, runs of others are shown, and own ones are kept here', async () => {
      await using open = await openRunbooks(engine);
      await open.console.press(...toCeremony, 'm', 'enter').sees('next  before');
      await using reader = await consoleOn({ ...open.context, name: 'reading', access: 'read' });
      const { console } = reader;
      await console
        .press('7')
        .sees(/1 ceremony +running/)
        .press(...toCeremony)
        .sees('this context only reads')
        .press('x')
        .sees('this context only reads: set');
      await console
        .press('escape', 'escape')
        .press('k', 'enter')
        .sees('sync-rollout', 'm begins a run')
        .press('m', 'enter');
      await console.sees('this run is kept on this machine only', 'next  ');
    });

    test('hostile values are shown and not sent, at any size, in ASCII, and for a screen reader', async () => {
      const hostile = '\u001b[2J\u0007\u202e';
      await using open = await openRunbooks(engine, { columns: 120, rows: 40 });
      const { console, db, live, context } = open;
      await console
        .press(...toCeremony, 'm', 'enter')
        .sees('next  before')
        .press('x')
        .sees('next  move');
      await db.execute('UPDATE apptop_step SET note = ?, operator = ?, name = ?', Array(3).fill(hostile));
      await db.execute('UPDATE apptop_runbook SET title = ?, operator = ?', Array(2).fill(hostile));
      await console.after(() => live.refresh()).sees('steps done  ␛[2J␇⟪U+202E⟫', /passed +Look before +␛\[2J/);
      await console
        .press('tab', 'tab', 'tab')
        .sees(/note +␛\[2J␇/)
        .press('tab');
      expect(console.hasNoRawEscapes()).toBe(true);
      await console
        .resize(40, 15)
        .sees('1 of 5 steps done', /passed +Look/, '[Steps]')
        .resize(20, 8)
        .resize(80, 24);
      await using plain = await consoleOn(context, { ascii: true, columns: 40, rows: 15 });
      // Whoever looks first stops it, and the others see that with a refresh.
      await poll(async () => (await db.execute("SELECT id FROM apptop_runbook WHERE state = 'stopped'")).length > 0);
      plain.live.refresh();
      await plain.console
        .press('7')
        .sees('STOP', /stopped/)
        .press(...toCeremony)
        .sees(/ready +Move/)
        .press('enter')
        .sees('state');
      expect(/[^\u0000-\u007f]/.test(await plain.console.text())).toBe(false);
      await using spoken = await consoleOn(context, { screenReader: true, noColor: true, rows: 40 });
      await spoken.console
        .press('7')
        .sees(/ceremony +stopped/, 'the run was changed behind apptop')
        .press(...toCeremony)
        .sees(/ready +Move/, '✓ passed');
    });

    test('a step of watching has the logs, and the Overview too', async () => {
      const folder = new Folder();
      const now = new Date().toISOString().slice(0, 19);
      folder.write(
        'app.log',
        `[${now}] sync failed: \u001b[2Jone\n[${now}] fine\n[${now}] sync failed: two DB_PASSWORD=hunter2\n`,
      );
      const log: LogCheck = {
        name: 'sync-errors',
        title: undefined,
        severity: 'error',
        phases: ['monitor'],
        remedy: undefined,
        file: join(folder.folder, 'app.log'),
        pattern: /sync failed/u,
        minutes: 60,
        atMost: 1,
      };
      const checks = { ...NO_OWN_CHECKS, logs: [log] };
      await using open = await openRunbooks(engine, {
        columns: 140,
        rows: 50,
        context: { checks },
        more: {
          phases: [
            {
              id: 'watch',
              title: 'Watch',
              steps: [
                { id: 'hours', title: 'Watch', wait: { hours: 24 } },
                manual('read', { title: 'Read', needs: [], manual: { instructions: ['Read it.'], logs: true } }),
              ],
            },
          ],
        },
      });
      const { console } = open;
      await console
        .press(...toCeremony, 'm', 'enter')
        .sees('hours', 'run 1 of ceremony is begun')
        .press('enter');
      await console.sees(
        'sync-errors: 2 in 60 min, at most 1',
        'sync failed: ␛[2Jone',
        'sync failed: two DB_PASSWORD=***',
      );
      // Before it is ticked one reads what is looked for, and what it says now; afterwards what was seen.
      await console
        .press('escape', 'j')
        .sees(/› → ready +Read/)
        .press('x')
        .sees('Read it.', 'log sync-errors, error: /sync failed/ in', 'app.log, at most 1 line in 60 min')
        .sees('sync-errors: 2 in 60 min, at most 1', 'sync failed: ␛[2Jone', 'sync failed: two DB_PASSWORD=***')
        .type('Ada')
        .press('tab', 'tab', 'enter')
        .sees(
          /read ticked by Ada: own\/sync-errors: 2 in 60 min, at most 1, last: \[20\S+\] sync failed: two DB_PASSWORD=\*\*\*/,
        );
      folder.write('app.log', '');
      await console
        .press('enter')
        .sees(
          /looks at +log sync-errors, error/,
          'entry 1',
          /check +fail +own\/sync-errors: 2 in 60/,
          'failed: ␛[2Jone',
        );
      await console.press('escape');
      folder.write('app.log', `[${now}] sync failed: ␛one\n[${now}] sync failed: two DB_PASSWORD=hunter2\n`);
      await console
        .press('1')
        .sees('Logs', /▲ +sync-errors +2 in 60 min/, 'sync failed: two DB')
        .seesNot('hunter2');
      expect(console.hasNoRawEscapes()).toBe(true);
    });
  });
}
