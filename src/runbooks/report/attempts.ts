import type { Mask } from '../../config/mask.ts';
import { cut } from '../../model/cut.ts';
import { bytes, count, counted, duration, utc } from '../../model/format.ts';
import type { RunbookEntry, RunbookRun } from '../../model/runbook-run.ts';
import type { CheckEvidence, Evidence } from '../evidence.ts';
import { evidenceOf } from '../findings.ts';
import { isDone, type StepStanding } from '../standing.ts';
import { doesText, stateWord } from '../telling.ts';
import { type Badge, type Block, facts, type Section, type Tone, table } from './report.ts';

/** Attempts of a step that are told one by one, the newest. */
const TOLD = 20;

const TONES: Readonly<Record<string, Tone>> = {
  passed: 'good',
  ticked: 'good',
  pass: 'good',
  failed: 'bad',
  fail: 'bad',
  running: 'warn',
  waiting: 'warn',
  'could-not-tell': 'warn',
  undone: 'warn',
};

/** A state or a verdict as it stands out. */
export const badge = (word: string): Badge => ({ text: word.replaceAll('-', ' '), tone: TONES[word] ?? 'plain' });

/** A failure of little weight is told, and fails nothing. */
export const verdictBadge = (verdict: string, severity: string): Badge =>
  verdict === 'fail' && (severity === 'warn' || severity === 'info')
    ? { text: `fail (${severity})`, tone: 'warn' }
    : badge(verdict);

/** Who answers for something: the person, and the account that wrote it down. */
export const whoText = ({ name, operator }: Pick<RunbookEntry, 'name' | 'operator'>): string =>
  name === undefined || name === operator ? operator : `${name} (${operator})`;

/** How long an attempt took; of what a person did nothing is known. */
const tookText = ({ workedMs }: RunbookEntry): string => (workedMs > 0 ? duration(workedMs / 1000) : '');

/** What a check found: its figure, or why it could not, or what holds. */
export const foundText = ({ figure, note, verdict, violations, title }: CheckEvidence): string =>
  figure ?? note ?? (verdict === 'fail' ? `${counted(violations, 'violation')} of "${title}"` : title);

const checkText = (check: CheckEvidence): string => {
  const { verdict, violations, keys, remedy } = check;
  const found = foundText(check);
  const rows = keys.length === 0 ? '' : `rows ${keys.join(', ')}${violations > keys.length ? ', …' : ''}`;
  return [found, rows, verdict === 'fail' ? remedy : ''].filter(Boolean).join('; ');
};

const checksTable = (checks: readonly CheckEvidence[], mask: Mask): Block =>
  table(
    ['check', 'verdict', 'violations', 'found', 'took'],
    checks.map((check) => [
      check.id,
      verdictBadge(check.verdict, check.severity),
      check.verdict === 'pass' || check.verdict === 'fail' ? count(check.violations) : '',
      mask(checkText(check)),
      duration(check.durationMs / 1000),
    ]),
  );

const drillTable = ({ parts }: NonNullable<Evidence['drill']>, mask: Mask): Block =>
  table(
    ['part', 'verdict', 'found', 'took'],
    parts.map(({ title, ok, found, seconds }) => [title, badge(ok ? 'pass' : 'fail'), mask(found), duration(seconds)]),
  );

/** `9 of 9 green: a backup is fresh, …` */
function gatesText(gates: NonNullable<Evidence['plan']>['gates']): string {
  const green = gates.filter(({ state }) => state === 'green');
  return `${green.length} of ${gates.length} green: ${green.map(({ title }) => title).join(', ')}`;
}

