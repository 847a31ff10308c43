import type { ChangeKind } from '../../changes/change.ts';
import { type Standing, standingOf } from '../../changes/progress.ts';
import { RunsReader } from '../../changes/runs-reader.ts';
import { toldOf } from '../../changes/unit.ts';
import { count, counted, duration } from '../../model/format.ts';
import { Problem } from '../../model/problem.ts';
import { isOpen, type Lease, type Run } from '../../model/run.ts';
import { fit } from '../../model/text.ts';
import { minuteStamp, stamp } from '../../model/time.ts';
import { tabbed } from '../check/lines.ts';
import { EXIT, type ExitCode } from '../command.ts';
import { jsonText } from '../json.ts';
import { documentOf, statusDocument } from './documents.ts';
import { countsText, nextSteps } from './end-lines.ts';
import { aligned, hanging, type Layout } from './layout.ts';
import { note, print, type Session } from './session.ts';

/** Runs that a person is shown, and rows set aside. */
const SHOWN = 20;

type Kinds = readonly ChangeKind[];

const stateText = (run: Run, lease: Lease | undefined): string =>
  `${standingOf(run, lease)}${run.request === undefined ? '' : `, asked to ${run.request}`}`;

const CODES: Readonly<Record<Standing, ExitCode>> = {
  running: EXIT.healthy,
  done: EXIT.healthy,
  cancelled: EXIT.healthy,
  paused: EXIT.warning,
  interrupted: EXIT.warning,
  halted: EXIT.critical,
  failed: EXIT.critical,
};

const moment = (at: number | undefined): string => (at === undefined ? '' : new Date(at).toISOString());

const pipeLine = (run: Run, lease: Lease | undefined): string =>
  tabbed(
    String(run.id),
    run.change,
    stateText(run, lease),
    ...[run.counts.changed, run.planned, run.counts.scanned, run.total].map(String),
    moment(run.startedAt),
    moment(run.endedAt),
    run.operator,
    run.reason ?? '',
  );

/** What a run changed; rows in their column need no word. */
function changedCell(kinds: Kinds, run: Run): string {
  const { told } = kinds.find(({ id }) => id === run.change) ?? {};
  return told?.(run) ?? `${count(run.counts.changed)} of ${count(run.planned)}`;
}

const cellsOf = (kinds: Kinds, run: Run, lease: Lease | undefined): readonly string[] => [
  String(run.id),
  run.change,
  stateText(run, lease),
  changedCell(kinds, run),
  minuteStamp(run.startedAt, false),
  run.operator,
];

const TITLES = ['run', 'change', 'state', 'outcome', 'began', 'by'];
/** What there is room for; who began a run comes last. */
const tableOf = (kinds: Kinds, runs: readonly Run[], lease: Lease | undefined, layout: Layout): readonly string[] =>
  aligned([TITLES, ...runs.map((run) => cellsOf(kinds, run, lease))], 0, {
    ...layout,
    columns: Number.POSITIVE_INFINITY,
  }).map((line) => fit(line, layout.columns, layout).trimEnd());

/** Columns of the names of facts. */
const NAME = 10;

/** Rows of the sweeps are looked at again. */
function lookedAt({ counts: { scanned }, total }: Run): string {
  const again = scanned > total ? `, ${count(scanned - total)} of them again or new` : '';
  return `${counted(Math.min(scanned, total), 'row')} of ${count(total)} that the table had${again}`;
}

function factsOf(kinds: Kinds, run: Run, lease: Lease | undefined): readonly (readonly [name: string, text: string])[] {
  const { workedMs } = run;
  const ended = run.endedAt === undefined ? '' : `, ended ${stamp(run.endedAt, false)}`;
  const holder =
    lease === undefined
      ? 'nobody'
      : `${lease.holder} since ${stamp(lease.since, false)}; the lease ends ${stamp(lease.expiresAt, false)} unless renewed`;
  return [
    ['run', `${run.id}, ${run.change}: ${stateText(run, lease)}`],
    ...(run.reason === undefined ? [] : [['reason', run.reason] as const]),
    ['by', run.operator],
    ...(run.ticket === undefined ? [] : [['ticket', run.ticket] as const]),
    ['outcome', toldOf(kinds, run)],
    ...(countsText(run) === '' ? [] : [['', countsText(run)] as const]),
    ...(run.total === 0 ? [] : [['looked at', lookedAt(run)] as const]),
    ['began', `${stamp(run.startedAt, false)}${ended}, ${duration(workedMs / 1000)} of work`],
    ['digest', run.digest],
    ...(isOpen(run.state) ? [['held by', holder] as const] : []),
  ];
}

async function one(session: Session, run: Run, lease: Lease | undefined): Promise<void> {
  const { layout, path, interruption } = session;
  const aside = await path.aside(run, SHOWN, interruption.signal);
  const facts = factsOf(path.kinds, run, lease).flatMap(([name, text]) =>
    hanging(name.padEnd(NAME), text, NAME, layout),
  );
  const [heading, all] = [
    run.counts.aside > 0 ? 'Rows set aside' : 'Rows not done',
    run.counts.aside + run.counts.left + run.counts.failed,
  ];
  const rows = aside.length === 0 ? [] : ['', `${heading}${all > aside.length ? `, the first ${SHOWN}` : ''}`];
  print([
    ...facts,
    ...rows,
    ...aligned(
      aside.map(({ pk, reason }) => [pk, reason]),
      2,
      layout,
    ),
  ]);
  if (standingOf(run, lease) !== 'running') for (const step of nextSteps(session, run)) note(step);
}

/**
 * Prints the runs, or one of them in full.
 * @returns by that one, or the newest: 0 when it ended or somebody works on it, 1 paused or interrupted, 2 halted or failed
 * @throws Problem
 */
export async function runStatus(session: Session, id: number | undefined): Promise<ExitCode> {
  const { context, database, path, json, layout } = session;
  const { signal } = session.interruption;
  const { runs, lease } = await new RunsReader(database, context).read({ lane: 'change', signal });
  const wanted = id === undefined ? undefined : runs.find((run) => run.id === id);
  if (id !== undefined && wanted === undefined) {
    throw new Problem('usage', `there is no run ${id}`, 'apptop change status shows the runs');
  }
  const shown = wanted === undefined ? runs : [wanted];
  if (json) {
    const aside = wanted === undefined ? {} : { aside: await path.aside(wanted, SHOWN, signal) };
    process.stdout.write(jsonText(documentOf(context, { ...statusDocument(context, lease, shown), ...aside })));
  } else if (wanted !== undefined) await one(session, wanted, lease);
  else if (!process.stdout.isTTY) print(shown.map((run) => pipeLine(run, lease)));
  else if (runs.length === 0) print(['nothing was changed here yet: apptop change list']);
  else print(tableOf(path.kinds, runs.slice(0, SHOWN), lease, layout));
  const last = wanted ?? runs[0];
  return last === undefined ? EXIT.healthy : CODES[standingOf(last, lease)];
}
