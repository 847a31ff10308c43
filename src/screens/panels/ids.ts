import { ROW_CLASSES, type RowClass } from '../../model/booking-id.ts';
import { count, counted, percent } from '../../model/format.ts';
import type { MigrationState } from '../../model/snapshot.ts';
import { fit } from '../../model/text.ts';
import { barText } from '../components/bar.tsx';
import { groupName } from '../ids-columns.ts';
import { LISTED_MOST, type Panel } from './fill.ts';
import { type Cell, type GridRow, GUTTER, grid, type Line, type Paper, textLines, titleLine, wrapped } from './line.ts';
import { markOf, needs, type Subject } from './subject.ts';

/** Classes by what they ask of a person: those to act on first. */
const IN_ORDER: readonly RowClass[] = ['misplaced', 'duplicate', 'conflict', 'review', 'both', 'v1', 'v2', 'none'];
const ALERTS: Readonly<Partial<Record<RowClass, readonly string[]>>> = {
  misplaced: ['misplaced', 'misplaced-after-move'],
  duplicate: ['misplaced', 'misplaced-after-move'],
  conflict: ['conflict'],
  review: ['impossible-id'],
};

/** Narrower bars say nothing. */
const BAR = 8;

const muted = (text: string): Cell => ({ text, tone: 'muted' });
const share = (rows: number, total: number): number => (total === 0 ? 0 : rows / total);

/** The exclusive classes with their shares, the empty ones in one line. */
export function idPanel(subject: Subject, paper: Paper): Panel {
  const { snapshot, open } = subject;
  const { classes, total } = snapshot;
  const filled = IN_ORDER.filter((name) => classes[name] > 0);
  const rows = filled.map((name): GridRow => {
    const mark = markOf(subject, ...(ALERTS[name] ?? []));
    const part = share(classes[name], total);
    return {
      key: `class ${name}`,
      mark,
      open: open.rows(name, { class: name }),
      cells: [
        name,
        count(classes[name]),
        { text: (width) => barText(part, width, paper.theme.glyphs), tone: 'plain' },
        muted(percent(part)),
      ],
    };
  });
  const { lines } = grid(
    [
      { priority: 1, least: 9 },
      { priority: 2, align: 'right', least: 5 },
      { priority: 4, least: BAR, grows: true },
      { priority: 3, align: 'right' },
    ],
    rows,
    paper,
  );
  const scope = snapshot.includesDeleted ? ', deleted ones too' : '';
  return {
    title: titleLine('ids', 'Booking ids', `${counted(total, 'row')}${scope}`, paper),
    lines,
    notes: [...emptyClasses(filled, paper), ...migrationLines(subject, paper)],
  };
}

function emptyClasses(filled: readonly RowClass[], paper: Paper): readonly Line[] {
  const empty = ROW_CLASSES.filter((name) => !filled.includes(name));
  if (empty.length === 0) return [];
  return textLines('no class', `0 in ${empty.join(', ')}`, paper);
}

/** As the table alone shows it, until the runs are known. */
const MIGRATION: Readonly<Record<MigrationState, string>> = {
  'not-started': 'not started',
  migrated: 'migrated',
  clean: 'clean',
  'by-design': 'none, the numeric ids are by design',
};

/** Where the move of the ids stands, and where to go for it. */
function migrationLines(subject: Subject, paper: Paper): readonly Line[] {
  const { snapshot, open, phase } = subject;
  const { migration, byDesign } = snapshot;
  const { text, mark } = phase ?? { text: MIGRATION[migration] };
  const designed = byDesign > 0 ? [`${count(byDesign)} numeric by design`] : [];
  const pieces = [`Migration  ${text}`, ...designed, '6 Changes'];
  const room = Math.max(1, paper.width - GUTTER);
  const lines = wrapped(pieces, ` ${paper.theme.glyphs.dot} `, room).map(
    (line, index): Line => ({
      key: `migration ${index}`,
      still: true,
      segments: [{ text: fit(line, room, { ascii: paper.theme.ascii }), tone: index === 0 ? 'plain' : 'muted' }],
    }),
  );
  const [first, ...others] = lines;
  if (first === undefined) return [];
  return [{ ...first, mark: markOf(subject, 'misplaced-after-move') ?? mark, open: open.screen('changes') }, ...others];
}

/** The migration's five lines, which count a row in each that it belongs to. */
export function summaryPanel({ snapshot: { lines, total }, open }: Subject, paper: Paper): Panel {
  const rows = [
    ['V1 in V1 column', lines.v1InV1Column],
    ['V2 uid in V2 column', lines.v2InV2Column],
    ['V1 in V2 column', lines.v1InV2Column],
    ['both present', lines.both],
    ['none', lines.none],
  ] as const;
  const { lines: drawn } = grid(
    [
      { priority: 1, grows: true },
      { priority: 2, align: 'right' },
      { priority: 3, align: 'right', least: 7 },
    ],
    rows.map(([name, number]) => ({
      key: `line ${name}`,
      open: open.screen('ids'),
      cells: [name, count(number), muted(percent(share(number, total)))],
    })),
    paper,
  );
  return {
    title: titleLine('lines', 'Overlapping', 'a row counts in several', paper),
    lines: drawn,
    optional: true,
  };
}

const NO_SOURCE = '(no source)';

/** Who wrote the rows, and whether with ids. */
export function sourcePanel(subject: Subject, paper: Paper): Panel {
  const { sources } = subject.snapshot;
  if (sources === undefined) {
    return {
      title: titleLine('sources', 'By source', '', paper),
      lines: textLines('sources', needs(subject, 'source') ?? '', paper),
    };
  }
  const { title, lines } = grid(
    [
      { priority: 1, grows: true },
      { priority: 2, align: 'right', header: 'rows', least: 6 },
      { priority: 3, align: 'right', header: 'with ids', least: 6 },
    ],
    sources.slice(0, LISTED_MOST).map(({ value, rows, withIds }) => ({
      key: `source ${JSON.stringify(value)}`,
      open: subject.open.rows(`source ${groupName(value, NO_SOURCE)}`, { source: value }),
      cells: [
        value === null ? muted(NO_SOURCE) : groupName(value, NO_SOURCE),
        count(rows),
        withIds === 0 ? muted(count(withIds)) : count(withIds),
      ],
    })),
    paper,
  );
  return {
    title: title('sources', 'By source'),
    lines: [],
    list: { lines, total: sources.length, rest: (hidden) => restLine('sources', hidden, 'sources', paper) },
  };
}

/** Stands for what a list does not show. */
export function restLine(key: string, hidden: number, what: string, paper: Paper): Line {
  const [line] = textLines(`rest of ${key}`, `and ${count(hidden)} more ${what}`, paper);
  return line ?? { key, segments: [] };
}
