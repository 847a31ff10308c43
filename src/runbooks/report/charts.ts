import { CLASS_MEANING, ROW_CLASSES } from '../../model/booking-id.ts';
import { counted, duration, utc } from '../../model/format.ts';
import type { Sample } from '../../model/sample.ts';
import type { BatchPoint } from '../batch-trace.ts';
import type { BarChart, LineChart, Point } from './report.ts';

type Classes = Readonly<Record<string, number>>;

/** Rows by class at two moments, or at one. */
export function classesChart(
  title: string,
  note: string | undefined,
  moments: readonly { readonly name: string; readonly classes: Classes }[],
): BarChart {
  const names = ROW_CLASSES.filter((name) => moments.some(({ classes }) => (classes[name] ?? 0) > 0));
  return {
    kind: 'bars',
    title,
    note,
    measure: 'count',
    series: moments.map(({ name }) => name),
    bars: names.map((name) => ({ name, values: moments.map(({ classes }) => classes[name] ?? 0) })),
  };
}

/** What the classes mean, for those that are there. */
export const meanings = (classes: Classes): readonly string[] =>
  ROW_CLASSES.filter((name) => (classes[name] ?? 0) > 0).map((name) => `${name}: ${CLASS_MEANING[name].meaning}`);

/** Consoles take a sample a minute: in a longer time without one nobody looked, and no line is drawn. */
const NOBODY_MS = 10 * 60_000;

const pointsOf = (samples: readonly Sample[], of: (sample: Sample) => number | undefined): readonly Point[] =>
  samples.flatMap((sample, index) => {
    const before = samples[index - 1];
    const gap = before !== undefined && sample.at - before.at > NOBODY_MS ? [{ x: before.at + 1, y: undefined }] : [];
    return [...gap, { x: sample.at, y: of(sample) }];
  });

const since = (samples: readonly Sample[]): string | undefined => {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return `${utc(first.at)} to ${utc(last.at)}, ${counted(samples.length, 'sample')} of consoles on this machine`;
};

/** Shares of the last 24 hours' rows by how their sync stands. */
export const successChart = (samples: readonly Sample[]): LineChart => ({
  kind: 'lines',
  title: 'Sync over time, of the rows of 24 h',
  note: since(samples),
  measure: 'share',
  x: 'time',
  series: [
    { name: 'synced', points: pointsOf(samples, ({ synced }) => synced) },
    { name: 'pending', points: pointsOf(samples, ({ pending }) => pending) },
    { name: 'failed', points: pointsOf(samples, ({ failed }) => failed) },
  ],
});

export const latencyChart = (samples: readonly Sample[]): LineChart => ({
  kind: 'lines',
  title: 'Latency over time, average of 1 h',
  note: since(samples),
  measure: 'seconds',
  x: 'time',
  series: [{ name: 'latency', points: pointsOf(samples, ({ latency }) => latency) }],
});

export const workChart = (samples: readonly Sample[]): LineChart => ({
  kind: 'lines',
  title: 'Work left over time',
  note: since(samples),
  measure: 'count',
  x: 'time',
  series: [
    { name: 'misplaced', points: pointsOf(samples, ({ misplaced }) => misplaced) },
    { name: 'in review', points: pointsOf(samples, ({ review }) => review) },
  ],
});

/** What a run did between one remembered batch and the next. */
function steps(points: readonly BatchPoint[], of: (before: BatchPoint, after: BatchPoint) => number | undefined) {
  return points.slice(1).map((after, index): Point => {
    const before = points[index] ?? after;
    return { x: after[0] / 1000, y: of(before, after) };
  });
}

const perSecond = (rows: number, ms: number): number | undefined => (ms > 0 ? (rows * 1000) / ms : undefined);

/** Rows in a second over the work of a run, and how large its batches were. */
export function batchCharts(run: number, count: number, points: readonly BatchPoint[]): readonly LineChart[] {
  const worked = (points.at(-1)?.[0] ?? 0) / 1000;
  const note = `${counted(count, 'batch', 'batches')}, ${duration(worked)} of work`;
  return [
    {
      kind: 'lines',
      title: `Rows a second over run ${run}`,
      note,
      measure: 'per-second',
      x: 'seconds',
      series: [
        { name: 'looked at', points: steps(points, (one, next) => perSecond(next[1] - one[1], next[0] - one[0])) },
        { name: 'changed', points: steps(points, (one, next) => perSecond(next[2] - one[2], next[0] - one[0])) },
      ],
    },
    {
      kind: 'lines',
      title: `Rows in a batch over run ${run}`,
      note,
      measure: 'count',
      x: 'seconds',
      series: [{ name: 'batch size', points: steps(points, (one) => one[3]) }],
    },
  ];
}
