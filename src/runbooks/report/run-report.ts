import { parametersOf } from '../../changes/takes.ts';
import { type Mask, maskFor } from '../../config/mask.ts';
import { count, counted, duration, utc } from '../../model/format.ts';
import type { Run } from '../../model/run.ts';
import type { RunbookEntry } from '../../model/runbook-run.ts';
import type { Sample } from '../../model/sample.ts';
import type { CheckEvidence } from '../evidence.ts';
import type { Runbook } from '../runbook.ts';
import { isDone, type Standing } from '../standing.ts';
import { badge, stepRow, stepSection, verdictBadge, whoText } from './attempts.ts';
import { batchCharts, classesChart, latencyChart, meanings, successChart } from './charts.ts';
import { evidenceOf } from './evidence-of.ts';
import { auditBlocks, headFacts, type ReportHead } from './head.ts';
import {
  type BarChart,
  type Block,
  chart,
  facts,
  type LineChart,
  type Report,
  type Section,
  section,
  type Tone,
  table,
} from './report.ts';

/** All that the report of a run is made from. */
export interface RunInput {
  readonly head: ReportHead;
  readonly place: 'database' | 'local';
  /** As it was when the run began. */
  readonly runbook: Runbook;
  readonly standing: Standing;
  readonly notes: readonly string[];
  /** Runs of changes that its steps made, as they are now. */
  readonly changes: readonly Run[];
  /** Rows that these set aside. */
  readonly aside: readonly { readonly run: number; readonly pk: string; readonly reason: string }[];
  /** Of consoles on this machine while it went on. */
  readonly samples: readonly Sample[];
  /** What no text of the report may hold. */
  readonly secrets: readonly string[];
}

const STATES: Readonly<Record<string, Tone>> = { finished: 'good', running: 'warn', stopped: 'bad', aborted: 'bad' };

/** Each step that took time, by its last attempt. */
const durationsChart = ({ steps }: Standing): BarChart => ({
  kind: 'bars',
  title: 'Work of each step',
  measure: 'seconds',
  series: ['work'],
  bars: steps.flatMap(({ step, last }) =>
    last === undefined || last.workedMs === 0 ? [] : [{ name: step.id, values: [last.workedMs / 1000] }],
  ),
});

/** Of each run of a change with figures on record: classes before and after, and its batches. */
function changeCharts(entries: readonly RunbookEntry[]): readonly (BarChart | LineChart)[] {
  let before: { readonly at: number; readonly classes: Readonly<Record<string, number>> } | undefined;
  return entries.flatMap((entry): readonly (BarChart | LineChart)[] => {
    const { plan, run, classes, batches } = evidenceOf(entry);
    // Of several plans that one counts by which it ran; a resumed run has the one before it.
    if (plan?.classes !== undefined) before = { at: entry.beganAt, classes: plan.classes };
    if (run === undefined) return [];
    const moments = [
      ...(before === undefined ? [] : [{ name: 'before', classes: before.classes }]),
      ...(classes === undefined ? [] : [{ name: 'after', classes }]),
    ];
    if (classes !== undefined) before = { at: entry.endedAt ?? entry.beganAt, classes };
    return [
      ...(moments.length < 2
        ? []
        : [classesChart(`Rows by class before and after run ${run.id}`, `${run.change}, all rows`, moments)]),
      ...(batches === undefined ? [] : batchCharts(run.id, batches.count, batches.points)),
    ];
  });
}

/** The newest finding of a check in a run: what a metric stands on. */
function newestFinding(entries: readonly RunbookEntry[], id: string) {
  const all = entries.flatMap((entry) => {
    const found = evidenceOf(entry).checks?.find((check) => check.id === id);
    return found === undefined ? [] : [{ found, at: entry.endedAt ?? entry.beganAt }];
  });
  return all.at(-1);
}

const foundText = ({ figure, note, verdict, violations }: CheckEvidence): string =>
  figure ?? note ?? (verdict === 'fail' ? counted(violations, 'violation') : verdict);

function metricsSection({ runbook, standing }: RunInput, mask: Mask): readonly Section[] {
  const rows = runbook.metrics.map(({ title, check, step }) => {
    if (check !== undefined) {
      const newest = newestFinding(standing.record.entries, check);
      if (newest === undefined) return [title, badge('open'), `${check} was not looked at`, ''];
      const { found, at } = newest;
      return [title, verdictBadge(found.verdict, found.severity), mask(foundText(found)), utc(at)];
    }
    const one = standing.steps.find((each) => each.step.id === step);
    const at = one?.last?.endedAt;
    return [title, badge(one?.state ?? 'open'), `step ${step ?? ''}`, at === undefined ? '' : utc(at)];
  });
  return rows.length === 0
    ? []
    : section('Success metrics', [
        { kind: 'text', text: 'As they were last found in this run.' },
        table(['metric', 'verdict', 'found', 'when'], rows),
      ]);
}

