import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { seedRows } from '../../src/data/demo/seed-rows.ts';
import type { Sample } from '../../src/model/sample.ts';
import { row } from '../changes/guarded.ts';
import { changing } from '../commands/changer.ts';
import { urlOf } from '../commands/operator.ts';
import { ENGINES } from '../engines/engines.ts';

const HASH = '0123456789abcdef0123456789abcdef01234567';
const HOSTILE = '<script>alert(1)</script>|`x`\u001b[31m\u202e';

const RUNBOOK = {
  version: 1,
  id: 'own',
  title: `Own ${HOSTILE}`,
  purpose: 'a test',
  phases: [
    {
      id: 'all',
      title: 'All',
      steps: [
        { id: 'backup', title: 'Back up', backup: {} },
        { id: 'flaky', title: 'Try', command: { command: ['sh', '-c', 'test -e tried || { touch tried; exit 3; }'] } },
        { id: 'tell', title: 'Tell', command: { command: ['sh', '-c', 'echo "one <b>"; echo DB_PASSWORD=hunter2'] } },
        { id: 'plan', title: 'Plan', change: { id: 'move-booking-ids', action: 'plan' } },
        { id: 'move', title: 'Move', change: { id: 'move-booking-ids', action: 'run' } },
        { id: 'after', title: 'After', check: { ids: ['booking-ids/none-misplaced', 'booking-ids/no-conflicts'] } },
        { id: 'look', title: 'Look', note: 'required', manual: { instructions: ['Look at it.'] } },
      ],
    },
  ],
  stop: [{ id: 'fire', title: 'Fire', person: true }],
  metrics: [
    { title: 'None is misplaced', check: 'booking-ids/none-misplaced' },
    { title: 'Looked', step: 'look' },
    { title: 'Pushed', check: 'sync/success-7d' },
  ],
  signOff: [
    { role: 'operator', statement: 'It is done.' },
    { role: 'reviewer', statement: 'It was seen.' },
  ],
};

const ROWS = [row(1, null, '8212577'), row(2, '8212578', '8212578'), row(3, '8212579', '8212580'), row(4, null, null)];

/** The lines of a section of Markdown. */
const sectionOf = (markdown: string, title: string): string =>
  markdown.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';

