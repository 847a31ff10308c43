import { CLASS_MEANING, type RowClass } from '../model/booking-id.ts';
import { count, percent } from '../model/format.ts';
import type { ClassesOf, Snapshot } from '../model/snapshot.ts';
import { barText } from './components/bar.tsx';
import { CLASS_TONES } from './row-columns.ts';
import type { TableColumn } from './table/columns.ts';
import type { Glyphs, Tone } from './theme.ts';

/** A class and how many rows it has. */
export interface ClassCount {
  readonly name: RowClass;
  readonly rows: number;
  /** Of all rows in scope, from 0 to 1. */
  readonly share: number;
}

/** What the move puts right, what needs a person, what is right. */
const ORDER: readonly RowClass[] = ['misplaced', 'duplicate', 'conflict', 'review', 'both', 'v1', 'v2', 'none'];

export function classCounts({ classes, total }: Pick<Snapshot, 'classes' | 'total'>): readonly ClassCount[] {
  return ORDER.map((name) => ({ name, rows: classes[name], share: total === 0 ? 0 : classes[name] / total }));
}

const toneOf = ({ name, rows }: ClassCount): Tone => (rows === 0 ? 'muted' : CLASS_TONES[name]);

/** Cells of the largest figure of a column, at least as many as its title has. */
const figureWidth = (title: string, figures: readonly number[]): number =>
  Math.max(title.length, count(Math.max(0, ...figures)).length);

const BAR = { narrow: 10, wide: 30 } as const;
/** From here on there is room for the whole meaning and the move beside a long bar. */
export const WIDE = 150;

const MOVE: TableColumn<ClassCount> = {
  id: 'move',
  title: 'the move',
  width: 50,
  priority: 6,
  value: ({ name }) => CLASS_MEANING[name].move,
  tone: () => 'muted',
};

export function classColumns(total: number, columns: number, glyphs: Glyphs): readonly TableColumn<ClassCount>[] {
  const bar = columns >= WIDE ? BAR.wide : BAR.narrow;
  return [
    { id: 'class', title: 'Class', width: 9, priority: 1, value: ({ name }) => name, tone: toneOf },
    {
      id: 'rows',
      title: 'rows',
      width: figureWidth('rows', [total]),
      priority: 2,
      align: 'right',
      value: ({ rows }) => String(rows),
      shown: ({ rows }) => count(rows),
      tone: toneOf,
    },
    {
      id: 'bar',
      title: `of ${count(total)}`,
      width: Math.max(bar, count(total).length + 3),
      priority: 5,
      value: ({ share }) => String(share),
      shown: ({ share }) => barText(share, bar, glyphs),
      tone: toneOf,
    },
    {
      id: 'share',
      title: '',
      width: 8,
      priority: 3,
      align: 'right',
      value: ({ share }) => String(share),
      shown: ({ share }) => percent(share),
      tone: toneOf,
    },
    {
      id: 'meaning',
      title: 'meaning',
      width: 24,
      priority: 4,
      grows: true,
      value: ({ name }) => CLASS_MEANING[name].meaning,
      tone: ({ rows }) => (rows === 0 ? 'muted' : 'plain'),
    },
    ...(columns >= WIDE ? [MOVE] : []),
  ];
}

/** A value of a column as a group's name. */
export const groupName = (value: string | null, nothing: string): string =>
  value === null ? nothing : value === '' ? "''" : value;

/** Figures of the rows that share a source or a tenant. */
export function groupColumns(
  title: string,
  nothing: string,
  groups: readonly ClassesOf[],
): readonly TableColumn<ClassesOf>[] {
  const figure = (
    id: string,
    priority: number,
    rowsOf: (group: ClassesOf) => number,
    tone: Tone,
  ): TableColumn<ClassesOf> => ({
    id,
    title: id,
    width: figureWidth(id, groups.map(rowsOf)),
    priority,
    align: 'right',
    value: (group) => String(rowsOf(group)),
    shown: (group) => count(rowsOf(group)),
    tone: (group) => (rowsOf(group) === 0 ? 'muted' : tone),
  });
  return [
    {
      id: 'value',
      title,
      width: 10,
      priority: 1,
      grows: true,
      value: ({ value }) => value,
      shown: ({ value }) => groupName(value, nothing),
    },
    figure('rows', 2, ({ rows }) => rows, 'plain'),
    figure('ids', 4, ({ withIds }) => withIds, 'plain'),
    figure('misplaced', 3, ({ classes }) => classes.misplaced, 'warn'),
    figure('to decide', 5, ({ classes }) => classes.review + classes.conflict, 'bad'),
  ];
}
