import type { ChangeKind, Gate } from '../changes/change.ts';
import type { Plan } from '../changes/plan.ts';
import { progressOf, type Standing, standingOf } from '../changes/progress.ts';
import { inUnits } from '../changes/unit.ts';
import { age, count, counted, duration, percent } from '../model/format.ts';
import type { Lease, Run } from '../model/run.ts';
import { distance } from '../model/time.ts';
import type { MigrationPhase } from '../rollback/phase.ts';
import type { Mark } from './panels/line.ts';
import type { Glyphs, Tone } from './theme.ts';

/** Red is for what needs a person. */
export const STANDING_TONES: Readonly<Record<Standing, Tone>> = {
  running: 'accent',
  paused: 'warn',
  halted: 'bad',
  interrupted: 'bad',
  cancelled: 'plain',
  done: 'good',
  failed: 'bad',
};

/** What a change is called; one that this version does not know has its id. */
export const titleOf = (kinds: readonly ChangeKind[] | undefined, change: string): string =>
  kinds?.find(({ id }) => id === change)?.title ?? change;

/** How far a run is: `62 %`, `last look`, or nothing where that says nothing. */
export function shareWords(run: Run): string {
  const { share } = progressOf(run, undefined);
  if (share === undefined) return '';
  return run.pass > 0 && run.state !== 'done' ? 'last look' : percent(share);
}

/** How fast a run is and how long it takes: `12,340 rows/s · 4 s left`. */
export function paceWords(run: Run, rate: number | undefined): readonly string[] {
  const { left, seconds } = progressOf(run, rate);
  return [
    rate === undefined ? 'rate not known yet' : `${count(Math.round(rate))} rows/s`,
    ...(seconds === undefined || left === 0 ? [] : [`${duration(Math.max(1, Math.round(seconds)))} left`]),
  ];
}

/** Where a migration stands, in words, and whether that needs a person. */
export interface PhaseWords {
  readonly text: string;
  readonly mark?: Mark;
}

const SIMPLE: Readonly<Record<'not-started' | 'clean' | 'by-design' | 'moved-elsewhere', string>> = {
  'not-started': 'not started',
  clean: 'clean',
  'by-design': 'none, the numeric ids are by design',
  'moved-elsewhere': 'moved elsewhere',
};

const RUN_MARKS: Readonly<Partial<Record<Standing, Mark>>> = {
  halted: 'person',
  interrupted: 'person',
  paused: 'look',
};

function runWords(run: Run, lease: Lease | undefined): PhaseWords {
  const standing = standingOf(run, lease);
  const mark = RUN_MARKS[standing];
  const text = ['run', run.id, standing, shareWords(run)].join(' ').trimEnd();
  return mark === undefined ? { text } : { text, mark };
}

/** @param now by the database's clock */
export function phaseWords(phase: MigrationPhase, lease: Lease | undefined, now: number): PhaseWords {
  if (phase.kind === 'under-way') return runWords(phase.run, lease);
  if (phase.kind === 'monitoring') return { text: `monitor, ${age((phase.until - now) / 1000)} to cleanup` };
  if (phase.kind === 'cleanup-due') {
    return { text: `cleanup due since ${age((now - phase.since) / 1000)}`, mark: 'look' };
  }
  return { text: phase.kind === 'rolled-back' ? `rolled back ${distance(phase.at, now)}` : SIMPLE[phase.kind] };
}

/** The mark of a gate, which says without colour what its colour says. */
export const gateMark = ({ state }: Gate, { good, alert, waiting }: Glyphs): string =>
  state === 'green' ? good : state === 'red' ? alert : waiting;

export const GATE_TONES: Readonly<Record<Gate['state'], Tone>> = { green: 'good', red: 'bad', pending: 'warn' };

/** What a gate says in a line; of some the title adds nothing. */
export const gateWords = ({ id, title, detail }: Gate): string =>
  id === 'access' || id === 'lease' ? detail : `${title}: ${detail}`;

/** What the button that begins a change says: `Move 102 ids`. */
export function goLabel(kind: ChangeKind, { change, rows, counts }: Plan): string {
  if (change === 'move-booking-ids') {
    return counts['decided'] === 0 ? `Move ${counted(rows, 'id')}` : `Change ${counted(rows, 'row')}`;
  }
  if (change === 'retry-review') return `Retry ${counted(rows, 'row')}`;
  if (change === 'dismiss-review') return `Dismiss ${counted(rows, 'row')}`;
  if (change === 'rollback-booking-ids') return `Roll back ${counted(rows, 'row')}`;
  if (change === 'cleanup-booking-ids') return `Drop ${inUnits(kind, rows)}`;
  return kind.unit === 'program' ? 'Run the program' : `Change ${inUnits(kind, rows)}`;
}
