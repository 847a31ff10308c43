import type { Check } from '../checks/check.ts';
import type { LogWatch } from '../checks/own/log.ts';
import type { LogCheck } from '../config/own-checks.ts';
import { counted } from '../model/format.ts';
import { isOpenRun, type RunbookEntry, type RunbookRun } from '../model/runbook-run.ts';
import { stamp } from '../model/time.ts';
import type { KnownRun } from '../runbooks/console-state.ts';
import { readEvidence } from '../runbooks/evidence.ts';
import { newestFinding } from '../runbooks/findings.ts';
import { looksAt, looksAtLogs, watchedWords } from '../runbooks/logs.ts';
import type { Metric, Runbook } from '../runbooks/runbook.ts';
import { type StepStanding, voidText } from '../runbooks/standing.ts';
import { detailsOf, doesText, stateWord, stopText } from '../runbooks/telling.ts';
import { type NamedFact, namedLines } from './check-text.ts';
import type { TextLine } from './components/text-list.tsx';
import { byWords, entryFacts, METRIC_TONES, STEP_TONES, stepMark } from './runbooks-words.ts';
import type { Theme } from './theme.ts';

interface Paper {
  readonly width: number;
  readonly theme: Theme;
  readonly local: boolean;
}

const NAMES = 9;

const drawn = (facts: readonly NamedFact[], { width, theme }: Paper): readonly TextLine[] =>
  namedLines(facts, { width, names: NAMES, ascii: theme.ascii });

/** All that happened in a run, the newest first. */
export const historyLines = (known: KnownRun | undefined, paper: Paper): readonly TextLine[] =>
  drawn(
    (known?.record.entries ?? [])
      .toReversed()
      .flatMap((entry) => entryFacts(entry, readEvidence(entry.evidence), paper.local)),
    paper,
  );

/** Who stopped a run, when, and why: a person, or a condition that somebody's look found to hold. */
function stopFact(stop: RunbookEntry, { stop: conditions }: Pick<Runbook, 'stop'>, local: boolean): string {
  const { subject, name, operator, note = '' } = stop;
  const at = stamp(stop.beganAt, local);
  if (name === undefined) return `by itself at ${at}, as ${operator} looked: ${note}`;
  const condition = conditions.find(({ id }) => id === subject);
  return `by ${byWords(stop)} at ${at}: ${condition === undefined ? note : `${condition.title}: ${note}`}`;
}

/** What was decided about a stop, by whom, when, and why. */
const decisionFact = (decision: RunbookEntry, local: boolean): string =>
  `to ${decision.kind === 'abort' ? 'abort' : 'go on'}, by ${byWords(decision)} at ${stamp(decision.beganAt, local)}: ${decision.note ?? ''}`;

/** How a run is behind its last stop. */
const NOW: Readonly<Record<RunbookRun['state'], string>> = {
  running: 'the run goes on: its steps can be done, and changes may begin',
  stopped: 'the run is stopped',
  finished: 'the run is finished',
  aborted: 'the run is aborted, and nobody goes on with it',
};

/** The five parts of a stop, and how far they are; then what stops the runbook at all. */
export function stopLines(
  runbook: Runbook | undefined,
  known: KnownRun | undefined,
  paper: Paper,
): readonly TextLine[] {
  const entries = known?.record.entries ?? [];
  const conditions = (runbook?.stop ?? []).map((one): NamedFact => ['when', `${one.title}: ${stopText(one)}`]);
  const stops = entries.filter(({ kind }) => kind === 'stop');
  const last = stops.at(-1);
  const decided = entries.findLast(({ kind, seq }) => kind === 'decision' && seq < (last?.seq ?? 0))?.seq ?? 0;
  const before = stops.filter(({ seq }) => seq > decided && seq !== last?.seq);
  if (last === undefined) return drawn(conditions, paper);
  const decision = entries.find(({ kind, seq }) => (kind === 'decision' || kind === 'abort') && seq > last.seq);
  const after = entries.filter(({ kind, seq }) => kind === 'step' && decision !== undefined && seq > decision.seq);
  const fact = stopFact(last, { stop: runbook?.stop ?? [] }, paper.local);
  const found = entryFacts(last, readEvidence(last.evidence), paper.local).slice(last.note === undefined ? 1 : 2);
  const parts: readonly NamedFact[] =
    decision === undefined
      ? [
          ['stopped', fact, 'bad'],
          ...before
            .toReversed()
            .map((one): NamedFact => ['and', stopFact(one, { stop: runbook?.stop ?? [] }, paper.local), 'bad']),
          ['halt', 'no step can be done, and no change begins; one that ran halts at the end of its batch', 'title'],
          ['assess', 'what stopped it, and what is so now', 'title'],
          ...found,
          ['decide', 'nobody has yet: m, Decide that the run goes on, or Abort the run', 'bad'],
          ['execute', 'after the decision: a rollback (6 Changes, or a step of this run), or the next step'],
        ]
      : [
          ['stopped', fact],
          ...found,
          ['decided', decisionFact(decision, paper.local), 'title'],
          ['now', NOW[known?.record.run.state ?? 'running']],
          ['executed', after.map(({ subject, state }) => `${subject} ${state}`).join(', ') || 'no step since then'],
        ];
  const many = `${counted(stops.length, 'stop')} of this run and what was decided`;
  return drawn(
    [
      ...parts,
      ['document', `${many} are in the history, in the record of changes, and in the report`],
      ['', ''],
      ...conditions,
    ],
    paper,
  );
}

