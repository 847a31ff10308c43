import type { Options } from './options.ts';
import type { Stage } from './stage.ts';

/** Something measured beside what it is held against. */
export interface Figure {
  /** What was measured: `postgres, 1,000,000 rows`. */
  readonly subject: string;
  readonly unit: 'ms' | 'bytes' | '%' | 'MB' | 'MB/h' | 'rows/s' | 'requests';
  /** undefined when it could not be measured. */
  readonly value: number | undefined;
  readonly reference?: Reference;
  /** The promise in words, and whether it was kept; `absent` when something for telling is not installed. */
  readonly reach?: string;
  readonly reached?: boolean | 'absent';
}

export interface Reference {
  readonly name: string;
  /** undefined when it is not installed. */
  readonly value: number | undefined;
}

/** One thing that we promise. */
export interface Measure {
  readonly name: string;
  /** The promise's subject in a few words. */
  readonly title: string;
  run(stage: Stage, options: Options): Promise<readonly Figure[]>;
}

type Plain = Pick<Figure, 'subject' | 'unit' | 'value'>;

/** A figure that must not be larger than a limit. */
export function atMost(limit: number, figure: Plain): Figure {
  const { value, unit } = figure;
  return { ...figure, reach: `≤ ${limit} ${unit}`, reached: value === undefined ? 'absent' : value <= limit };
}

/** A figure that must not be larger than so many times its reference. */
export function timesAtMost(limit: number, figure: Plain & { readonly reference: Reference }): Figure {
  const ratio = ratioOf(figure);
  return { ...figure, reach: `≤ ${limit} ×`, reached: ratio === undefined ? 'absent' : ratio <= limit };
}

/** A figure that must be at least so many times its reference. */
export function timesAtLeast(limit: number, figure: Plain & { readonly reference: Reference }): Figure {
  const ratio = ratioOf(figure);
  return { ...figure, reach: `≥ ${limit} ×`, reached: ratio === undefined ? 'absent' : ratio >= limit };
}

/** A figure that must lie within a share of its reference, or below. */
export function sameAs(share: number, figure: Plain & { readonly reference: Reference }): Figure {
  const ratio = ratioOf(figure);
  const reached = ratio === undefined ? 'absent' : ratio <= 1 + share;
  return { ...figure, reach: `± ${Math.round(share * 100)} %`, reached };
}

export function ratioOf({ value, reference }: Pick<Figure, 'value' | 'reference'>): number | undefined {
  if (value === undefined || reference?.value === undefined) return undefined;
  return value / reference.value;
}