for (const engine of ENGINES) {
  describe(`reports on ${engine.name}`, () => {
    test('of a run name everything that happened in it, and hold no secret and no markup of others', {
      timeout: 60_000,
    }, async () => {
      const on = await changing(engine, ROWS);
      on.write('own.json', RUNBOOK);
      for (const [path, text] of Object.entries({
        '.git/HEAD': 'ref: refs/heads/main',
        '.git/refs/heads/main': HASH,
      })) {
        mkdirSync(join(on.folder, dirname(path)), { recursive: true });
        appendFileSync(join(on.folder, path), `${text}\n`);
      }
      const run = (...args: readonly string[]) => on.run('runbook', 'run', '--file', 'own.json', ...args);
      const all = ['--all', '--confirm', 'staging appointments 2', '--reason', 'OPS-1'];
      expect((await run(...all)).code).toBe(2);
      // It works at the second try, and finds a row with two ids after the move.
      expect((await run(...all)).stdout).toContain('failed\tafter');
      await on.run('runbook', 'stop', '--file', 'own.json', '--condition', 'fire', '--reason', 'smoke', '--name', 'Bo');
      await on.run('runbook', 'decide', '--file', 'own.json', '--reason', `a drill ${HOSTILE}`, '--name', 'Ada');
      await on.db.execute("DELETE FROM appointments WHERE id = '3'");
      await run('--step', 'after');
      expect((await run('--step', 'look', '--tick', `look=Ada ${HOSTILE}`, '--note', 'all well')).code).toBe(0);
      await on.run('runbook', 'sign', '--file', 'own.json', '--role', 'operator', '--name', 'Ada');

      const report = await on.run('runbook', 'report');
      expect([report.code, report.stderr]).toEqual([0, '']);
      const { stdout: markdown } = report;
      expect(markdown).not.toMatch(/hunter2|throw-away|<script|\u001b|\u202e/);
      expect(markdown).toContain(
        '# Runbook report: Own &lt;script&gt;alert(1)&lt;/script&gt;&#124;\\`x\\`␛\\[31m⟪U+202E⟫',
      );
      const head = markdown.split(/^## /m)[0] ?? '';
      expect(head).toMatch(/\| who acted \| .*Bo \(\S+\).*\|\n\| report made \| 20\S+ \S+Z \|\n\| made by \| \S+@/);
      for (const part of [
        '**RUNNING** 7 of 7 steps done, 1 of 2 sign-offs',
        `| commit | ${HASH} (main) in ${on.folder}, when this report was made |`,
        '| context | on, which may change the database |',
        '| environment | staging |',
        `| apptop | ${manifest.version} |`,
        '| kept in | the database |',
      ]) {
        expect(head).toContain(part);
      }
      expect(sectionOf(markdown, 'Steps')).toMatch(
        /\| 2 \| flaky \| \*\*passed\*\* \| \S+ \| 20\S+ \S+Z \| \d+ ms \| sh ended with 0 \|/,
      );
      expect(markdown).toContain('#### flaky: Try **passed**');
      expect(markdown).toMatch(/Tried before:[^]*\*\*failed\*\*[^]*sh ended with 3/);
      expect(markdown).toContain('```\none <b>\nDB_PASSWORD=***\n```');
      expect(sectionOf(markdown, 'Success metrics')).toMatch(
        /None is misplaced \| \*\*pass\*\*[^]*Looked \| \*\*ticked\*\*[^]*Pushed \| \*\*pass\*\* \| nothing created in 7 d/,
      );
      expect(sectionOf(markdown, 'Charts')).toMatch(
        /before and after run 1[^]*\| {2}\| before \| after \|[^]*\| v1 \| 0 \| 2 \|[^]*\| misplaced \| 1 \| 0 \|[^]*\| duplicate \| 1 \| 0 \|/,
      );
      expect(sectionOf(markdown, 'Charts')).toContain('Work of each step');
      expect(markdown).toMatch(/\| gates \| (\d+) of \1 green: changes are allowed, .*backup/);
      expect(markdown).toContain('| does | checks booking-ids/none-misplaced, booking-ids/no-conflicts |');
      expect(sectionOf(markdown, 'Changes')).toMatch(
        /\| 1 \| move-booking-ids \| \*\*done\*\* \| \d+ of \d+ \| 20\S+ \S+Z \| 20\S+ \S+Z \| \S+@.*\| OPS-1 \|/,
      );
      const decisions = sectionOf(markdown, 'Stops and decisions');
      expect(decisions).toMatch(/\*\*stop\*\* \| fire \| 20\S+ \S+Z \| Bo \(\S+\) \| smoke/);
      expect(decisions).toMatch(/\*\*decision\*\* \| fire \| .* \| Ada \(\S+\) \| a drill &lt;script&gt;/);
      expect(sectionOf(markdown, 'Conflicts')).toContain('1 with two ids, 0 impossible, 0 decided');
      expect(sectionOf(markdown, 'Sign-off')).toMatch(
        /operator \| \*\*signed\*\* \| Ada .*\| It is done\. [^]*reviewer \| \*\*open\*\* \| {2}\| {2}\| It was seen\. /,
      );
      expect(decisions).toContain('What stops it:\n\n- Fire: a person says so');
      const [last] = await on.db.execute('SELECT seq, hash FROM apptop_audit ORDER BY seq DESC LIMIT 1');
      const audit = sectionOf(markdown, 'Record of changes');
      expect(audit).toContain(`| newest of this run | ${last?.['seq']} |`);
      expect(audit).toContain(`| its hash | ${last?.['hash']} |`);

      const page = await on.run('runbook', 'report', '1', '--html', '--out', 'report.html');
      expect([page.code, page.stdout, page.stderr]).toEqual([0, '', 'apptop: wrote report.html\n']);
      const html = readFileSync(join(on.folder, 'report.html'), 'utf8');
      expect(html).toContain('Rows by class before and after run 1');
      expect(html).not.toMatch(/hunter2|<script|\u001b|\u202e/);

      await on.db.execute("UPDATE apptop_step SET state = 'failed' WHERE subject = 'look'");
      const edited = await on.run('runbook', 'report');
      expect(edited.stdout).toMatch(
        /\*\*the run was changed behind apptop: entry \d+ \(step look\) differs from record \d+ of the audit\*\*/,
      );
    });

    test('of a run of which something was taken back tell that, and what was signed and found before', async () => {
      const on = await changing(engine, [row(1, null, '8212577')]);
      on.write('own.json', {
        ...RUNBOOK,
        phases: [
          {
            id: 'all',
            title: 'All',
            steps: [
              { id: 'move', title: 'Move', change: { id: 'move-booking-ids', action: 'run' } },
              { id: 'after', title: 'After', check: { ids: ['booking-ids/none-misplaced'] } },
            ],
          },
        ],
        metrics: [{ title: 'None is misplaced', check: 'booking-ids/none-misplaced' }],
      });
      const own = (action: string, ...args: readonly string[]) =>
        on.run('runbook', action, '--file', 'own.json', ...args);
      const phrase = ['--confirm', 'staging appointments 1', '--reason', 'OPS-1'];
      await own('run', '--all', ...phrase);
      await own('sign', '--role', 'operator', '--name', 'Ada');
      expect((await on.run('change', 'run', 'rollback-booking-ids', ...phrase)).code).toBe(0);
      await own('abort', '--reason', 'enough', '--name', 'Ada');
      const { stdout: markdown } = await on.run('runbook', 'report');
      const gone = 'run 2 \\(rollback-booking-ids\\) took it back';
      expect(sectionOf(markdown, 'Steps')).toMatch(
        new RegExp(
          `\\| move \\| \\*\\*undone\\*\\* .*${gone}; before that: run 1: [^]*\\| after \\| \\*\\*undone\\*\\* .*${gone}`,
        ),
      );
      expect(sectionOf(markdown, 'Success metrics')).toMatch(
        new RegExp(`None is misplaced \\| \\*\\*open\\*\\* \\| pass when last looked at, and then ${gone}`),
      );
      expect(sectionOf(markdown, 'Charts')).toMatch(new RegExp(`move-booking-ids, all rows; since then ${gone}`));
      expect(sectionOf(markdown, 'Sign-off')).toMatch(
        new RegExp(`operator \\| \\*\\*void\\*\\* \\| Ada .*${gone} \\|\n\\| operator \\| \\*\\*open\\*\\*`),
      );
      // What a step has found is known to who asks for the database.
      expect((await on.run('report')).stdout).toMatch(/booking-ids\/none-misplaced \| \*\*pass\*\*/);
    });

    test('of a run that only this machine keeps is made without writing to the database', async () => {
      const on = await changing(engine, ROWS, { access: 'read' });
      on.write('own.json', { ...RUNBOOK, phases: [{ id: 'all', title: 'All', steps: [RUNBOOK.phases[0]?.steps[6]] }] });
      await on.run('runbook', 'run', '--file', 'own.json', '--tick', 'look=Ada', '--note', 'fine');
      for (const word of ['own', '1', 'local-1']) {
        const { code, stdout } = await on.run('runbook', 'report', word);
        expect([code, stdout]).toEqual([0, expect.stringContaining('| kept in | a file of this machine only |')]);
        expect(stdout).toContain('**this run is kept on this machine only: nobody else sees it**');
        expect(stdout).toContain('| Pushed | **open** | sync/success-7d was not looked at |  |');
        expect(stdout).toContain(`| commit | not known: ${on.folder} is in no git repository with a commit |`);
        expect(sectionOf(stdout, 'Conflicts')).toContain('Nobody has looked for any in this run.');
        expect(stdout).not.toContain('## Charts');
        expect(stdout).toMatch(/\| file on this machine \| line \d+ \|\n\| its last hash \| [0-9a-f]{64} \|/);
      }
      await expect(on.db.execute('SELECT * FROM apptop_runbook')).rejects.toThrow('apptop_runbook');
    });

    test('of a database tell its state, checks, changes, runbooks and queue', { timeout: 60_000 }, async () => {
      const error = { requires_manual_review: '1', manual_review_flagged_at: '2026-01-31 08:00:00' };
      const on = await changing(engine, [
        ...seedRows(Date.now()),
        { ...row(9_001, null, null), ...error, sync_error_code: `E ${HOSTILE}` },
      ]);
      const empty = await on.run('report');
      expect([empty.code, empty.stderr]).toEqual([0, '']);
      expect(sectionOf(empty.stdout, 'Changes')).toContain('Nothing was changed with apptop yet.');
      expect(sectionOf(empty.stdout, 'Runbooks')).toContain('No runbook was ever begun here.');
      expect(sectionOf(empty.stdout, 'Checks')).toMatch(/\d+ checks never ran on this machine\./);
      expect(empty.stdout).toMatch(/^\*\*\w+\*\* 129 rows, .*, no check ever ran here, /m);
      expect(sectionOf(empty.stdout, 'Record of changes')).toContain('| newest record | nothing was recorded |');

      await on.run('check', 'booking-ids/none-misplaced', 'sync/failed-jobs');
      const [file = ''] = readdirSync(join(on.home, '.local/state/apptop/checks')).filter((name) =>
        name.endsWith('.json'),
      );
      const now = Date.now();
      const sample = (minute: number): Sample => ({
        at: now - minute * 60_000,
        misplaced: minute,
        review: 3,
        synced: 0.9,
        pending: 0.05,
        failed: undefined,
        latency: 4,
      });
      const samples = [90, 60, 30, 29, 28].map((minute) => `${JSON.stringify(sample(minute))}\n`).join('');
      on.write('samples', samples);
      mkdirSync(join(on.home, '.local/state/apptop/history'), { recursive: true });
      appendFileSync(join(on.home, '.local/state/apptop/history', file.replace('.json', '.jsonl')), samples);
      await on.run('change', 'run', 'move-booking-ids', '--confirm', 'staging appointments 102', '--reason', 'OPS-7');

      const { code, stdout } = await on.run('report');
      expect(code).toBe(0);
      expect(stdout).not.toMatch(/<script|\u001b|\u202e/);
      expect(stdout).toMatch(/^\*\*(?:STOP|DEGRADED)\*\* 129 rows, .*, 1 failing check, \d+ never run, /m);
      expect(sectionOf(stdout, 'Booking ids')).toMatch(/\| v1 \| \d+ \|/);
      expect(sectionOf(stdout, 'Booking ids')).toContain('| misplaced | 28 | 90 | 28 | 7 points |');
      expect(sectionOf(stdout, 'Sync')).toContain('| latency | 4 s | 4 s | 4 s | 7 points |');
      expect(sectionOf(stdout, 'Review queue')).toContain(
        '| E &lt;script&gt;alert(1)&lt;/script&gt;&#124;\\`x\\`␛\\[31m⟪U+202E⟫ |',
      );
      expect(sectionOf(stdout, 'Checks')).toMatch(/booking-ids\/none-misplaced \| \*\*fail/);
      expect(sectionOf(stdout, 'Changes')).toMatch(
        /\| 1 \| move-booking-ids \| \*\*done\*\* \| 102 rows changed of 102 planned \|.*OPS-7 \|/,
      );

      const html = await on.run('report', '--html');
      expect(html.stdout).toContain('<svg');
      expect(html.stdout).not.toMatch(/<script|\u001b|\u202e/);
    });
  });
}

for (const sqlite of ENGINES.filter(({ name }) => name === 'sqlite')) {
  test('go into a file that is no one else’s, and a run that is not there is told', { timeout: 60_000 }, async () => {
    const on = await changing(sqlite, [row(1, null, null)]);
    on.write('own.json', { version: 1 });
    const other = await on.run('report', '--out', 'own.json');
    expect([other.code, other.stderr]).toEqual([
      3,
      'apptop: own.json is there and holds no report: name another file\n',
    ]);
    for (const words of [['--html'], []]) expect((await on.run('report', '--out', 'now', ...words)).code).toBe(0);
    expect(readFileSync(join(on.folder, 'now'), 'utf8')).toMatch(/^<!-- apptop report -->\n/);
    const nowhere = await on.run('report', '--out', 'nowhere/now.md');
    expect([nowhere.code, nowhere.stderr]).toEqual([
      3,
      expect.stringMatching(/^apptop: --out nowhere\/now\.md can't be written: /),
    ]);
    expect(existsSync(join(on.folder, 'nowhere'))).toBe(false);

    const said = async (...words: string[]) => (await on.run('runbook', 'report', ...words)).stderr;
    expect(await said()).toBe('apptop: no runbook was ever begun here: apptop runbook list\n');
    expect(await said('7')).toBe('apptop: there is no run 7: apptop runbook status shows the runs\n');
    expect(await said('booking-ids')).toBe(
      'apptop: there is no run of booking-ids: apptop runbook status shows the runs\n',
    );
    expect(await said('--json')).toBe(
      'apptop: apptop runbook report takes no --json: apptop runbook status NAME has it as JSON\n',
    );
  });
}

test('a password of the connection stands in no report', { timeout: 60_000 }, async () => {
  for (const engine of ENGINES.filter(({ name }) => name !== 'sqlite')) {
    const on = await changing(engine, [row(1, null, null)]);
    const { stdout } = await on.run('report', '--html');
    expect(stdout).not.toMatch(/:\/\/[^\s/]*@/);
    expect(stdout).toContain(new URL(urlOf(on.db)).port);
  }
});
