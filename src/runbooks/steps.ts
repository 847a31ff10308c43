import { Problem } from '../model/problem.ts';
import type { RunbookEntry, RunbookRecord } from '../model/runbook-run.ts';
import { heldConditions } from './conditions.ts';
import { evidenceText, readEvidence } from './evidence.ts';
import { seenInLogs } from './logs.ts';
import type { KeptRun, LookedRun, Looker } from './looker.ts';
import {
  assertedName,
  assertReason,
  busy,
  eventOf,
  lastAttempt,
  move,
  type Said,
  saying,
  stepEvent,
  unknownWord,
} from './moves.ts';
import { type Outcome, perform, planChange, type StepOptions } from './perform.ts';
import type { Runbook } from './runbook.ts';
import { isRunning, type Standing, type StepStanding, standOf, wantsPerson } from './standing.ts';
import { CLAIM_SECONDS, type Mutation, newMark } from './store.ts';
import { waitsText } from './telling.ts';

/** Milliseconds between two renewals of a claim. */
const RENEW_MS = (CLAIM_SECONDS * 1000) / 4;

/** Does steps, one at a time, and writes down what came of each. */
export class Steps {
  readonly #looker: Looker;

  constructor(looker: Looker) {
    this.#looker = looker;
  }

  /**
   * Does a step, whatever its kind, and keeps what came of it. A step that was done may be done again.
   * @returns the attempt as it is kept: a step that fails is no rejection
   * @throws Problem blocked: something before it is not done, somebody is at it, a stop condition holds, a person is needed
   */
  async run(runbook: Runbook, kept: KeptRun, id: string, options: StepOptions): Promise<RunbookEntry> {
    return kept.store.during(async () => {
      const looked = await this.#looker.ready(runbook, kept, options.leave);
      const standing = this.#stepOf(looked.standing, id);
      const { step } = standing;
      // Time may have passed while nobody looked: from now on it is on record that it did.
      for (const wait of looked.standing.steps) {
        const over = wait.step.work.kind === 'wait' && wait.state === 'passed' && wait.attempts.length === 0;
        if (over && wait.step.id !== id) await this.#waited(runbook, looked, wait);
      }
      this.#assertFree(standing, looked.record.now);
      const note = this.#looker.mask(options.note?.trim() ?? '') || undefined;
      if (step.noteRequired && note === undefined) {
        throw new Problem('blocked', `${id} needs a note: ${step.title}`, 'write down what you saw: --note TEXT');
      }
      const answered = options.name !== undefined && wantsPerson(standing);
      if (step.work.kind === 'manual' || answered) {
        return this.#tick(runbook, looked, standing, { ...options, note });
      }
      if (step.work.kind === 'wait') return this.#waited(runbook, looked, standing);
      return this.#attempt(runbook, looked, standing, { ...options, note });
    });
  }

