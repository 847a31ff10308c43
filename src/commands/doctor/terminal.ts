import { type Finding, note, ok, warning } from './finding.ts';

/** A terminal on standard output. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** Bits of a colour: 1, 4, 8 or 24. */
  readonly colourDepth: number;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Below this the console leaves columns out. */
const FULL_SIZE = { columns: 80, rows: 24 };

/** What the terminal can do for the console. Without one only the locale is told. */
export function examineTerminal(screen: Screen | undefined, env: Env): readonly Finding[] {
  if (screen === undefined) {
    return [
      note('terminal', 'standard output is no terminal', 'run it in one to see what the console can do there'),
      locale(env),
    ];
  }
  return [type(env), colours(screen, env), size(screen), locale(env), multiplexer(env), clipboard(env)];
}

function type({ TERM = '' }: Env): Finding {
  if (TERM !== '' && TERM !== 'dumb') return ok('terminal', `TERM is ${TERM}`);
  const fact = TERM === '' ? 'TERM is not set' : 'TERM is dumb: it moves no cursor';
  return warning('terminal', fact, 'export TERM=xterm-256color, or use apptop status');
}

function colours({ colourDepth }: Screen, env: Env): Finding {
  if ((env['NO_COLOR'] ?? '') !== '') return ok('colours', 'off by NO_COLOR; marks and words say the same');
  if (colourDepth === 1)
    return note('colours', 'none; marks and words say the same', 'export TERM=xterm-256color for colours');
  return ok('colours', colourDepth === 24 ? '16 million' : String(2 ** colourDepth));
}

function size({ columns, rows }: Screen): Finding {
  const fact = `${columns}x${rows}`;
  if (columns >= FULL_SIZE.columns && rows >= FULL_SIZE.rows) return ok('size', fact);
  return note('size', `${fact}: some columns and lines are left out`, 'make it 80x24 or larger');
}

function locale(env: Env): Finding {
  const name = ['LC_ALL', 'LC_CTYPE', 'LANG'].find((variable) => (env[variable] ?? '') !== '');
  const value = name === undefined ? undefined : env[name];
  if (value !== undefined && /utf-?8/i.test(value)) return ok('locale', `${name} is ${value}`);
  const fact = value === undefined ? 'no locale is set' : `${name} is ${value}, which is not UTF-8`;
  return note('locale', fact, 'export LC_ALL=C.UTF-8, or use --ascii if lines look broken');
}

function multiplexer(env: Env): Finding {
  if (env['TMUX'] !== undefined) return ok('multiplexer', 'tmux');
  return ok('multiplexer', env['STY'] === undefined ? 'none' : 'screen');
}

/** No terminal answers whether it takes OSC 52; only the way there is known. */
function clipboard(env: Env): Finding {
  if (env['TMUX'] !== undefined) {
    return note(
      'clipboard',
      'copying with y goes through tmux (OSC 52)',
      'put "set -g set-clipboard on" into ~/.tmux.conf',
    );
  }
  if (env['STY'] !== undefined) return note('clipboard', 'copying with y goes through screen (OSC 52)');
  return note('clipboard', 'copying with y needs a terminal that takes OSC 52', 'if nothing arrives, export with E');
}
