/** What a report says, whoever prints it: Markdown and the HTML page are two looks of the same document. */

export type Tone = 'good' | 'bad' | 'warn' | 'plain';

/** A word that stands out: a verdict. */
export interface Badge {
  readonly text: string;
  readonly tone: Tone;
}

export type Cell = string | Badge;

export interface Fact {
  readonly name: string;
  readonly text: Cell;
}

/** How the values of a chart are written: shares from 0 to 1, seconds, rows. */
export type Measure = 'count' | 'share' | 'seconds' | 'per-second';

/** Bars side by side: one for each series under each name. */
export interface BarChart {
  readonly kind: 'bars';
  readonly title: string;
  readonly note?: string | undefined;
  readonly measure: Measure;
  readonly series: readonly string[];
  readonly bars: readonly { readonly name: string; readonly values: readonly number[] }[];
}

export interface Point {
  readonly x: number;
  /** undefined is a gap. */
  readonly y: number | undefined;
}

export interface LineChart {
  readonly kind: 'lines';
  readonly title: string;
  readonly note?: string | undefined;
  readonly measure: Measure;
  /** Milliseconds since 1970 UTC, or seconds of work. */
  readonly x: 'time' | 'seconds';
  readonly series: readonly { readonly name: string; readonly points: readonly Point[] }[];
}

export type Chart = BarChart | LineChart;

export type Block =
  | { readonly kind: 'text'; readonly text: string; readonly tone?: Tone }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] }
  | { readonly kind: 'table'; readonly titles: readonly string[]; readonly rows: readonly (readonly Cell[])[] }
  /** What a program printed, line by line. */
  | { readonly kind: 'verbatim'; readonly title: string; readonly text: string }
  | { readonly kind: 'chart'; readonly chart: Chart };

export interface Section {
  readonly title: string;
  readonly badge?: Badge | undefined;
  readonly blocks: readonly Block[];
  readonly sections?: readonly Section[] | undefined;
}

export interface Report {
  /** What kind of report it is: `Runbook report`. */
  readonly kind: string;
  readonly title: string;
  readonly badge: Badge;
  /** The whole in a sentence. */
  readonly summary: string;
  /** Of apptop. */
  readonly version: string;
  readonly facts: readonly Fact[];
  readonly sections: readonly Section[];
}

export const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text);

export const table = (titles: readonly string[], rows: readonly (readonly Cell[])[]): Block => ({
  kind: 'table',
  titles,
  rows,
});
export const facts = (...all: readonly (readonly [name: string, text: Cell | undefined])[]): readonly Fact[] =>
  all.flatMap(([name, text]) => (text === undefined || text === '' ? [] : [{ name, text }]));
export const chart = (of: Chart | undefined): readonly Block[] =>
  of === undefined ? [] : [{ kind: 'chart', chart: of }];
/** A section, unless there is nothing in it. */
export const section = (title: string, blocks: readonly Block[]): readonly Section[] =>
  blocks.length === 0 ? [] : [{ title, blocks }];
