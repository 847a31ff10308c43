import { count, utc } from '../model/format.ts';
import {
  type CheckLine,
  outcomeOf,
  passedWords,
  ranWords,
  standingText,
  standingTone,
  standingWord,
  trendText,
} from './checks-lines.ts';
import type { TableColumn } from './table/columns.ts';
import type { Theme, Tone } from './theme.ts';

const TREND_CELLS = 8;

const told = ({ known }: CheckLine): boolean => known?.verdict === 'pass' || known?.verdict === 'fail';

/** What has nothing to say now steps back. */
const quiet = ({ standing }: CheckLine): Tone =>
  standing === 'not-applicable' || standing === 'never' ? 'muted' : 'plain';

/**
 * The columns of the list of checks, in their order.
 * @param columns of the terminal
 */
export const checkColumns = (theme: Theme, columns: number): readonly TableColumn<CheckLine>[] => [
  {
    id: 'verdict',
    title: 'verdict',
    width: 9,
    priority: 1,
    sortable: true,
    value: ({ standing }) => standingWord(standing),
    shown: ({ standing }) => standingText(standing, theme),
    tone: standingTone,
  },
  {
    id: 'severity',
    title: 'level',
    width: 5,
    priority: 5,
    value: ({ check }) => check.severity,
    tone: ({ standing, check }) => (standing === 'fail' ? standingTone({ standing, check }) : 'muted'),
  },
  {
    id: 'title',
    title: 'what holds when it passes',
    // A title says more than a trend.
    width: columns < 80 ? 27 : 43,
    priority: 2,
    grows: true,
    sortable: true,
    value: ({ check }) => check.title,
    tone: quiet,
  },
  {
    id: 'violations',
    title: 'found',
    width: 7,
    priority: 3,
    align: 'right',
    sortable: true,
    value: (line) => (told(line) ? String(line.known?.violations) : null),
    shown: (line) => (told(line) ? count(line.known?.violations ?? 0) : ''),
    tone: (line) => (line.standing === 'fail' ? standingTone(line) : 'muted'),
  },
  {
    id: 'outcome',
    title: 'outcome',
    width: 36,
    priority: 6,
    grows: true,
    value: outcomeOf,
    tone: quiet,
  },
  {
    id: 'trend',
    title: 'trend',
    align: 'right',
    width: TREND_CELLS,
    priority: 7,
    value: ({ known }) => (known?.trend ?? []).join(' '),
    shown: (line) => trendText(line, TREND_CELLS, theme),
    tone: () => 'muted',
  },
  {
    id: 'ran',
    title: 'ran',
    width: 6,
    priority: 4,
    align: 'right',
    sortable: true,
    value: ({ known }) => (known === undefined ? null : utc(known.at)),
    shown: ranWords,
    tone: ({ standing }) => (standing === 'running' ? 'accent' : 'muted'),
  },
  {
    id: 'passed',
    title: 'passed',
    width: 6,
    priority: 8,
    align: 'right',
    sortable: true,
    value: ({ known }) => (known?.passedAt === undefined ? null : utc(known.passedAt)),
    shown: passedWords,
    tone: (line) => (line.standing === 'fail' ? 'plain' : 'muted'),
  },
  {
    id: 'id',
    title: 'id',
    width: 36,
    priority: 9,
    sortable: true,
    value: ({ check }) => check.id,
    tone: () => 'muted',
  },
];