  /** Leaves an optional step out. @throws Problem blocked, where it is not optional */
  async skip(runbook: Runbook, kept: KeptRun, id: string, said: Said, signal: AbortSignal): Promise<RunbookEntry> {
    const looked = await this.#looker.ready(runbook, kept, signal);
    const { step, state } = this.#stepOf(looked.standing, id);
    if (!step.optional) {
      throw new Problem('blocked', `${id} can't be left out: it is not optional`, 'do it, or abort the run');
    }
    if (state === 'running') throw new Problem('blocked', `${id} is under way`, 'wait for it');
    assertReason(said);
    const added = { kind: 'step', subject: id, state: 'skipped', ...saying(said), evidence: '{}' } as const;
    const event = stepEvent(runbook, kept, id, 'skipped', said.reason);
    return lastAttempt(await this.#settled(runbook, await move(looked, { added, event }, false, id), looked), id);
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
  #assertFree(standing: StepStanding, now: number): void {
    const { step, state, why, last } = standing;
    if (last !== undefined && isRunning(last, now)) throw busy(last, now);
    if (state === 'blocked')
      throw new Problem('blocked', `${step.id} can't be done yet: ${why.join('; ')}`, 'do that before');
    if (state === 'waiting') throw new Problem('blocked', waitsText(standing), 'come back then');
  }

  async #tick(
    runbook: Runbook,
    looked: LookedRun,
    { step: { id, title, work }, last }: StepStanding,
    { name: given, note: said, leave }: StepOptions,
  ): Promise<RunbookEntry> {
    const name = assertedName(
      given && this.#looker.mask(given),
      `${id} wants a person's name: ${title}`,
      `do it, then tick it: --tick ${id}=NAME`,
    );
    if (work.kind !== 'manual' && said === undefined) {
      throw new Problem('blocked', `${id} needs a note: ${last?.note}`, 'write down how you know: --note TEXT');
    }
    const { checks, unlooked } = readEvidence(last?.evidence ?? '{}');
    const { words, evidence: seen } =
      work.kind === 'manual'
        ? await seenInLogs(this.#looker.ground(leave), work)
        : { words: [], evidence: { checks, unlooked } };
    const note = [said, ...words].filter(Boolean).join('; ') || undefined;
    const evidence = evidenceText({ runbook: runbook.digest, ...seen });
    const added = { kind: 'step', subject: id, state: 'ticked', name, note, evidence } as const;
    const event = stepEvent(runbook, looked, id, `ticked by ${name}`, note);
    return lastAttempt(await this.#settled(runbook, await move(looked, { added, event }, false, id), looked), id);
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
    const event = stepEvent(runbook, looked, id, 'passed', text);
    return lastAttempt(await this.#settled(runbook, await move(looked, { added, event }, false, id), looked), id);
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
    const begun = await move(
      looked,
      {
        added: {
          kind: 'step',
          subject: step.id,
          state: 'running',
          name: undefined,
          note: options.note,
          evidence: evidenceText({ runbook: runbook.digest }),
          claim,
        },
        event: stepEvent(runbook, looked, step.id, 'begun', options.note),
      },
      false,
      step.id,
    );
    const entry = begun.entries.find((one) => one.claim === claim) ?? lastAttempt(begun, step.id);
    const began = performance.now();
    const taken = new AbortController();
    const renew = async () => {
      if (!(await store.renew(begun.run.id, entry.seq, claim))) taken.abort();
    };
    // One that fails is tried again in time; without any the claim runs out, and whoever takes the step over is told.
    const renewing = setInterval(() => void renew().catch(() => undefined), RENEW_MS);
    const leave = AbortSignal.any([options.leave, taken.signal]);
    let outcome: Outcome;
    try {
      const hands = { ...this.#looker.ground(leave), path: this.#looker.path, folder: runbook.folder };
      outcome = await perform(hands, step, { ...options, leave });
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
    const note = this.#looker.mask([outcome.note, done.note].filter(Boolean).join('; ')) || undefined;
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
        event: stepEvent(runbook, looked, entry.subject, outcome.state, note),
      };
    });
    const settled = await this.#settled(runbook, after, looked);
    return settled.entries.find(({ seq }) => seq === entry.seq) ?? entry;
  }

  /** After a step: a stop condition about steps may hold, or it was the last one and nobody has to sign. */
  async #settled(runbook: Runbook, record: RunbookRecord, { store }: KeptRun): Promise<RunbookRecord> {
    const kept = { store, record };
    if (record.run.state !== 'running') return record;
    const held = await heldConditions(runbook, record, this.#looker.ground(new AbortController().signal), false);
    if (held.length > 0) {
      await this.#looker.stopHeld(runbook, kept, held);
      return (await store.read(record.run.id)) ?? record;
    }
    if (runbook.signOff.length > 0) return record;
    const { left } = standOf(runbook, record, await this.#looker.around(runbook, record));
    if (left.length > 0) return record;
    return store.mutate(record.run.id, () => ({
      state: 'finished',
      reason: undefined,
      event: eventOf('runbook', runbook.id, 'finished', { run: record.run.id }),
    }));
  }

  /** A step that changes something never confirms itself. */
  async #assertConfirmed(step: StepStanding['step'], options: StepOptions): Promise<void> {
    if (step.work.kind !== 'change' || step.work.action !== 'run' || options.confirmed !== undefined) return;
    const planned = await planChange(this.#looker.path, step.work, options.leave, options.backup);
    if (planned.open !== undefined || planned.phrase === '') return;
    throw new Problem(
      'blocked',
      `${step.id} changes the database, and nobody has confirmed it: ${planned.look.plan.summary.join('; ')}`,
      `read its plan, then give --confirm "${planned.phrase}"`,
    );
  }
}
