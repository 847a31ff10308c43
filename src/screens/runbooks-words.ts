import { count, counted, duration } from '../model/format.ts';
import { isOpenRun, type RunbookEntry, type RunbookRun } from '../model/runbook-run.ts';
import { distance, stamp } from '../model/time.ts';
import type { MetricStanding } from '../runbooks/conditions.ts';
import type { Evidence } from '../runbooks/evidence.ts';
import { isDone, isUnlooked, type Standing } from '../runbooks/standing.ts';
import { commandText, type stateWord, textOf } from '../runbooks/telling.ts';
import type { NamedFact } from './check-text.ts';
import type { Glyphs, Tone } from './theme.ts';

/** How a runbook or a run stands in the list. */
export type RunbookWord = RunbookRun['state'] | 'not begun' | 'unreadable';

/** Red is for what needs a person. */
export const RUN_TONES: Readonly<Record<RunbookWord, Tone>> = {
  running: 'accent',
  stopped: 'bad',
  finished: 'good',
  aborted: 'plain',
  'not begun': 'muted',
  unreadable: 'bad',
};

type StepWord = ReturnType<typeof stateWord>;

export const STEP_TONES: Readonly<Record<StepWord, Tone>> = {
  'not done': 'muted',
  undone: 'warn',
  ready: 'accent',
  failed: 'bad',
  blocked: 'muted',
  waiting: 'muted',
  running: 'warn',
  passed: 'good',
  ticked: 'good',
  skipped: 'muted',
};

/** The mark of a step, which says without colour what its colour says. */
export function stepMark(state: StepWord, { good, alert, waiting, arrow, dot, live }: Glyphs): string {
  if (state === 'passed' || state === 'ticked') return good;
  if (state === 'failed') return alert;
  if (state === 'ready') return arrow;
  if (state === 'running') return live;
  return state === 'waiting' ? waiting : dot;
}

export const METRIC_TONES: Readonly<Record<MetricStanding['state'], Tone>> = {
  holds: 'good',
  fails: 'bad',
  'not-applicable': 'muted',
  'could-not-tell': 'warn',
  open: 'plain',
};

/** `4 of 20 done` */
export const shareOf = ({ steps }: Standing): string =>
  `${count(steps.filter(isDone).length)} of ${counted(steps.length, 'step')} done`;

/** What became of a run that has ended: `run 3 aborted 2 h ago: wrong database`. @param now by the database's clock */
export const endedWords = ({ id, state, reason, endedAt, updatedAt }: RunbookRun, now: number): string =>
  `run ${id} ${state} ${distance(endedAt ?? updatedAt, now)}${reason === undefined ? '' : `: ${reason}`}`;

/** What comes next in a run, and what keeps it from being done. */
export function nextWords({ next, left, signOffs, record }: Standing): string {
  if (!isOpenRun(record.run)) return '';
  const missing = signOffs.filter(({ entry }) => entry === undefined);
  if (left.length === 0 && missing.length > 0) {
    return `every step that is needed is done: ${missing.map(({ signOff }) => signOff.role).join(', ')} ${missing.length === 1 ? 'has' : 'have'} to sign`;
  }
  if (next === undefined) return '';
  const { step, state } = next;
  const text = textOf(next);
  if (state === 'ready') return `next  ${step.id}: ${step.title}`;
  if (isUnlooked(next)) return `m answers for it  ${step.id}: ${text}`;
  return `${state}  ${step.id}: ${text === '' ? step.title : text}`;
}

/** Who did something, and in whose name: `Ada (ops@bastion)`. */
export const byWords = ({ name, operator }: RunbookEntry): string =>
  name === undefined || name === operator ? operator : `${name} (${operator})`;

/** Lines of what a program printed that are shown, the last ones. */
const PRINTED = 10;

const printed = (name: string, text: string): readonly NamedFact[] => {
  const lines = text.trimEnd() === '' ? [] : text.trimEnd().split('\n').slice(-PRINTED);
  return lines.map((line, index): NamedFact => [index === 0 ? name : '', line]);
};

