import type { ChangeKind } from '../../changes/change.ts';
import { type Standing, standingOf } from '../../changes/progress.ts';
import { toldOf } from '../../changes/unit.ts';
import type { Check } from '../../checks/check.ts';
import type { Remembered } from '../../checks/results.ts';
import { type Mask, maskFor } from '../../config/mask.ts';
import { age, count, counted, duration, percent, utc } from '../../model/format.ts';
import type { Lease, Run } from '../../model/run.ts';
import type { Sample } from '../../model/sample.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { causeById } from '../../model/sync.ts';
import type { AlertLevel, Verdict } from '../../model/verdict.ts';
import { WINDOWS } from '../../model/windows.ts';
import type { ListedRun } from '../engine.ts';
import { verdictBadge } from './attempts.ts';
import { classesChart, latencyChart, meanings, successChart, workChart } from './charts.ts';
import { auditBlocks, headFacts, type ReportHead } from './head.ts';
import { type Block, chart, facts, type Report, section, type Tone, table } from './report.ts';

/** All that the report of a context is made from. */
export interface NowInput {
  readonly head: ReportHead;
  readonly snapshot: Snapshot;
  readonly verdict: Verdict;
  /** With what is remembered of each; undefined where it never ran here. */
  readonly checks: readonly { readonly check: Check; readonly result: Remembered | undefined }[];
  /** Newest first. */
  readonly changes: readonly Run[];
  /** The changes that there are, which say what a run of theirs did. */
  readonly kinds: readonly ChangeKind[];
  readonly lease: Lease | undefined;
  /** Of runbooks, newest first. */
  readonly runbooks: readonly ListedRun[];
  /** What this machine knows of runs that the database does not have, a line each. */
  readonly doubts: readonly string[];
  readonly samples: readonly Sample[];
  readonly secrets: readonly string[];
}

const WORDS: Readonly<Record<Verdict['word'], Tone>> = { HEALTHY: 'good', DEGRADED: 'warn', STOP: 'bad' };
const LEVELS: Readonly<Record<AlertLevel, Tone>> = { immediate: 'bad', warning: 'warn', investigation: 'plain' };
const RUNS: Readonly<Record<Standing, Tone>> = {
  running: 'warn',
  paused: 'warn',
  interrupted: 'warn',
  halted: 'bad',
  cancelled: 'plain',
  done: 'good',
  failed: 'bad',
};
const RUNBOOKS: Readonly<Record<ListedRun['run']['state'], Tone>> = {
  running: 'warn',
  stopped: 'bad',
  finished: 'good',
  aborted: 'plain',
};

/** A result that is older says nothing about now. */
const FRESH_MS = 24 * 3_600_000;
/** Lines of a list that a person reads. */
const LISTED = 50;

const named = (value: string | null): string => (value === '' ? "''" : (value ?? '(null)'));

function statusBlocks({ snapshot, verdict }: NowInput, mask: Mask): readonly Block[] {
  const reasons = verdict.alerts.map(({ level, text }) => [{ text: level, tone: LEVELS[level] }, mask(text)]);
  return [
    reasons.length === 0
      ? { kind: 'text', text: 'Every figure is within its limit.' }
      : table(['how urgent', 'what'], reasons),
    {
      kind: 'facts',
      facts: facts(
        ['rows', `${count(snapshot.total)}${snapshot.includesDeleted ? ', soft-deleted ones among them' : ''}`],
        ['migration of the ids', snapshot.migration.replaceAll('-', ' ')],
        ['numeric by design', snapshot.byDesign === 0 ? '' : counted(snapshot.byDesign, 'row')],
        ['missing columns', snapshot.missing.join(', ')],
      ),
    },
  ];
}

function syncBlocks({ sync, latency, stuckPending }: Snapshot): readonly Block[] {
  if (sync === undefined) return [{ kind: 'text', text: 'The table lacks the columns of the sync.' }];
  const seconds = (value: number | undefined) => (value === undefined ? '' : duration(value));
  const rows = WINDOWS.map((window) => {
    const { rows: all, synced } = sync[window];
    const { average, p95, max } = latency?.[window] ?? {};
    const rate = all === 0 ? '' : percent(synced / all);
    return [window, count(all), rate, seconds(average), seconds(p95), seconds(max)];
  });
  return [
    table(['window', 'rows pushed', 'success', 'latency, average', 'p95', 'at most'], rows),
    ...(stuckPending === undefined
      ? []
      : [{ kind: 'text', text: `${counted(stuckPending, 'row')} pending for over 10 min, of any origin.` } as const]),
  ];
}

function reviewBlocks({ review, failedJobs, queuedJobs }: Snapshot): readonly Block[] {
  const jobs = facts(
    ['failed jobs', failedJobs === undefined ? undefined : count(failedJobs)],
    ['queued jobs', queuedJobs === undefined ? undefined : count(queuedJobs)],
  );
  const more: readonly Block[] = jobs.length === 0 ? [] : [{ kind: 'facts', facts: jobs }];
  if (review === undefined) return [{ kind: 'text', text: 'The table lacks the columns of the queue.' }, ...more];
  const oldest = review.oldestSeconds === undefined ? '' : `, the oldest for ${age(review.oldestSeconds)}`;
  const errors = review.errors
    .slice(0, LISTED)
    .map(({ code, cause, rows }) => [named(code), causeById(cause)?.cause ?? 'unknown cause', count(rows)]);
  return [
    {
      kind: 'text',
      text: `${counted(review.rows, 'row')} ${review.rows === 1 ? 'waits' : 'wait'} for a person${oldest}.`,
    },
    ...(errors.length === 0 ? [] : [table(['error', 'likely cause', 'rows'], errors)]),
    ...more,
  ];
}

