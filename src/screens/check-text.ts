import type { Check } from '../checks/check.ts';
import type { Evidence } from '../checks/evidence.ts';
import { age, count, milliseconds } from '../model/format.ts';
import { fit, visible } from '../model/text.ts';
import { stamp } from '../model/time.ts';
import { wrap } from '../model/wrap.ts';
import { type CheckLine, outcomeSentence, trendOf } from './checks-lines.ts';
import { sparklineText } from './components/sparkline.tsx';
import type { TextLine } from './components/text-list.tsx';
import { wrapped } from './panels/line.ts';
import type { Theme, Tone } from './theme.ts';

/** A text in lines, parted between words where that is possible. */
export function prose(text: string, width: number, ascii: boolean): readonly string[] {
  const words = visible(text, ascii).split(' ');
  return wrapped(words, ' ', width).flatMap((line) => wrap(line, width, ascii));
}

const NAME_WIDTH = 9;

/** Everything that is known of a check, in full. */
export function factLines(line: CheckLine, width: number, local: boolean, theme: Theme): readonly TextLine[] {
  const { check, known, now } = line;
  const at = (time: number) => `${stamp(time, local)}, ${age((now - time) / 1000)} ago`;
  const runs = trendOf(line);
  const facts: readonly NamedFact[] = [
    ['title', check.title, 'title'],
    ['outcome', outcomeSentence(line)],
    ['why', check.reason],
    ['remedy', check.remedy],
    ['id', check.id],
    ['severity', check.severity],
    ['phases', check.phases.join(', ')],
    ...(check.scans === undefined ? [] : [['reads', `all of ${check.scans}`] as const]),
    ...(known === undefined
      ? []
      : ([
          ['ran', `${at(known.at)}, in ${milliseconds(known.durationMs)}`],
          ['passed', known.passedAt === undefined ? 'never' : at(known.passedAt)],
          ['trend', `${sparklineText(runs, runs.length, theme.glyphs)}  ${trendWords(runs)}`],
        ] as const)),
  ];
  return namedLines(facts, { width, names: NAME_WIDTH, ascii: theme.ascii });
}

/** What is known of something: its name, the text, its tone. */
export type NamedFact = readonly [name: string, text: string, tone?: Tone];

/** Facts in lines, each with its name before the first of them. */
export function namedLines(
  facts: readonly NamedFact[],
  { width, names, ascii }: { readonly width: number; readonly names: number; readonly ascii: boolean },
): readonly TextLine[] {
  return facts.flatMap(([name, text, tone = 'plain']) =>
    prose(text, Math.max(2, width - names), ascii).map((part, index) => ({
      text: `${fit(index === 0 ? name : '', names, { ascii })}${part}`,
      tone,
      copied: { text, what: name === '' ? 'the text' : `the ${name}` },
    })),
  );
}

/** `0 to 102 violations in the last 12 runs` */
function trendWords(runs: readonly (number | undefined)[]): string {
  const told = runs.filter((violations) => violations !== undefined);
  if (told.length === 0) return 'no run could tell';
  const [least, most] = [Math.min(...told), Math.max(...told)];
  const found = least === most ? count(least) : `${count(least)} to ${count(most)}`;
  return `${found} violations in the last ${runs.length === 1 ? 'run' : `${count(runs.length)} runs`}`;
}

/** The statements that were sent, each with its parameters. */
export function sqlLines(evidence: Evidence | undefined, width: number, ascii: boolean): readonly TextLine[] {
  const statements = evidence?.statements ?? [];
  return statements.flatMap(({ sql, parameters }, index): readonly TextLine[] => {
    const name = statements.length === 1 ? 'the statement' : `statement ${index + 1} of ${statements.length}`;
    const copied = { text: sql, what: name };
    const bound = parameters.length === 0 ? [] : prose(`parameters: ${JSON.stringify(parameters)}`, width, ascii);
    return [
      ...(index === 0 ? [] : [{ text: '', tone: 'plain' as const, copied }]),
      ...withoutMargin(sql)
        .flatMap((line) => wrapIndented(line, width, ascii))
        .map((text) => ({ text, tone: 'plain' as const, copied })),
      ...bound.map((text) => ({
        text,
        tone: 'muted' as const,
        copied: { text: JSON.stringify(parameters), what: `the parameters of ${name}` },
      })),
    ];
  });
}

/** A line of SQL with its indentation, parted between words. */
function wrapIndented(line: string, width: number, ascii: boolean): readonly string[] {
  const margin = ' '.repeat(Math.min(line.length - line.trimStart().length, Math.floor(width / 3)));
  return prose(line.trim(), Math.max(2, width - margin.length), ascii).map((part) => margin + part);
}

/** The lines of a text without blank ones, moved left as far as all of them allow. */
function withoutMargin(text: string): readonly string[] {
  const [first = '', ...rest] = text.split('\n').filter((line) => line.trim() !== '');
  const margin = Math.min(...rest.map((line) => line.length - line.trimStart().length));
  return [first.trim(), ...rest.map((line) => line.slice(margin).trimEnd())];
}

/** Whether the primary key of a row is one of the appointments; if not, why there is nothing to open. */
export function whyNoRow({ scans, system, ...check }: Check, pk: string | null | undefined): string | undefined {
  if (pk === undefined || pk === null) {
    return system === 'own' ? 'the SELECT names no column pk, the key of an appointment' : 'it names no single row';
  }
  const needs = 'needs' in check ? check.needs : undefined;
  const ofAppointments = scans === 'appointments' || (needs?.columns?.length ?? 0) > 0 || system === 'own';
  return ofAppointments ? undefined : 'it is no row of the appointments, but of another table';
}
