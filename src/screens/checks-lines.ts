import type { Check, CheckVerdict } from '../checks/check.ts';
import type { Remembered } from '../checks/results.ts';
import type { ChecksState } from '../checks/store.ts';
import { age, count, counted } from '../model/format.ts';
import { sparklineText } from './components/sparkline.tsx';
import type { Glyphs, Theme, Tone } from './theme.ts';

/** How a check stands: by its last result, or on its way to the next. */
export type Standing = CheckVerdict | 'never' | 'waiting' | 'running';

/** A check and what is known of it at one moment. */
export interface CheckLine {
  readonly check: Check;
  readonly standing: Standing;
  readonly known: Remembered | undefined;
  /** Since when it runs, in local milliseconds. */
  readonly since: number | undefined;
  /** The moment, in local milliseconds. */
  readonly now: number;
}

export function checkLine(check: Check, { known, running }: ChecksState, now: number): CheckLine {
  const last = known.get(check.id);
  const since = running.get(check.id);
  const moving = running.has(check.id) && (since === undefined ? 'waiting' : 'running');
  return { check, standing: moving || (last?.verdict ?? 'never'), known: last, since, now };
}

export const isMoving = ({ standing }: Pick<CheckLine, 'standing'>): boolean =>
  standing === 'running' || standing === 'waiting';

/** As a list says it. The words tell the same as marks and colours. */
const WORDS: Readonly<Record<Standing, string>> = {
  pass: 'pass',
  fail: 'FAIL',
  'not-applicable': 'n/a',
  'could-not-tell': 'unknown',
  never: 'not run',
  waiting: 'waiting',
  running: 'running',
};

export const standingWord = (standing: Standing): string => WORDS[standing];

function markOf(standing: Standing, { good, alert, dot }: Glyphs): string {
  if (standing === 'pass') return good;
  if (standing === 'fail') return alert;
  if (standing === 'not-applicable') return dot;
  return standing === 'could-not-tell' ? '?' : ' ';
}

/** `▲ FAIL` */
export const standingText = (standing: Standing, { glyphs }: Pick<Theme, 'glyphs'>): string =>
  `${markOf(standing, glyphs)} ${WORDS[standing]}`;

/** Red is for what needs a person at once. */
export function standingTone({ standing, check: { severity } }: Pick<CheckLine, 'standing' | 'check'>): Tone {
  if (standing === 'fail') return severity === 'info' ? 'plain' : severity === 'warn' ? 'warn' : 'bad';
  if (standing === 'pass') return 'good';
  if (standing === 'could-not-tell') return 'warn';
  return standing === 'running' ? 'accent' : 'muted';
}

/** How checks stood when they last ran, in the order in which people want to see them. */
export const BY_URGENCY = ['fail', 'could-not-tell', 'pass', 'not-applicable', 'never'] as const;
export type LastStanding = (typeof BY_URGENCY)[number];

export const lastStanding = ({ known }: Pick<CheckLine, 'known'>): LastStanding => known?.verdict ?? 'never';

/** `3 FAIL · 40 pass · 2 n/a`; what runs counts by its last result. */
export function tally(lines: readonly CheckLine[], { glyphs }: Pick<Theme, 'glyphs'>): string {
  return BY_URGENCY.flatMap((standing) => {
    const found = lines.filter((line) => lastStanding(line) === standing).length;
    return found === 0 ? [] : [`${count(found)} ${WORDS[standing]}`];
  }).join(` ${glyphs.dot} `);
}

/** What the last run said beside its verdict: the figure, or why there is no verdict. */
export const outcomeOf = ({ known }: Pick<CheckLine, 'known'>): string => known?.figure ?? known?.note ?? '';

/** The same in a sentence of its own. */
export function outcomeSentence({ standing, known }: Pick<CheckLine, 'standing' | 'known'>): string {
  if (known === undefined) return standing === 'never' ? 'it has never run here: x runs it' : 'its first run';
  const { verdict, violations, figure, note } = known;
  if (verdict === 'not-applicable') return `not applicable: ${note}`;
  if (verdict === 'could-not-tell') return `could not tell: ${note}`;
  const rows = verdict === 'pass' ? 'no violation' : counted(violations, 'violation');
  return figure === undefined ? rows : `${rows}: ${figure}`;
}

const ago = (at: number, now: number): string => age((now - at) / 1000);

/** `12 min`, while it runs the seconds that it has taken. */
export function ranWords({ known, since, now }: CheckLine): string {
  if (since !== undefined) return ago(since, now);
  return known === undefined ? '' : ago(known.at, now);
}

export const passedWords = ({ known, now }: CheckLine): string =>
  known === undefined ? '' : known.passedAt === undefined ? 'never' : ago(known.passedAt, now);

/** The violations of the last runs, the oldest first; undefined where one could not tell. */
export const trendOf = ({ known }: Pick<CheckLine, 'known'>): readonly (number | undefined)[] =>
  (known?.trend ?? []).map((violations) => violations ?? undefined);

/** The same as a sparkline; a single run has no trend. */
export function trendText(line: Pick<CheckLine, 'known'>, cells: number, { glyphs }: Pick<Theme, 'glyphs'>): string {
  const runs = trendOf(line);
  return runs.filter((violations) => violations !== undefined).length < 2 ? '' : sparklineText(runs, cells, glyphs);
}
