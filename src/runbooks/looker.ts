import { runsOf } from '../changes/gates.ts';
import type { GuardedPath } from '../changes/guarded-path.ts';
import { parametersOf } from '../changes/takes.ts';
import type { Context } from '../config/context.ts';
import { type Mask, maskOf } from '../config/mask.ts';
import type { Database } from '../data/database.ts';
import { Problem } from '../model/problem.ts';
import { isOpen, type Run } from '../model/run.ts';
import { isOpenRun, type RunbookRecord } from '../model/runbook-run.ts';
import { distance } from '../model/time.ts';
import { phaseOf } from '../rollback/phase.ts';
import {
  type CheckGround,
  type Held,
  heldConditions,
  heldText,
  type MetricStanding,
  metricStandings,
} from './conditions.ts';
import { evidenceText } from './evidence.ts';
import { eventOf, move, stopped } from './moves.ts';
import { type Runbook, stepsOf } from './runbook.ts';
import { type Around, type MonitorWindow, type Standing, standOf, type TakenBack } from './standing.ts';
import { type RunbookStore } from './store.ts';

/** Stop conditions that every run has: the database was put back to an earlier state; somebody changed the run behind apptop. */
export const RESTORED = 'restored';
const EDITED = 'edited';

/** A run with where it is kept. */
export interface KeptRun {
  readonly store: RunbookStore;
  readonly record: RunbookRecord;
}

/** What this machine and the audit know of a run, and nobody has accepted. */
interface Doubts {
  /** The database was put back to an earlier state. */
  readonly restored: string | undefined;
  /** What of the run is not as it was recorded. */
  readonly edited: readonly string[];
}

/** A run as somebody looks at it. */
export interface LookedRun extends KeptRun, Doubts {
  readonly standing: Standing;
  /** What is to be said of it: it is kept here only, its file has changed, the database was put back. */
  readonly notes: readonly string[];
}

/** Why a run must not go on as it is; undefined where nothing is known against it. */
export function doubtText({ restored, edited }: Doubts): string | undefined {
  if (restored !== undefined) return `the database was put back to an earlier state: ${restored}`;
  return edited.length > 0 ? `the run was changed behind apptop: ${some(edited)}` : undefined;
}

/** The lines of a list, cut where it is long. */
const some = (lines: readonly string[]): string =>
  [...lines.slice(0, SOME), ...(lines.length > SOME ? [`and ${lines.length - SOME} more`] : [])].join('; ');
const SOME = 5;

/** Looks at runs, and stops those that must not go on. */
export class Looker {
  readonly #context: Context;
  readonly #database: Database;
  readonly path: GuardedPath;
  /** What takes secrets out of whatever is kept. */
  readonly mask: Mask;

  constructor(context: Context, database: Database, path: GuardedPath) {
    this.#context = context;
    this.#database = database;
    this.path = path;
    this.mask = maskOf(context);
  }

