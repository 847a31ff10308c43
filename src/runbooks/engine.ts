import type { Audit } from '../audit/audit.ts';
import type { AuditEvent, EventName } from '../audit/event.ts';
import { runsOf } from '../changes/gates.ts';
import type { GuardedPath } from '../changes/guarded-path.ts';
import { checksOf } from '../checks/all.ts';
import type { Context } from '../config/context.ts';
import type { Database } from '../data/database.ts';
import { nearest } from '../model/nearest.ts';
import { Problem } from '../model/problem.ts';
import { isOpen } from '../model/run.ts';
import { isOpenRun, type RunbookEntry, type RunbookRecord, type RunbookRun } from '../model/runbook-run.ts';
import { distance } from '../model/time.ts';
import { phaseOf } from '../rollback/phase.ts';
import { type FoundRunbook, runbooksOf } from './all.ts';
import { type Held, heldConditions, type MetricStanding, metricStandings } from './conditions.ts';
import { DatabaseStore } from './database-store.ts';
import { evidenceText, readEvidence } from './evidence.ts';
import { LocalStore } from './local-store.ts';
import { type Outcome, type PlannedChange, perform, planChange, type StepOptions } from './perform.ts';
import { type Runbook, stepsOf, verifyNames } from './runbook.ts';
import { isRunning, type MonitorWindow, type Standing, type StepStanding, standOf } from './standing.ts';
import { CLAIM_SECONDS, type Mutation, newMark, operatorName, type RunbookStore } from './store.ts';

/** Milliseconds between two renewals of a claim. */
const RENEW_MS = (CLAIM_SECONDS * 1000) / 4;

/** Runs of a place that are looked at. */
const NEWEST = 100;

/** The stop condition that every run has: the database was put back to an earlier state. */
export const RESTORED = 'restored';

/** A run with where it is kept. */
export interface KeptRun {
  readonly store: RunbookStore;
  readonly record: RunbookRecord;
}

/** A run in a list, with where it is kept. */
export interface ListedRun {
  readonly place: RunbookStore['place'];
  readonly run: RunbookRun;
}

/** A run as somebody looks at it. */
export interface LookedRun extends KeptRun {
  readonly standing: Standing;
  /** What is to be said of it: it is kept here only, its file has changed, the database was put back. */
  readonly notes: readonly string[];
  /** The database was put back, and nobody has accepted that. */
  readonly restored: string | undefined;
}

/** What a person says with their name. */
export interface Said {
  readonly name?: string | undefined;
  readonly reason: string;
}

const stopped = (reason: string): Problem =>
  new Problem('blocked', `STOP: ${reason}`, 'halt, assess, then decide: apptop runbook decide --reason WHY');

/** Carries runbooks out: one run of each at a time, shared by all who operate the database. */
export class RunbookEngine {
  readonly #context: Context;
  readonly #database: Database;
  readonly #path: GuardedPath;
  readonly #shared: DatabaseStore;
  readonly #local: LocalStore;

  constructor(context: Context, database: Database, path: GuardedPath, audit: Audit) {
    this.#context = context;
    this.#database = database;
    this.#path = path;
    this.#shared = new DatabaseStore(context, database, audit);
    this.#local = new LocalStore(context, database, audit);
  }

