import { lstatSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { seedRows } from '../../src/data/demo/seed-rows.ts';
import { row } from '../changes/guarded.ts';
import { ENGINES } from '../engines/engines.ts';
import { poll } from '../support.ts';
import { changing } from './changer.ts';
import { urlOf, withUser } from './operator.ts';

const OWN = {
  version: 1,
  id: 'own',
  title: 'Own',
  purpose: 'a test',
  phases: [
    {
      id: 'all',
      title: 'All',
      steps: [
        { id: 'work', title: 'Work', command: { command: ['sh', '-c', 'ls own.json'] } },
        { id: 'look', title: 'Look', note: 'required', manual: { instructions: ['Look at it.'] } },
      ],
    },
  ],
  stop: [{ id: 'fire', title: 'Fire', person: true }],
  signOff: [{ role: 'operator', statement: 'It is done.' }],
};

/** The first two cells of each line: a state and a step. */
const cells = (stdout: string): string[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t').slice(0, 2).join(' '));

for (const engine of ENGINES) {
  describe(`runbooks from the command line on ${engine.name}`, () => {
    test('booking-ids is done in one command, up to where a person or a time is needed, and to its end', async () => {
      const on = await changing(engine, seedRows(Date.now()), { changes: { monitorHours: 24 } });
      const ticks = ['code-search', 'webhooks', 'workflows', 'logs-1'].map((id) => `${id}=Ada`).join(',');
      const all = ['--all', '--tick', ticks, '--note', 'seen', '--confirm', 'staging appointments 102'] as const;
      const page = ['--html', '--out', 'report.html'] as const;
      const done = await on.run('runbook', 'run', 'booking-ids', ...all, ...page);
      expect(cells(done.stdout)).toEqual([
        'passed backup',
        'passed validate-before',
        'failed code-columns',
        'ticked code-search',
        'passed plan',
        'passed conflicts',
        'passed move',
        'passed none-misplaced',
        'passed all-moved',
        'passed uids-kept',
        'passed originals-kept',
        'passed validate-after',
        'ticked webhooks',
        'ticked workflows',
        'passed day-1',
        'ticked logs-1',
      ]);
      const waits = 'apptop: window waits: the monitor window ends in 23 h\n';
      expect([done.code, done.stderr]).toEqual([1, `${waits}apptop: wrote report.html\n`]);
      expect(readFileSync(join(on.folder, 'report.html'), 'utf8')).toMatch(/1[5-9] of 2\d steps done/);
      // Nothing is done where the report could not be written.
      on.write('notes.txt', 'mine');
      const refused = await on.run('runbook', 'run', 'booking-ids', '--step', 'day-1', '--out', 'notes.txt');
      expect([refused.code, refused.stdout, refused.stderr]).toEqual([
        3,
        '',
        'apptop: notes.txt is there and holds no report: name another file\n',
      ]);

      const early = await on.run('runbook', 'run', 'booking-ids');
      expect([early.code, early.stdout, early.stderr]).toEqual([1, '', waits]);

      // Two days later, by the database's clock.
      await on.db.execute('UPDATE apptop_run SET ended_at = ended_at - 172800');
      const second = ['--all', '--tick', 'logs-2=Ada,decision=Bo,outcome=Bo', '--note', 'fine'];
      const watched = await on.run('runbook', 'run', 'booking-ids', ...second);
      expect(cells(watched.stdout)).toEqual([
        'passed window',
        'passed day-2',
        'ticked logs-2',
        'ticked decision',
        'passed final-validation',
      ]);
      expect(watched.code).toBe(1);
      expect((await on.run('runbook', 'status', 'booking-ids')).stdout).toContain(
        'passed\twindow\twait\t1\tthe monitor window ended',
      );
      const [, phrase = ''] = /--step cleanup --confirm "(.*)"/.exec(watched.stderr) ?? [];
      expect(phrase).toMatch(/^staging appointments \d+$/);
      const cleaned = await on.run('runbook', 'run', 'booking-ids', ...second, '--confirm', phrase);
      expect(cells(cleaned.stdout)).toEqual(['passed cleanup', 'passed verify-cleanup', 'ticked outcome']);
      expect(cleaned.stdout).toMatch(/^passed\tcleanup\t\d+\trun 2: \d+ originals dropped$/m);
      expect(cleaned.stderr).toBe(
        'apptop: sign: apptop runbook sign booking-ids --role operator --name NAME (Every step was done as written down here, and what went otherwise is noted.)\n' +
          'apptop: sign: apptop runbook sign booking-ids --role reviewer --name NAME (I have looked at the evidence of each step and at the success metrics, and the migration is complete.)\n',
      );

      await on.run('runbook', 'sign', 'booking-ids', '--role', 'operator', '--name', 'Ada');
      const signed = await on.run('runbook', 'sign', 'booking-ids', '--role', 'reviewer', '--name', 'Bo', '--json');
      const document: unknown = JSON.parse(signed.stdout);
      expect([signed.code, document]).toMatchObject([
        0,
        {
          version: 1,
          place: 'database',
          run: { id: 1, runbook: 'booking-ids', state: 'finished' },
          signOffs: [
            { role: 'operator', name: 'Ada' },
            { role: 'reviewer', name: 'Bo' },
          ],
        },
      ]);
      const status = await on.run('runbook', 'status', 'booking-ids', '--json');
      const metrics = expect.arrayContaining([
        expect.objectContaining({ title: 'No V1 id is in calcom_v2_booking_id', state: 'holds' }),
        expect.objectContaining({ title: 'The backup column held the originals', state: 'holds' }),
      ]);
      expect([status.code, JSON.parse(status.stdout)]).toMatchObject([0, { metrics, notes: [] }]);
      expect((await on.run('audit', 'verify')).code).toBe(0);
    });

    test('what a step did is told in the unit of its change', async () => {
      const on = await changing(engine, [row(1, null, null)], {
        rollback: {
          flags: { file: 'app.env', set: { NEW_SYNC: 'false', NEW_UI: 'false' } },
          code: { command: ['sh', '-c', 'echo back'] },
        },
      });
      on.write('app.env', 'NEW_SYNC=true\nNEW_UI=true\n');
      const steps = [
        { id: 'flags', title: 'Flags', change: { id: 'switch-flags-off', action: 'run' } },
        { id: 'code', title: 'Code', change: { id: 'roll-code-back', action: 'run' } },
      ];
      on.write('own.json', { ...OWN, signOff: [], phases: [{ id: 'all', title: 'All', steps }] });
      const run = ['runbook', 'run', '--file', 'own.json'] as const;
      const flags = await on.run(...run, '--confirm', 'Y', '--reason', 'OPS-1');
      expect([flags.code, flags.stdout]).toEqual([
        0,
        expect.stringMatching(/^passed\tflags\t\d+\trun 1: 2 flags switched off\n$/),
      ]);
      const silent = await on.run(...run);
      expect([silent.code, silent.stderr]).toEqual([2, 'apptop: it needs a reason: say why: --reason TEXT\n']);
      const code = await on.run(...run, '--reason', 'OPS-1');
      expect(code.stdout).toMatch(/^passed\tcode\t\d+\trun 2: 1 program run\n$/);
      const one = await on.run('change', 'status', '1');
      expect(one.stdout).toContain('outcome   2 flags switched off\n');
      expect(one.stdout).not.toContain('row');
      expect((await on.run('runbook', 'report', '--file', 'own.json')).stdout).toContain(
        '| outcome | 2 flags switched off |',
      );
    });

    test('a phrase that is another one is refused with the right one, and a step that is blocked asks for none', async () => {
      const on = await changing(engine, [row(1, null, '8212577')]);
      const steps = [
        { id: 'move', title: 'Move', change: { id: 'move-booking-ids', action: 'run' } },
        { id: 'cleanup', title: 'Clean up', change: { id: 'cleanup-booking-ids', action: 'run' } },
      ];
      on.write('own.json', { ...OWN, phases: [{ id: 'all', title: 'All', steps }] });
      const run = ['runbook', 'run', '--file', 'own.json'] as const;
      const wrong = await on.run(...run, '--confirm', 'staging appointments 2');
      expect([wrong.code, wrong.stdout, wrong.stderr]).toEqual([
        2,
        '',
        'apptop: "staging appointments 2" is not the phrase: type exactly: staging appointments 1\n',
      ]);
      const blocked = await on.run(...run, '--step', 'cleanup');
      expect([blocked.code, blocked.stderr]).toEqual([
        2,
        "apptop: cleanup can't be done yet: move is not done: Move: do that before\n",
      ]);
      const early = await on.run('runbook', 'sign', '--file', 'own.json', '--role', 'operator', '--name', 'Ada');
      expect(early.stderr).toBe('apptop: move and 1 more are not done: do every step before anybody signs\n');
      await on.run('runbook', 'stop', '--file', 'own.json', '--reason', 'smoke');
      const stopped = await on.run(...run);
      expect([stopped.code, stopped.stderr]).toEqual([2, expect.stringMatching(/^apptop: STOP: smoke: halt, assess/)]);
      expect(await on.db.execute('SELECT kind FROM apptop_step')).toEqual([{ kind: 'stop' }]);
    });

    test('a runbook is shown with all that each step will do', async () => {
      const on = await changing(engine, []);
      const steps = [
        { id: 'look', title: 'Look', check: { system: 'booking-ids', phases: ['pre'], severity: 'stop' } },
        { id: 'columns', title: 'Columns', check: { ids: ['sync/columns'] } },
        { id: 'move', title: 'Move', change: { id: 'move-booking-ids', action: 'run', parameters: { tolerate: 5 } } },
        { id: 'tell', title: 'Tell', command: { command: ['sh', '-c', 'echo told'], timeoutSeconds: 30 } },
        { id: 'day', title: 'Day', wait: { hours: 24 }, optional: true },
      ];
      on.write('own.json', { ...OWN, phases: [{ id: 'all', title: 'All', steps }] });
      const { stdout } = await on.run('runbook', 'show', '--file', 'own.json');
      expect(stdout).toMatch(/runs every check of booking-ids of the phase pre\n +\d+ checks: booking-ids\/classes, /);
      expect(stdout).toContain('fails by: a violation of severity stop, or what could not be told\n');
      expect(stdout).toContain('checks sync/columns\n      fails by: any violation, or what could not be told\n');
      expect(stdout).toContain('runs move-booking-ids with tolerate 5, confirmed by a person\n');
      expect(stdout).toContain('runs sh -c "echo told"\n      within: 30 s, without a shell\n');
      expect(stdout).toContain('waits 24 h\n      optional: it may be left out, with a reason\n');
      const json = JSON.parse((await on.run('runbook', 'show', '--file', 'own.json', '--json')).stdout);
      expect(json.runbook.phases[0].steps).toMatchObject([
        {
          id: 'look',
          does: 'runs every check of booking-ids of the phase pre',
          checks: expect.arrayContaining(['booking-ids/classes', 'booking-ids/no-writers']),
          work: { severity: 'stop' },
        },
        { id: 'columns', checks: ['sync/columns'] },
        { id: 'move', work: { parameters: { tolerate: 5 } } },
        { id: 'tell', work: { command: ['sh', '-c', 'echo told'], timeoutSeconds: 30 } },
        { id: 'day', work: { hours: 24 } },
      ]);
    });

    test('the phrase of one change confirms no other one', async () => {
      const on = await changing(engine, [row(1, null, '8212577')], { changes: { monitorHours: 0 } });
      const steps = [
        { id: 'move', title: 'Move', change: { id: 'move-booking-ids', action: 'run' } },
        { id: 'cleanup', title: 'Clean up', change: { id: 'cleanup-booking-ids', action: 'run' } },
      ];
      on.write('own.json', { ...OWN, phases: [{ id: 'all', title: 'All', steps }] });
      const done = await on.run('runbook', 'run', '--file', 'own.json', '--all', '--confirm', 'staging appointments 1');
      expect(cells(done.stdout)).toEqual(['passed move']);
      expect(done.code).toBe(1);
      expect(done.stderr).toContain('--step cleanup --confirm "staging appointments 1" --file own.json');
    });

    test('a runbook of one’s own is listed, shown, run, stopped, decided, signed and aborted', async () => {
      const on = await changing(engine, [row(1, null, null)], { runbooks: { folder: 'own' } });
      on.write('own/own.json', OWN);
      const list = await on.run('runbook', 'list');
      expect(list.stdout.split('\n')).toContain('own\tnot begun\t2\tOwn');
      const named = { id: 'all', title: 'All', steps: [{ id: 'a', title: 'A', check: { ids: ['sync/no-such'] } }] };
      on.write('own/odd.json', { ...OWN, id: 'odd', phases: [named] });
      const listed = await on.run('runbook', 'list');
      expect([listed.code, listed.stdout]).toEqual([
        1,
        expect.stringMatching(/^odd\tunreadable\t\t.*there is no check "sync\/no-such"$/m),
      ]);
      rmSync(join(on.folder, 'own', 'odd.json'));
      const shown = await on.run('runbook', 'show', 'own');
      expect([shown.code, shown.stdout]).toEqual([
        0,
        expect.stringContaining(
          '· look: Look\n      Look at it.\n      note: whoever does it writes down what they saw\n      needs work',
        ),
      ]);

      const next = await on.run('runbook', 'run', 'own');
      expect([next.code, cells(next.stdout)]).toEqual([0, ['passed work']]);
      expect(next.stderr).toBe(
        'apptop: look: Look. Look at it. Then: apptop runbook run own --step look --tick look=NAME --note TEXT\n',
      );
      const nobody = await on.run('runbook', 'run', 'own', '--step', 'look', '--tick', 'look=');
      expect([nobody.code, nobody.stderr]).toEqual([3, 'apptop: --tick look= names nobody: write --tick STEP=NAME\n']);
      const odd = await on.run('runbook', 'run', 'own', '--all', '--tick', 'lok=Ada');
      expect([odd.code, odd.stderr]).toEqual([
        3,
        'apptop: own has no step "lok": apptop runbook show own lists the steps\n',
      ]);
      const without = await on.run('runbook', 'run', 'own', '--step', 'look', '--note', 'fine');
      expect([without.code, without.stdout]).toEqual([1, '']);

      const stop = await on.run('runbook', 'stop', '--condition', 'fire', '--reason', 'smoke', '--name', 'Bo');
      expect([stop.code, stop.stdout]).toEqual([0, 'run 1 of own is stopped: Fire: smoke\n']);
      const status = await on.run('status');
      expect([status.code, status.stdout]).toEqual([
        2,
        expect.stringContaining('run 1 of runbook own is stopped: Fire: smoke'),
      ]);
      const refused = await on.run('runbook', 'run', 'own', '--step', 'look', '--tick', 'look=Ada', '--note', 'fine');
      expect([refused.code, refused.stderr]).toEqual([
        2,
        'apptop: STOP: Fire: smoke: halt, assess, then decide: apptop runbook decide --name NAME --reason WHY\n',
      ]);
      expect((await on.run('runbook', 'status', 'own')).code).toBe(2);
      expect((await on.run('runbook', 'decide', 'own', '--reason', 'a drill', '--name', 'Ada')).stdout).toBe(
        'run 1 of own is running\n',
      );
      const tick = await on.run('runbook', 'run', 'own', '--all', '--tick', 'look=Ada', '--note', 'fine');
      expect([tick.code, tick.stdout]).toEqual([1, 'ticked\tlook\t0\tAda: fine\n']);
      expect((await on.run('runbook', 'sign', '--role', 'operater')).stderr).toBe(
        'apptop: there is no role "operater": did you mean operator?\n',
      );
      expect((await on.run('runbook', 'sign', '--role', 'operator')).stderr).toBe(
        "apptop: a signature wants a person's name: say who signs: --name NAME\n",
      );
      expect((await on.run('runbook', 'sign', '--role', 'operator', '--name', 'Ada')).stdout).toBe(
        'run 1 of own is finished\n',
      );

      await on.run('runbook', 'run', 'own');
      expect((await on.run('runbook', 'abort', '--reason', 'enough')).stdout).toBe('run 2 of own is aborted: enough\n');
      const runs = await on.run('runbook', 'status');
      expect(runs.stdout.split('\n').map((line) => line.split('\t').slice(0, 4).join(' '))).toEqual([
        'own 2 aborted database',
        'own 1 finished database',
        '',
      ]);
      const events = (await on.run('audit', 'list')).stdout.split('\n').map((line) => line.split('\t')[3]);
      expect(events).toEqual(expect.arrayContaining(['runbook', 'step', 'stop', 'decision', 'sign-off']));
    });

    test('all goes on behind what a person has to do, and takes each tick that is given', async () => {
      const on = await changing(engine, [row(1, null, null)]);
      const steps = [
        { id: 'ask', title: 'Ask', manual: { instructions: ['Ask them.'] } },
        { id: 'orphans', title: 'Alone', needs: [], check: { ids: ['calendar-schema/no-orphans'] } },
        { id: 'tell', title: 'Tell', needs: [], command: { command: ['sh', '-c', 'exit 0'] } },
        { id: 'flag', title: 'Flag', needs: [], optional: true, command: { command: ['sh', '-c', 'test -e flag'] } },
        { id: 'end', title: 'End', needs: ['flag', 'tell'], manual: { instructions: ['Look.'] } },
      ];
      on.write('own.json', { ...OWN, phases: [{ id: 'all', title: 'All', steps }] });
      const own = (...args: readonly string[]) => on.run('runbook', 'run', '--file', 'own.json', ...args);
      const first = await own('--all');
      expect([first.code, cells(first.stdout)]).toEqual([1, ['failed orphans', 'passed tell', 'failed flag']]);
      expect(first.stderr).toMatch(
        /^apptop: ask: Ask\. .*--tick ask=NAME.*\napptop: orphans: .*--tick orphans=NAME --note TEXT.*\n$/,
      );
      on.write('flag', '');
      const ticks = ['--tick', 'ask=Ada', '--tick', 'orphans=Bo', '--tick', 'end=Cy', '--tick', 'tell=Dan'];
      const second = await own('--all', ...ticks, '--note', 'there are no calendars');
      expect(cells(second.stdout)).toEqual(['ticked ask', 'ticked orphans', 'passed flag', 'ticked end']);
      expect([second.code, second.stderr]).toEqual([1, expect.stringContaining('sign: ')]);

      // Who answers for a check that nobody has looked at yet does both at once; for another one nobody is asked.
      await on.run('runbook', 'abort', 'own', '--file', 'own.json', '--reason', 'again');
      const both = await own('--step', 'orphans', '--tick', 'orphans=Bo', '--note', 'there are no calendars');
      expect([both.code, cells(both.stdout)]).toEqual([0, ['failed orphans', 'ticked orphans']]);
      const told = await own('--step', 'tell', '--tick', 'tell=Dan');
      expect([cells(told.stdout), told.stderr]).toEqual([
        ['passed tell'],
        expect.stringContaining('Dan is not on record'),
      ]);
      const skipped = await own('--skip', 'flag', '--reason', 'no flag here', '--name', 'Ada');
      expect([skipped.code, cells(skipped.stdout)]).toEqual([1, ['skipped flag']]);
      const status = JSON.parse((await on.run('runbook', 'status', '--file', 'own.json', '--json')).stdout);
      expect(status.entries.at(-1)).toMatchObject({ state: 'skipped', name: 'Ada' });
    });

    test('a run that somebody has changed is told by lists, by its report and before another one', async () => {
      const on = await changing(engine, [row(1, null, null)], { runbooks: { folder: 'own' } });
      on.write('own/own.json', OWN);
      await on.run('runbook', 'run', 'own', '--all', '--tick', 'look=Ada', '--note', 'fine');
      // Only the signature is missing.
      await on.db.execute("UPDATE apptop_step SET name = 'Bo' WHERE seq = 2");
      const all = await on.run('runbook', 'run', 'own', '--all');
      expect([all.code, all.stderr]).toEqual([
        2,
        expect.stringMatching(/STOP: .*entry 2 \(step look\) differs.*\n.*decide own --name NAME --reason WHY/),
      ]);
      expect((await on.run('runbook', 'decide', 'own', '--name', 'Ada', '--reason', 'it was Bo')).code).toBe(0);
      await on.db.execute("UPDATE apptop_runbook SET state = 'finished'");
      const doubt = /run 1 of own: the run was changed behind apptop: the run differs from record \d+ of the audit/;
      for (const action of ['list', 'status'] as const) {
        const told = await on.run('runbook', action);
        expect([told.code, told.stderr]).toEqual([2, expect.stringMatching(doubt)]);
      }
      expect((await on.run('runbook', 'status', 'own')).code).toBe(2);
      const report = await on.run('runbook', 'report', 'own');
      expect(report.stdout).toContain('FINISHED, NOT AS RECORDED');
      // A link goes on pointing where it points.
      symlinkSync('today.md', join(on.folder, 'newest.md'));
      expect((await on.run('runbook', 'report', 'own', '--out', 'newest.md')).code).toBe(0);
      expect(lstatSync(join(on.folder, 'newest.md')).isSymbolicLink()).toBe(true);
      expect(readFileSync(join(on.folder, 'today.md'), 'utf8')).toContain('NOT AS RECORDED');
      const again = await on.run('runbook', 'run', 'own');
      expect([again.code, again.stderr]).toEqual([2, expect.stringMatching(doubt)]);
      expect((await on.run('runbook', 'run', 'own', '--name', 'Ada', '--reason', 'Bo did it')).code).toBe(0);
      expect((await on.run('runbook', 'list')).code).toBe(0);
    });

    test('a reason keeps no secret, wherever it is kept', async () => {
      const on = await changing(engine, [row(1, null, '8212577')]);
      const reason = 'TEST-1 DB_PASSWORD=hunter2';
      const moved = await on.run(
        'change',
        'run',
        'move-booking-ids',
        '--confirm',
        'staging appointments 1',
        '--reason',
        reason,
      );
      expect(moved.code).toBe(0);
      const [run] = await on.db.execute('SELECT ticket FROM apptop_run');
      expect(run).toEqual({ ticket: 'TEST-1 DB_PASSWORD=***' });
      const kept = [
        JSON.stringify(await on.db.execute('SELECT * FROM apptop_audit')),
        (await on.run('audit', 'list', '--json')).stdout,
        (await on.run('report')).stdout,
      ];
      expect(kept.filter((text) => text.includes('hunter2'))).toEqual([]);
    });

    test('a step whose process was killed is done again, and one that was left says so', async () => {
      const on = await changing(engine, [row(1, null, null)]);
      // It ends by itself, also when nobody is left who could end it.
      const script = 'for i in $(seq 200); do test -e open && exit 0; sleep 0.1; done; exit 1';
      const slow = { id: 'slow', title: 'Slow', command: { command: ['sh', '-c', script] } };
      on.write('own.json', { ...OWN, signOff: [], phases: [{ id: 'all', title: 'All', steps: [slow] }] });
      const run = ['runbook', 'run', '--file', 'own.json'] as const;
      const states = async () => {
        const rows = await on.db.execute('SELECT state, note FROM apptop_step ORDER BY seq').catch(() => []);
        return rows.map(({ state, note }) => [state, note]);
      };
      const killed = on.start(...run);
      await poll(async () => (await states()).length === 1, { deadlineMs: 15_000, what: 'the step to begin' });
      killed.signal('SIGKILL');
      await killed.ended;
      const status = await on.run('runbook', 'status', '--file', 'own.json');
      expect([status.code, status.stdout]).toEqual([
        1,
        expect.stringMatching(/^running\tslow\tcommand\t1\t\S+@\S+ is at it since \d{4}-.*Z\n$/),
      ]);
      expect((await on.run(...run)).code).toBe(2);

      await on.db.execute('UPDATE apptop_step SET expires_at = 0');
      const left = on.start(...run);
      await poll(async () => (await states()).length === 2, { deadlineMs: 15_000, what: 'the step to begin again' });
      left.signal('SIGINT');
      expect((await left.ended).code).toBe(130);
      on.write('open', '');
      expect((await on.run(...run)).code).toBe(0);
      expect(await states()).toEqual([
        ['failed', 'its process is gone'],
        ['failed', 'sh was stopped; run it again'],
        ['passed', 'sh ended with 0'],
      ]);
    });

    test('a drill is held by the machine, with what each part found and took', async () => {
      const on = await changing(engine, [row(1, null, null)]);
      const steps = [
        { id: 'rehearse', title: 'Rehearse', change: { id: 'rollback-calendar-schema', action: 'drill' } },
      ];
      on.write('own.json', { ...OWN, signOff: [], phases: [{ id: 'all', title: 'All', steps }] });
      const shown = await on.run('runbook', 'show', '--file', 'own.json');
      expect(shown.stdout).toContain('rehearses rollback-calendar-schema and its way back in a place of its own');
      const { code, stdout } = await on.run('runbook', 'run', '--file', 'own.json', '--step', 'rehearse');
      expect(stdout).toMatch(/^passed\trehearse\t\d+\tthe drill came out as it should, in [\d.]+ m?s\n$/);
      expect(code).toBe(0);
      const { stdout: report } = await on.run('runbook', 'report');
      expect(report).toMatch(/\| a doubled event is refused \| \*\*pass\*\* \| by external\S+_key \| [\d.]+ m?s \|/);
      expect(report).toMatch(/\| roll back \| \*\*pass\*\* \| (\d+) rows exported and dropped of \1 \|/);
    });

    test('wrong words are told in one line', async () => {
      const on = await changing(engine, []);
      const said = async (...args: string[]) => {
        const { code, stderr } = await on.run('runbook', ...args);
        return [code, stderr];
      };
      expect(await said('run', 'booking-id')).toEqual([
        3,
        'apptop: there is no runbook "booking-id": did you mean booking-ids?\n',
      ]);
      expect(await said('run', 'booking-ids', '--step', 'mov')).toEqual([
        3,
        'apptop: booking-ids has no step "mov": apptop runbook show booking-ids lists the steps\n',
      ]);
      const early = await on.run('runbook', 'run', 'booking-ids', '--step', 'move');
      expect([early.code, early.stderr]).toEqual([
        2,
        expect.stringMatching(/^apptop: move can't be done yet: .*: no run of booking-ids is under way: begin with /),
      ]);
      expect(JSON.parse((await on.run('runbook', 'status', '--json')).stdout)).toMatchObject({ runs: [] });
      expect(await said('sign', 'sync-rollout', '--role', 'operator')).toEqual([
        3,
        'apptop: no run of sync-rollout is under way: begin one: apptop runbook run sync-rollout\n',
      ]);
      expect(await said('show', 'own', '--file', 'nowhere.json')).toEqual([
        3,
        'apptop: ./nowhere.json: there is no such file: check the path\n',
      ]);
      expect(await said('list', '--all')).toEqual([
        3,
        'apptop: apptop runbook list takes no --all: see apptop runbook --help\n',
      ]);
    });

    test.skipIf(engine.name === 'sqlite')(
      'a database that refuses leaves the run on this machine, in words',
      async () => {
        const on = await changing(engine, [row(1, null, null)]);
        on.write('own.json', OWN);
        const user = `lowly_${process.pid}`;
        if (engine.name === 'mysql') {
          await on.db.execute(`CREATE USER ${user}@'%' IDENTIFIED BY 'throw-away'`);
          await on.db.execute(`GRANT SELECT ON *.* TO ${user}@'%'`);
        } else {
          await on.db.execute(`CREATE ROLE ${user} LOGIN PASSWORD 'throw-away'`);
          await on.db.execute(`GRANT SELECT ON appointments TO ${user}`);
        }
        on.configure({ connection: withUser(urlOf(on.db), user, 'throw-away') });
        const done = await on.run('runbook', 'run', '--file', 'own.json');
        expect(done.stderr).toMatch(/^apptop: the database refuses: .*: this run is kept on this machine only\n/);
        expect([done.code, cells(done.stdout)]).toEqual([0, ['passed work']]);
        const status = await on.run('runbook', 'status', '--json');
        expect(JSON.parse(status.stdout)).toMatchObject({
          runs: [{ place: 'local', runbook: 'own', state: 'running' }],
        });
        const audit = await on.run('audit', 'verify');
        expect([audit.code, audit.stdout]).toEqual([0, '']);
        await on.db.execute(engine.name === 'mysql' ? `DROP USER ${user}@'%'` : `DROP OWNED BY ${user}`);
        if (engine.name === 'postgres') await on.db.execute(`DROP ROLE ${user}`);
      },
    );

    test.skipIf(engine.name === 'sqlite')(
      'who may read the appointments alone goes on reading when others have changed something',
      async () => {
        const on = await changing(engine, [row(1, null, '1001')]);
        on.write('own.json', OWN);
        const moved = await on.run('change', 'run', 'move-booking-ids', '--confirm', 'staging appointments 1');
        expect(moved.code).toBe(0);
        expect((await on.run('runbook', 'run', '--file', 'own.json')).code).toBe(0);
        const user = `narrow_${process.pid}`;
        if (engine.name === 'mysql') {
          await on.db.execute(`CREATE USER ${user}@'%' IDENTIFIED BY 'throw-away'`);
          await on.db.execute(`GRANT SELECT ON appointments TO ${user}@'%'`);
        } else {
          await on.db.execute(`CREATE ROLE ${user} LOGIN PASSWORD 'throw-away'`);
          await on.db.execute(`GRANT SELECT ON appointments TO ${user}`);
        }
        on.configure({ connection: withUser(urlOf(on.db), user, 'throw-away'), access: 'read' });
        const status = await on.run('status');
        expect([status.code, status.stdout]).toEqual([expect.toBeOneOf([0, 1]), expect.stringContaining('1 row')]);
        const list = await on.run('runbook', 'list');
        expect([list.code, list.stdout, list.stderr]).toEqual([
          2,
          expect.stringContaining('booking-ids'),
          expect.stringMatching(/may not read|can't be read/),
        ]);
        const report = await on.run('report');
        expect([report.code, report.stdout]).toEqual([expect.toBeOneOf([0, 1]), expect.stringContaining('# ')]);
        // MySQL shows nobody that there are tables which they may not read.
        const closed = engine.name === 'mysql' ? /^/ : /can't be read: .*permission denied for table apptop\\?_run/;
        expect([status.stderr, report.stdout]).toEqual([expect.stringMatching(closed), expect.stringMatching(closed)]);
        await on.db.execute(engine.name === 'mysql' ? `DROP USER ${user}@'%'` : `DROP OWNED BY ${user}`);
        if (engine.name === 'postgres') await on.db.execute(`DROP ROLE ${user}`);
      },
    );
  });
}