function decisionsSection({ standing }: RunInput, mask: Mask): readonly Section[] {
  const said = standing.record.entries.filter(({ kind }) => kind === 'stop' || kind === 'decision' || kind === 'abort');
  const rows = said.map((entry) => {
    const { accepts, restored, edited = [] } = evidenceOf(entry);
    const limits = Object.entries(accepts ?? {}).filter(([, measure]) => measure > 0);
    const known = [
      ...limits.map(([id, measure]) => `${id} up to ${count(measure)}`),
      ...(restored === true ? ['the database was put back'] : []),
      ...edited,
    ];
    return [
      { text: entry.kind, tone: entry.kind === 'decision' ? 'plain' : 'bad' } as const,
      entry.subject,
      utc(entry.beganAt),
      whoText(entry),
      mask(entry.note ?? ''),
      known.join(', '),
    ];
  });
  const none: Block = { kind: 'text', text: 'Nothing stopped it, and nothing had to be decided.' };
  return section('Stops and decisions', [
    rows.length === 0 ? none : table(['what', 'about', 'when', 'who', 'why', 'accepts'], rows),
  ]);
}

/** Decisions about single rows, as whoever ran the change gave them. */
function decidedRows(run: Run): readonly (readonly string[])[] {
  const { decisions } = parametersOf(run);
  if (typeof decisions !== 'object' || decisions === null) return [];
  return Object.entries(decisions).map(([pk, decision]) => [String(run.id), pk, String(decision)]);
}

/** Rows of a list that are told. */
const ROWS = 200;

const list = (title: string, titles: readonly string[], rows: readonly (readonly string[])[]): readonly Block[] => {
  if (rows.length === 0) return [];
  const more = rows.length > ROWS ? `, the first ${ROWS} of ${count(rows.length)}` : '';
  return [{ kind: 'text', text: `${title}${more}:` }, table(titles, rows.slice(0, ROWS))];
};

const CONFLICT_CHECKS = ['booking-ids/no-conflicts', 'booking-ids/no-impossible-ids'];

function conflictsSection({ standing: { record }, changes, aside }: RunInput, mask: Mask): readonly Section[] {
  const found = CONFLICT_CHECKS.flatMap((id) => {
    const newest = newestFinding(record.entries, id);
    return newest === undefined || newest.found.verdict !== 'fail' ? [] : [newest];
  });
  const planned = record.entries.flatMap((entry) => {
    const { plan } = evidenceOf(entry);
    const { conflict = 0, review = 0, decided = 0 } = plan?.counts ?? {};
    const text = `${count(conflict)} with two ids, ${count(review)} impossible, ${count(decided)} decided`;
    return plan === undefined || conflict + review + decided === 0 ? [] : [[entry.subject, utc(entry.beganAt), text]];
  });
  const left = changes.flatMap(({ id, counts: { aside: set, conflicts, raced, left: alone } }) => {
    const words = [
      ...(set > 0 ? [`${count(set)} set aside`] : []),
      ...(conflicts > 0 ? [`${count(conflicts)} left as somebody changed them`] : []),
      ...(raced > 0 ? [`${count(raced)} changed by others meanwhile`] : []),
      ...(alone > 0 ? [`${count(alone)} left alone`] : []),
    ];
    return words.length === 0 ? [] : [[String(id), words.join(', ')]];
  });
  const blocks = [
    ...list('Rows that a person decides about, as planned', ['step', 'when', 'rows'], planned),
    ...list(
      'Of these when last looked at',
      ['check', 'when', 'rows'],
      found.map(({ found: one, at }) => [
        one.id,
        utc(at),
        mask(`${counted(one.violations, 'row')}: ${one.keys.join(', ')}`),
      ]),
    ),
    ...list('Decided', ['run', 'row', 'decision'], changes.flatMap(decidedRows)),
    ...list('Not changed', ['run', 'rows'], left),
    ...list(
      'Set aside, row by row',
      ['run', 'row', 'reason'],
      aside.map(({ run, pk, reason }) => [String(run), pk, mask(reason)]),
    ),
  ];
  return section('Conflicts', blocks.length === 0 ? [{ kind: 'text', text: 'None is on record.' }] : blocks);
}

