import { spawn } from '@lydell/node-pty';
import { expect, test } from 'vitest';
import { listLines, pipeLine, summaryLine, terminalLines } from '../../src/commands/check/lines.ts';
import { width } from '../../src/model/text.ts';
import { LAUNCHER } from '../build/program.ts';
import { quick, resultOf } from '../checks/checks.ts';
import { Operator } from './operator.ts';

const check = quick('reviewed', {
  id: 'sync/reviewed',
  title: 'Nothing waits',
  severity: 'warn',
  remedy: 'Look at it.',
});
const fails = resultOf(check, {
  verdict: 'fail',
  violations: 1_204,
  sample: ['9007199254740993', '7', '\u001b[31m8', '9'].map((pk) => ({ pk })),
  figure: '1,204 in review, target 0',
});
const layout = { columns: 110, ascii: false, time: '', id: 14 };

test('a person reads a line a check, and under a failing one its rows and what to do', () => {
  expect(terminalLines(resultOf(check), layout)).toEqual(['✔ pass       sync/reviewed   12 ms Nothing waits']);
  expect(terminalLines(fails, layout)).toEqual([
    '▲ fail warn  sync/reviewed   12 ms 1,204 · 1,204 in review, target 0',
    '             9007199254740993, 7, ␛[31m8, … → Look at it.',
  ]);
  const lost = resultOf(check, { verdict: 'could-not-tell', note: 'nobody answers' });
  expect(terminalLines(lost, { ...layout, ascii: true })).toEqual([
    '? unknown    sync/reviewed   12 ms nobody answers',
  ]);
});

test.each([20, 40, 80, 120])('no line is wider than a terminal of %i columns', (columns) => {
  const hostile = '漢字😀e\u0301\u202e\n'.repeat(30);
  const wide = resultOf(quick('wide', { title: hostile, remedy: hostile }), {
    verdict: 'fail',
    sample: [{ pk: hostile }],
  });
  for (const line of [
    ...terminalLines(wide, { ...layout, columns, time: '12:04:31Z ' }),
    ...listLines([wide.check], columns),
  ]) {
    expect(width(line)).toBeLessThanOrEqual(columns);
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  }
});

test('a program reads six cells, whatever is in them', () => {
  const odd = { ...fails, figure: 'a\tb\nc' };
  expect(pipeLine(odd).split('\t')).toEqual(['fail', 'sync/reviewed', 'warn', '1204', '12', 'a␉b␊c']);
});

test('the summary says how many of each there are', () => {
  const results = [fails, resultOf(check), resultOf(check, { verdict: 'not-applicable' })];
  expect(summaryLine(results, 1_234)).toBe('DEGRADED  1 pass, 1 fail, 1 not applicable, 1.2 s');
});

/** What a terminal of 80 columns is sent. */
function inTerminal(operator: Operator, args: readonly string[], env: Record<string, string>): Promise<string> {
  return new Promise((resolve) => {
    const options = {
      cols: 80,
      rows: 24,
      cwd: operator.folder,
      env: { ...operator.surroundings, TERM: 'xterm-256color', ...env },
    };
    const pty = spawn(process.execPath, [LAUNCHER, ...args], options);
    let sent = '';
    pty.onData((data) => {
      sent += data;
    });
    pty.onExit(() => resolve(sent));
  });
}

test('on a terminal the verdict has a colour, unless NO_COLOR says otherwise', async () => {
  const args = ['check', '--url', 'sqlite:empty.sqlite', 'sync/columns'];
  const operator = new Operator().write('empty.sqlite', '');
  const coloured = await inTerminal(operator, args, {});
  expect(coloured).toContain('\u001b[35m? unknown   \u001b[39m sync/columns');
  expect(coloured).toContain('\u001b[35mUNKNOWN\u001b[39m  1 could not tell');
  const plain = await inTerminal(operator, args, { NO_COLOR: '1' });
  expect(plain).toContain('? unknown    sync/columns there is no table');
  expect(plain).not.toContain('\u001b');
});

test('a database that is away is one line on a terminal, and what lies outside of it has its own', async () => {
  const operator = new Operator().write('apptop.json', {
    contexts: { shop: { connection: 'sqlite:nowhere', checks: { commands: [{ name: 'up', command: ['true'] }] } } },
  });
  const shown = await inTerminal(operator, ['check', 'sync/columns', 'sync/review-queue', 'own/up'], { NO_COLOR: '1' });
  const [first = '', outside = '', summary = '', ...more] = shown.trimEnd().split('\r\n');
  expect(first).toMatch(/^apptop: there is no file .*nowhere: check the path in the connection$/);
  expect(outside).toMatch(/^✔ pass +own\/up /);
  expect(summary).toMatch(/^UNKNOWN {2}1 pass, 2 could not tell, /);
  expect(more).toEqual([]);
});