/** What came of something, in full. */
function evidenceFacts(evidence: Evidence, local: boolean): readonly NamedFact[] {
  const { checks = [], plan, run, backup, command, drill, wait, accepts, measure, statement } = evidence;
  return [
    ...checks.flatMap((check): readonly NamedFact[] => {
      const failed = check.verdict === 'fail' || check.verdict === 'could-not-tell';
      const found = check.figure ?? check.note ?? (failed ? counted(check.violations, 'violation') : '');
      return [
        ['check', `${check.verdict}  ${check.id}${found === '' ? '' : `: ${found}`}`, failed ? 'bad' : 'plain'],
        ...(failed
          ? [['', `${check.keys.length > 0 ? `rows ${check.keys.join(', ')}: ` : ''}${check.remedy}`] as const]
          : []),
        ...(check.lines ?? []).map((line) => ['', line] as const),
      ];
    }),
    ...(plan === undefined
      ? []
      : [
          ['plan', `${plan.change} ${plan.digest}: ${plan.summary.join('; ')}`] as const,
          ...plan.gates
            .filter(({ state }) => state === 'red')
            .map(({ title, detail }) => ['gate', `red  ${title}: ${detail}`, 'bad'] as const),
        ]),
    ...(run === undefined
      ? []
      : [
          [
            'run',
            `run ${run.id} of ${run.change} ${run.state}, ${run.told ?? `${count(run.changed)} of ${counted(run.planned, 'row')} changed`}`,
          ] as const,
        ]),
    ...(backup === undefined
      ? []
      : [
          [
            'backup',
            `${backup.file}, ${counted(backup.bytes, 'byte')}, sha256 ${backup.sha256}, of ${stamp(backup.at, local)}`,
          ] as const,
        ]),
    ...(command === undefined
      ? []
      : [
          ['command', commandText(command.words)] as const,
          [
            'ended',
            command.killedBy === null ? `with ${command.code ?? 'nothing'}` : `by ${command.killedBy}`,
          ] as const,
          ...printed('printed', command.stdout),
          ...printed('stderr', command.stderr),
        ]),
    ...(drill === undefined
      ? []
      : [
          ['drill', `${drill.name}, in ${drill.scratch}, ${duration(drill.seconds)}`] as const,
          ...drill.parts.map(
            ({ title, ok, found, seconds }): NamedFact => [
              '',
              `${ok ? 'pass' : 'fail'}  ${title}: ${found}, in ${duration(seconds)}`,
              ok ? 'plain' : 'bad',
            ],
          ),
        ]),
    ...(wait === undefined ? [] : [['waited', wait.text] as const]),
    ...(measure === undefined ? [] : [['measure', count(measure)] as const]),
    ...(accepts === undefined
      ? []
      : [
          [
            'accepts',
            Object.entries(accepts)
              .map(([id, most]) => `${id} up to ${count(most)}`)
              .join(', '),
          ] as const,
        ]),
    ...(statement === undefined ? [] : [['signed', statement] as const]),
  ];
}

const ENTRY_TONES: Readonly<Partial<Record<RunbookEntry['state'], Tone>>> = { failed: 'bad', running: 'warn' };

/** One thing that happened in a run, in full. */
export function entryFacts(entry: RunbookEntry, evidence: Evidence, local: boolean): readonly NamedFact[] {
  const { seq, kind, subject, state, note, beganAt, workedMs } = entry;
  const took = workedMs > 0 ? `, ${duration(workedMs / 1000)}` : '';
  const what = kind === 'step' ? `${subject}  ${state}` : `${kind}  ${subject}`;
  const tone = kind === 'stop' ? 'bad' : (ENTRY_TONES[state] ?? 'title');
  return [
    [`entry ${seq}`, `${what}  ${stamp(beganAt, local)}${took}, by ${byWords(entry)}`, tone],
    ...(note === undefined ? [] : [['note', note] as const]),
    ...evidenceFacts(evidence, local),
  ];
}