  /**
   * Every runbook that there is, or why its file is none.
   * @param file the path of one that a person names
   * @throws Problem config
   */
  runbooks(file?: string): Promise<readonly FoundRunbook[]> {
    return runbooksOf(this.#context, file);
  }

  /**
   * Holds the names in a runbook against the checks and changes that there are.
   * @throws Problem config
   */
  async verify(runbook: Runbook): Promise<void> {
    const checks = await checksOf(this.#context);
    verifyNames(
      runbook,
      checks.map(({ id }) => id),
      this.#path.kinds.map(({ id }) => id),
    );
  }

  /** The newest runs of both places, newest first. @throws Problem */
  async runs(limit = NEWEST): Promise<readonly ListedRun[]> {
    const lists = await Promise.all(
      [this.#shared, this.#local].map(async (store) =>
        (await store.runs(limit)).map((run): ListedRun => ({ place: store.place, run })),
      ),
    );
    return lists
      .flat()
      .toSorted((one, other) => other.run.beganAt - one.run.beganAt)
      .slice(0, limit);
  }

  /** One run with all that happened in it. @throws Problem */
  async read(place: RunbookStore['place'], id: number): Promise<KeptRun | undefined> {
    const store = place === 'database' ? this.#shared : this.#local;
    const record = await store.read(id);
    return record && { store, record };
  }

  /** The newest run of a runbook that has not ended, which this context may go on with. @throws Problem */
  async open(runbook: string): Promise<KeptRun | undefined> {
    const mine = this.#context.access === 'operate' ? [this.#shared, this.#local] : [this.#local];
    for (const store of mine) {
      const run = (await store.runs(NEWEST)).find((one) => one.runbook === runbook && isOpenRun(one));
      const record = run && (await store.read(run.id));
      if (record !== undefined) return { store, record };
    }
    return undefined;
  }

  /** Runs that this machine has seen and the database has no more, a line each. @throws Problem */
  missing(): Promise<readonly string[]> {
    return this.#shared.missing();
  }

  /** Keeps what it writes with open while some work goes on: many steps, one after the other. */
  during<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    return this.#context.access === 'operate' ? this.#shared.during(work) : work();
  }

  /**
   * Goes on with the open run of a runbook, or begins one.
   * @returns the run, and why it is kept on this machine only where it is
   * @throws Problem blocked, where it may not be carried out here; config, where it names what is not there
   */
  async begin(runbook: Runbook): Promise<KeptRun & { readonly why: string | undefined }> {
    await this.verify(runbook);
    const { environments, id, title, definition } = runbook;
    const { environment, access, name } = this.#context;
    if (environments !== undefined && !environments.includes(environment)) {
      throw new Problem(
        'blocked',
        `${id} is for ${environments.join(' and ')}, and ${name} is ${environment}`,
        'carry it out on another database',
      );
    }
    const run = { runbook: id, title, definition };
    const event = this.#event('runbook', id, 'begun', { digest: runbook.digest });
    const local = async (why: string) => ({ store: this.#local, record: await this.#local.begin(run, event), why });
    if (access !== 'operate') return local('this context only reads');
    try {
      return { store: this.#shared, record: await this.#shared.begin(run, event), why: undefined };
    } catch (error) {
      if (!(error instanceof Problem && error.kind === 'refused')) throw error;
      return local(`the database refuses: ${error.message}`);
    }
  }

  /** How a run stands now, by a fresh look. @throws Problem */
  async look(runbook: Runbook, { store, record }: KeptRun): Promise<LookedRun> {
    const fresh = (await store.read(record.run.id)) ?? record;
    const restored = await store.restored(fresh);
    const standing = standOf(runbook, fresh, await this.#window(runbook, fresh.now));
    const changed = fresh.run.definition !== runbook.definition;
    return {
      store,
      record: fresh,
      standing,
      restored,
      notes: [
        ...(store.place === 'local' ? ['this run is kept on this machine only: nobody else sees it'] : []),
        ...(changed ? [`${runbook.place} is not what it was when the run began: what it says now is done`] : []),
        ...(restored === undefined ? [] : [`the database was put back to an earlier state: ${restored}`]),
      ],
    };
  }

  /** What a change of a step would do now, with its gates and the phrase. @throws Problem */
  planned(step: StepStanding['step'], signal: AbortSignal, backup?: string): Promise<PlannedChange> | undefined {
    const { work } = step;
    return work.kind === 'change' ? planChange(this.#path, work, signal, backup) : undefined;
  }

  /** How the success metrics stand now. @throws Problem */
  metrics(runbook: Runbook, standing: Standing, signal: AbortSignal): Promise<readonly MetricStanding[]> {
    return metricStandings(runbook, standing, this.#ground(signal));
  }

  /**
   * Does a step, whatever its kind, and keeps what came of it. A step that was done may be done again.
   * @returns the attempt as it is kept: a step that fails is no rejection
   * @throws Problem blocked: something before it is not done, somebody is at it, a stop condition holds, a person is needed
   */
  async runStep(runbook: Runbook, kept: KeptRun, id: string, options: StepOptions): Promise<RunbookEntry> {
    return kept.store.during(async () => {
      const looked = await this.#ready(runbook, kept, options.leave);
      const standing = this.#stepOf(looked.standing, id);
      const { step } = standing;
      // Time may have passed while nobody looked: from now on it is on record that it did.
      for (const wait of looked.standing.steps) {
        const over = wait.step.work.kind === 'wait' && wait.state === 'passed' && wait.attempts.length === 0;
        if (over && wait.step.id !== id) await this.#waited(runbook, looked, wait);
      }
      this.#assertFree(standing, looked.record.now);
      const note = options.note?.trim() || undefined;
      if (step.noteRequired && note === undefined) {
        throw new Problem('blocked', `${id} needs a note: ${step.title}`, 'write down what you saw: --note TEXT');
      }
      if (step.work.kind === 'manual') return this.#tick(runbook, looked, standing, options.name, note);
      if (step.work.kind === 'wait') return this.#waited(runbook, looked, standing);
      return this.#attempt(runbook, looked, standing, { ...options, note });
    });
  }

  /** Leaves an optional step out. @throws Problem blocked, where it is not optional */
  async skip(runbook: Runbook, kept: KeptRun, id: string, said: Said, signal: AbortSignal): Promise<RunbookEntry> {
    const looked = await this.#ready(runbook, kept, signal);
    const { step, state } = this.#stepOf(looked.standing, id);
    if (!step.optional) {
      throw new Problem('blocked', `${id} can't be left out: it is not optional`, 'do it, or abort the run');
    }
    if (state === 'running') throw new Problem('blocked', `${id} is under way`, 'wait for it');
    const added = { kind: 'step', subject: id, state: 'skipped', ...saying(said), evidence: '{}' } as const;
    const event = this.#stepEvent(runbook, kept, id, 'skipped', said.reason);
    return lastOf(
      await this.#settled(runbook, await this.#mutate(looked, { added, event }, false, id), looked),
      'step',
    );
  }

  /**
   * The stop conditions that hold now; the first of them stops the run.
   * @throws Problem
   */
  async lookAtStops(runbook: Runbook, kept: KeptRun, signal: AbortSignal): Promise<readonly Held[]> {
    const held = await heldConditions(runbook, kept.record, this.#ground(signal), true);
    if (held.length > 0) await this.#stop(runbook, kept, held);
    return held;
  }

  /** A person stops the run. @param condition one of the runbook's, undefined for any other reason @throws Problem */
  async stop(runbook: Runbook, kept: KeptRun, condition: string | undefined, said: Said): Promise<void> {
    const found = runbook.stop.find(({ id }) => id === condition);
    if (condition !== undefined && found === undefined) {
      throw unknownWord(
        'stop condition',
        condition,
        runbook.stop.map(({ id }) => id),
      );
    }
    assertReason(said);
    const title = found === undefined ? said.reason : `${found.title}: ${said.reason}`;
    await this.#mutate(
      kept,
      {
        state: 'stopped',
        reason: title,
        added: { kind: 'stop', subject: condition ?? 'person', state: 'noted', ...saying(said), evidence: '{}' },
        event: this.#event('stop', runbook.id, title, { run: kept.record.run.id }, said.reason),
      },
      true,
    );
    await this.#haltChange();
  }

  /** A person's signed word that a stopped run may go on. @throws Problem blocked, where nothing is stopped */
  async decide(runbook: Runbook, kept: KeptRun, said: Said, signal: AbortSignal): Promise<RunbookRecord> {
    assertReason(said);
    const looked = await this.look(runbook, kept);
    if (looked.record.run.state !== 'stopped') {
      throw new Problem('blocked', 'the run is not stopped', 'apptop runbook status says where it is');
    }
    const held = await heldConditions(runbook, looked.record, this.#ground(signal), true);
    const stops = looked.standing.stops.map(({ subject, evidence }) => [subject, readEvidence(evidence).measure ?? 0]);
    const accepts: Record<string, number> = Object.fromEntries(stops);
    for (const { condition, measure } of held) accepts[condition.id] = Math.max(measure, accepts[condition.id] ?? 0);
    const restored = RESTORED in accepts || looked.restored !== undefined;
    return this.#mutate(looked, {
      state: 'running',
      reason: undefined,
      added: {
        kind: 'decision',
        subject: Object.keys(accepts)[0] ?? 'person',
        state: 'noted',
        ...saying(said),
        evidence: evidenceText({ accepts, ...(restored && { restored }) }),
      },
      event: this.#event('decision', runbook.id, 'goes on', { run: kept.record.run.id }, said.reason),
    });
  }

  /** Ends a run before its end. @throws Problem */
  async abort(kept: KeptRun, said: Said): Promise<RunbookRecord> {
    assertReason(said);
    const { run } = kept.record;
    return this.#mutate(
      kept,
      {
        state: 'aborted',
        reason: said.reason,
        added: { kind: 'abort', subject: run.runbook, state: 'noted', ...saying(said), evidence: '{}' },
        event: this.#event('runbook', run.runbook, 'aborted', { run: run.id }, said.reason),
      },
      true,
    );
  }

  /**
   * Signs for a role, when every step is done; the last one finishes the run.
   * @param statement the runbook's own by default
   * @param reason why it is signed although a success metric fails
   * @throws Problem blocked, with what is missing
   */
  async sign(
    runbook: Runbook,
    kept: KeptRun,
    role: string,
    said: {
      readonly name?: string | undefined;
      readonly statement?: string | undefined;
      readonly reason?: string | undefined;
    },
    signal: AbortSignal,
  ): Promise<RunbookRecord> {
    const wanted = runbook.signOff.find((one) => one.role === role);
    if (wanted === undefined)
      throw unknownWord(
        'role',
        role,
        runbook.signOff.map((one) => one.role),
      );
    const looked = await this.#ready(runbook, kept, signal);
    const { left, signOffs } = looked.standing;
    const [first] = left;
    if (first !== undefined) {
      const more = left.length > 1 ? ` and ${left.length - 1} more` : '';
      throw new Problem('blocked', `${first.step.id}${more} is not done`, 'do every step before anybody signs');
    }
    const signed = signOffs.find(({ signOff }) => signOff.role === role)?.entry;
    if (signed !== undefined) {
      throw new Problem('blocked', `${signed.name ?? signed.operator} has signed for ${role}`, 'nobody signs twice');
    }
    const metrics = await this.metrics(runbook, looked.standing, signal);
    const failing = metrics.find(({ state }) => state === 'fails' || state === 'could-not-tell');
    if (failing !== undefined && (said.reason ?? '').trim() === '') {
      const what = `${failing.metric.title}: ${failing.text}`;
      throw new Problem('blocked', `a success metric does not hold: ${what}`, 'see to it, or say why: --reason TEXT');
    }
    const statement = said.statement ?? wanted.statement;
    const evidence = evidenceText({ statement, checks: metrics.flatMap(({ check }) => check ?? []) });
    const details = { run: kept.record.run.id, role, statement };
    return this.#mutate(
      looked,
      ({ entries }) => {
        const signedNow = (one: string) => entries.some(({ kind, subject }) => kind === 'sign-off' && subject === one);
        const all = runbook.signOff.every((one) => one.role === role || signedNow(one.role));
        return {
          ...(all && { state: 'finished' as const, reason: undefined }),
          added: {
            kind: 'sign-off',
            subject: role,
            state: 'noted',
            name: said.name ?? this.#operator(),
            note: said.reason,
            evidence,
          },
          event: this.#event('sign-off', runbook.id, all ? 'finished' : 'signed', details, said.reason),
        };
      },
      false,
    );
  }

  /** Whether the monitor window of the move is over. */
  async #window({ phases }: Runbook, now: number): Promise<MonitorWindow | undefined> {
    const asks = stepsOf({ phases }).some(({ work }) => work.kind === 'wait' && work.hours === 'monitor-window');
    if (!asks) return undefined;
    const { dialect } = this.#database;
    const place = { context: this.#context, database: this.#database, dialect, options: { lane: 'change' } } as const;
    const phase = phaseOf('migrated', await runsOf(place, 1_000), this.#context.changes.monitorHours, now);
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
  async #ready(runbook: Runbook, kept: KeptRun, signal: AbortSignal): Promise<LookedRun> {
    const looked = await this.look(runbook, kept);
    const { run } = looked.record;
    if (run.state === 'stopped') throw stopped(run.reason ?? 'a stop condition holds');
    if (!isOpenRun(run)) {
      throw new Problem('blocked', `run ${run.id} of ${run.runbook} is ${run.state}`, 'begin another one');
    }
    if (looked.restored !== undefined) {
      const reason = `the database was put back to an earlier state: ${looked.restored}`;
      await this.#stopFor(runbook, looked, RESTORED, reason, '{}');
      throw stopped(reason);
    }
    const held = await heldConditions(runbook, looked.record, this.#ground(signal), true);
    const [first] = held;
    if (first === undefined) return looked;
    throw stopped(await this.#stop(runbook, looked, held));
  }

  async #stop(runbook: Runbook, kept: KeptRun, held: readonly Held[]): Promise<string> {
    const [first] = held;
    if (first === undefined) throw new Error('no condition holds');
    const reason = `${first.condition.title} (${first.text})`;
    const evidence = evidenceText({ measure: first.measure, checks: [...first.checks] });
    await this.#stopFor(runbook, kept, first.condition.id, reason, evidence);
    await this.#haltChange();
    return reason;
  }

  async #stopFor(runbook: Runbook, kept: KeptRun, id: string, reason: string, evidence: string): Promise<void> {
    await this.#mutate(kept, {
      state: 'stopped',
      reason,
      added: { kind: 'stop', subject: id, state: 'noted', name: undefined, note: reason, evidence },
      event: this.#event('stop', runbook.id, reason, { run: kept.record.run.id, condition: id }),
    });
  }

  /** A change that runs stands still while the run is stopped. Who holds it pauses at the end of its batch. */
  async #haltChange(): Promise<void> {
    if (this.#context.access !== 'operate') return;
    const running = (await this.#path.runs()).find(({ state }) => isOpen(state) && state === 'running');
    if (running === undefined) return;
    try {
      await this.#path.ask(running.id, 'pause');
    } catch (error) {
      // It ended meanwhile: it stands still too.
      if (!(error instanceof Problem && error.kind === 'blocked')) throw error;
    }
  }

  #stepOf(standing: Standing, id: string): StepStanding {
    const found = standing.steps.find(({ step }) => step.id === id);
    if (found !== undefined) return found;
    throw unknownWord(
      'step',
      id,
      standing.steps.map(({ step }) => step.id),
    );
  }

  /** @throws Problem blocked, where something stands in the way of a step */
  #assertFree({ step, state, why, last }: StepStanding, now: number): void {
    if (last !== undefined && isRunning(last, now)) {
      const what = `${last.operator} is at ${step.id} since ${distance(last.beganAt, now)}`;
      throw new Problem('blocked', what, 'wait for it; a claim of somebody who is gone runs out within a minute');
    }
    if (state === 'blocked')
      throw new Problem('blocked', `${step.id} can't be done yet: ${why.join('; ')}`, 'do that before');
    if (state === 'waiting') throw new Problem('blocked', `${step.id} waits ${why.join('; ')}`, 'come back then');
  }

  async #tick(
    runbook: Runbook,
    looked: LookedRun,
    { step: { id, title } }: StepStanding,
    name: string | undefined,
    note: string | undefined,
  ): Promise<RunbookEntry> {
    if (name === undefined || name.trim() === '') {
      throw new Problem('blocked', `${id} wants a person's name: ${title}`, `do it, then tick it: --tick ${id}=NAME`);
    }
    const evidence = evidenceText({ runbook: runbook.digest });
    const added = { kind: 'step', subject: id, state: 'ticked', name: name.trim(), note, evidence } as const;
    const event = this.#stepEvent(runbook, looked, id, `ticked by ${name.trim()}`, note);
    return lastOf(
      await this.#settled(runbook, await this.#mutate(looked, { added, event }, false, id), looked),
      'step',
    );
  }

  async #waited(
    runbook: Runbook,
    looked: LookedRun,
    { step: { id }, until, why }: StepStanding,
  ): Promise<RunbookEntry> {
    const text = why.join('; ');
    const added = {
      kind: 'step',
      subject: id,
      state: 'passed',
      name: undefined,
      note: text,
      evidence: evidenceText({ runbook: runbook.digest, wait: { ...(until !== undefined && { until }), text } }),
    } as const;
    const event = this.#stepEvent(runbook, looked, id, 'passed', text);
    return lastOf(
      await this.#settled(runbook, await this.#mutate(looked, { added, event }, false, id), looked),
      'step',
    );
  }

