import { age, count } from '../../model/format.ts';
import type { Sample } from '../../model/sample.ts';
import { sparklineText } from '../components/sparkline.tsx';
import type { Panel } from './fill.ts';
import { type Cell, type GridRow, grid, type Paper } from './line.ts';
import type { Subject } from './subject.ts';

/** Cells of a sparkline at least. */
export const TREND = 8;

/** A figure's way through the samples that are remembered; one sample is no way yet. */
export function trend({ history }: Subject, { theme }: Paper, of: (sample: Sample) => number | undefined): Cell {
  const values = history.length < 2 ? [] : history.map(of);
  return { text: (width) => sparklineText(values, width, theme.glyphs), tone: 'muted' };
}

/** With how far back the trends go: `trend 6 h`. */
export function trendTitle(title: string, { history, snapshot }: Subject): string {
  const first = history[0]?.at;
  return first === undefined || history.length < 2 ? title : `${title} ${age((snapshot.takenAt - first) / 1000)}`;
}

/** How the two queues of a person's work went: ids to move and rows to review. */
export function trendPanel(subject: Subject, paper: Paper): Panel {
  const { classes, review } = subject.snapshot;
  const line = (name: string, of: (sample: Sample) => number | undefined, now: number): GridRow => ({
    key: `trend ${name}`,
    cells: [name, trend(subject, paper, of), count(now)],
  });
  const { title, lines } = grid(
    [{ priority: 1 }, { priority: 3, least: TREND, grows: true }, { priority: 2, align: 'right', header: 'now' }],
    [
      line('misplaced', (sample) => sample.misplaced, classes.misplaced),
      ...(review === undefined ? [] : [line('in review', (sample) => sample.review, review.rows)]),
    ],
    paper,
  );
  return { title: title('trends', trendTitle('Work left, trend', subject)), lines, optional: true };
}
