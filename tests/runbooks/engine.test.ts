import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_CHANGE_RULES } from '../../src/config/changes.ts';
import { NO_OWN_CHECKS } from '../../src/config/own-checks.ts';
import { readEvidence } from '../../src/runbooks/evidence.ts';
import { DUMP, operated, row } from '../changes/guarded.ts';
import { Folder } from '../config/folder.ts';
import { ENGINES, type PlantedRow } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { Ceremony, command, engineOf, manual, runbookOf } from './ceremony.ts';

const ROWS = [row(1, null, '8212577'), row(2, null, '8212578')];

for (const engine of ENGINES) {
  describe(`a runbook on ${engine.name}`, () => {
    test('is done step by step, each kind, with what came of it, and ends with its signatures', async () => {
      await using on = await operated(engine, ROWS, {
        context: { changes: { ...DEFAULT_CHANGE_RULES, monitorHours: 0 } },
      });
      const runbook = await runbookOf(
        [
          { id: 'backup', backup: {} },
          { id: 'before', check: { ids: ['booking-ids/no-backup-column'] } },
          { id: 'plan', change: { id: 'move-booking-ids', action: 'plan' } },
          { id: 'move', change: { id: 'move-booking-ids', action: 'run' } },
          { id: 'after', check: { ids: ['booking-ids/none-misplaced'] } },
          command('tell', 'echo told; echo quietly >&2'),
          { id: 'window', wait: { forMonitorWindow: true } },
          manual('look', { note: 'required' }),
        ],
        {
          metrics: [
            { title: 'moved', check: 'booking-ids/none-misplaced' },
            { title: 'looked', step: 'look' },
          ],
          signOff: [
            { role: 'operator', statement: 'done' },
            { role: 'reviewer', statement: 'seen' },
          ],
        },
      );
      const ceremony = await Ceremony.begin(on, runbook);
      expect((await ceremony.look()).standing.next?.step.id).toBe('backup');

      const backup = await ceremony.run('backup');
      expect(readEvidence(backup.evidence).backup).toMatchObject({
        bytes: 7,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
      await expect(ceremony.run('move')).rejects.toThrow("move can't be done yet: plan is not done: Do plan");
      const before = await ceremony.run('before');
      expect(before).toMatchObject({ state: 'passed', note: '1 check' });
      expect(readEvidence(before.evidence).checks).toMatchObject([
        { id: 'booking-ids/no-backup-column', verdict: expect.any(String), violations: 0 },
      ]);
      const plan = await ceremony.run('plan');
      expect(readEvidence(plan.evidence).plan).toMatchObject({ change: 'move-booking-ids', rows: 2 });

      // A step never confirms itself, and says with what a person does.
      await expect(ceremony.run('move')).rejects.toMatchObject({
        kind: 'blocked',
        remedy: 'read its plan, then give --confirm "staging appointments 2"',
      });
      const move = (await ceremony.look()).standing.steps.find(({ step }) => step.id === 'move');
      const planned = move && (await ceremony.engine.planned(move.step, new AbortController().signal));
      expect(planned).toMatchObject({ phrase: 'staging appointments 2', reasonNeeded: false, idle: false });
      if (planned === undefined) throw new Error('nothing is planned');
      const confirmation = { phrase: planned.phrase, reason: undefined };
      const moved = await ceremony.run('move', { confirmed: { plan: planned.look.plan, confirmation } });
      expect(moved).toMatchObject({ state: 'passed', note: 'run 1: 2 rows changed of 2 planned' });
      expect(readEvidence(moved.evidence)).toMatchObject({
        plan: { digest: planned.look.plan.digest },
        run: { id: 1, state: 'done', changed: 2 },
      });

      // A dump from before the move holds nothing of it, however fresh it is.
      expect(await ceremony.run('backup')).toMatchObject({
        state: 'failed',
        note: expect.stringMatching(/^no backup is proven: .* from before the newest change; make a new dump$/),
      });
      writeFileSync(DUMP, 'a dump\n');
      expect(await ceremony.run('backup')).toMatchObject({ state: 'passed' });

      expect(await ceremony.run('after')).toMatchObject({ state: 'passed' });
      expect(readEvidence((await ceremony.run('tell')).evidence).command).toEqual({
        words: ['sh', '-c', 'echo told; echo quietly >&2'],
        code: 0,
        killedBy: null,
        stdout: 'told\n',
        stderr: 'quietly\n',
      });
      // Over when somebody looks, whoever was there when it ended.
      expect(await ceremony.states()).toMatchObject({ window: 'passed', look: 'ready' });
      await expect(ceremony.run('look', { note: 'seen' })).rejects.toThrow("look wants a person's name: Do look");
      await expect(ceremony.run('look', { name: 'Ada' })).rejects.toThrow('look needs a note: Do look');
      await expect(ceremony.sign('operator')).rejects.toThrow('look is not done');
      expect(await ceremony.tick('look')).toMatchObject({ state: 'ticked', name: 'Ada', note: 'seen' });
      const window = (await ceremony.look()).standing.steps.find(({ step }) => step.id === 'window');
      expect(window?.last?.state).toBe('passed');

      await ceremony.sign('operator');
      await expect(ceremony.sign('operator')).rejects.toThrow('Ada has signed for operator');
      expect(await ceremony.state()).toBe('running');
      await ceremony.sign('reviewer');
      expect(await ceremony.state()).toBe('finished');
      await expect(ceremony.run('look')).rejects.toThrow('run 1 of ceremony is finished');
      const events = await on.db.execute('SELECT body FROM apptop_audit ORDER BY seq');
      const said = events
        .map(({ body }) => JSON.parse(body ?? '{}'))
        .filter(({ event }) => event !== 'intent' && event !== 'outcome');
      expect(said.slice(0, 3)).toMatchObject([
        { event: 'runbook', change: 'ceremony', outcome: 'begun' },
        { event: 'step', change: 'ceremony/backup', outcome: 'begun' },
        { event: 'step', change: 'ceremony/backup', outcome: 'passed' },
      ]);
      expect(said.at(-1)).toMatchObject({
        event: 'sign-off',
        outcome: 'finished',
        details: { role: 'reviewer', statement: 'seen' },
      });
    });

    test('keeps each attempt, goes on elsewhere, and an optional step may be left out', async () => {
      await using on = await operated(engine, ROWS);
      const runbook = await runbookOf([
        command('flaky', 'test -e /nowhere'),
        manual('extra', { optional: true }),
        manual('last'),
      ]);
      const first = await Ceremony.begin(on, runbook);
      expect(await first.run('flaky')).toMatchObject({
        state: 'failed',
        note: expect.stringMatching(/^sh ended with 1/),
      });
      expect(await first.states()).toEqual({ flaky: 'failed', extra: 'blocked', last: 'blocked' });
      await expect(
        first.engine.skip(runbook, first.kept, 'flaky', { reason: 'no' }, new AbortController().signal),
      ).rejects.toThrow("flaky can't be left out: it is not optional");

      await using second = await on.second();
      const changed = await runbookOf([command('flaky', 'true'), manual('extra', { optional: true }), manual('last')]);
      const resumed = await Ceremony.begin(second, changed);
      expect(resumed.kept.record.run.id).toBe(first.kept.record.run.id);
      expect((await resumed.look()).notes).toEqual([
        'ceremony.json is not what it was when the run began: what it says now is done',
      ]);
      await resumed.run('flaky');
      const { standing } = await resumed.look();
      expect(standing.steps[0]?.attempts.map(({ state }) => state)).toEqual(['failed', 'passed']);
      await resumed.engine.skip(changed, resumed.kept, 'extra', { reason: 'not here' }, new AbortController().signal);
      await resumed.tick('last');
      expect(await resumed.states()).toEqual({ flaky: 'passed', extra: 'skipped', last: 'ticked' });
      // Nobody has to sign: it is over with its last step.
      expect(await resumed.state()).toBe('finished');
      const another = await Ceremony.begin(on, runbook);
      expect(another.kept.record.run.id).toBe(2);
    });

    test('keeps no secret that a program prints or a person pastes, neither in its tables nor in the record', async () => {
      const url = 'https://app:asked-with-this@example.com/up';
      const facts = { name: 'up', title: undefined, severity: 'error', phases: [], remedy: undefined } as const;
      const http = [{ ...facts, url, status: 200, contains: undefined, timeoutMs: 1 }];
      await using on = await operated(engine, ROWS, { context: { checks: { ...NO_OWN_CHECKS, http } } });
      const printed = [
        'mysql://app:hunter2@db/shop',
        'Authorization: Bearer abcdefgh12345678',
        'password=hunter2',
        'asked-with-this',
        // Cut at its beginning it would look like nothing.
        `token=${'hunter2'.repeat(400)}`,
      ].join(' ');
      const runbook = await runbookOf([
        command('tell', `echo "${printed}"; echo "${printed}" >&2`),
        command('fail', `echo "${' '.repeat(200)}${printed}" >&2; exit 3`, { needs: [] }),
        manual('look', { needs: [] }),
      ]);
      const ceremony = await Ceremony.begin(on, runbook);
      const told = await ceremony.run('tell');
      expect(readEvidence(told.evidence).command).toMatchObject({
        stdout: 'mysql://app:***@db/shop Authorization: *** password=*** *** token=***\n',
        stderr: 'mysql://app:***@db/shop Authorization: *** password=*** *** token=***\n',
      });
      expect(await ceremony.run('fail')).toMatchObject({
        state: 'failed',
        note: expect.stringMatching(/^sh ended with 3: +mysql:\/\/app:\*\*\*@db\/shop/),
      });
      const spoken = { name: 'Ada', reason: 'psql postgres://app:hunter2@db/shop hangs' };
      await ceremony.engine.stop(runbook, ceremony.kept, undefined, spoken);
      await ceremony.decide('token=hunter2 is right now');
      expect(await ceremony.tick('look', 'Ada', 'the password=hunter2 works')).toMatchObject({
        note: 'the password=*** works',
      });
      const kept = [
        await on.db.execute('SELECT note, evidence FROM apptop_step'),
        await on.db.execute('SELECT reason FROM apptop_runbook'),
        await on.db.execute('SELECT body FROM apptop_audit'),
      ];
      expect(JSON.stringify(kept)).not.toMatch(/hunter2|abcdefgh|asked-with/);
    });

    test('has one operator a step: the second is told who is at it, and takes over from one who is gone', async () => {
      await using on = await operated(engine, ROWS);
      await using other = await on.second();
      const folder = new Folder();
      const gate = join(folder.folder, 'open');
      const runbook = await runbookOf([command('slow', `while ! test -e ${gate}; do sleep 0.05; done`)]);
      const [first, second] = [await Ceremony.begin(on, runbook), await Ceremony.begin(other, runbook)];
      const under = first.run('slow').then(
        (entry) => entry.state,
        (error: Error) => error.message,
      );
      await expect.poll(() => second.states()).toEqual({ slow: 'running' });
      await expect(second.run('slow')).rejects.toThrow(/^\S+@\S+ is at slow since \d+ s ago$/);

      // As if it had not been renewed for a minute.
      await on.db.execute('UPDATE apptop_step SET expires_at = 0');
      expect(await second.states()).toEqual({ slow: 'failed' });
      const taken = second.run('slow');
      await expect.poll(async () => (await second.look()).record.entries.length).toBe(2);
      folder.write('open', '');
      expect([await under, (await taken).state]).toEqual([
        'slow was taken over while it was done here: it is not on record that it passed',
        'passed',
      ]);
      const { entries } = (await second.look()).record;
      expect(entries.map(({ state, note }) => [state, note])).toEqual([
        ['failed', 'its process is gone'],
        ['passed', 'sh ended with 0'],
      ]);
    });

    test.each(['operate', 'read'] as const)(
      'takes what several do at the same moment, in a context to %s',
      async (access) => {
        await using on = await operated(engine, ROWS, { context: { access } });
        await using other = await on.second();
        const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
        const runbook = await runbookOf(ids.map((id) => manual(id, { needs: [] })));
        const [first, second] = await Promise.all([Ceremony.begin(on, runbook), Ceremony.begin(other, runbook)]);
        expect(second.kept.record.run.id).toBe(first.kept.record.run.id);
        const ticked = await Promise.all(ids.map((id, index) => (index % 2 === 0 ? first : second).tick(id, id)));
        expect(ticked.map(({ subject, name }) => [subject, name])).toEqual(ids.map((id) => [id, id]));
        const { record } = await first.look();
        expect(record.entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
        expect(record.entries.map(({ subject }) => subject).toSorted()).toEqual(ids);
        expect(record.run.state).toBe('finished');
      },
    );

    test('stops the world when a condition holds, until a person decides', async () => {
      await using on = await operated(engine, ROWS);
      const runbook = await runbookOf(
        [command('work', 'true'), command('more', 'exit 3'), manual('rest', { needs: [] })],
        {
          stop: [
            { id: 'misplaced', title: 'An id is misplaced', checks: ['booking-ids/none-misplaced'] },
            { id: 'broken', title: 'More failed', steps: ['more'] },
            { id: 'fire', title: 'The house is on fire', person: true },
          ],
        },
      );
      const ceremony = await Ceremony.begin(on, runbook);
      await expect(ceremony.run('work')).rejects.toThrow(
        'STOP: An id is misplaced (booking-ids/none-misplaced: 2 violations)',
      );
      expect(await ceremony.state()).toBe('stopped');
      await expect(ceremony.tick('rest')).rejects.toThrow('STOP: An id is misplaced');
      await expect(ceremony.decide(' ')).rejects.toThrow('it needs a reason');

      // What was decided about stops no more, until there is more of it.
      await ceremony.decide('they are moved by this');
      expect(await ceremony.run('work')).toMatchObject({ state: 'passed' });
      expect(await ceremony.run('more')).toMatchObject({ state: 'failed' });
      expect([await ceremony.state(), (await ceremony.look()).record.run.reason]).toEqual([
        'stopped',
        'More failed (a step of it has failed)',
      ]);
      await ceremony.decide('known');
      await engine.insert(on.db, 'appointments', [row(3, null, '8212579')]);
      await expect(ceremony.tick('rest')).rejects.toThrow(
        'STOP: An id is misplaced (booking-ids/none-misplaced: 3 violations)',
      );
      await ceremony.decide('the same again');
      await ceremony.engine.stop(runbook, ceremony.kept, 'fire', { name: 'Bo', reason: 'smoke' });
      await expect(ceremony.tick('rest')).rejects.toThrow('STOP: The house is on fire: smoke');
      await ceremony.decide('it was a drill');
      await ceremony.engine.abort(ceremony.kept, { name: 'Ada', reason: 'enough' });
      const { record } = await ceremony.look();
      expect([record.run.state, record.run.reason]).toEqual(['aborted', 'enough']);
      const decisions = record.entries.filter(({ kind }) => kind !== 'step').map(({ kind, name }) => [kind, name]);
      expect(decisions.slice(-4)).toEqual([
        ['decision', 'Ada'],
        ['stop', 'Bo'],
        ['decision', 'Ada'],
        ['abort', 'Ada'],
      ]);
    });

    test('waits by the database, from when the step before it ended', async () => {
      await using on = await operated(engine, ROWS);
      const runbook = await runbookOf([manual('first'), { id: 'day', wait: { hours: 24 } }, manual('last')]);
      const ceremony = await Ceremony.begin(on, runbook);
      expect(await ceremony.states()).toEqual({ first: 'ready', day: 'blocked', last: 'blocked' });
      await ceremony.tick('first');
      await expect(ceremony.run('day')).rejects.toThrow(
        /^day waits until \d{4}-.*Z, in (23|24) h$|^day waits until .* in 1 d$/,
      );
      await expect(ceremony.tick('last')).rejects.toThrow("last can't be done yet: day: until");
      await on.db.execute('UPDATE apptop_step SET ended_at = ended_at - 86400');
      // Nobody's hand makes time pass unseen.
      await expect(ceremony.run('day')).rejects.toThrow('entry 1 (step first) differs from record 2 of the audit');
      await ceremony.decide('the clock of the server was wrong by a day');
      expect(await ceremony.states()).toEqual({ first: 'ticked', day: 'passed', last: 'ready' });
      expect(await ceremony.run('day')).toMatchObject({ state: 'passed', note: expect.stringMatching(/^over since /) });
    });

    test('says when the database was put back to an earlier state, and wants a decision', async () => {
      await using on = await operated(engine, ROWS);
      const runbook = await runbookOf([manual('one'), manual('two'), manual('three')]);
      const ceremony = await Ceremony.begin(on, runbook);
      await ceremony.tick('one');
      const tables = ['apptop_runbook', 'apptop_step', 'apptop_audit'] as const;
      const dumps: (readonly PlantedRow[])[] = [];
      for (const table of tables) dumps.push(await on.db.execute(`SELECT * FROM ${table}`));
      await ceremony.tick('two');
      const restore = async () => {
        for (const [index, table] of tables.entries()) {
          await on.db.execute(`DELETE FROM ${table}`);
          await engine.insert(on.db, table, dumps[index] ?? []);
        }
      };
      await restore();
      const looked = await ceremony.look();
      expect(looked.notes).toEqual([
        'the database was put back to an earlier state: this machine has seen 3 moves of the run, and the database has 2',
      ]);
      await expect(ceremony.tick('two')).rejects.toThrow('STOP: the database was put back to an earlier state');
      expect(await ceremony.state()).toBe('stopped');
      await ceremony.decide('we know: it was restored last night');
      expect((await ceremony.look()).notes).toEqual([]);
      await ceremony.tick('two');
      expect(await ceremony.states()).toMatchObject({ two: 'ticked', three: 'ready' });

      for (const table of tables) await on.db.execute(`DELETE FROM ${table}`);
      const gone = 'run 1 of ceremony was seen here and is gone from the database: it was put back to an earlier state';
      expect(await ceremony.engine.missing()).toEqual([gone]);
      // Another one begins when a person has decided it, and that is on record.
      await expect(Ceremony.begin(on, runbook)).rejects.toThrow(gone);
      await expect(Ceremony.begin(on, runbook, { name: 'Ada', reason: ' ' })).rejects.toThrow(gone);
      expect(await ceremony.engine.runs()).toEqual([]);
      const anew = await Ceremony.begin(on, runbook, { name: 'Ada', reason: 'the disk was replaced' });
      await anew.tick('one');
      expect([await anew.states(), await anew.engine.missing()]).toEqual([
        { one: 'ticked', two: 'ready', three: 'blocked' },
        [],
      ]);
      const { record } = await anew.look();
      expect(record.run.id).toBe(2);
      expect(record.entries[0]).toMatchObject({
        kind: 'decision',
        subject: 'restored',
        name: 'Ada',
        note: `the disk was replaced; ${gone}`,
      });
      const [first] = await on.db.execute('SELECT body FROM apptop_audit WHERE seq = 1');
      expect(first?.['body']).toContain('run 1 of ceremony was seen here');
      for (const table of tables) await on.db.execute(`DROP TABLE ${table}`);
      expect(await anew.engine.runs()).toEqual([]);
      expect(await anew.engine.missing()).toHaveLength(1);
    });

    test('says when only the record of changes went back, also to a machine that has not seen the run', async () => {
      await using on = await operated(engine, ROWS);
      const runbook = await runbookOf([manual('one'), manual('two')]);
      const ceremony = await Ceremony.begin(on, runbook);
      await ceremony.tick('one');
      await on.db.execute('DELETE FROM apptop_audit WHERE seq = 2');
      const { home } = new Folder();
      const before = process.env['XDG_STATE_HOME'];
      process.env['XDG_STATE_HOME'] = home;
      try {
        const elsewhere = engineOf(on);
        const kept = await elsewhere.open('ceremony');
        expect(kept && (await elsewhere.look(runbook, kept)).notes).toEqual([
          'the database was put back to an earlier state: the record of changes in the database has gone back',
        ]);
      } finally {
        process.env['XDG_STATE_HOME'] = before;
      }
      await expect(ceremony.tick('two')).rejects.toThrow('STOP: the database was put back to an earlier state');
      await ceremony.decide('somebody emptied it');
      expect(await ceremony.tick('two')).toMatchObject({ state: 'ticked' });
      expect(await ceremony.state()).toBe('finished');
    });

    test('says what somebody changed behind apptop, and wants a decision', async () => {
      await using on = await operated(engine, ROWS);
      const runbook = await runbookOf([
        manual('one'),
        command('two', 'exit 3'),
        manual('three', { needs: ['one'] }),
        manual('four'),
      ]);
      const ceremony = await Ceremony.begin(on, runbook);
      await ceremony.tick('one', 'Zoë 🌙', `seen\ud83c ${'ü'.repeat(300)}`);
      await ceremony.run('two');
      await on.db.execute("UPDATE apptop_step SET expires_at = 0, claim = 'x'");
      expect((await ceremony.look()).notes).toEqual([]);

      const edits = [
        [
          "UPDATE apptop_step SET state = 'passed' WHERE seq = 2",
          'entry 2 (step two) differs from record 4 of the audit',
        ],
        ["UPDATE apptop_step SET name = 'Bo' WHERE seq = 1", 'entry 1 (step one) differs from record 2 of the audit'],
        ['DELETE FROM apptop_step WHERE seq = 2', 'entry 2 is gone: record 4 of the audit has it'],
        [
          'UPDATE apptop_step SET seq = 3 WHERE seq = 2',
          'no record of the audit has entry 3 (step two); entry 2 is gone',
        ],
        ["UPDATE apptop_runbook SET operator = 'bo'", 'the run differs from record 4 of the audit'],
      ] as const;
      const dumps = await Promise.all(
        (['apptop_runbook', 'apptop_step'] as const).map(
          async (table) => [table, await on.db.execute(`SELECT * FROM ${table}`)] as const,
        ),
      );
      const putBack = async () => {
        for (const [table, rows] of dumps) {
          await on.db.execute(`DELETE FROM ${table}`);
          await engine.insert(on.db, table, rows);
        }
      };
      for (const [edit, told] of edits) {
        await on.db.execute(edit);
        // Whoever looks for the first time is told, too.
        for (const operator of [ceremony, await Ceremony.begin(on, runbook)]) {
          expect((await operator.look()).notes).toEqual([expect.stringContaining(told)]);
        }
        await putBack();
        expect((await ceremony.look()).notes).toEqual([]);
      }

      await on.db.execute("UPDATE apptop_step SET state = 'passed' WHERE seq = 2");
      await expect(ceremony.tick('three')).rejects.toThrow(
        'STOP: the run was changed behind apptop: entry 2 (step two)',
      );
      expect(await ceremony.state()).toBe('stopped');
      await ceremony.decide('it did pass, by hand');
      expect((await ceremony.look()).notes).toEqual([]);
      await ceremony.tick('three');
      await on.db.execute("UPDATE apptop_step SET state = 'failed' WHERE seq = 2");
      await expect(ceremony.tick('four')).rejects.toThrow('entry 2 (step two) differs');
    });

    test('is told and stopped, also when it has ended or nobody has a step left, and another one begins by a signed word', async () => {
      await using on = await operated(engine, ROWS);
      const runbook = await runbookOf([manual('one')], { signOff: [{ role: 'operator', statement: 'done' }] });
      const ceremony = await Ceremony.begin(on, runbook);
      await ceremony.tick('one');
      const { engine: ceremonies } = ceremony;
      const signal = new AbortController().signal;
      expect([await ceremonies.doubts(), await ceremonies.lookAtStops(runbook, ceremony.kept, signal)]).toEqual([
        [],
        undefined,
      ]);

      // Only the signature is missing: whoever looks stops it, and whoever decides is told first.
      await on.db.execute("UPDATE apptop_step SET name = 'Bo' WHERE seq = 1");
      const told = 'the run was changed behind apptop: entry 1 (step one) differs from record 2 of the audit';
      expect(await ceremonies.doubts()).toEqual([`run 1 of ceremony: ${told}`]);
      expect(await ceremonies.lookAtStops(runbook, ceremony.kept, signal)).toBe(told);
      expect(await ceremony.state()).toBe('stopped');
      await ceremony.decide('it was Bo');
      await on.db.execute("UPDATE apptop_step SET name = 'Ada' WHERE seq = 1");
      await ceremony.decide('it was Ada after all');
      const { record } = await ceremony.look();
      expect(record.entries.slice(-2).map(({ kind, note }) => [kind, note])).toEqual([
        ['stop', expect.stringContaining('entry 1 (step one) differs')],
        ['decision', 'it was Ada after all'],
      ]);
      expect(await ceremonies.doubts()).toEqual([]);

      // It did not end by apptop, whatever its row says.
      for (const state of ['finished', 'done']) {
        await on.db.execute('UPDATE apptop_runbook SET state = ?', [state]);
        const doubts = [
          expect.stringContaining('run 1 of ceremony: the run was changed behind apptop: the run differs'),
        ];
        expect(await ceremonies.doubts()).toEqual(doubts);
        await expect(Ceremony.begin(on, runbook)).rejects.toMatchObject({
          message: expect.stringContaining('the run differs from record'),
          remedy: expect.stringContaining('--name NAME --reason WHY'),
        });
      }
      const next = await Ceremony.begin(on, runbook, { name: 'Ada', reason: 'Bo ended it by hand' });
      expect(next.kept.record).toMatchObject({
        run: { id: 2 },
        entries: [
          { kind: 'decision', name: 'Ada', note: expect.stringMatching(/^Bo ended it by hand; run 1 .*differs/) },
        ],
      });
      expect(await ceremonies.doubts()).toEqual([]);

      // Whoever ends a run that was changed says so with its end.
      await on.db.execute("UPDATE apptop_runbook SET operator = 'bo' WHERE id = 2");
      await ceremonies.abort(next.kept, { name: 'Ada', reason: 'enough' });
      expect(await ceremonies.doubts()).toEqual([]);
      expect((await Ceremony.begin(on, runbook)).kept.record.run.id).toBe(3);
    });

    test('is held against records that are what they were', async () => {
      await using on = await operated(engine, ROWS);
      const runbook = await runbookOf([manual('one'), manual('two')]);
      const ceremony = await Ceremony.begin(on, runbook);
      await ceremony.tick('one');
      await ceremony.tick('two');
      await on.db.execute(
        "UPDATE apptop_audit SET body = REPLACE(body, 'ticked by Ada', 'ticked by Bo') WHERE seq = 2",
      );
      // By somebody who has not read it yet.
      const { engine: ceremonies } = await Ceremony.begin(on, await runbookOf([manual('other')], { id: 'other' }));
      expect(await ceremonies.doubts()).toEqual([
        'run 1 of ceremony: the run was changed behind apptop: record 2 of the audit is not what was hashed when it was written',
      ]);
    });

    test('goes on with an optional step that a needed one waits for', async () => {
      await using on = await operated(engine, ROWS);
      const flag = join(new Folder().folder, 'flag');
      const runbook = await runbookOf([
        manual('first'),
        command('flag', `test -e ${flag}`, { optional: true, needs: ['first'] }),
        command('aside', 'exit 1', { optional: true, needs: ['first'] }),
        manual('after', { needs: ['first', 'flag'] }),
      ]);
      const ceremony = await Ceremony.begin(on, runbook);
      await ceremony.tick('first');
      await ceremony.run('flag');
      await ceremony.run('aside');
      const { standing } = await ceremony.look();
      expect([standing.next?.step.id, standing.awaited.map(({ step }) => step.id)]).toEqual([
        'flag',
        ['flag', 'after'],
      ]);
    });

    test('takes a signature, and nothing of another runbook, with what was taken back', async () => {
      await using on = await operated(engine, ROWS);
      const signOff = [
        { role: 'operator', statement: 'done' },
        { role: 'reviewer', statement: 'seen' },
      ];
      const other = await Ceremony.begin(on, await runbookOf([manual('one')], { id: 'other', signOff }));
      await other.tick('one');
      await other.sign('operator');
      const mine = await Ceremony.begin(
        on,
        await runbookOf([{ id: 'move', change: { id: 'move-booking-ids', action: 'run' } }], { signOff }),
      );
      const { plan } = await on.look('move-booking-ids');
      await mine.run('move', {
        confirmed: { plan, confirmation: { phrase: `staging appointments ${plan.rows}`, reason: 'T-1' } },
      });
      await mine.sign('operator');
      await on.run('rollback-booking-ids');
      const signed = async (ceremony: Ceremony) =>
        (await ceremony.look()).standing.signOffs.map(({ entry, withdrawn }) => [entry?.name, withdrawn?.name]);
      expect([await signed(mine), await signed(other)]).toEqual([
        [
          [undefined, 'Ada'],
          [undefined, undefined],
        ],
        [
          ['Ada', undefined],
          [undefined, undefined],
        ],
      ]);
    });

    test('seals no edit over that somebody makes while a step is under way', async () => {
      await using on = await operated(engine, ROWS);
      const gate = join(new Folder().folder, 'gate');
      const runbook = await runbookOf([
        command('slow', `for i in $(seq 600); do test -e ${gate} && exit 0; sleep 0.1; done; exit 1`),
        manual('next'),
      ]);
      const ceremony = await Ceremony.begin(on, runbook);
      const done = ceremony.run('slow');
      await poll(async () => (await ceremony.states())['slow'] === 'running', { what: 'the step under way' });
      await on.db.execute("UPDATE apptop_runbook SET title = 'Another'");
      writeFileSync(gate, '');
      expect(await done).toMatchObject({ state: 'passed' });
      expect((await ceremony.look()).notes).toEqual([
        expect.stringContaining('the run differs from record 2 of the audit'),
      ]);
      await expect(ceremony.tick('next')).rejects.toThrow('STOP: the run was changed behind apptop: the run differs');
      await ceremony.decide('the title was wrong');
      expect((await ceremony.look()).notes).toEqual([]);
      await ceremony.tick('next');
    });

    test('has a person answer for checks that do not apply here', async () => {
      await using on = await operated(engine, ROWS);
      const runbook = await runbookOf(
        [{ id: 'look', check: { ids: ['booking-ids/none-misplaced', 'calendar-schema/no-orphans'] } }, manual('next')],
        { stop: [{ id: 'bad', title: 'The look failed', steps: ['look'] }] },
      );
      const ceremony = await Ceremony.begin(on, runbook);
      // A violation is a violation, whatever else does not apply.
      expect(await ceremony.run('look', { name: 'Ada', note: 'seen' })).toMatchObject({
        state: 'failed',
        note: expect.stringContaining('booking-ids/none-misplaced'),
      });
      await ceremony.decide('the ids are moved first');
      await expect(ceremony.run('look', { name: 'Ada', note: 'seen' })).resolves.toMatchObject({ state: 'failed' });
      await ceremony.decide('the ids are moved first');
      await on.run('move-booking-ids');
      const unlooked = await ceremony.run('look');
      expect(unlooked).toMatchObject({
        state: 'failed',
        note: expect.stringMatching(/^calendar-schema\/no-orphans can't be looked at here: .*external_calendar_events/),
      });
      expect(await ceremony.state()).toBe('running');
      await expect(ceremony.run('look', { name: 'Ada' })).rejects.toThrow(
        'look needs a note: calendar-schema/no-orphans',
      );
      await expect(ceremony.run('look', { name: '—', note: 'seen' })).rejects.toThrow("look wants a person's name");
      const ticked = await ceremony.tick('look', 'Ada', 'there are no calendars here');
      expect(ticked).toMatchObject({ state: 'ticked', name: 'Ada', note: 'there are no calendars here' });
      expect(readEvidence(ticked.evidence)).toMatchObject({
        unlooked: ['calendar-schema/no-orphans'],
        checks: [{ verdict: 'pass' }, { verdict: 'not-applicable' }],
      });
      expect(await ceremony.states()).toEqual({ look: 'ticked', next: 'ready' });
    });

    test('wants done again what was taken back, and what stands on it', async () => {
      await using on = await operated(engine, ROWS);
      const runbook = await runbookOf(
        [
          manual('first'),
          { id: 'move', change: { id: 'move-booking-ids', action: 'run' } },
          { id: 'after', check: { ids: ['booking-ids/none-misplaced'] } },
          manual('deploy'),
          manual('aside', { needs: ['first'] }),
          { id: 'back', needs: ['move'], optional: true, change: { id: 'rollback-booking-ids', action: 'run' } },
        ],
        {
          signOff: [
            { role: 'operator', statement: 'done' },
            { role: 'reviewer', statement: 'seen' },
          ],
        },
      );
      const ceremony = await Ceremony.begin(on, runbook);
      const steps = async () => {
        const { standing } = await ceremony.look();
        return Object.fromEntries(standing.steps.map(({ step, state, why }) => [step.id, [state, ...why].join(': ')]));
      };
      const move = async () => {
        const { plan } = await on.look('move-booking-ids');
        const confirmation = { phrase: `staging appointments ${plan.rows}`, reason: 'TEST-1' };
        return ceremony.run('move', { confirmed: { plan, confirmation } });
      };
      await ceremony.tick('first');
      await move();
      await ceremony.run('after');
      await ceremony.tick('deploy');
      await ceremony.tick('aside');
      await ceremony.sign('operator');
      await on.run('rollback-booking-ids');
      expect(await steps()).toEqual({
        first: 'ticked',
        move: 'ready: run 2 (rollback-booking-ids) took it back',
        after: 'blocked: move is not done: Do move',
        deploy: 'blocked: after is not done: Do after',
        aside: 'ticked',
        back: 'blocked: move is not done: Do move',
      });
      expect((await ceremony.look()).standing.signOffs.map(({ entry }) => entry?.name)).toEqual([undefined, undefined]);
      await expect(ceremony.sign('reviewer')).rejects.toThrow('move and 2 more');
      await move();
      expect(await steps()).toMatchObject({
        move: 'passed',
        after: 'ready: run 2 (rollback-booking-ids) took it back',
      });
      await ceremony.run('after');

      // A step of the run that takes it back is done itself.
      const { plan } = await on.look('rollback-booking-ids');
      const confirmation = { phrase: `staging appointments ${plan.rows}`, reason: 'TEST-1' };
      await ceremony.run('back', { confirmed: { plan, confirmation } });
      expect(await steps()).toMatchObject({
        move: 'ready: run 4 (rollback-booking-ids) took it back',
        after: 'blocked: move is not done: Do move',
        back: 'passed',
      });
      await move();
      await ceremony.run('after');
      await ceremony.tick('deploy');
      await ceremony.sign('operator');
      await ceremony.sign('reviewer');
      // What is over stays as it was.
      await on.run('rollback-booking-ids');
      expect([await ceremony.state(), await ceremony.states()]).toEqual([
        'finished',
        { first: 'ticked', move: 'passed', after: 'passed', deploy: 'ticked', aside: 'ticked', back: 'passed' },
      ]);
    });

    test('takes back with a step that fails when it is done again what stands on it', async () => {
      await using on = await operated(engine, ROWS);
      const flag = join(new Folder().folder, 'flag');
      writeFileSync(flag, '');
      const runbook = await runbookOf([
        command('build', `test -e ${flag}`),
        manual('deploy'),
        manual('watch'),
        manual('aside', { needs: [] }),
      ]);
      const ceremony = await Ceremony.begin(on, runbook);
      await ceremony.run('build');
      await ceremony.tick('deploy');
      await ceremony.tick('aside');
      rmSync(flag);
      await ceremony.run('build');
      expect(await ceremony.states()).toEqual({
        build: 'failed',
        deploy: 'blocked',
        watch: 'blocked',
        aside: 'ticked',
      });
      writeFileSync(flag, '');
      await ceremony.run('build');
      expect(await ceremony.states()).toEqual({ build: 'passed', deploy: 'ticked', watch: 'ready', aside: 'ticked' });
    });

    test('is kept on this machine where the context only reads, and in words', async () => {
      await using on = await operated(engine, ROWS, { context: { access: 'read' } });
      const runbook = await runbookOf(
        [manual('look'), command('work', 'true'), { id: 'move', change: { id: 'move-booking-ids', action: 'run' } }],
        {
          stop: [{ id: 'broken', title: 'The move failed', steps: ['move'] }],
        },
      );
      const begun = await engineOf(on).begin(runbook);
      expect([begun.store.place, begun.why]).toEqual(['local', 'this context only reads']);
      const ceremony = await Ceremony.begin(on, runbook);
      expect(ceremony.kept.record.run.id).toBe(begun.record.run.id);
      await ceremony.tick('look');
      await ceremony.run('work');
      // Refused is not failed: no world stops for it.
      await expect(ceremony.run('move')).rejects.toThrow('nobody has confirmed it');
      await using other = await on.second();
      const again = await Ceremony.begin(other, runbook);
      expect(await again.states()).toEqual({ look: 'ticked', work: 'passed', move: 'ready' });
      expect((await again.look()).notes).toEqual(['this run is kept on this machine only: nobody else sees it']);
      expect(await on.db.execute('SELECT * FROM apptop_runbook').catch(() => 'no such table')).toBe('no such table');
    });
  });
}

test('a runbook for other environments is refused', async () => {
  const [engine] = ENGINES;
  if (engine === undefined) throw new Error('there is no engine');
  await using on = await operated(engine, ROWS, { context: { environment: 'production' } });
  const runbook = await runbookOf([manual('look')], { environments: ['local', 'staging'] });
  await expect(engineOf(on).begin(runbook)).rejects.toThrow(
    'ceremony is for local and staging, and test is production',
  );
});