  /** Claims a step, does it, and writes down what came of it. */
  async #attempt(
    runbook: Runbook,
    looked: LookedRun,
    { step }: StepStanding,
    options: StepOptions,
  ): Promise<RunbookEntry> {
    const { store } = looked;
    await this.#assertConfirmed(step, options);
    const claim = newMark();
    const begun = await this.#mutate(
      looked,
      {
        added: {
          kind: 'step',
          subject: step.id,
          state: 'running',
          name: options.name,
          note: options.note,
          evidence: evidenceText({ runbook: runbook.digest }),
          claim,
        },
        event: this.#stepEvent(runbook, looked, step.id, 'begun', options.note),
      },
      false,
      step.id,
    );
    const entry = lastOf(begun, 'step');
    const began = performance.now();
    const renewing = setInterval(
      () => void store.renew(begun.run.id, entry.seq, claim).catch(() => undefined),
      RENEW_MS,
    );
    let outcome: Outcome;
    try {
      const hands = { ...this.#ground(options.leave), path: this.#path, folder: runbook.folder };
      outcome = await perform(hands, step, options);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const undone = error.kind === 'blocked' || error.kind === 'cancelled';
      outcome = { state: 'failed', note: `${error.message}; ${error.remedy}`, evidence: undone ? { undone } : {} };
    } finally {
      clearInterval(renewing);
    }
    return this.#ended(runbook, looked, {
      entry,
      claim,
      outcome,
      workedMs: performance.now() - began,
      note: options.note,
    });
  }

  async #ended(
    runbook: Runbook,
    looked: KeptRun,
    done: {
      readonly entry: RunbookEntry;
      readonly claim: string;
      readonly outcome: Outcome;
      readonly workedMs: number;
      readonly note: string | undefined;
    },
  ): Promise<RunbookEntry> {
    const { entry, claim, outcome, workedMs } = done;
    const note = [outcome.note, done.note].filter(Boolean).join('; ') || undefined;
    const after = await looked.store.mutate(looked.record.run.id, ({ entries }): Mutation => {
      const now = entries.find(({ seq }) => seq === entry.seq);
      if (now === undefined || now.claim !== claim || now.state !== 'running') {
        throw new Problem(
          'blocked',
          `${entry.subject} was taken over while it was done here: it is not on record that it ${outcome.state}`,
          'look at apptop runbook status, and do it again',
        );
      }
      const evidence = evidenceText({ runbook: runbook.digest, ...outcome.evidence });
      return {
        ended: [{ seq: entry.seq, state: outcome.state, note, evidence, workedMs }],
        event: this.#stepEvent(runbook, looked, entry.subject, outcome.state, note),
      };
    });
    const settled = await this.#settled(runbook, after, looked);
    return settled.entries.find(({ seq }) => seq === entry.seq) ?? entry;
  }

  /** After a step: a stop condition about steps may hold, or it was the last one and nobody has to sign. */
  async #settled(runbook: Runbook, record: RunbookRecord, { store }: KeptRun): Promise<RunbookRecord> {
    const kept = { store, record };
    if (record.run.state !== 'running') return record;
    const held = await heldConditions(runbook, record, this.#ground(new AbortController().signal), false);
    if (held.length > 0) {
      await this.#stop(runbook, kept, held);
      return (await store.read(record.run.id)) ?? record;
    }
    if (runbook.signOff.length > 0) return record;
    const { left } = standOf(runbook, record, await this.#window(runbook, record.now));
    if (left.length > 0) return record;
    return store.mutate(record.run.id, () => ({
      state: 'finished',
      reason: undefined,
      event: this.#event('runbook', runbook.id, 'finished', { run: record.run.id }),
    }));
  }

  /** A step that changes something never confirms itself. */
  async #assertConfirmed(step: StepStanding['step'], options: StepOptions): Promise<void> {
    if (step.work.kind !== 'change' || step.work.action === 'plan' || options.confirmed !== undefined) return;
    const planned = await planChange(this.#path, step.work, options.leave, options.backup);
    if (planned.open !== undefined || planned.phrase === '') return;
    throw new Problem(
      'blocked',
      `${step.id} changes the database, and nobody has confirmed it: ${planned.look.plan.summary.join('; ')}`,
      `read its plan, then give --confirm "${planned.phrase}"`,
    );
  }

  /**
   * Moves a run on that may have moved since it was looked at.
   * @param anyState whether it may be stopped
   * @param step which must not be under way
   */
  #mutate(
    kept: KeptRun,
    wanted: Mutation | ((record: RunbookRecord) => Mutation),
    anyState = typeof wanted !== 'function' && wanted.state !== undefined,
    step?: string,
  ): Promise<RunbookRecord> {
    return kept.store.mutate(kept.record.run.id, (record) => {
      const { run, entries, now } = record;
      const mutation = typeof wanted === 'function' ? wanted(record) : wanted;
      if (!isOpenRun(run))
        throw new Problem('blocked', `run ${run.id} of ${run.runbook} is ${run.state}`, 'begin another one');
      if (!anyState && run.state === 'stopped') throw stopped(run.reason ?? 'a stop condition holds');
      const last = entries.findLast(({ kind, subject }) => kind === 'step' && subject === step);
      if (step === undefined || last === undefined || last.state !== 'running') return mutation;
      if (isRunning(last, now)) {
        const what = `${last.operator} is at ${step} since ${distance(last.beganAt, now)}`;
        throw new Problem('blocked', what, 'wait for it; a claim of somebody who is gone runs out within a minute');
      }
      const gone = {
        seq: last.seq,
        state: 'failed' as const,
        note: 'its process is gone',
        evidence: evidenceText({ ...readEvidence(last.evidence), undone: true }),
        workedMs: 0,
      };
      return { ...mutation, ended: [gone] };
    });
  }

  #ground(signal: AbortSignal) {
    return { context: this.#context, database: this.#database, signal };
  }

  #operator(): string {
    return operatorName(this.#database.server?.user);
  }

  #event(
    event: EventName,
    runbook: string,
    outcome: string,
    details: Readonly<Record<string, string | number>>,
    reason?: string,
  ): AuditEvent {
    return {
      event,
      change: runbook,
      outcome,
      details: { runbook, ...details },
      ...(reason !== undefined && { reason }),
    };
  }

  #stepEvent(
    { id }: Runbook,
    { record: { run } }: KeptRun,
    step: string,
    outcome: string,
    reason: string | undefined,
  ): AuditEvent {
    return this.#event('step', `${id}/${step}`, outcome, { run: run.id, step }, reason);
  }
}

const saying = ({ name, reason }: Said) => ({ name: name ?? operatorName(), note: reason });

function assertReason({ reason }: Said): void {
  if (reason.trim() === '') throw new Problem('blocked', 'it needs a reason', 'say why: --reason TEXT');
}

const lastOf = ({ entries }: RunbookRecord, kind: RunbookEntry['kind']): RunbookEntry => {
  const entry = entries.findLast((one) => one.kind === kind);
  if (entry === undefined) throw new Error('nothing was written down');
  return entry;
};

function unknownWord(what: string, word: string, words: readonly string[]): Problem {
  const near = nearest(word, words);
  const remedy = near === undefined ? `there are ${words.join(', ') || 'none'}` : `did you mean ${near}?`;
  return new Problem('usage', `there is no ${what} "${word}"`, remedy);
}
