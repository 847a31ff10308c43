import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type LogCheck, NO_OWN_CHECKS } from '../../src/config/own-checks.ts';
import { openDatabase } from '../../src/data/database.ts';
import { seedRows } from '../../src/data/demo/seed-rows.ts';
import { readEvidence } from '../../src/runbooks/evidence.ts';
import { Operated, operated, row } from '../changes/guarded.ts';
import { changing } from '../commands/changer.ts';
import { Folder } from '../config/folder.ts';
import { ENGINES } from '../engines/engines.ts';
import { Ceremony, manual, runbookOf } from './ceremony.ts';

const ROWS = [row(1, '8212577', null)];
const NO_LOG = 'no log is looked at: the config has no checks.logs';

const stamp = (): string => new Date().toISOString().slice(0, 19);

/** A log of an application, with lines of just now. */
function logOf(...lines: readonly string[]): Folder {
  return new Folder().write('app.log', lines.map((line) => `[${stamp()}] ${line}\n`).join(''));
}

const watching = ({ folder }: Folder, more: Partial<LogCheck> = {}) => {
  const log: LogCheck = {
    name: 'sync',
    title: undefined,
    severity: 'error',
    phases: ['monitor'],
    remedy: undefined,
    file: join(folder, 'app.log'),
    pattern: /sync failed/u,
    minutes: 60,
    atMost: 1,
    ...more,
  };
  return { checks: { ...NO_OWN_CHECKS, logs: [log] } };
};

const STEPS = [
  { id: 'day', check: { ids: ['booking-ids/none-misplaced'], logs: true } },
  { id: 'alone', needs: [], check: { logs: true } },
  manual('read', { needs: [], note: 'required', manual: { instructions: ['Read the log.'], logs: true } }),
];

