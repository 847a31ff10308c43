import { count } from '../../model/format.ts';
import type { Panel } from './fill.ts';
import { type GridRow, grid, type Paper, titleLine } from './line.ts';
import type { Subject } from './subject.ts';

/** What the logs of the config say: how many lines match, and the newest of them. */
export function logPanel({ logs, open }: Subject, paper: Paper): Panel {
  const rows = logs.flatMap(({ log: { name, minutes, atMost }, matches, last }): readonly GridRow[] => [
    {
      key: `log ${name}`,
      mark: matches === undefined ? 'look' : matches > atMost ? 'target' : undefined,
      open: open.check(`own/${name}`),
      cells: [name, matches === undefined ? '?' : count(matches), { text: `in ${minutes} min`, tone: 'muted' }],
    },
    ...last.slice(-1).map(
      (line, index): GridRow => ({
        key: `log ${name} ${index}`,
        still: true,
        cells: [{ text: line, tone: 'muted' }],
      }),
    ),
  ]);
  const named = grid(
    [
      { priority: 1, grows: true, least: 10 },
      { priority: 2, align: 'right', least: 3 },
      { priority: 3, least: 9 },
    ],
    rows.filter(({ cells }) => cells.length > 1),
    paper,
  ).lines;
  const said = grid(
    [{ priority: 1, grows: true, least: 20 }],
    rows.filter(({ cells }) => cells.length === 1),
    paper,
  ).lines;
  const lines = rows.flatMap(({ key }) => [...named, ...said].filter((line) => line.key === key));
  return { title: titleLine('logs', 'Logs', '', paper), lines, optional: true };
}
