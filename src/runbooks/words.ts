import { Problem } from '../model/problem.ts';
import type { RunbookRecord } from '../model/runbook-run.ts';
import { heldConditions } from './conditions.ts';
import { evidenceText, readEvidence } from './evidence.ts';
import { type KeptRun, type Looker, RESTORED } from './looker.ts';
import { assertedName, assertReason, eventOf, move, type Said, saying, unknownWord } from './moves.ts';
import type { Runbook } from './runbook.ts';
import { standOf } from './standing.ts';

/** What somebody signs with. */
export interface Signed {
  /** Nobody signs without one. */
  readonly name?: string | undefined;
  /** The runbook's own by default. */
  readonly statement?: string | undefined;
  /** Why it is signed although a success metric fails. */
  readonly reason?: string | undefined;
}

/** Writes down what people say about a run: a stop, a decision, its end, a signature. */
export class Words {
  readonly #looker: Looker;

  constructor(looker: Looker) {
    this.#looker = looker;
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
    await move(
      kept,
      {
        state: 'stopped',
        reason: title,
        added: { kind: 'stop', subject: condition ?? 'person', state: 'noted', ...saying(said), evidence: '{}' },
        event: eventOf('stop', runbook.id, title, { run: kept.record.run.id }, said.reason),
      },
      true,
    );
    await this.#looker.haltChange();
  }

  /** A person's signed word that a stopped run may go on. @throws Problem blocked, where nothing is stopped */
  async decide(runbook: Runbook, kept: KeptRun, said: Said, signal: AbortSignal): Promise<RunbookRecord> {
    assertReason(said);
    const name = assertedName(said.name, "a decision wants a person's name", 'sign it: --name NAME');
    let looked = await this.#looker.look(runbook, kept);
    if (looked.record.run.state === 'running') {
      // Whoever decides about what nobody was told yet is told it by the record.
      if ((await this.#looker.stopDoubted(runbook, looked)) === undefined) {
        throw new Problem('blocked', 'the run is not stopped', 'apptop runbook status says where it is');
      }
      looked = await this.#looker.look(runbook, kept);
    }
    const held = await heldConditions(runbook, looked.record, this.#looker.ground(signal), true);
    const stops = looked.standing.stops.map(({ subject, evidence }) => [subject, readEvidence(evidence).measure ?? 0]);
    const accepts: Record<string, number> = Object.fromEntries(stops);
    for (const { condition, measure } of held) accepts[condition.id] = Math.max(measure, accepts[condition.id] ?? 0);
    const restored = RESTORED in accepts || looked.restored !== undefined;
    const edited = looked.edited.length > 0;
    return move(looked, {
      ...((edited || restored) && { anew: true }),
      state: 'running',
      reason: undefined,
      added: {
        kind: 'decision',
        subject: Object.keys(accepts)[0] ?? 'person',
        state: 'noted',
        ...saying({ ...said, name }),
        evidence: evidenceText({
          accepts,
          ...(restored && { restored }),
          ...(edited && { edited: [...looked.edited] }),
        }),
      },
      event: eventOf('decision', runbook.id, 'goes on', { run: kept.record.run.id }, said.reason),
    });
  }

  /** Ends a run before its end. @throws Problem */
  async abort(kept: KeptRun, said: Said): Promise<RunbookRecord> {
    assertReason(said);
    const { run } = kept.record;
    const record = (await kept.store.read(run.id)) ?? kept.record;
    const { restored, edited } = await this.#looker.doubts({ ...kept, record });
    return move(
      kept,
      {
        // It ends as it is.
        ...((edited.length > 0 || restored !== undefined) && { anew: true }),
        state: 'aborted',
        reason: said.reason,
        added: {
          kind: 'abort',
          subject: run.runbook,
          state: 'noted',
          ...saying(said),
          evidence: evidenceText({
            ...(restored !== undefined && { restored: true }),
            ...(edited.length > 0 && { edited: [...edited] }),
          }),
        },
        event: eventOf('runbook', run.runbook, 'aborted', { run: run.id }, said.reason),
      },
      true,
    );
  }

  /**
   * Signs for a role, when every step is done; the last one finishes the run.
   * @throws Problem blocked, with what is missing
   */
  async sign(runbook: Runbook, kept: KeptRun, role: string, said: Signed, signal: AbortSignal): Promise<RunbookRecord> {
    const wanted = runbook.signOff.find((one) => one.role === role);
    if (wanted === undefined)
      throw unknownWord(
        'role',
        role,
        runbook.signOff.map((one) => one.role),
      );
    const name = assertedName(said.name, "a signature wants a person's name", 'say who signs: --name NAME');
    const looked = await this.#looker.ready(runbook, kept, signal);
    const { left, signOffs } = looked.standing;
    const [first] = left;
    if (first !== undefined) {
      const what = left.length > 1 ? `and ${left.length - 1} more are` : 'is';
      throw new Problem('blocked', `${first.step.id} ${what} not done`, 'do every step before anybody signs');
    }
    const signed = signOffs.find(({ signOff }) => signOff.role === role)?.entry;
    if (signed !== undefined) {
      throw new Problem('blocked', `${signed.name ?? signed.operator} has signed for ${role}`, 'nobody signs twice');
    }
    const metrics = await this.#looker.metrics(runbook, looked.standing, signal);
    const failing = metrics.find(({ state }) => state === 'fails' || state === 'could-not-tell');
    if (failing !== undefined && (said.reason ?? '').trim() === '') {
      const what = `${failing.metric.title}: ${failing.text}`;
      throw new Problem('blocked', `a success metric does not hold: ${what}`, 'see to it, or say why: --reason TEXT');
    }
    const statement = said.statement ?? wanted.statement;
    const evidence = evidenceText({ statement, checks: metrics.flatMap(({ check }) => check ?? []) });
    const details = { run: kept.record.run.id, role, statement };
    const around = await this.#looker.around(runbook, looked.record);
    return move(
      looked,
      (record) => {
        const now = standOf(runbook, record, around).signOffs;
        const all = now.every(({ signOff, entry }) => signOff.role === role || entry !== undefined);
        return {
          ...(all && { state: 'finished' as const, reason: undefined }),
          added: {
            kind: 'sign-off',
            subject: role,
            state: 'noted',
            name,
            note: said.reason,
            evidence,
          },
          event: eventOf('sign-off', runbook.id, all ? 'finished' : 'signed', details, said.reason),
        };
      },
      false,
    );
  }
}
