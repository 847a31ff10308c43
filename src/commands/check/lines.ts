import { styleText } from 'node:util';
import type { Check, CheckResult } from '../../checks/check.ts';
import { type ChecksWord, countVerdicts, summarise } from '../../checks/summary.ts';
import { count, milliseconds } from '../../model/format.ts';
import type { Problem } from '../../model/problem.ts';
import { fit, visible } from '../../model/text.ts';

/** Keys of violating rows that a person is shown at once. */
const SHOWN_KEYS = 3;

interface Look {
  readonly mark: string;
  readonly ascii: string;
  readonly word: string;
  readonly colour: 'green' | 'red' | 'yellow' | 'cyan' | 'gray' | 'magenta';
}

const OTHERS: Readonly<Record<Exclude<CheckResult['verdict'], 'fail'>, Look>> = {
  pass: { mark: '✔', ascii: '+', word: 'pass', colour: 'green' },
  'not-applicable': { mark: '·', ascii: '-', word: 'n/a', colour: 'gray' },
  'could-not-tell': { mark: '?', ascii: '?', word: 'unknown', colour: 'magenta' },
};

const FAILS: Readonly<Record<Check['severity'], Look>> = {
  stop: { mark: '✖', ascii: 'x', word: 'fail stop', colour: 'red' },
  error: { mark: '✖', ascii: 'x', word: 'fail error', colour: 'red' },
  warn: { mark: '▲', ascii: '!', word: 'fail warn', colour: 'yellow' },
  info: { mark: '•', ascii: 'i', word: 'fail info', colour: 'cyan' },
};

const lookOf = ({ verdict, check }: CheckResult): Look =>
  verdict === 'fail' ? FAILS[check.severity] : OTHERS[verdict];

/** Room for a mark and the longest word. */
const HEAD = 12;
/** A narrower terminal is not told how long each check took. */
const WIDE = 100;
/** Room for an id beyond which the rest of the line matters more. */
const LONGEST_ID = 40;

/** What is to be said of a result beside its verdict. */
const textOf = ({ figure, note, check }: CheckResult): string => figure ?? note ?? check.title;

/** Columns of the terminal on stdout; undefined where a program reads it. One that does not know its size has 80. */
export const terminalColumns = (): number | undefined =>
  process.stdout.isTTY ? process.stdout.columns || 80 : undefined;

/** How lines are laid out for a person. */
export interface Layout {
  readonly columns: number;
  readonly ascii: boolean;
  /** Stands before each line, with its room; empty without a time. */
  readonly time: string;
  /** Columns of the widest id. */
  readonly id: number;
}

export const widestId = (checks: readonly Check[]): number =>
  Math.min(LONGEST_ID, Math.max(...checks.map(({ id }) => id.length)));

/** styleText leaves the colour out where stdout is no terminal or NO_COLOR is set. */
const coloured = (colour: Look['colour'], text: string): string => styleText(colour, text, { stream: process.stdout });

/** Up to three keys of violating rows, and what to do. */
function adviceOf({ sample, violations, check }: CheckResult, ascii: boolean): string {
  const keys = sample.flatMap(({ pk }) => (typeof pk === 'string' ? [visible(pk, ascii)] : [])).slice(0, SHOWN_KEYS);
  const more = violations > keys.length ? `, ${ascii ? '...' : '…'}` : '';
  const rows = keys.length === 0 ? '' : `${keys.join(', ')}${more} `;
  return `${rows}${ascii ? '->' : '→'} ${check.remedy}`;
}

/** A result for a person: a line, and for a failing check one with its rows and the remedy. No wider than the terminal. */
export function terminalLines(result: CheckResult, { columns, ascii, time, id }: Layout): readonly string[] {
  const look = lookOf(result);
  const head = fit(`${ascii ? look.ascii : look.mark} ${look.word}`, HEAD, { ascii });
  const number = result.verdict === 'fail' ? `${count(result.violations)} ${ascii ? '-' : '·'} ` : '';
  const cells = [
    head,
    fit(result.check.id, id, { ascii }),
    ...(columns < WIDE ? [] : [milliseconds(result.durationMs).padStart(6)]),
    number + visible(textOf(result), ascii),
  ];
  const width = columns - time.length;
  const line = fit(cells.join(' '), width, { ascii }).trimEnd();
  const first = `${time}${coloured(look.colour, line.slice(0, HEAD))}${line.slice(HEAD)}`;
  const room = width - HEAD - 1;
  if (result.verdict !== 'fail' || room < 1) return [first];
  const advice = fit(adviceOf(result, ascii), room, { ascii }).trimEnd();
  return [first, `${' '.repeat(time.length + HEAD + 1)}${advice}`];
}

/** Cells of a line for a program, where nothing in a cell ends the cell or the line. */
export const tabbed = (...cells: readonly string[]): string => cells.map((cell) => visible(cell)).join('\t');

/** A result for a program: verdict, id, severity, violations, milliseconds, and a figure, a note or the title. */
export const pipeLine = (result: CheckResult): string =>
  tabbed(
    result.verdict,
    result.check.id,
    result.check.severity,
    String(result.violations),
    String(Math.round(result.durationMs)),
    textOf(result),
  );

const WORD_COLOURS: Readonly<Record<ChecksWord, Look['colour']>> = {
  HEALTHY: 'green',
  DEGRADED: 'yellow',
  STOP: 'red',
  UNKNOWN: 'magenta',
};

/** The verdict in its colour, where stdout has any. */
export const verdictText = (word: ChecksWord): string => coloured(WORD_COLOURS[word], word);

/** `14 pass, 3 fail, 2 not applicable, 1 could not tell`; what there is none of is left out. */
export function tally(results: readonly CheckResult[]): string {
  const counts = Object.entries(countVerdicts(results)).filter(([, number]) => number > 0);
  return counts.map(([verdict, number]) => `${count(number)} ${verdict.replaceAll('-', ' ')}`).join(', ');
}

/** The last line. */
export const summaryLine = (results: readonly CheckResult[], tookMs: number): string =>
  `${verdictText(summarise(results))}  ${tally(results)}, ${milliseconds(tookMs)}`;

/** Why the database can't be asked, and what to do: one line instead of one for each check. */
export const awayLine = ({ message, remedy }: Problem): string => visible(`${message}: ${remedy}`);

/** The checks that there are, for a person or a program. */
export function listLines(checks: readonly Check[], columns: number | undefined): readonly string[] {
  if (columns === undefined)
    return checks.map(({ id, severity, phases, title }) => tabbed(id, severity, phases.join(','), title));
  return checks.map(({ id, severity, phases, title }) =>
    fit(
      `${fit(id, widestId(checks))} ${severity.padEnd(5)} ${phases.join(',').padEnd(23)} ${visible(title)}`,
      columns,
    ).trimEnd(),
  );
}
