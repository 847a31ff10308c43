import type { Check } from '../../checks/check.ts';
import type { Remembered } from '../../checks/results.ts';
import { age, count } from '../../model/format.ts';
import type { Panel } from './fill.ts';
import { LISTED_MOST } from './fill.ts';
import { restLine } from './ids.ts';
import { type GridRow, grid, type Mark, type Paper, textLines, titleLine } from './line.ts';
import type { Subject } from './subject.ts';

const MARKS: Readonly<Record<Check['severity'], Mark | undefined>> = {
  stop: 'person',
  error: 'person',
  warn: 'target',
  info: undefined,
};

/** `31 of 50 pass, 18 never run, 12 min ago`: as of the newest result, of those that apply here. */
function summaryOf(checks: readonly Check[], known: ReadonlyMap<string, Remembered>, now: number): string {
  const results = checks.flatMap(({ id }) => known.get(id) ?? []);
  if (results.length === 0) return '';
  const passed = results.filter(({ verdict }) => verdict === 'pass').length;
  const newest = Math.max(...results.map(({ at }) => at));
  const applied = results.filter(({ verdict }) => verdict !== 'not-applicable').length;
  const never = checks.length - results.length;
  return [
    `${count(passed)} of ${count(applied)} pass`,
    ...(never === 0 ? [] : [`${count(never)} never run`]),
    `${age((now - newest) / 1000)} ago`,
  ].join(', ');
}

/** The checks that say that something is wrong now, and how the others stand. */
export function checksPanel({ checks: { list, known, failures, now }, open }: Subject, paper: Paper): Panel {
  const { lines } = grid(
    [
      { priority: 1, grows: true, least: 20 },
      { priority: 2, align: 'right', least: 3 },
    ],
    failures.slice(0, LISTED_MOST).map(
      ({ check, result }): GridRow => ({
        key: `check ${check.id}`,
        mark: MARKS[check.severity],
        open: open.check(check.id),
        cells: [check.id, count(result.violations)],
      }),
    ),
    paper,
  );
  const summary = summaryOf(list, known, now);
  const nothing =
    summary === '' ? 'none has run yet: 5 runs those that cost little' : 'none says that something is wrong now';
  return {
    title: { ...titleLine('checks', 'Checks', summary, paper), open: open.screen('checks') },
    lines: failures.length === 0 ? textLines('checks', nothing, paper) : [],
    list: { lines, total: failures.length, rest: (hidden) => restLine('checks', hidden, 'checks', paper) },
    optional: true,
  };
}
