import { cut } from '../../model/cut.ts';
import { count, duration, percent } from '../../model/format.ts';
import { htmlText } from './escape.ts';
import type { BarChart, Chart, LineChart, Measure, Point } from './report.ts';

/** Points of a line that are drawn: a curve of 400 pixels shows no more. */
const POINTS = 240;
/** Bars under each other. */
const BARS = 40;

/** Pixels of the page, where two charts stand side by side. */
const WIDTH = 480;
const HEIGHT = 190;
const LEFT = 62;
const RIGHT = 14;
const TOP = 10;
const BOTTOM = 26;
/** Room for the names of bars. */
const NAMES = 150;
/** Room for a value behind the longest bar. */
const VALUES = 70;
/** Characters of a bar's name. */
const NAME_CHARACTERS = 21;

/** A value as it is written. */
export function measured(value: number, measure: Measure): string {
  switch (measure) {
    case 'share':
      return percent(value);
    case 'seconds':
      return duration(value);
    case 'per-second':
      return `${count(Math.round(value))}/s`;
    case 'count':
      return count(Math.round(value));
    default:
      return measure satisfies never;
  }
}

/** A value beside an axis, where there is little room: `200k`. */
function tickText(value: number, measure: Measure): string {
  if (measure === 'share' || measure === 'seconds' || value < 10_000) return measured(value, measure);
  const [size, unit] = value >= 1_000_000 ? [1_000_000, 'M'] : [1_000, 'k'];
  return `${Math.round((value / size) * 10) / 10}${unit}`;
}

/**
 * At most so many points of a line, in order: of each stretch the least and the greatest, so that no peak is lost, and a
 * gap where it has one.
 */
export function thinned(points: readonly Point[], most = POINTS): readonly Point[] {
  if (points.length <= most) return points;
  const stretches = Math.floor(most / 3);
  return Array.from({ length: stretches }, (_, index) => {
    const [from, to] = [index, index + 1].map((edge) => Math.floor((edge * points.length) / stretches));
    const all = points.slice(from, to);
    const known = all.filter((point): point is Point & { y: number } => point.y !== undefined);
    const [first] = known;
    const gap = all.findLast(({ y }) => y === undefined);
    const gaps = gap === undefined ? [] : [gap];
    if (first === undefined) return gaps;
    let [least, greatest] = [first, first];
    for (const point of known) {
      if (point.y < least.y) least = point;
      if (point.y > greatest.y) greatest = point;
    }
    const ends = least === greatest ? [least] : [least, greatest];
    return [...ends, ...gaps].toSorted((one, other) => one.x - other.x);
  }).flat();
}

/** What stands between two ticks: 1, 2 or 5 of a power of ten, so that there are some four. */
function niceStep(range: number): number {
  const rough = range / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((step) => step * power >= rough) ?? 10);
}

interface Axis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

/** From nothing, unless the values are close together far above it. */
function axisOf(values: readonly number[], measure: Measure): Axis {
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  const low = least > greatest * 0.7 && least < greatest ? least : 0;
  // Nobody can change less than one row.
  const smallest = measure === 'count' || measure === 'per-second' ? 1 : 0;
  const step = Math.max(smallest, niceStep(greatest > low ? greatest - low : greatest || 1));
  const from = Math.floor(low / step) * step;
  const to = Math.max(from + step, Math.ceil(greatest / step - 1e-9) * step);
  const ticks = Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => from + index * step);
  return { from, to, ticks };
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Between two ticks of a time. */
const TIMES = [
  SECOND,
  5 * SECOND,
  15 * SECOND,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  7 * DAY,
  28 * DAY,
  364 * DAY,
];
const TICKS = 5;

function timeTicks(from: number, to: number): readonly (readonly [at: number, text: string])[] {
  const step = TIMES.find((one) => (to - from) / one <= TICKS) ?? to - from;
  const first = Math.ceil(from / step) * step;
  const [start, length] = step >= DAY ? [0, 10] : [11, step < MINUTE ? 8 : 5];
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, index) => {
    const at = first + index * step;
    return [at, new Date(at).toISOString().slice(start, start + length)] as const;
  });
}

function secondTicks(from: number, to: number): readonly (readonly [at: number, text: string])[] {
  const { ticks } = axisOf([from, to], 'seconds');
  return ticks.filter((tick) => tick >= from && tick <= to).map((tick) => [tick, duration(tick)] as const);
}

const number = (value: number): string => String(Math.round(value * 10) / 10);