for (const engine of ENGINES) {
  describe(`the logs of a config on ${engine.name}`, () => {
    test('are looked at by the steps that want them, and what they say is kept', async () => {
      const log = logOf('fine', 'sync failed: \u001b[2J one', 'sync failed: mysql://app:hunter2@db/shop, token=abc');
      await using on = await operated(engine, ROWS, { context: watching(log) });
      const ceremony = await Ceremony.begin(on, await runbookOf(STEPS));

      const day = await ceremony.run('day');
      const said = '2 in 60 min, at most 1, last: [20';
      expect(day).toMatchObject({ state: 'failed', note: expect.stringContaining(`own/sync: ${said}`) });
      const [check, watch] = readEvidence(day.evidence).checks ?? [];
      expect(check).toMatchObject({ id: 'booking-ids/none-misplaced', verdict: 'pass' });
      expect(watch).toMatchObject({
        id: 'own/sync',
        verdict: 'fail',
        violations: 2,
        lines: [
          expect.stringMatching(/\] sync failed: \u001b\[2J one$/),
          expect.stringMatching(/\] sync failed: mysql:\/\/app:\*\*\*@db\/shop, token=\*\*\*$/),
        ],
      });
      // A person answers for what they tick, and what they saw is kept with it.
      const read = await ceremony.tick('read');
      expect(read).toMatchObject({ state: 'ticked', note: expect.stringContaining(`seen; own/sync: ${said}`) });
      expect(readEvidence(read.evidence).checks).toMatchObject([{ id: 'own/sync', verdict: 'fail', violations: 2 }]);
      const kept = await on.db.execute('SELECT note, evidence FROM apptop_step');
      expect(JSON.stringify([kept, await on.db.execute('SELECT body FROM apptop_audit')])).not.toMatch(/hunter2|=abc/);

      log.write('app.log', `[${stamp()}] sync failed: once\n`);
      const passed = await ceremony.run('day');
      expect(passed).toMatchObject({
        state: 'passed',
        note: expect.stringMatching(/^1 check; own\/sync: 1 in 60 min, at most 1, last: \[20\S+\] sync failed: once$/),
      });
      expect(readEvidence(passed.evidence).checks?.[1]?.lines).toHaveLength(1);
      expect(await ceremony.run('alone')).toMatchObject({ state: 'passed' });

      // Of two logs with one name the second is not left out.
      const [one] = on.context.checks.logs;
      const twins = { ...on.context, checks: { ...NO_OWN_CHECKS, logs: one === undefined ? [] : [one, one] } };
      await using twice = new Operated(engine, on.db, twins, await openDatabase(twins));
      const both = await Ceremony.begin(twice, await runbookOf(STEPS));
      expect(await both.run('alone')).toMatchObject({
        state: 'failed',
        note: expect.stringMatching(
          /^own\/sync-2: the id "own\/sync" is also that of another check; .*; own\/sync: 1 in/,
        ),
      });

      // Nobody can tell what stands in a log that is not there.
      await using elsewhere = await operated(engine, ROWS, { context: watching(new Folder()) });
      const gone = await Ceremony.begin(elsewhere, await runbookOf(STEPS));
      expect(await gone.run('day')).toMatchObject({
        state: 'failed',
        note: expect.stringMatching(/^own\/sync: the log \S+app\.log can't be read: /),
      });
    });

    test('that has none are told to be none: a step of logs alone fails', async () => {
      await using on = await operated(engine, ROWS);
      const ceremony = await Ceremony.begin(on, await runbookOf(STEPS));
      expect(await ceremony.run('day')).toMatchObject({ state: 'passed', note: `1 check; ${NO_LOG}` });
      expect(await ceremony.run('alone')).toMatchObject({ state: 'failed', note: NO_LOG });
      // A person may have looked.
      expect(await ceremony.tick('alone', 'Ada', 'read by hand')).toMatchObject({
        state: 'ticked',
        name: 'Ada',
        note: 'read by hand',
      });
      expect(await ceremony.tick('read')).toMatchObject({ state: 'ticked', note: `seen; ${NO_LOG}` });
    });

    test('are no way around checks that do not apply, and one that is told fails nothing', async () => {
      const log = logOf('sync failed: one', 'sync failed: two');
      await using on = await operated(engine, ROWS, { context: watching(log, { severity: 'warn' }) });
      const runbook = await runbookOf([
        { id: 'without', check: { ids: ['event-correlation/ids-unique'], severity: 'error', logs: true } },
        { id: 'told', needs: [], check: { ids: ['booking-ids/none-misplaced'], severity: 'error', logs: true } },
      ]);
      const ceremony = await Ceremony.begin(on, runbook);
      expect(await ceremony.run('without')).toMatchObject({
        state: 'failed',
        note: expect.stringMatching(
          /^event-correlation\/ids-unique can't be looked at here: .*; own\/sync: 2 in 60 min/,
        ),
      });
      expect(await ceremony.run('told')).toMatchObject({
        state: 'passed',
        note: expect.stringMatching(/^1 check; own\/sync: 2 in 60 min, at most 1, last: /),
      });
    });
  });

  test(`booking-ids on ${engine.name} shows the logs of its days on the command line and in both reports`, {
    timeout: 60_000,
  }, async () => {
    const on = await changing(engine, seedRows(Date.now()), {
      checks: { logs: [{ name: 'sync', file: 'app.log', pattern: 'sync failed', minutes: 60, atMost: 5 }] },
    });
    on.write('app.log', `[${stamp()}] sync failed: <b>\u001b[2J\u202e password=hunter2\n`);
    const ticks = ['code-search', 'webhooks', 'workflows', 'logs-1'].map((id) => `${id}=Ada`).join(',');
    const all = ['--all', '--tick', ticks, '--note', 'seen', '--confirm', 'staging appointments 102'];
    const run = await on.run('runbook', 'run', 'booking-ids', ...all);
    const found = /own\/sync: 1 in 60 min, at most 5, last: \[20\S+\] sync failed: <b>␛\[2J⟪U\+202E⟫ password=\*\*\*/;
    for (const id of ['passed\tday-1', 'ticked\tlogs-1']) {
      const line = run.stdout.split('\n').find((one) => one.startsWith(id));
      expect([id, line]).toEqual([id, expect.stringMatching(found)]);
    }
    const status = await on.run('runbook', 'status', 'booking-ids');
    expect(status.stdout.split('\n').filter((line) => found.test(line))).toHaveLength(3);
    expect((await on.run('runbook', 'status', 'booking-ids', '--json')).stdout).toMatch(
      /sync failed: .*password=\*\*\*/,
    );
    const shown = await on.run('runbook', 'show', 'booking-ids');
    expect(shown.stdout.match(/log sync, error: \/sync\s+failed\/\s+in\s+\S/g)).toHaveLength(5);

    const { stdout: markdown } = await on.run('runbook', 'report');
    const told = markdown.split(/^#### /m).filter((part) => /^(?:day-1|logs-1):/.test(part));
    expect(told).toHaveLength(2);
    for (const part of told) {
      expect(part).toMatch(/\| own\/sync \| \*\*pass\*\* \| 0 \| 1 in 60 min, at most 5 \|/);
      expect(part).toMatch(
        /own\/sync, the newest lines that match:\n\n```\n\[20\S+\] sync failed: <b>␛\[2J⟪U\+202E⟫ password=\*\*\*\n```/,
      );
    }
    const { stdout: html } = await on.run('runbook', 'report', '--html');
    expect(html).toMatch(/<pre>\[20\S+\] sync failed: &lt;b&gt;␛\[2J⟪U\+202E⟫ password=\*\*\*<\/pre>/);
    expect(`${markdown}${html}`).not.toContain('hunter2');
  });
}
