import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Figure, type Measure, ratioOf } from './figure.ts';
import type { Machine } from './machine.ts';
import type { Options } from './options.ts';

export interface Measured {
  readonly measure: Pick<Measure, 'name' | 'title'>;
  readonly figures: readonly Figure[];
}

const FILE = join(import.meta.dirname, '..', 'results', 'latest.json');

/** Three digits that count. */
const number = (value: number | undefined): string =>
  value === undefined ? 'absent' : value.toLocaleString('en', { maximumSignificantDigits: value < 1000 ? 3 : 6 });

const reachedWord = ({ reached }: Figure): string =>
  reached === undefined ? '' : reached === 'absent' ? 'absent' : reached ? 'yes' : 'NO';

function cellsOf(figure: Figure): readonly string[] {
  const { subject, unit, value, reference, reach = '' } = figure;
  const ratio = ratioOf(figure);
  return [
    `  ${subject}`,
    value === undefined ? 'absent' : `${number(value)} ${unit}`,
    reference === undefined ? '' : `${reference.name} ${number(reference.value)}`,
    ratio === undefined ? '' : `${ratio.toFixed(2)} ×`,
    reach,
    reachedWord(figure),
  ];
}

/** The figures of some measures as lines of aligned columns. */
export function tableOf(measured: readonly Measured[]): string {
  const titles = ['', 'measured', 'reference', 'ratio', 'reach', 'reached'];
  const lines = measured.flatMap(({ measure, figures }) => [
    `${measure.name}: ${measure.title}`,
    ...figures.map(cellsOf),
  ]);
  const rows = [titles, ...lines].filter((line) => typeof line !== 'string');
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const aligned = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 1 || column === 3 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [titles, ...lines].map((line) => (typeof line === 'string' ? line : aligned(line))).join('\n');
}

/** Writes the figures with everything that they depend on to bench/results/latest.json. */
export function writeResults(machine: Machine, options: Options, measured: readonly Measured[]): string {
  mkdirSync(join(FILE, '..'), { recursive: true });
  const measures = measured.map(({ measure: { name, title }, figures }) => ({
    name,
    title,
    figures: figures.map((figure) => ({ ...figure, ratio: ratioOf(figure) })),
  }));
  writeFileSync(FILE, `${JSON.stringify({ machine, options, measures }, undefined, 2)}\n`);
  return FILE;
}