/** What came of an attempt, as it was written down. */
function evidenceBlocks(evidence: Evidence, mask: Mask): readonly Block[] {
  const { checks = [], plan, run, backup, command, drill, wait, statement } = evidence;
  const red = plan?.gates.filter(({ state }) => state === 'red') ?? [];
  const end = command?.killedBy === null ? String(command.code) : (command?.killedBy ?? '');
  const known = facts(
    ['plan', plan && `${plan.change}, digest ${plan.digest}`],
    ['planned', plan && mask(plan.summary.join('; '))],
    ['gates', plan && gatesText(plan.gates)],
    ['red gates', red.map(({ title, detail }) => mask(`${title}: ${detail}`)).join('; ')],
    ['run', run && `${run.id}, ${run.change}: ${run.state}${run.reason === undefined ? '' : `, ${mask(run.reason)}`}`],
    ['outcome', run && (run.told ?? `${counted(run.changed, 'row')} changed of ${count(run.planned)} planned`)],
    ['backup', backup && `${backup.file}, ${bytes(backup.bytes)}, of ${utc(backup.at)}`],
    ['its SHA-256', backup?.sha256],
    ['command', command && mask(command.words.join(' '))],
    ['ended with', end],
    ['drill', drill && `${drill.name}, in ${drill.scratch}, ${duration(drill.seconds)}`],
    ['waited', wait?.text],
    ['statement', statement === undefined ? undefined : mask(statement)],
  );
  return [
    ...(known.length === 0 ? [] : [{ kind: 'facts', facts: known } as const]),
    ...(checks.length === 0 ? [] : [checksTable(checks, mask)]),
    ...(drill === undefined ? [] : [drillTable(drill, mask)]),
    ...checks.flatMap(({ id, lines = [] }): readonly Block[] =>
      lines.length === 0
        ? []
        : [{ kind: 'verbatim', title: `${id}, the newest lines that match`, text: mask(lines.join('\n')) }],
    ),
    ...(['stdout', 'stderr'] as const).flatMap((stream): readonly Block[] => {
      const text = command?.[stream] ?? '';
      return text.trim() === '' ? [] : [{ kind: 'verbatim', title: stream, text: mask(text) }];
    }),
  ];
}

/** What was tried before the last time. */
function earlier(attempts: readonly RunbookEntry[], mask: Mask): readonly Block[] {
  const before = attempts.slice(0, -1);
  const told = before.slice(-TOLD);
  if (told.length === 0) return [];
  const more = before.length - told.length;
  const rows = told.map((entry) => [
    badge(entry.state),
    utc(entry.beganAt),
    whoText(entry),
    tookText(entry),
    mask(entry.note ?? ''),
  ]);
  return [
    { kind: 'text', text: more === 0 ? 'Tried before:' : `Tried before, the last ${TOLD} of ${count(before.length)}:` },
    table(['verdict', 'began', 'who', 'took', 'note'], rows),
  ];
}

/** One step with all that is known of it. @param digest of the runbook that the run began with */
export function stepSection(
  standing: StepStanding,
  run: Pick<RunbookRun, 'state'>,
  digest: string,
  mask: Mask,
): Section {
  const { step, last, attempts, why, undone } = standing;
  const word = stateWord(standing, run);
  const inTheWay = word === 'undone' ? (undone?.text ?? '') : why.join('; ');
  const evidence = last === undefined ? {} : evidenceOf(last);
  const other = evidence.runbook !== undefined && evidence.runbook !== digest;
  const instructions = step.work.kind === 'manual' ? step.work.instructions : [];
  return {
    title: `${step.id}: ${step.title}`,
    badge: badge(word),
    blocks: [
      {
        kind: 'facts',
        facts: facts(
          ['kind', `${step.work.kind}${step.optional ? ', optional' : ''}`],
          ['does', step.work.kind === 'manual' ? undefined : mask(doesText(step))],
          ['why', mask(step.why ?? '')],
          ['needs', step.needs.join(', ')],
          ['who', last && whoText(last)],
          ['began', last && utc(last.beganAt)],
          ['ended', last?.endedAt === undefined ? undefined : utc(last.endedAt)],
          ['took', last && tookText(last)],
          ['note', mask(last?.note ?? '')],
          [word === 'undone' ? 'undone by' : 'in its way', last?.note === inTheWay ? '' : mask(inTheWay)],
          ['done by', other ? `another text of the runbook, digest ${evidence.runbook}` : undefined],
        ),
      },
      ...(instructions.length === 0 ? [] : [{ kind: 'list', items: instructions } as const]),
      ...evidenceBlocks(evidence, mask),
      ...earlier(attempts, mask),
    ],
  };
}

/** Characters of a note in the table of all steps; below it stands in full. */
const ROW_NOTE = 120;

/** A step in one line of the table of all. */
export const stepRow = (standing: StepStanding, run: Pick<RunbookRun, 'state'>, index: number, mask: Mask) => {
  const { step, last, undone } = standing;
  // What was done and does not count any more is told with what has undone it.
  const gone = undone !== undefined && last !== undefined && !isDone(standing) ? [undone.text] : [];
  return [
    String(index + 1),
    step.id,
    badge(stateWord(standing, run)),
    last === undefined ? '' : whoText(last),
    last?.endedAt === undefined ? '' : utc(last.endedAt),
    last === undefined ? '' : tookText(last),
    cut(mask([...gone, last?.note ?? ''].filter(Boolean).join('; before that: ')), ROW_NOTE),
  ];
};
