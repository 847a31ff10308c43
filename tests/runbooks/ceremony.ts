import { Audit } from '../../src/audit/audit.ts';
import { RunbookEngine } from '../../src/runbooks/engine.ts';
import type { KeptRun, LookedRun } from '../../src/runbooks/looker.ts';
import type { Said } from '../../src/runbooks/moves.ts';
import type { StepOptions } from '../../src/runbooks/perform.ts';
import { type Runbook, readRunbook } from '../../src/runbooks/runbook.ts';
import { DUMP, type Operated } from '../changes/guarded.ts';

/** What a step of a test is, with its title and its needs left out where nobody looks at them. */
type PlainStep = Readonly<Record<string, unknown>> & { readonly id: string };

/** A runbook of these steps, by way of a file's text. */
export const runbookOf = (steps: readonly PlainStep[], more: object = {}): Promise<Runbook> =>
  readRunbook(
    JSON.stringify({
      version: 1,
      id: 'ceremony',
      title: 'Ceremony',
      purpose: 'a test',
      phases: [{ id: 'all', title: 'All', steps: steps.map((step) => ({ title: `Do ${step.id}`, ...step })) }],
      ...more,
    }),
    'ceremony.json',
    process.cwd(),
  );

export const manual = (id: string, more: object = {}): PlainStep => ({
  id,
  manual: { instructions: [`Do ${id}.`] },
  ...more,
});

/** A command that ends as it is told. */
export const command = (id: string, script: string, more: object = {}): PlainStep => ({
  id,
  command: { command: ['sh', '-c', script] },
  ...more,
});

/** One operator who carries a runbook out. */
export class Ceremony {
  readonly on: Operated;
  readonly engine: RunbookEngine;
  readonly runbook: Runbook;
  readonly kept: KeptRun;

  private constructor(on: Operated, engine: RunbookEngine, runbook: Runbook, kept: KeptRun) {
    this.on = on;
    this.engine = engine;
    this.runbook = runbook;
    this.kept = kept;
  }

  /** Begins a run, or goes on with the one that is open. */
  static async begin(on: Operated, runbook: Runbook, said?: Said): Promise<Ceremony> {
    const engine = engineOf(on);
    return new Ceremony(on, engine, runbook, await engine.begin(runbook, said));
  }

  look(): Promise<LookedRun> {
    return this.engine.look(this.runbook, this.kept);
  }

  run(step: string, options: Partial<StepOptions> = {}) {
    const leave = new AbortController().signal;
    return this.engine.runStep(this.runbook, this.kept, step, { leave, backup: DUMP, ...options });
  }

  tick(step: string, name = 'Ada', note = 'seen') {
    return this.run(step, { name, note });
  }

  /** The states of all steps, by their ids. */
  async states(): Promise<Readonly<Record<string, string>>> {
    const { standing } = await this.look();
    return Object.fromEntries(standing.steps.map(({ step, state }) => [step.id, state]));
  }

  async state(): Promise<string> {
    return (await this.look()).record.run.state;
  }

  decide(reason: string) {
    return this.engine.decide(this.runbook, this.kept, { name: 'Ada', reason }, new AbortController().signal);
  }

  sign(role: string, more: { readonly reason?: string } = {}) {
    return this.engine.sign(this.runbook, this.kept, role, { name: 'Ada', ...more }, new AbortController().signal);
  }
}

export const engineOf = ({ context, database, path }: Operated): RunbookEngine =>
  new RunbookEngine(context, database, path, new Audit(context, database.dialect));
