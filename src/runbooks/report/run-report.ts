import { type Mask, maskFor } from '../../config/mask.ts';
import { count, counted, duration, utc } from '../../model/format.ts';
import type { Run } from '../../model/run.ts';
import type { RunbookEntry } from '../../model/runbook-run.ts';
import type { Sample } from '../../model/sample.ts';
import { evidenceOf, newestFinding } from '../findings.ts';
import type { Runbook } from '../runbook.ts';
import { isDone, type Standing, type StepStanding, voidText } from '../standing.ts';
import { stopText } from '../telling.ts';
import { badge, foundText, stepRow, stepSection, verdictBadge, whoText } from './attempts.ts';
import { batchCharts, classesChart, latencyChart, meanings, successChart } from './charts.ts';
import { conflictsSection } from './conflicts.ts';
import { auditBlocks, headFacts, type ReportHead } from './head.ts';
import {
  type Badge,
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
import { isEmpty } from './svg.ts';

/** All that the report of a run is made from. */
export interface RunInput {
  readonly head: ReportHead;
  readonly place: 'database' | 'local';
  /** As it was when the run began. */
  readonly runbook: Runbook;
  readonly standing: Standing;
  readonly notes: readonly string[];
  /** What is known against it, which nobody has accepted. */
  readonly doubt: string | undefined;
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
function changeCharts({ record: { entries }, takenBack }: Standing): readonly (BarChart | LineChart)[] {
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
    const gone = takenBack.find(({ of, at }) => of === run.change && at >= entry.beganAt);
    const note = [`${run.change}, all rows`, gone?.text].filter(Boolean).join('; since then ');
    return [
      ...(moments.length < 2 ? [] : [classesChart(`Rows by class before and after run ${run.id}`, note, moments)]),
      ...(batches === undefined ? [] : batchCharts(run.id, batches.count, batches.points)),
    ];
  });
}

/** The state of a step as the verdict of a metric: one that is still to be done says nothing yet. */
const stepVerdict = (one: StepStanding | undefined): string =>
  one !== undefined && (isDone(one) || one.state === 'failed') ? one.state : 'open';

function metricsSection({ runbook, standing }: RunInput, mask: Mask): readonly Section[] {
  const rows = runbook.metrics.map(({ title, check, step }) => {
    if (check !== undefined) {
      const newest = newestFinding(standing.record.entries, check);
      if (newest === undefined) return [title, badge('open'), `${check} was not looked at`, ''];
      const { found, at } = newest;
      const gone = voidText(standing, at);
      if (gone !== undefined) {
        return [title, badge('open'), `${found.verdict} when last looked at, and then ${gone}`, utc(at)];
      }
      return [title, verdictBadge(found.verdict, found.severity), mask(foundText(found)), utc(at)];
    }
    const one = standing.steps.find((each) => each.step.id === step);
    const verdict = stepVerdict(one);
    const last = verdict === 'open' ? undefined : one?.last;
    const by = last === undefined ? '' : `, by ${whoText(last)}`;
    return [title, badge(verdict), `step ${step ?? ''}${by}`, last?.endedAt === undefined ? '' : utc(last.endedAt)];
  });
  return rows.length === 0
    ? []
    : section('Success metrics', [
        { kind: 'text', text: 'As they were last found in this run.' },
        table(['metric', 'verdict', 'found', 'when'], rows),
      ]);
}

function decisionsSection({ runbook, standing }: RunInput, mask: Mask): readonly Section[] {
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
  const conditions = runbook.stop.map((one) => `${one.title}: ${stopText(one)}`);
  return section('Stops and decisions', [
    rows.length === 0 ? none : table(['what', 'about', 'when', 'who', 'why', 'accepts'], rows),
    ...(conditions.length === 0
      ? []
      : [{ kind: 'text', text: 'What stops it:' } as const, { kind: 'list', items: conditions } as const]),
  ]);
}

/** Runs of changes that its steps made: who confirmed what, and for which ticket. */
function changesSection({ changes }: RunInput, mask: Mask): readonly Section[] {
  const rows = changes.map((run) => [
    String(run.id),
    run.change,
    badge(run.state),
    `${count(run.counts.changed)} of ${count(run.planned)}`,
    utc(run.startedAt),
    run.endedAt === undefined ? '' : utc(run.endedAt),
    run.operator,
    mask([run.ticket, run.reason].filter(Boolean).join('; ')),
  ]);
  const titles = ['run', 'change', 'state', 'changed of planned', 'began', 'ended', 'who', 'ticket, reason'];
  return section('Changes', rows.length === 0 ? [] : [table(titles, rows)]);
}

/** People and accounts that are told by name. */
const PEOPLE = 20;

