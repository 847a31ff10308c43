import { count, counted, duration } from '../../model/format.ts';
import type { Latency } from '../../model/snapshot.ts';
import type { Thresholds } from '../../model/thresholds.ts';
import { barText } from '../components/bar.tsx';
import type { Panel } from './fill.ts';
import { type Cell, type GridRow, grid, type Paper, textLines, titleLine } from './line.ts';
import { needs, type Subject, WINDOW_WORDS } from './subject.ts';
import { TREND, trend } from './trends.ts';

const muted = (text: string): Cell => ({ text, tone: 'muted' });

/** Why there is no latency to speak of. */
function withoutLatency(subject: Subject): string {
  return needs(subject, 'sync_initiated_at', 'sync_verified_at') ?? 'no sync was verified in this window';
}

/** What the sync's panel says instead of latencies. */
export const latencyNote = (subject: Subject): string | undefined =>
  subject.snapshot.latency?.[subject.window].average === undefined ? `latency: ${withoutLatency(subject)}` : undefined;

/** Average, p95 and maximum of the window's latencies beside their targets, as rows of the sync's grid. */
export function latencyCells(subject: Subject, paper: Paper): readonly GridRow[] {
  const { snapshot, window, context, open } = subject;
  const latency = snapshot.latency?.[window];
  if (latency?.average === undefined || latency.max === undefined) return [];
  const { latencyAverage, latencyMax } = context.thresholds;
  const shown = { open: open.screen('sync') };
  return [
    {
      ...shown,
      key: 'latency average',
      mark: latency.average > latencyAverage ? 'target' : undefined,
      cells: [
        'latency avg',
        duration(latency.average),
        trend(subject, paper, (sample) => sample.latency),
        muted(`< ${duration(latencyAverage)}`),
      ],
    },
    { ...shown, key: 'latency p95', cells: ['        p95', duration(latency.p95 ?? latency.max), '', ''] },
    {
      ...shown,
      key: 'latency max',
      mark: latency.max > latencyMax ? 'target' : undefined,
      cells: ['        max', duration(latency.max), '', muted(`< ${duration(latencyMax)}`)],
    },
  ];
}

/** Upper bounds of the histogram's bars in seconds, beside the two targets. */
const BOUNDS = [1, 2, 5, 10, 20, 30, 60, 300, 3_600];

interface Bar {
  /** Seconds; undefined for everything above the last bound. */
  readonly upTo: number | undefined;
  readonly rows: number;
}

/** Latencies in few bars: the bounds up to the largest target are always there, those above only with rows. */
function latencyBars({ histogram }: Latency, limits: Thresholds): readonly Bar[] {
  const targets = [limits.latencyAverage, limits.latencyMax];
  const bounds = [...new Set([...BOUNDS, ...targets])].sort((one, other) => one - other);
  const within = (from: number, to: number) =>
    histogram.filter(({ upTo }) => upTo > from && upTo <= to).reduce((sum, { rows }) => sum + rows, 0);
  const bars: Bar[] = bounds.map((upTo, index) => ({
    upTo,
    rows: within(index === 0 ? -1 : (bounds[index - 1] ?? 0), upTo),
  }));
  bars.push({ upTo: undefined, rows: within(bounds.at(-1) ?? 0, Number.POSITIVE_INFINITY) });
  const last = bars.findLastIndex(({ upTo, rows }) => rows > 0 || targets.some((target) => target === upTo));
  return bars.slice(0, last + 1);
}

/** How long syncs took, with the two targets marked where they lie. */
export function latencyPanel(subject: Subject, paper: Paper): Panel {
  const { snapshot, window, context } = subject;
  const { latencyAverage, latencyMax } = context.thresholds;
  const latency = snapshot.latency?.[window];
  const titleText = `Latency, ${WINDOW_WORDS[window]}`;
  if (latency?.average === undefined || latency.max === undefined) {
    const reason = withoutLatency(subject);
    return { title: titleLine('latency', titleText, '', paper), lines: textLines('latency', reason, paper) };
  }
  const bars = latencyBars(latency, context.thresholds);
  const most = Math.max(...bars.map(({ rows }) => rows));
  const { glyphs } = paper.theme;
  const { lines } = grid(
    [
      { priority: 1, align: 'right' },
      { priority: 2, align: 'right', least: 5 },
      { priority: 4, least: 6, grows: true },
      { priority: 3 },
    ],
    bars.map(({ upTo, rows }, index): GridRow => {
      const late = upTo === undefined || upTo > latencyMax;
      const mark = upTo === latencyMax ? 'max' : upTo === latencyAverage ? 'avg' : undefined;
      return {
        key: `latency ${upTo}`,
        mark: late && rows > 0 ? 'target' : undefined,
        cells: [
          upTo === undefined ? `> ${duration(bars[index - 1]?.upTo ?? 0)}` : `<= ${duration(upTo)}`,
          rows === 0 ? muted('0') : count(rows),
          { text: (width) => barText(rows / most, width, glyphs), tone: late ? 'warn' : 'plain' },
          mark === undefined ? '' : muted(`${glyphs.rule} ${mark} target`),
        ],
      };
    }),
    paper,
  );
  const words = [
    `avg ${duration(latency.average)}`,
    `p95 ${duration(latency.p95 ?? latency.max)}`,
    `max ${duration(latency.max)}`,
  ];
  const figures = grid(
    [{ priority: 1 }, { priority: 2, least: TREND, grows: true }],
    [
      {
        key: 'latency figures',
        still: true,
        cells: [words.join(` ${glyphs.dot} `), trend(subject, paper, (sample) => sample.latency)],
      },
    ],
    paper,
  );
  return {
    title: titleLine('latency', titleText, counted(latency.rows, 'sync'), paper),
    lines: [...figures.lines, ...lines],
  };
}
