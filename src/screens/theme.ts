import type { TextProps } from 'ink';
import type { Context } from '../config/context.ts';
import type { DrawOptions } from './contract.ts';

/**
 * What a text means. Colour never says it alone: a word or a mark beside it does too. Red (`bad`) is for what needs a
 * person, cyan (`accent`) for where you are.
 */
export type Tone = 'plain' | 'muted' | 'accent' | 'good' | 'warn' | 'bad' | 'title';

export type Style = Pick<TextProps, 'color' | 'backgroundColor' | 'bold' | 'dimColor'>;

const STYLES: Readonly<Record<Tone, Style>> = {
  plain: {},
  muted: { dimColor: true },
  accent: { color: 'cyan', bold: true },
  good: { color: 'green' },
  warn: { color: 'yellow' },
  bad: { color: 'red', bold: true },
  title: { bold: true },
};

const ENVIRONMENTS: Readonly<Record<Context['environment'], Style>> = {
  production: { backgroundColor: 'red', color: 'whiteBright', bold: true },
  staging: { backgroundColor: 'yellow', color: 'black' },
  local: { backgroundColor: 'blue', color: 'whiteBright' },
};

const STOPPED: Style = { backgroundColor: 'redBright', color: 'black', bold: true };

const UNICODE = {
  rule: '─',
  live: '●',
  waiting: '○',
  paused: '‖',
  alert: '▲',
  attention: '•',
  cursor: '›',
  mark: '✓',
  good: '✓',
  ascending: '▲',
  descending: '▼',
  ellipsis: '…',
  dot: '·',
  arrow: '→',
  caret: '▏',
  /** A bar's cells from full to one eighth. */
  bar: ['█', '▉', '▊', '▋', '▌', '▍', '▎', '▏'],
  /** A sparkline's levels from the lowest. */
  levels: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
} as const;

export type Glyphs = {
  readonly [Name in keyof typeof UNICODE]: (typeof UNICODE)[Name] extends string ? string : readonly string[];
};

const ASCII: Glyphs = {
  rule: '-',
  live: '*',
  waiting: 'o',
  paused: '=',
  alert: '!',
  attention: '*',
  cursor: '>',
  mark: 'x',
  good: '+',
  ascending: '^',
  descending: 'v',
  ellipsis: '~',
  dot: '-',
  arrow: '->',
  caret: '_',
  bar: ['#'],
  levels: ['_', '.', '-', '=', '+', '*', '%', '#'],
};

export interface Theme {
  readonly ascii: boolean;
  readonly glyphs: Glyphs;
  style(tone: Tone): Style;
  environment(environment: Context['environment']): Style;
  /** The header while the world is stopped: that of production is red already, of another shade. */
  readonly stopped: Style;
}

/** Bold and dim stay under NO_COLOR: they are no colours (https://no-color.org). */
export function themeFor({ ascii, noColor }: DrawOptions): Theme {
  const plain = ({ bold = false, dimColor = false }: Style): Style => ({ bold, dimColor });
  return {
    ascii,
    glyphs: ascii ? ASCII : UNICODE,
    style: (tone) => (noColor ? plain(STYLES[tone]) : STYLES[tone]),
    environment: (environment) => (noColor ? { bold: true } : ENVIRONMENTS[environment]),
    stopped: noColor ? { bold: true } : STOPPED,
  };
}