  /** What checks are run with. */
  ground(signal: AbortSignal): CheckGround {
    return { context: this.#context, database: this.#database, signal, mask: this.mask };
  }

  /** How a run stands now, by a fresh look. @throws Problem */
  async look(runbook: Runbook, { store, record }: KeptRun): Promise<LookedRun> {
    const fresh = (await store.read(record.run.id)) ?? record;
    const doubts = await this.doubts({ store, record: fresh });
    const doubt = doubtText(doubts);
    const standing = standOf(runbook, fresh, await this.around(runbook, fresh));
    const changed = fresh.run.definition !== runbook.definition;
    return {
      store,
      record: fresh,
      standing,
      ...doubts,
      notes: [
        ...(store.place === 'local' ? ['this run is kept on this machine only: nobody else sees it'] : []),
        // Whoever has changed the run may have changed what it keeps of its file.
        ...(changed && doubt === undefined
          ? [`${runbook.place} is not what it was when the run began: what it says now is done`]
          : []),
        ...(doubt === undefined ? [] : [doubt]),
      ],
    };
  }

  /** What is known against a run as it was read just now. @throws Problem */
  async doubts({ store, record }: KeptRun): Promise<Doubts> {
    const restored = await store.restored(record);
    // What went back is not as it was recorded either.
    return { restored, edited: restored === undefined ? await store.edited(record) : [] };
  }

  /** How the success metrics stand now. @throws Problem */
  metrics(runbook: Runbook, standing: Standing, signal: AbortSignal): Promise<readonly MetricStanding[]> {
    return metricStandings(runbook, standing, this.ground(signal));
  }

  /** What changes have done that the steps of a run wait for, or have taken back. @throws Problem */
  async around(runbook: Runbook, { now, run }: Pick<RunbookRecord, 'now' | 'run'>): Promise<Around> {
    const works = stepsOf(runbook).map(({ work }) => work);
    const waits = works.some((work) => work.kind === 'wait' && work.hours === 'monitor-window');
    const undoable = works.some(
      (work) => (work.kind === 'change' && work.action === 'run') || (work.kind === 'check' && work.ids !== undefined),
    );
    if (!waits && !undoable) return { window: undefined, takenBack: [] };
    const { dialect } = this.#database;
    const place = { context: this.#context, database: this.#database, dialect, options: { lane: 'change' } } as const;
    const runs = await runsOf(place, 1_000);
    const until = run.endedAt ?? now;
    return {
      window: waits ? this.#window(runs, now) : undefined,
      takenBack: runs.filter(({ startedAt }) => startedAt <= until).flatMap((one) => this.#takenBackBy(one)),
    };
  }

  /** What a run of a change has taken back: as soon as it has changed something, or there was nothing to change. */
  #takenBackBy(run: Run): readonly TakenBack[] {
    const { id, change, state, counts, startedAt } = run;
    if (state !== 'done' && counts.changed === 0) return [];
    const kind = this.path.kinds.find((one) => one.id === change);
    const undone = kind?.undoes?.(parametersOf(run)) ?? [];
    return undone.map((one) => ({ of: one, text: `run ${id} (${change}) took it back`, at: startedAt }));
  }

  /** Whether the monitor window of the move is over. */
  #window(runs: readonly Run[], now: number): MonitorWindow {
    const phase = phaseOf('migrated', runs, this.#context.changes.monitorHours, now);
    switch (phase.kind) {
      case 'monitoring':
        return { state: 'open', until: phase.until, text: `the monitor window ends ${distance(phase.until, now)}` };
      case 'cleanup-due':
        return { state: 'over', until: phase.since, text: `the monitor window ended ${distance(phase.since, now)}` };
      case 'under-way':
        return { state: 'blocked', until: undefined, text: `run ${phase.run.id} (${phase.run.change}) has not ended` };
      case 'rolled-back':
        return { state: 'blocked', until: undefined, text: 'the move was rolled back: there is nothing to watch' };
      case 'moved-elsewhere':
      case 'not-started':
      case 'by-design':
      case 'clean':
        return { state: 'over', until: undefined, text: 'no move of apptop to wait for' };
      default:
        return phase satisfies never;
    }
  }

  /** The run as it is, when it may be gone on with: it is open, nothing stopped it, and no stop condition holds. */
  async ready(runbook: Runbook, kept: KeptRun, signal: AbortSignal): Promise<LookedRun> {
    const looked = await this.look(runbook, kept);
    const { run } = looked.record;
    if (run.state === 'stopped') throw stopped(run.reason ?? 'a stop condition holds');
    if (!isOpenRun(run)) {
      throw new Problem('blocked', `run ${run.id} of ${run.runbook} is ${run.state}`, 'begin another one');
    }
    const why = await this.stopWhere(runbook, looked, signal);
    if (why === undefined) return looked;
    throw stopped(why);
  }

  /** Stops a run that goes on where something is known against it or a condition holds. @returns why, undefined where nothing is */
  async stopWhere(runbook: Runbook, looked: LookedRun, signal: AbortSignal): Promise<string | undefined> {
    const doubt = await this.stopDoubted(runbook, looked);
    if (doubt !== undefined) return doubt;
    const held = await heldConditions(runbook, looked.record, this.ground(signal), true);
    return held.length === 0 ? undefined : this.stopHeld(runbook, looked, held);
  }

  /** Stops a run that goes on where something is known against it. @returns what, undefined where nothing is */
  async stopDoubted(runbook: Runbook, looked: LookedRun): Promise<string | undefined> {
    const doubt = doubtText(looked);
    if (doubt === undefined) return undefined;
    await this.#stopFor(runbook, looked, looked.restored === undefined ? EDITED : RESTORED, doubt, '{}');
    return doubt;
  }

  /** Stops a run because of conditions that hold. @returns why */
  async stopHeld(runbook: Runbook, kept: KeptRun, held: readonly Held[]): Promise<string> {
    const [first] = held;
    if (first === undefined) throw new Error('no condition holds');
    const reason = heldText(held);
    const evidence = evidenceText({ measure: first.measure, checks: held.flatMap(({ checks }) => checks) });
    await this.#stopFor(runbook, kept, first.condition.id, reason, evidence);
    return reason;
  }

  async #stopFor(runbook: Runbook, kept: KeptRun, id: string, reason: string, evidence: string): Promise<void> {
    await move(kept, {
      state: 'stopped',
      reason,
      added: { kind: 'stop', subject: id, state: 'noted', name: undefined, note: reason, evidence },
      event: eventOf('stop', runbook.id, reason, { run: kept.record.run.id, condition: id }),
    });
    await this.haltChange();
  }

  /** A change that runs stands still while the run is stopped. Who holds it pauses at the end of its batch. */
  async haltChange(): Promise<void> {
    if (this.#context.access !== 'operate') return;
    const running = (await this.path.runs()).find(({ state }) => isOpen(state) && state === 'running');
    if (running === undefined) return;
    try {
      await this.path.ask(running.id, 'pause');
    } catch (error) {
      // It ended meanwhile: it stands still too.
      if (!(error instanceof Problem && error.kind === 'blocked')) throw error;
    }
  }
}
