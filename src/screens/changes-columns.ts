import { standingOf } from '../changes/progress.ts';
import type { ChangesState } from '../changes/store-state.ts';
import { count } from '../model/format.ts';
import { isOpen, type Lease, type Run } from '../model/run.ts';
import { distance, stamp } from '../model/time.ts';
import { countWords } from './change-run-lines.ts';
import type { ChangeLine, ChangeStanding } from './changes-lines.ts';
import { STANDING_TONES, shareWords, titleOf } from './changes-words.ts';
import type { TableColumn } from './table/columns.ts';
import type { Glyphs, Tone } from './theme.ts';

/** A line of the screen: a change that there is, or a run of one. */
export type ListLine =
  | { readonly of: 'change'; readonly line: ChangeLine }
  | { readonly of: 'run'; readonly run: Run; readonly lease: Lease | undefined };

export const keyOfLine = (line: ListLine): string => (line.of === 'change' ? line.line.kind.id : `run ${line.run.id}`);

const TONES: Readonly<Record<ChangeStanding, Tone>> = {
  ...STANDING_TONES,
  beginning: 'accent',
  looking: 'muted',
  ready: 'good',
  blocked: 'warn',
  nothing: 'muted',
  unknown: 'bad',
  'not looked': 'muted',
};

const standing = (line: ListLine): ChangeStanding =>
  line.of === 'change' ? line.line.standing : standingOf(line.run, line.lease);

/** How many rows, flags or objects; undefined of a run that counts none and tells in words what it did. */
function amountOf(line: ListLine, kinds: ChangesState['kinds']): number | undefined {
  if (line.of === 'change') return line.line.rows;
  const { change, counts } = line.run;
  const tells = kinds?.some(({ id, told }) => id === change && told !== undefined) === true;
  return tells && counts.changed === 0 ? undefined : counts.changed;
}

/** Why a change stands as it does; what a run did, and when that was. */
function about(line: ListLine, kinds: ChangesState['kinds'], dot: string, now: number): string {
  if (line.of === 'change') return line.line.why;
  const { run } = line;
  const outcome = run.reason ?? countWords(kinds, run, dot);
  const share = isOpen(run.state) ? shareWords(run) : '';
  return [share, outcome, distance(run.endedAt ?? run.startedAt, now)].filter(Boolean).join(` ${dot} `);
}

const ofRun = (of: (run: Run) => string | null) => (line: ListLine) => (line.of === 'run' ? of(line.run) : null);

/** What a wide screen says of a run beside its outcome. */
const MORE: readonly (TableColumn<ListLine> & { readonly from: number })[] = [
  {
    id: 'begun',
    title: 'begun',
    width: 20,
    priority: 5,
    from: 130,
    sortable: true,
    value: ofRun((run) => stamp(run.startedAt, false)),
  },
  { id: 'by', title: 'by', width: 24, priority: 6, from: 150, value: ofRun((run) => run.operator) },
  { id: 'ticket', title: 'ticket', width: 12, priority: 7, from: 120, value: ofRun((run) => run.ticket ?? null) },
];

/**
 * @param screen cells that there are
 * @param now by the database's clock
 */
export function changeColumns(
  kinds: ChangesState['kinds'],
  { screen, now, glyphs }: { readonly screen: number; readonly now: number; readonly glyphs: Glyphs },
): readonly TableColumn<ListLine>[] {
  return [
    {
      id: 'what',
      title: 'what',
      width: screen < 60 ? 20 : screen < 100 ? 26 : 38,
      priority: 1,
      sortable: true,
      value: (line) =>
        line.of === 'change' ? line.line.kind.title : `${line.run.id} ${titleOf(kinds, line.run.change)}`,
    },
    {
      id: 'state',
      title: 'state',
      width: 11,
      priority: 2,
      sortable: true,
      value: standing,
      tone: (line) => TONES[standing(line)],
    },
    {
      id: 'rows',
      title: 'how many',
      width: 9,
      priority: 4,
      align: 'right',
      sortable: true,
      value: (line) => amountOf(line, kinds)?.toString() ?? null,
      shown: (line) => {
        const amount = amountOf(line, kinds);
        return amount === undefined ? '' : count(amount);
      },
    },
    {
      id: 'about',
      title: 'why, outcome',
      width: 26,
      priority: 3,
      grows: true,
      value: (line) => about(line, kinds, glyphs.dot, now),
    },
    ...MORE.filter(({ from }) => screen >= from),
  ];
}

/** What the last line says of the line under the cursor: what to do about it, who did it. */
export function aboutLine(line: ListLine): string {
  if (line.of === 'change') return line.line.remedy === '' ? line.line.why : line.line.remedy;
  return [line.run.operator, line.run.ticket].filter(Boolean).join(', ');
}
