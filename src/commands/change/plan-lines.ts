import type { ChangeKind, PlanSample } from '../../changes/change.ts';
import { phraseOf } from '../../changes/confirm.ts';
import type { Look } from '../../changes/guarded-path.ts';
import type { Plan } from '../../changes/plan.ts';
import { estimateOf } from '../../changes/unit.ts';
import { count } from '../../model/format.ts';
import { visible } from '../../model/text.ts';
import { gateLines } from './gate-lines.ts';
import { aligned, coloured, hanging, type Layout, paragraph } from './layout.ts';

/** Columns of the names of facts. */
const NAME = 11;

/** A value of an id column; the texts NULL and '' differ from what is null and what is nothing. */
const cell = (value: string | null): string =>
  value === null ? 'NULL' : value === '' || value === 'NULL' ? `'${value}'` : value;

/** What a row is told by: its ids, or the columns that change. */
const told = ({ before }: PlanSample): readonly string[] => ('v1' in before ? ['v1', 'v2'] : Object.keys(before));

const TITLES: Readonly<Record<string, string>> = { v1: 'V1', v2: 'V2' };

const sampleCells = (
  { pk, action, before, after }: PlanSample,
  columns: readonly string[],
  arrow: string,
): readonly string[] => [
  pk,
  action,
  ...columns.map((name) => cell(before[name] ?? null)),
  arrow,
  ...columns.map((name) => cell(after[name] ?? null)),
];

function sampleLines({ sample, rows }: Plan, layout: Layout): readonly string[] {
  const [first] = sample;
  if (first === undefined) return [];
  const columns = told(first);
  const arrow = layout.ascii ? '->' : '→';
  const names = columns.map((name) => TITLES[name] ?? name);
  const titles = ['row', 'what', ...names, arrow, ...names];
  const shown = sample.length < rows ? `, the first ${sample.length} of ${count(rows)}` : '';
  return section(
    `Rows${shown}`,
    aligned([titles, ...sample.map((one) => sampleCells(one, columns, arrow))], 2, layout),
  );
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', coloured('bold', title), ...lines];

const items = (texts: readonly string[], layout: Layout): readonly string[] =>
  texts.flatMap((text) => hanging(layout.ascii ? '  - ' : '  · ', text, 4, layout));

const fact = (name: string, text: string, layout: Layout): readonly string[] =>
  hanging(`  ${name}`.padEnd(NAME + 2), text, NAME + 2, layout);

function facts(kind: ChangeKind, plan: Plan, layout: Layout): readonly string[] {
  const phrase = phraseOf(kind.tier, plan);
  return [
    ...fact('loses', plan.loses.length === 0 ? 'nothing' : plan.loses.join('; '), layout),
    ...fact('rollback', plan.rollback, layout),
    ...fact('takes', estimateOf(kind, plan), layout),
    ...fact('digest', plan.digest, layout),
    ...(phrase === '' ? [] : fact('phrase', phrase, layout)),
  ];
}

/** A plan as people read it; every value of the database's is made visible. */
export function planLines(kind: ChangeKind, { plan, gates }: Look, layout: Layout): readonly string[] {
  const where = visible(`${plan.environment.toUpperCase()} ${plan.context} ${plan.table}`, layout.ascii);
  return [
    `${coloured('bold', kind.title)}  ${coloured(plan.environment === 'production' ? 'red' : 'cyan', where)}`,
    ...paragraph(`${plan.database}, ${plan.takenAt.slice(0, 19).replace('T', ' ')}Z`, 0, layout),
    ...section('What happens', items(plan.summary, layout)),
    ...section('Gates', gateLines(gates, layout)),
    ...section('SQL', items(plan.sql, layout)),
    ...sampleLines(plan, layout),
    ...section('Good to know', [...facts(kind, plan, layout), ...items(plan.notes, layout)]),
  ];
}

/** What differs between a plan and a later one, by their counts. */
export function differences(before: Plan, after: Plan): readonly string[] {
  const names = Object.keys({ ...before.counts, ...after.counts });
  const counts = names.flatMap((name) => {
    const [was, is] = [before.counts[name] ?? 0, after.counts[name] ?? 0];
    return was === is ? [] : [`${name} ${count(was)}, now ${count(is)}`];
  });
  return before.schema === after.schema ? counts : [...counts, 'the table was altered'];
}
