import { duration } from '../../model/format.ts';
import type { RunbookEntry, RunbookRun } from '../../model/runbook-run.ts';
import { visible } from '../../model/text.ts';
import type { LookedRun } from '../../runbooks/looker.ts';
import type { StepStanding } from '../../runbooks/standing.ts';
import { STOPPED, stateWord, textOf, wordText } from '../../runbooks/telling.ts';
import { coloured, hanging, type Layout, paragraph } from '../change/layout.ts';
import { tabbed } from '../check/lines.ts';

const LOOKS = {
  passed: ['✔', '+', 'green'],
  ticked: ['✔', '+', 'green'],
  skipped: ['·', '-', 'cyan'],
  failed: ['✖', 'x', 'red'],
  running: ['…', '.', 'yellow'],
  waiting: ['…', '.', 'cyan'],
  ready: ['→', '>', 'bold'],
  blocked: ['·', '-', 'cyan'],
  'not done': ['·', '-', 'cyan'],
  undone: ['↩', '<', 'yellow'],
} as const;

/** Room for a mark and the longest word. */
const HEAD = 11;

/** A step of a run for a person. */
function stepLines(standing: StepStanding, run: RunbookRun, layout: Layout): readonly string[] {
  const { step } = standing;
  const word = stateWord(standing, run);
  const [mark, ascii, colour] = LOOKS[word];
  const head = `${layout.ascii ? ascii : mark} ${word}`.padEnd(HEAD);
  const title = `${step.id}${step.optional ? ' (optional)' : ''}  ${step.title}`;
  const text = wordText(standing, run);
  const [first = '', ...rest] = paragraph(title, 2 + HEAD, layout);
  return [
    `  ${coloured(colour, head)}${first.slice(2 + HEAD)}`,
    ...rest,
    ...(text === '' ? [] : hanging('', text, 2 + HEAD, layout)),
  ];
}

/** A step of a run for a program: state, id, kind, attempts, and what there is to say. */
export const pipeStep = (standing: StepStanding): string =>
  tabbed(standing.state, standing.step.id, standing.step.work.kind, String(standing.attempts.length), textOf(standing));

/** What came of a step, as it is told when it ends. */
export function attemptLine({ subject, state, note, workedMs, name }: RunbookEntry, { ascii }: Layout): string {
  const took = workedMs > 0 ? duration(workedMs / 1000) : '';
  const by = state === 'ticked' ? (name ?? '') : '';
  if (!process.stdout.isTTY)
    return tabbed(state, subject, String(Math.round(workedMs)), [by, note].filter(Boolean).join(': '));
  const look = state === 'noted' ? LOOKS.ready : LOOKS[state];
  const mark = `${ascii ? look[1] : look[0]} ${state}`.padEnd(HEAD);
  return `${coloured(look[2], mark)}${visible([subject, took, by, note].filter(Boolean).join('  '), ascii)}`;
}

const STATE_COLOURS = { running: 'yellow', stopped: 'red', finished: 'green', aborted: 'yellow' } as const;

/** Where a run is, for a person. */
export function lookedLines({ standing, notes, record: { run } }: LookedRun, layout: Layout): readonly string[] {
  const { steps, signOffs } = standing;
  const phases = [...new Set(steps.map(({ phase }) => phase))];
  const reason = run.reason === undefined ? '' : `: ${run.reason}`;
  return [
    `${coloured('bold', visible(run.title, layout.ascii))}  run ${run.id} is ${coloured(STATE_COLOURS[run.state], run.state)}`,
    ...(reason === '' ? [] : paragraph(`${run.state === 'stopped' ? STOPPED : run.state}${reason}`, 0, layout)),
    ...notes.flatMap((note) => paragraph(note, 0, layout)),
    ...phases.flatMap((phase) => [
      '',
      coloured('bold', visible(phase.title, layout.ascii)),
      ...steps.filter((one) => one.phase === phase).flatMap((one) => stepLines(one, run, layout)),
    ]),
    ...(signOffs.length === 0 ? [] : ['', coloured('bold', 'Sign-off')]),
    ...signOffs.flatMap(({ signOff, entry }) =>
      hanging(
        '  ',
        `${signOff.role}: ${entry === undefined ? 'nobody yet' : (entry.name ?? entry.operator)}`,
        2,
        layout,
      ),
    ),
  ];
}