/** How a success metric stands by what is on record of a run. */
function recordedText({ check, step: id }: Metric, known: KnownRun | undefined, local: boolean): string {
  const standing = known?.looked?.standing;
  const step = standing?.steps.find((one) => one.step.id === id);
  if (known !== undefined && step !== undefined) return `step ${id} is ${stateWord(step, known.record.run)}`;
  const newest = check === undefined ? undefined : newestFinding(known?.record.entries ?? [], check);
  if (newest === undefined) return 'not looked at yet';
  const { found, at } = newest;
  const text = `${found.verdict} at ${stamp(at, local)}, ${found.figure ?? found.note ?? found.title}`;
  return [text, voidText(standing, at)].filter(Boolean).join('; ');
}

/** The success metrics, and who has signed what. */
export function signLines(
  runbook: Runbook | undefined,
  known: KnownRun | undefined,
  paper: Paper,
): readonly TextLine[] {
  const standing = known?.looked?.standing;
  const metrics = (runbook?.metrics ?? []).map((metric): NamedFact => {
    const now = known?.metrics?.find((one) => one.metric.title === metric.title);
    if (now !== undefined) return ['metric', `${metric.title}: ${now.state}, ${now.text}`, METRIC_TONES[now.state]];
    const looks = known === undefined || isOpenRun(known.record.run) ? ['m looks'] : [];
    const text = [recordedText(metric, known, paper.local), ...looks].join('; ');
    return ['metric', `${metric.title}: ${text}`, 'plain'];
  });
  const signOffs = (standing?.signOffs ?? []).flatMap(({ signOff, entry, withdrawn }): readonly NamedFact[] => [
    [
      'role',
      `${signOff.role}: ${entry === undefined ? 'nobody has signed yet' : byWords(entry)}`,
      entry === undefined ? 'title' : 'good',
    ],
    ['', signOff.statement],
    ...(entry?.note === undefined ? [] : [['reason', entry.note] as const]),
    ...(withdrawn === undefined
      ? []
      : [
          [
            'void',
            `${byWords(withdrawn)} had signed at ${stamp(withdrawn.beganAt, paper.local)}: ${voidText(standing, withdrawn.beganAt)}`,
            'warn',
          ] as const,
        ]),
  ]);
  return drawn([...metrics, ...signOffs], paper);
}

/** What the checks of a step are, as far as they are known. */
const checkFacts = ({ work }: StepStanding['step'], checks: readonly Check[]): readonly NamedFact[] =>
  work.kind !== 'check'
    ? []
    : checks
        .filter((one) => looksAt({ ...work, logs: false }, one))
        .map((one) => ['check', `${one.id}  ${one.severity}: ${one.title}`] as const);

/** Whether a step is about what goes on while somebody watches. */
const watches = ({ work }: StepStanding['step']): boolean =>
  looksAtLogs(work) || work.kind === 'wait' || (work.kind === 'check' && work.phases?.includes('monitor') === true);

/** What a log says, a line each. */
export const logFacts = ({ log: { name, minutes, atMost }, matches, last }: LogWatch): readonly NamedFact[] => [
  matches === undefined
    ? ['log', `${name}: could not tell`, 'warn']
    : ['log', `${name}: ${matches} in ${minutes} min, at most ${atMost}`, matches > atMost ? 'bad' : 'plain'],
  ...last.map((line) => ['', line] as const),
];

/** One step in full. */
export function stepLines(
  standing: StepStanding,
  {
    run,
    checks,
    watched,
    logs,
  }: {
    readonly run: Pick<RunbookRun, 'state'>;
    readonly checks: readonly Check[];
    /** Of the config. */
    readonly watched: readonly LogCheck[];
    /** What they say now. */
    readonly logs: readonly LogWatch[];
  },
  paper: Paper,
): readonly TextLine[] {
  const { step, phase, why, attempts } = standing;
  const word = stateWord(standing, run);
  const because = word === 'not done' ? '' : word === 'undone' ? (standing.undone?.text ?? '') : why.join('; ');
  const { work } = step;
  const facts: readonly NamedFact[] = [
    ['step', step.title, 'title'],
    ['state', `${stepMark(word, paper.theme.glyphs)} ${word}${because === '' ? '' : `: ${because}`}`, STEP_TONES[word]],
    ['does', doesText(step)],
    ...checkFacts(step, checks),
    ...watchedWords(work, watched).map((text): NamedFact => ['looks at', text]),
    ...(work.kind === 'change' && work.action === 'run'
      ? [
          [
            'first',
            'x plans it, shows what would change and how its gates stand, and asks before anything is done',
          ] as const,
        ]
      : []),
    ...detailsOf(step),
    ...(step.why === undefined ? [] : [['why', step.why] as const]),
    ['needs', step.needs.length === 0 ? 'nothing' : step.needs.join(', ')],
    ['id', `${step.id}, ${phase.title}`],
    ...(watches(step) ? logs.flatMap(logFacts) : []),
    ...attempts
      .toReversed()
      .flatMap((entry): readonly NamedFact[] => [
        ['', ''],
        ...entryFacts(entry, readEvidence(entry.evidence), paper.local),
      ]),
  ];
  return drawn(facts, paper);
}