function signOffSection({ standing: { signOffs } }: RunInput, mask: Mask): readonly Section[] {
  const rows = signOffs.map(({ signOff, entry }) => {
    const statement = entry === undefined ? signOff.statement : (evidenceOf(entry).statement ?? '');
    const signed = entry === undefined ? badge('open') : ({ text: 'signed', tone: 'good' } as const);
    const [who, at] = entry === undefined ? ['', ''] : [whoText(entry), utc(entry.beganAt)];
    return [signOff.role, signed, who, at, mask(statement), mask(entry?.note ?? '')];
  });
  return rows.length === 0
    ? []
    : section('Sign-off', [table(['role', 'signed', 'who', 'when', 'statement', 'although'], rows)]);
}

function summaryOf({ standing }: RunInput, mask: Mask): string {
  const { steps, signOffs, record } = standing;
  const done = steps.filter(isDone).length;
  const failed = steps.filter(({ state }) => state === 'failed').length;
  const signed = signOffs.filter(({ entry }) => entry !== undefined).length;
  const reason = record.run.reason === undefined ? '' : `: ${mask(record.run.reason)}`;
  const parts = [
    `${done} of ${counted(steps.length, 'step')} done`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(signOffs.length === 0 ? [] : [`${signed} of ${counted(signOffs.length, 'sign-off')}`]),
  ];
  return `${parts.join(', ')}${reason}`;
}

/** The report of a run of a runbook: what was done, by whom, with which evidence. */
export function runReport(input: RunInput): Report {
  const { head, place, runbook, standing, notes, samples } = input;
  const { run, entries } = standing.record;
  const mask = maskFor(input.secrets);
  const end = run.endedAt ?? standing.record.now;
  const charts = changeCharts(entries);
  const [classes] = charts.flatMap((one) => (one.kind === 'bars' ? [one] : []));
  const there = Object.fromEntries(classes?.bars.map(({ name }) => [name, 1]) ?? []);
  const phases = [...new Set(standing.steps.map(({ phase }) => phase))];
  return {
    kind: 'Runbook report',
    title: run.title,
    badge: { text: run.state, tone: STATES[run.state] ?? 'plain' },
    summary: summaryOf(input, mask),
    version: head.version,
    facts: [
      ...facts(
        ['runbook', `${run.runbook}, run ${run.id}, digest ${runbook.digest}`],
        ['begun', `${utc(run.beganAt)} by ${run.operator}`],
        [
          run.endedAt === undefined ? 'still open after' : 'ended',
          run.endedAt === undefined
            ? duration((end - run.beganAt) / 1000)
            : `${utc(end)}, after ${duration((end - run.beganAt) / 1000)}`,
        ],
        ['kept in', place === 'database' ? 'the database' : 'a file of this machine only'],
      ),
      ...headFacts(head),
    ],
    sections: [
      ...section(
        'To be known',
        notes.map((text) => ({ kind: 'text', text: mask(text), tone: 'warn' }) as const),
      ),
      ...section('Steps', [
        table(
          ['no', 'step', 'verdict', 'who', 'ended', 'took', 'note'],
          standing.steps.map((one, index) => stepRow(one, index, mask)),
        ),
      ]),
      ...metricsSection(input, mask),
      ...section('Charts', [
        ...charts.flatMap(chart),
        ...chart(successChart(samples)),
        ...chart(latencyChart(samples)),
        ...chart(durationsChart(standing)),
        ...(classes === undefined ? [] : [{ kind: 'list', items: meanings(there) } as const]),
      ]),
      ...decisionsSection(input, mask),
      ...conflictsSection(input, mask),
      ...signOffSection(input, mask),
      {
        title: 'Step by step',
        blocks: [{ kind: 'text', text: runbook.purpose }],
        sections: phases.map((phase) => ({
          title: phase.title,
          blocks: [],
          sections: standing.steps
            .filter((one) => one.phase === phase)
            .map((one) => stepSection(one, runbook.digest, mask)),
        })),
      },
      {
        title: 'Record of changes',
        blocks: [
          {
            kind: 'facts',
            facts: facts(
              ['newest of this run', run.audit.seq === 0 ? 'none' : String(run.audit.seq)],
              ['its hash', run.audit.hash],
            ),
          },
          ...auditBlocks(head),
        ],
      },
    ],
  };
}