/** Everybody who did or said something in a run. */
function peopleOf(entries: readonly RunbookEntry[]): string {
  const all = [...new Set(entries.map(whoText))];
  return `${all.slice(0, PEOPLE).join(', ')}${all.length > PEOPLE ? ` and ${all.length - PEOPLE} more` : ''}`;
}

const HOW_TO_READ =
  'Times are UTC, by the clock of the database. Who is the person, with the account that wrote it down in brackets. What took is ' +
  'the work of the last attempt; how long a person took is not known.';

const SIGNED = { text: 'signed', tone: 'good' } as const;
const VOID = { text: 'void', tone: 'bad' } as const;

function signOffSection({ standing }: RunInput, mask: Mask): readonly Section[] {
  const rows = standing.signOffs.flatMap(({ signOff, entry, withdrawn }) => {
    const signed = (one: RunbookEntry, what: Badge, why: string | undefined) => [
      signOff.role,
      what,
      whoText(one),
      utc(one.beganAt),
      mask(evidenceOf(one).statement ?? ''),
      mask([one.note, why].filter(Boolean).join('; ')),
    ];
    if (entry !== undefined) return [signed(entry, SIGNED, undefined)];
    const open = [signOff.role, badge('open'), '', '', mask(signOff.statement), ''];
    return withdrawn === undefined ? [open] : [signed(withdrawn, VOID, voidText(standing, withdrawn.beganAt)), open];
  });
  return rows.length === 0
    ? []
    : section('Sign-off', [table(['role', 'signed', 'who', 'when', 'statement', 'reason'], rows)]);
}

function summaryOf({ standing }: RunInput, mask: Mask): string {
  const { steps, signOffs, record } = standing;
  const done = steps.filter(isDone).length;
  const failed = steps.filter(({ state }) => state === 'failed');
  const optional = failed.filter(({ step }) => step.optional).length;
  const signed = signOffs.filter(({ entry }) => entry !== undefined).length;
  const reason = record.run.reason === undefined ? '' : `: ${mask(record.run.reason)}`;
  const parts = [
    `${done} of ${counted(steps.length, 'step')} done`,
    ...(failed.length > 0 ? [`${failed.length} failed${optional > 0 ? ` (${optional} optional)` : ''}`] : []),
    ...(signOffs.length === 0 ? [] : [`${signed} of ${counted(signOffs.length, 'sign-off')}`]),
  ];
  return `${parts.join(', ')}${reason}`;
}

/** The report of a run of a runbook: what was done, by whom, with which evidence. */
export function runReport(input: RunInput): Report {
  const { head, place, runbook, standing, notes, samples, doubt } = input;
  const { run, entries } = standing.record;
  const mask = maskFor(input.secrets);
  const end = run.endedAt ?? standing.record.now;
  const charts = changeCharts(standing);
  const [classes] = charts.flatMap((one) => (one.kind === 'bars' ? [one] : []));
  const there = Object.fromEntries(classes?.bars.map(({ name }) => [name, 1]) ?? []);
  const phases = [...new Set(standing.steps.map(({ phase }) => phase))];
  return {
    kind: 'Runbook report',
    title: run.title,
    badge:
      doubt === undefined
        ? { text: run.state, tone: STATES[run.state] ?? 'plain' }
        : { text: `${run.state}, not as recorded`, tone: 'bad' },
    summary: [summaryOf(input, mask), ...(doubt === undefined ? [] : [mask(doubt)])].join('; '),
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
        ['who acted', peopleOf(entries)],
      ),
      ...headFacts(head),
    ],
    sections: [
      ...section(
        'To be known',
        notes.map((text) => ({ kind: 'text', text: mask(text), tone: 'warn' }) as const),
      ),
      ...section('Steps', [
        { kind: 'text', text: HOW_TO_READ },
        table(
          ['no', 'step', 'verdict', 'who', 'ended', 'took', 'note'],
          standing.steps.map((one, index) => stepRow(one, run, index, mask)),
        ),
      ]),
      ...metricsSection(input, mask),
      ...section('Charts', [
        ...[...charts, successChart(samples), latencyChart(samples), durationsChart(standing)]
          .filter((one) => !isEmpty(one))
          .flatMap(chart),
        ...(classes === undefined ? [] : [{ kind: 'list', items: meanings(there) } as const]),
      ]),
      ...decisionsSection(input, mask),
      ...changesSection(input, mask),
      ...conflictsSection({ entries, changes: input.changes, aside: input.aside }, mask),
      ...signOffSection(input, mask),
      {
        title: 'Step by step',
        blocks: [
          { kind: 'text', text: runbook.purpose },
          {
            kind: 'text',
            text: `The statements of each check and all attempts: apptop runbook status ${run.runbook} --json.`,
          },
        ],
        sections: phases.map((phase) => ({
          title: phase.title,
          blocks: [],
          sections: standing.steps
            .filter((one) => one.phase === phase)
            .map((one) => stepSection(one, run, runbook.digest, mask)),
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
