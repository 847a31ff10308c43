import type { RunEnd } from '../../changes/execute.ts';
import { toldOf } from '../../changes/unit.ts';
import { count, counted, duration } from '../../model/format.ts';
import { keysOf } from '../../model/keys.ts';
import { isOpen, NO_COUNTS, type Run, type RunCounts } from '../../model/run.ts';
import { REVIEW_ACTIONS } from '../review/spelled.ts';
import { commandLine } from './command-line.ts';
import { remedyLines } from './gate-lines.ts';
import { coloured, hanging, paragraph } from './layout.ts';
import type { Session } from './session.ts';

const WORDS: Readonly<Partial<Record<keyof RunCounts, string>>> = {
  moved: 'moved',
  cleared: 'cleared',
  decided: 'as decided',
  backedUp: 'originals kept',
  raced: 'changed by others meanwhile',
  aside: 'set aside',
  queued: 'handed on',
  succeeded: 'synced',
  failed: 'failed again',
  left: 'left alone',
  already: 'back already',
  conflicts: 'left as somebody changed them',
  deleted: 'gone',
};

/** `102 moved, 1 cleared`; what there is none of is left out. */
export const countsText = ({ counts, change }: Pick<Run, 'counts' | 'change'>): string =>
  keysOf(NO_COUNTS)
    .flatMap((name) => {
      const word = name === 'moved' && change === 'rollback-booking-ids' ? 'restored' : WORDS[name];
      return word !== undefined && counts[name] > 0 ? [`${count(counts[name])} ${word}`] : [];
    })
    .join(', ');

/** A command line that goes on with a run, on the same database. */
const then = ({ named }: Session, ...words: readonly string[]): string => commandLine([['apptop', ...words], ...named]);

/** What can be done about a run as it stands. */
export function nextSteps(session: Session, { id, change, state, counts }: Run): readonly string[] {
  const number = String(id);
  const back = change === 'move-booking-ids' && counts.changed > 0;
  const undo = back ? [`take it back: ${then(session, 'rollback', 'plan', '--runs', number)}`] : [];
  const cancel = `end it here: ${then(session, 'change', 'cancel', number)}`;
  if (state === 'halted') {
    return [`go on, saying why: ${then(session, 'change', 'resume', number, '--reason', 'WHY')}`, cancel];
  }
  if (isOpen(state)) return [`go on: ${then(session, 'change', 'resume', number)}`, cancel];
  const aside = counts.aside > 0 ? [`the rows set aside: ${then(session, 'change', 'status', number)}`] : [];
  const results = change in REVIEW_ACTIONS ? [`row by row: ${then(session, 'review', 'results', number)}`] : [];
  return [...aside, ...undo, ...results];
}

const COLOURS = {
  running: 'yellow',
  paused: 'yellow',
  halted: 'red',
  cancelled: 'yellow',
  done: 'green',
  failed: 'red',
} as const;

/** How a run ended, for people: its state and figures, and the checks that do not hold. */
export function endLines({ run, failed }: RunEnd, { layout, path }: Session): readonly string[] {
  const { state, reason, id, workedMs } = run;
  const details = countsText(run);
  const what = `${toldOf(path.kinds, run)}${workedMs === 0 ? '' : `, in ${duration(workedMs / 1000)}`}`;
  const text = `run ${id} is ${state}: ${what}${details === '' ? '' : ` (${details})`}`;
  // In a pipe a line stays whole.
  const [first = '', ...rest] = process.stdout.isTTY ? paragraph(text, 0, layout) : [text];
  return [
    first.replace(state, coloured(COLOURS[state], state)),
    ...rest,
    ...(reason === undefined ? [] : paragraph(reason, 2, layout)),
    ...failed.flatMap(({ check, note, figure, violations }) => [
      ...hanging(
        layout.ascii ? '  x ' : '  ✖ ',
        `${check.id}: ${note ?? figure ?? counted(violations, 'violation')}`,
        4,
        layout,
      ),
      ...remedyLines(check.remedy, 4, layout),
    ]),
  ];
}