/** By how much they matter: failures, what could not be told, the rest. */
const RANK = { fail: 0, 'could-not-tell': 1, pass: 2, 'not-applicable': 3 } as const;

function checkBlocks({ checks, head: { madeAt } }: NowInput, mask: Mask): readonly Block[] {
  const known = checks.flatMap(({ check, result }) => (result === undefined ? [] : [{ check, result }]));
  const never = checks.length - known.length;
  const rows = known
    .toSorted((one, other) => RANK[one.result.verdict] - RANK[other.result.verdict])
    .map(({ check, result }) => [
      check.id,
      verdictBadge(result.verdict, check.severity),
      result.verdict === 'pass' || result.verdict === 'fail' ? count(result.violations) : '',
      mask(result.figure ?? result.note ?? check.title),
      `${utc(result.at)}${madeAt - result.at > FRESH_MS ? ', older than a day' : ''}`,
    ]);
  return [
    ...(rows.length === 0 ? [] : [table(['check', 'verdict', 'violations', 'found', 'when'], rows)]),
    ...(never === 0 ? [] : [{ kind: 'text', text: `${counted(never, 'check')} never ran on this machine.` } as const]),
  ];
}

function changeBlocks({ changes, kinds, lease }: NowInput, mask: Mask): readonly Block[] {
  if (changes.length === 0) return [{ kind: 'text', text: 'Nothing was changed with apptop yet.' }];
  const rows = changes.slice(0, LISTED).map((run) => {
    const standing = standingOf(run, lease);
    return [
      String(run.id),
      run.change,
      { text: standing, tone: RUNS[standing] },
      toldOf(kinds, run),
      utc(run.startedAt),
      duration(run.workedMs / 1000),
      run.operator,
      mask([run.ticket, run.reason].filter(Boolean).join('; ')),
    ];
  });
  const holder = lease === undefined ? '' : `${lease.holder} may change it now, since ${utc(lease.since)}.`;
  return [
    ...(holder === '' ? [] : [{ kind: 'text', text: holder } as const]),
    table(['run', 'change', 'state', 'outcome', 'began', 'work', 'who', 'ticket, reason'], rows),
  ];
}

function runbookBlocks({ runbooks, doubts }: NowInput, mask: Mask): readonly Block[] {
  const rows = runbooks
    .slice(0, LISTED)
    .map(({ place, run }) => [
      run.runbook,
      String(run.id),
      { text: run.state, tone: RUNBOOKS[run.state] },
      place === 'database' ? 'database' : 'this machine',
      utc(run.beganAt),
      run.operator,
      mask(run.reason ?? ''),
    ]);
  return [
    ...doubts.map((text) => ({ kind: 'text', text, tone: 'bad' }) as const),
    rows.length === 0
      ? { kind: 'text', text: 'No runbook was ever begun here.' }
      : table(['runbook', 'run', 'state', 'kept in', 'began', 'who', 'reason'], rows),
  ];
}

/** `2 failing checks, 12 never run`: what nobody ran says nothing. */
function checkWords(checks: NowInput['checks']): readonly string[] {
  const ran = checks.filter(({ result }) => result !== undefined);
  const failing = ran.filter(({ result }) => result?.verdict === 'fail').length;
  const never = checks.length - ran.length;
  if (ran.length === 0) return ['no check ever ran here'];
  return [counted(failing, 'failing check'), ...(never === 0 ? [] : [`${count(never)} never run`])];
}

/** The report of a database as it is now. */
export function nowReport(input: NowInput): Report {
  const { head, snapshot, verdict, samples } = input;
  const mask = maskFor(input.secrets);
  return {
    kind: 'State report',
    title: head.context,
    badge: { text: verdict.word, tone: WORDS[verdict.word] },
    summary: [
      counted(snapshot.total, 'row'),
      `${counted(verdict.alerts.length, 'reason')} to look`,
      ...checkWords(input.checks),
      ...(snapshot.review === undefined ? [] : [`${count(snapshot.review.rows)} in review`]),
    ].join(', '),
    version: head.version,
    facts: headFacts(head),
    sections: [
      ...section('Status', statusBlocks(input, mask)),
      ...section('Booking ids', [
        ...chart(classesChart('Rows by class', undefined, [{ name: 'rows', classes: snapshot.classes }])),
        ...chart(workChart(samples)),
        { kind: 'list', items: meanings(snapshot.classes) },
      ]),
      ...section('Sync', [...chart(successChart(samples)), ...chart(latencyChart(samples)), ...syncBlocks(snapshot)]),
      ...section('Review queue', reviewBlocks(snapshot)),
      ...section('Checks', checkBlocks(input, mask)),
      ...section('Changes', changeBlocks(input, mask)),
      ...section('Runbooks', runbookBlocks(input, mask)),
      ...section('Record of changes', auditBlocks(head)),
    ],
  };
}