/** The path of a line, broken at its gaps; a point between two gaps is a dot. */
function pathOf(points: readonly Point[], x: (value: number) => number, y: (value: number) => number): string {
  let down = false;
  const parts = points.map((point, index) => {
    if (point.y === undefined) {
      down = false;
      return '';
    }
    const part = `${down ? 'L' : 'M'}${number(x(point.x))} ${number(y(point.y))}`;
    const alone = !down && points[index + 1]?.y === undefined;
    down = true;
    return alone ? `${part}h.1` : part;
  });
  return parts.join('');
}

function linesSvg({ series, measure, x: kind }: LineChart): string {
  const lines = series.map(({ name, points }) => ({ name, points: thinned(points) }));
  const all = lines.flatMap(({ points }) => points);
  const axis = axisOf(
    all.flatMap((point) => point.y ?? []),
    measure,
  );
  const [from, last] = [Math.min(...all.map((point) => point.x)), Math.max(...all.map((point) => point.x))];
  const to = last > from ? last : from + 1;
  const x = (value: number) => LEFT + ((value - from) / (to - from)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) =>
    HEIGHT - BOTTOM - ((value - axis.from) / (axis.to - axis.from)) * (HEIGHT - BOTTOM - TOP);
  const across = axis.ticks.map(
    (tick) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${number(y(tick))}" y2="${number(y(tick))}"/>` +
      `<text x="${LEFT - 8}" y="${number(y(tick) + 4)}" text-anchor="end">${htmlText(tickText(tick, measure))}</text>`,
  );
  const down = (kind === 'time' ? timeTicks(from, to) : secondTicks(from, to)).map(([at, text]) => {
    const place = Math.min(WIDTH - 28, x(at));
    return `<text x="${number(place)}" y="${HEIGHT - 7}" text-anchor="middle">${htmlText(text)}</text>`;
  });
  const paths = lines.map(({ points }, index) => `<path class="line s${index}" d="${pathOf(points, x, y)}"/>`);
  return svg(HEIGHT, [...across, ...down, ...paths]);
}

const BAR = 13;

function barsSvg({ bars, series, measure }: BarChart): string {
  const shown = bars.slice(0, BARS);
  const greatest = Math.max(...shown.flatMap(({ values }) => values), 0);
  const room = WIDTH - NAMES - VALUES;
  const row = series.length * (BAR + 2) + 9;
  const parts = shown.flatMap(({ name, values }, index) => {
    const top = index * row + 4;
    const middle = top + (series.length * (BAR + 2)) / 2 + 3;
    const label = cut(name, NAME_CHARACTERS);
    return [
      `<text x="${NAMES - 8}" y="${number(middle)}" text-anchor="end">${htmlText(label)}</text>`,
      ...values.map((value, at) => {
        const width = greatest === 0 ? 0 : Math.max(value > 0 ? 2 : 0, (value / greatest) * room);
        const y = top + at * (BAR + 2);
        return (
          `<rect class="bar s${at}" x="${NAMES}" y="${y}" width="${number(width)}" height="${BAR}" rx="2"/>` +
          `<text class="value" x="${number(NAMES + width + 6)}" y="${y + BAR - 2}">${htmlText(measured(value, measure))}</text>`
        );
      }),
    ];
  });
  const axis = `<line class="axis" x1="${NAMES}" x2="${NAMES}" y1="0" y2="${shown.length * row}"/>`;
  return svg(shown.length * row + 2, [...parts, axis]);
}

const svg = (height: number, parts: readonly string[]): string =>
  `<svg viewBox="0 0 ${WIDTH} ${height}" aria-hidden="true">${parts.join('')}</svg>`;

/** Whether there is anything to draw. */
export const isEmpty = (chart: Chart): boolean =>
  chart.kind === 'bars'
    ? chart.bars.length === 0
    : chart.series.every(({ points }) => points.filter(({ y }) => y !== undefined).length < 2);

/** A chart as SVG; its words stand beside it, for those who don't see it. */
export const chartSvg = (chart: Chart): string => (chart.kind === 'bars' ? barsSvg(chart) : linesSvg(chart));

/** Names of bars that are not drawn. */
export const leftOut = (chart: Chart): number => (chart.kind === 'bars' ? Math.max(0, chart.bars.length - BARS) : 0);

/** A line in words: least, greatest, last. */
export function lineWords({ points }: LineChart['series'][number], measure: Measure): readonly string[] {
  let [least, greatest, last]: (number | undefined)[] = [];
  for (const { y } of points) {
    if (y === undefined) continue;
    least = least === undefined || y < least ? y : least;
    greatest = greatest === undefined || y > greatest ? y : greatest;
    last = y;
  }
  return [least, greatest, last].map((value) => (value === undefined ? '' : measured(value, measure)));
}
