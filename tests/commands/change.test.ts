import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { row } from '../changes/guarded.ts';
import { ENGINES } from '../engines/engines.ts';
import { changing } from './changer.ts';

const UID = 'kDm3nC8TqV5xY7zA2bE4fG';
const MOVE = 'move-booking-ids';
const ROWS = [row(1, null, '8212577'), row(2, '77', '77'), row(3, null, UID), row(4, '5', '6')];
const MOVED = { 1: ['8212577', null, '8212577'], 2: ['77', null, '77'], 3: [null, UID, UID], 4: ['5', '6', '6'] };

const json = (text: string): unknown => JSON.parse(text);

for (const engine of ENGINES) {
  describe(`changes from the command line on ${engine.name}`, () => {
    test('a plan says what happens, and the line that it prints runs it from its file', async () => {
      const on = await changing(engine, ROWS, { environment: 'production' });
      const planned = await on.run('change', 'plan', MOVE, '--out', 'the plan.json');
      expect([planned.code, planned.stderr]).toEqual([0, 'apptop: the plan is in the plan.json\n']);
      expect(planned.stdout).toMatch(/^Move booking ids {2}PRODUCTION on appointments\n/);
      for (const line of [
        '  · moves 1 id from calcom_v2_booking_id to calcom_booking_id',
        '  ✔ ok      no other run: nobody changes this database',
        '  1    move   NULL  8212577  →  8212577  NULL',
        '  2    clear  77    77       →  77       NULL',
        '  rollback   can be rolled back row by row until the cleanup',
        '  · 1 row needs a decision: --decide PK=keep-v1, keep-v2 or skip',
        '  apptop change run --plan "the plan.json" \\',
      ]) {
        expect(planned.stdout.split('\n')).toContain(line);
      }
      expect(Math.max(...planned.stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);

      const ended = await on.runPrinted(planned.stdout);
      expect(ended.stdout).toMatch(
        /^run 1 is done: 2 rows changed of 2 planned, in [\d.]+ m?s \(1 moved, 1 cleared, 2 originals kept\)\n$/,
      );
      expect([ended.code, ended.stderr]).toEqual([0, 'apptop: take it back: apptop rollback plan --runs 1\n']);
      expect(await on.ids()).toEqual(MOVED);

      const again = await on.run('change', 'run', MOVE, '--confirm', 'production appointments 0', '--reason', 'OPS-1');
      expect([again.code, again.stdout]).toEqual([0, 'there is nothing to do\n']);
    });

    test('every document says the same to a program', async () => {
      const on = await changing(engine, ROWS);
      const plan = await on.run('change', 'plan', MOVE, '--json');
      expect(json(plan.stdout)).toMatchObject({
        version: 1,
        change: MOVE,
        rows: 2,
        phrase: 'staging appointments 2',
        reasonNeeded: false,
        gates: expect.arrayContaining([expect.objectContaining({ id: 'backup', state: 'green' })]),
      });
      // What was printed is a plan that can be kept.
      on.write('plan.json', plan.stdout);
      const run = await on.run('change', 'run', '--plan', 'plan.json', '--confirm', 'staging appointments 2', '--json');
      const kept = { id: 1, state: 'done', counts: { changed: 2 }, endedAt: expect.stringMatching(/^\d{4}-.*Z$/) };
      expect([run.code, json(run.stdout)]).toEqual([
        0,
        expect.objectContaining({
          version: 1,
          outcome: 'done',
          failed: [],
          run: expect.objectContaining(kept.id ? { id: 1, state: 'done' } : {}),
        }),
      ]);
      const status = await on.run('change', 'status', '1', '--json');
      expect([status.code, json(status.stdout)]).toMatchObject([
        0,
        { version: 1, lease: null, aside: [], runs: [kept] },
      ]);
      const list = await on.run('change', 'list', '--json');
      expect(json(list.stdout)).toMatchObject({
        migration: 'monitoring',
        changes: [
          { id: MOVE, state: 'nothing to do', rows: 0 },
          { id: 'rollback-booking-ids', state: 'ready', rows: 2 },
          { id: 'cleanup-booking-ids', state: 'blocked', why: [{ what: expect.stringContaining('monitor window') }] },
        ],
      });
    });

    test('figures that moved on stop a run, and are shown', async () => {
      const on = await changing(engine, ROWS);
      // A full disk left an empty one.
      on.write('plan.json', '');
      await on.run('change', 'plan', MOVE, '--out', 'plan.json');
      await engine.insert(on.db, 'appointments', [row(9, null, '99')]);
      const before = await on.ids();
      const ended = await on.run('change', 'run', '--plan', 'plan.json', '--confirm', 'staging appointments 2');
      expect(ended.code).toBe(2);
      expect(ended.stdout).toContain('· moves 2 ids');
      expect(ended.stderr).toBe(
        [
          'apptop: the database has changed since the plan was made: nothing was done',
          'apptop:   move 1, now 2',
          `apptop: plan it anew: apptop change plan ${MOVE} --out plan.json`,
          '',
        ].join('\n'),
      );
      expect(await on.ids()).toEqual(before);
    });

    test('what is not confirmed, or not this plan, does not run', async () => {
      const on = await changing(engine, ROWS, { environment: 'production' });
      await on.run('change', 'plan', MOVE, '--out', 'plan.json');
      const before = await on.ids();
      const refused = async (...args: string[]) => {
        const { code, stdout, stderr } = await on.run('change', 'run', ...args);
        expect([stdout, await on.ids()]).toEqual(['', before]);
        return `${code} ${stderr.trimEnd()}`;
      };
      const phrase = 'production appointments 2';
      expect(await refused(MOVE)).toBe(
        `2 apptop: the change is not confirmed: nobody is here to ask: give --confirm "${phrase}"`,
      );
      expect(await refused('--plan', 'plan.json', '--confirm', 'production appointments 3', '--reason', 'OPS-1')).toBe(
        `2 apptop: "production appointments 3" is not the phrase: type exactly: ${phrase}`,
      );
      expect(await refused('--plan', 'plan.json', '--confirm', phrase)).toBe(
        '2 apptop: a change in production needs a reason: give a ticket: --reason OPS-1',
      );
      const kept = readFileSync(join(on.folder, 'plan.json'), 'utf8');
      on.write('edited.json', kept.replace('"move": 1', '"move": 2'));
      expect(await refused('--plan', 'edited.json', '--confirm', phrase, '--reason', 'OPS-1')).toBe(
        '3 apptop: edited.json was edited after it was made: make it anew: apptop change plan CHANGE --out FILE',
      );
      on.configure({ environment: 'staging' });
      expect(await refused('--plan', 'plan.json', '--confirm', phrase)).toMatch(
        /^3 apptop: plan\.json is for production .*, and this is staging .*: --context on$/,
      );
    });

    test('a red gate says what to do, and nothing happens', async () => {
      const on = await changing(engine, ROWS, { access: 'read' });
      const before = await on.ids();
      const run = () => on.run('change', 'run', MOVE, '--confirm', 'staging appointments 2');
      const planned = await on.run('change', 'plan', MOVE);
      expect(planned.code).toBe(2);
      expect(planned.stdout).toContain('It can not be run until every gate is open.');
      const reading = await run();
      expect([reading.code, reading.stderr]).toEqual([
        2,
        '  ✖ blocks  changes are allowed: this context only reads\n' +
          '            → set contexts.on.access to "operate" in the config\n' +
          'apptop: nothing was done: a gate is red\n',
      ]);
      on.configure({ changes: { backup: { file: 'no-such-dump.sql' } } });
      const unproven = await run();
      expect([unproven.code, unproven.stderr]).toEqual([
        2,
        expect.stringMatching(/✖ blocks {2}backup: there is no file\s.*no-such-dump/),
      ]);
      expect(unproven.stderr).toContain('→ make the dump, or correct the path');
      on.write('dumps/one.sql', 'a dump');
      const folder = await on.run('change', 'run', MOVE, '--backup', 'dumps', '--confirm', 'staging appointments 2');
      expect([folder.code, folder.stderr]).toEqual([
        2,
        expect.stringMatching(/✖ blocks {2}backup: \S+dumps is\s+a\s+folder\n/),
      ]);
      expect(folder.stderr).toContain('→ name the file in it');
      expect(await on.ids()).toEqual(before);
    });

    test('another operator has to approve, where the config wants that', async () => {
      const on = await changing(engine, ROWS, { changes: { requireApproval: true } });
      await on.run('change', 'plan', MOVE, '--out', 'plan.json');
      const run = () => on.run('change', 'run', '--plan', 'plan.json', '--confirm', 'staging appointments 2');
      // Who made the plan counts for nothing.
      await on.run('change', 'approve', '--plan', 'plan.json');
      const alone = await run();
      expect([alone.code, alone.stderr]).toEqual([
        2,
        expect.stringContaining('approved by another operator: nobody has yet'),
      ]);
      const approved = await on.run('change', 'approve', '--plan', 'plan.json');
      expect([approved.code, approved.stderr]).toEqual([
        0,
        expect.stringMatching(/^apptop: approved move-booking-ids [0-9a-f]{32}\n$/),
      ]);
      await on.db.execute(`UPDATE apptop_audit SET body = replace(body, '"user":', '"login":"grace","user":')`);
      expect((await run()).code).toBe(0);
    });

    test('an operator decides about rows, on the command line or in a file', async () => {
      const rows = [row(4, '5', '6'), row(5, '7', '8'), row(6, '9', '\u001b[2J\u202e0123'), row(7, null, '10')];
      const on = await changing(engine, rows);
      on.write('decisions', '# by OPS-2\n4=keep-v1\n5 = keep-v2\n\n6=keep-v1 # no id\n');
      const planned = await on.run('change', 'plan', MOVE, '--decide', 'decisions', '--ascii');
      expect(planned.code).toBe(0);
      expect(planned.stdout).toContain('6    decide  9     <U+001B>[2J<U+202E>0123  ->');
      expect(planned.stdout).toMatch(/^[\n\x20-\x7e]*$/);
      expect(planned.stdout).toContain('--decide 4=keep-v1,5=keep-v2,6=keep-v1');
      expect(await on.runPrinted(planned.stdout)).toMatchObject({ code: 0 });
      expect(await on.ids()).toMatchObject({
        4: ['5', null, '6'],
        5: ['8', null, '8'],
        6: ['9', null, expect.anything()],
      });
      const stray = await on.run('change', 'plan', MOVE, '--decide', '7=keep-v1');
      expect([stray.code, stray.stderr]).toEqual([
        3,
        expect.stringContaining('row 7 is v1: there is nothing to decide'),
      ]);
    });
  });
}

test.each([
  ['change', 'change needs a word: give one of list, plan, run, pause, resume, cancel, status, approve, drill'],
  ['change plan', 'nothing says what to change: name a change: apptop change list shows them'],
  ['change list move-booking-ids', 'apptop change list takes no "move-booking-ids": leave it out'],
  ['change status --confirm x', 'apptop change status takes no --confirm: see apptop change --help'],
  ['change status one', '"one" is no number of a run: apptop change status shows the runs'],
  ['change approve', 'approve needs a plan: give --plan FILE'],
  [
    'change run move-booking-ids --plan p',
    'a plan that was kept says all of it: give --plan alone, or plan the change anew',
  ],
  [
    'rollback run --plan p --ids 1',
    'a plan that was kept says all of it: give --plan alone, or plan the rollback anew',
  ],
  ['rollback plan --ids 1,,2', '--ids has an empty value: write --ids 1,2'],
  ['cleanup plan --reason x', 'apptop cleanup plan takes no --reason: see apptop cleanup --help'],
  ['cleanup plan 3', 'unexpected "3", wanted plan, run: see apptop cleanup --help'],
])('apptop %s is a mistake', async (line, message) => {
  const [engine] = ENGINES;
  if (engine === undefined) throw new Error('no engine');
  const on = await changing(engine, []);
  expect(await on.run(...line.split(' '))).toEqual({ code: 3, stdout: '', stderr: `apptop: ${message}\n` });
});
