import { describe, expect, test } from 'vitest';
import { examineTerminal } from '../../src/commands/doctor/terminal.ts';

const XTERM = { columns: 120, rows: 40, colourDepth: 24 };
const ENV = { TERM: 'xterm-256color', LANG: 'de_DE.UTF-8' };

/** The line about one thing: `outcome: fact → remedy`. */
function line(check: string, screen: object = {}, env: object = {}): string | undefined {
  const found = examineTerminal({ ...XTERM, ...screen }, { ...ENV, ...env }).find((finding) => finding.check === check);
  return found && `${found.outcome}: ${found.fact}${found.remedy === undefined ? '' : ` → ${found.remedy}`}`;
}

describe('a terminal', () => {
  test('of today can do everything', () => {
    expect(examineTerminal(XTERM, ENV).map(({ check, outcome }) => [check, outcome])).toEqual([
      ['terminal', 'ok'],
      ['colours', 'ok'],
      ['size', 'ok'],
      ['locale', 'ok'],
      ['multiplexer', 'ok'],
      ['clipboard', 'note'],
    ]);
  });

  test.each([
    [
      'terminal',
      {},
      { TERM: 'dumb' },
      'warning: TERM is dumb: it moves no cursor → export TERM=xterm-256color, or use apptop status',
    ],
    ['terminal', {}, { TERM: '' }, 'warning: TERM is not set → export TERM=xterm-256color, or use apptop status'],
    ['colours', { colourDepth: 8 }, {}, 'ok: 256'],
    [
      'colours',
      { colourDepth: 1 },
      {},
      'note: none; marks and words say the same → export TERM=xterm-256color for colours',
    ],
    ['colours', {}, { NO_COLOR: '1' }, 'ok: off by NO_COLOR; marks and words say the same'],
    [
      'size',
      { columns: 40, rows: 15 },
      {},
      'note: 40x15: some columns and lines are left out → make it 80x24 or larger',
    ],
    [
      'locale',
      {},
      { LC_ALL: 'C' },
      'note: LC_ALL is C, which is not UTF-8 → export LC_ALL=C.UTF-8, or use --ascii if lines look broken',
    ],
    ['locale', {}, { LANG: '' }, 'note: no locale is set → export LC_ALL=C.UTF-8, or use --ascii if lines look broken'],
    ['multiplexer', {}, { TMUX: '/tmp/tmux-0/default,1,0' }, 'ok: tmux'],
    ['multiplexer', {}, { STY: '1.pts-0.host' }, 'ok: screen'],
    [
      'clipboard',
      {},
      { TMUX: 'x' },
      'note: copying with y goes through tmux (OSC 52) → put "set -g set-clipboard on" into ~/.tmux.conf',
    ],
  ])('%s with %j and %j', (check, screen, env, expected) => {
    expect(line(check, screen, env)).toBe(expected);
  });

  test('that is none is only noted', () => {
    expect(examineTerminal(undefined, ENV).map(({ check, outcome }) => [check, outcome])).toEqual([
      ['terminal', 'note'],
      ['locale', 'ok'],
    ]);
  });
});
