import type { ChangeKind, PlanSample } from '../changes/change.ts';
import type { Look } from '../changes/guarded-path.ts';
import { estimateOf } from '../changes/unit.ts';
import { count } from '../model/format.ts';
import { GATE_TONES, gateMark } from './changes-words.ts';
import { prose } from './check-text.ts';
import type { TextLine } from './components/text-list.tsx';
import type { Theme, Tone } from './theme.ts';

const literal = (value: string | null): string => (value === null ? 'NULL' : `'${value}'`);

/** `V1 NULL → '8212577'`, of the columns that change. */
function sampleWords({ before, after }: PlanSample, names: Names, arrow: string): string {
  const named = new Map<string, string>(Object.entries(names));
  const columns = Object.entries(before).map(
    ([name, value]) => [named.get(name) ?? name, value, after[name] ?? null] as const,
  );
  const changed = columns.filter(([, one, other]) => one !== other);
  // A row that is left alone shows what it is.
  if (changed.length === 0)
    return columns
      .slice(0, 2)
      .map(([name, value]) => `${name} ${literal(value)}`)
      .join('   ');
  return changed.map(([name, one, other]) => `${name} ${literal(one)} ${arrow} ${literal(other)}`).join('   ');
}

/** The columns of the ids as this database calls them. */
export interface Names {
  readonly v1: string;
  readonly v2: string;
  readonly backup: string;
}

interface PlanPaper {
  readonly width: number;
  readonly theme: Theme;
}

const INDENT = '  ';

/** A plan with its gates as a text to read from top to bottom. */
export function planLines(
  kind: ChangeKind,
  { plan, gates }: Look,
  names: Names,
  { width, theme }: PlanPaper,
): readonly TextLine[] {
  const { glyphs, ascii } = theme;
  const line = (text: string, tone: Tone, what: string, indent = INDENT): readonly TextLine[] =>
    prose(text, Math.max(2, width - indent.length), ascii).map((part) => ({
      text: `${indent}${part}`,
      tone,
      copied: { text, what },
    }));
  const title = (text: string): readonly TextLine[] => line(text, 'title', text.toLowerCase(), '');
  const section = (name: string, lines: readonly (readonly TextLine[])[]): readonly TextLine[] =>
    lines.length === 0 ? [] : [...title(name), ...lines.flat()];
  const each = (texts: readonly string[], tone: Tone, what: string) => texts.map((text) => line(text, tone, what));
  const counts = Object.entries(plan.counts).map(([name, rows]) => `${name} ${count(rows)}`);
  return [
    ...section('What happens', [
      ...each(plan.summary, 'plain', 'what happens'),
      line(estimateOf(kind, plan), 'plain', 'the estimate'),
    ]),
    ...section(
      'Gates',
      gates.map((gate) => [
        ...line(`${gateMark(gate, glyphs)} ${gate.title}: ${gate.detail}`, GATE_TONES[gate.state], 'the gate'),
        ...(gate.remedy === '' ? [] : line(`${glyphs.arrow} ${gate.remedy}`, 'plain', 'the remedy', '    ')),
      ]),
    ),
    ...section(
      'Lost for good',
      plan.loses.length === 0 ? [line('nothing', 'plain', 'what is lost')] : each(plan.loses, 'bad', 'what is lost'),
    ),
    ...section('Rollback', each([plan.rollback], 'plain', 'the rollback')),
    ...section('To know', each(plan.notes, 'warn', 'the note')),
    ...section('Counts', counts.length === 0 ? [] : [line(counts.join(` ${glyphs.dot} `), 'plain', 'the counts')]),
    ...section(
      `Rows before ${glyphs.arrow} after, ${count(plan.sample.length)} of ${count(plan.rows)}`,
      plan.sample.map((sample) =>
        line(
          `${sample.pk}  ${sample.action}  ${sampleWords(sample, names, glyphs.arrow)}`,
          'plain',
          `row ${sample.pk}`,
        ),
      ),
    ),
    ...section(
      'SQL',
      each(ascii ? plan.sql.map((sql) => sql.replaceAll('…', '...')) : plan.sql, 'plain', 'the statement'),
    ),
    ...section('Plan', [
      line(`${plan.digest} ${glyphs.dot} taken at ${plan.takenAt} ${glyphs.dot} ${kind.id}`, 'muted', 'the digest'),
    ]),
  ];
}
