import type { Audit } from '../audit/audit.ts';
import type { GuardedPath } from '../changes/guarded-path.ts';
import { checksOf } from '../checks/all.ts';
import type { Context } from '../config/context.ts';
import type { Database } from '../data/database.ts';
import { Problem } from '../model/problem.ts';
import { isOpenRun, type RunbookEntry, type RunbookRecord, type RunbookRun } from '../model/runbook-run.ts';
import { CHANGES } from '../rollback/all.ts';
import { type FoundRunbook, runbooksOf } from './all.ts';
import { heldConditions, heldText, type MetricStanding } from './conditions.ts';
import { DatabaseStore } from './database-store.ts';
import { evidenceText } from './evidence.ts';
import { LocalStore } from './local-store.ts';
import { doubtText, type KeptRun, type LookedRun, Looker, RESTORED } from './looker.ts';
import { assertedName, eventOf, type Said } from './moves.ts';
import { type PlannedChange, planChange, type StepOptions } from './perform.ts';
import { type Runbook, readRunbook, type Step, verifyNames } from './runbook.ts';
import type { Standing } from './standing.ts';
import { Steps } from './steps.ts';
import type { NewEntry, RunbookStore } from './store.ts';
import { type Signed, Words } from './words.ts';

/** The decision that a run begins where the one before it is gone or contested. @throws Problem blocked, where nobody has signed it */
function beginsAnew(contested: readonly string[], said: Said | undefined): NewEntry {
  const remedy = 'find out who did it and why; to begin another run, sign that: --name NAME --reason WHY';
  const name = assertedName(said?.reason.trim() === '' ? '' : said?.name, contested.join('; '), remedy);
  return {
    kind: 'decision',
    subject: RESTORED,
    state: 'noted',
    name,
    note: `${said?.reason}; ${contested.join('; ')}`,
    evidence: evidenceText({ restored: true }),
  };
}

/** Runs of a place that are looked at. */
const NEWEST = 100;

/** A run in a list, with where it is kept. */
export interface ListedRun {
  readonly place: RunbookStore['place'];
  readonly run: RunbookRun;
}

/** Carries runbooks out: one run of each at a time, shared by all who operate the database. */
export class RunbookEngine {
  readonly #context: Context;
  readonly #shared: DatabaseStore;
  readonly #local: LocalStore;
  readonly #looker: Looker;
  readonly #steps: Steps;
  readonly #words: Words;

  constructor(context: Context, database: Database, path: GuardedPath, audit: Audit) {
    this.#context = context;
    this.#shared = new DatabaseStore(context, database, audit);
    this.#local = new LocalStore(context, database, audit);
    this.#looker = new Looker(context, database, path);
    this.#steps = new Steps(this.#looker);
    this.#words = new Words(this.#looker);
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
      // One that the config says nothing of is told at its step.
      CHANGES,
    );
  }

  /**
   * The same as `runbooks`, and one that names a check or a change that is not there is none either.
   * @throws Problem config
   */
  async verified(file?: string): Promise<readonly FoundRunbook[]> {
    const found = await this.runbooks(file);
    return Promise.all(
      found.map(async (one): Promise<FoundRunbook> => {
        if ('problem' in one) return one;
        try {
          await this.verify(one.runbook);
          return one;
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          return { id: one.id, problem: error };
        }
      }),
    );
  }

  /** The runbook of a run as it was when the run began, to be shown only; undefined where it can't be read. */
  async shown({ id, definition }: RunbookRun): Promise<Runbook | undefined> {
    try {
      return await readRunbook(definition, `run ${id}`, process.cwd());
    } catch (error) {
      if (error instanceof Problem) return undefined;
      throw error;
    }
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

  /** Runs that this machine has seen and the database has no more, a line each, or why that can't be known. @throws Problem */
  async missing(runbook?: string): Promise<readonly string[]> {
    const closed = await this.#shared.closed();
    return closed === undefined ? this.#shared.gone(runbook) : [closed];
  }

  /** That, and what is known against the open runs and the newest one of each runbook, a line each. @throws Problem */
  async doubts(): Promise<readonly string[]> {
    const lines = [...(await this.missing())];
    for (const store of [this.#shared, this.#local]) {
      const newest = new Set<string>();
      for (const run of await store.runs(NEWEST)) {
        if (isOpenRun(run) || !newest.has(run.runbook)) lines.push(...(await this.#against(store, run)));
        newest.add(run.runbook);
      }
    }
    return lines;
  }

  /** Why another run of a runbook is not begun without a word, a line each: one is gone, or did not end by apptop. @throws Problem */
  async contested(runbook: string): Promise<readonly string[]> {
    const newest = (await this.#shared.runs(NEWEST)).find((one) => one.runbook === runbook);
    return [
      ...(await this.#shared.gone(runbook)),
      ...(newest === undefined ? [] : await this.#against(this.#shared, newest)),
    ];
  }

  async #against(store: RunbookStore, { id, runbook }: RunbookRun): Promise<readonly string[]> {
    const record = await store.read(id);
    const doubt = record && doubtText(await this.#looker.doubts({ store, record }));
    return doubt === undefined ? [] : [`run ${id} of ${runbook}: ${doubt}`];
  }

  /** Keeps what it writes with open while some work goes on: many steps, one after the other. */
  during<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    return this.#context.access === 'operate' ? this.#shared.during(work) : work();
  }

  /**
   * Goes on with the open run of a runbook, or begins one.
   * @param said who decides that one begins, and why, although the one before it is gone from the database or contested
   * @returns the run, and why it is kept on this machine only where it is
   * @throws Problem blocked, where it may not be carried out here; config, where it names what is not there
   */
  async begin(runbook: Runbook, said?: Said): Promise<KeptRun & { readonly why: string | undefined }> {
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
    const event = eventOf('runbook', id, 'begun', { digest: runbook.digest });
    const local = async (why: string) => ({ store: this.#local, record: await this.#local.begin(run, event), why });
    if (access !== 'operate') {
      const shared = (await this.#shared.runs(NEWEST)).find((one) => one.runbook === id && isOpenRun(one));
      const beside = shared === undefined ? '' : `, and run ${shared.id} is under way in the database`;
      return local(`this context only reads${beside}`);
    }
    try {
      const contested = (await this.open(id)) === undefined ? await this.contested(id) : [];
      const told = contested.length === 0 ? event : { ...event, details: { ...event.details, contested } };
      const first = contested.length === 0 ? undefined : beginsAnew(contested, said && this.#masked(said));
      const record = await this.#shared.begin(run, told, first);
      return { store: this.#shared, record, why: undefined };
    } catch (error) {
      if (!(error instanceof Problem && error.kind === 'refused')) throw error;
      return local(`the database refuses: ${error.message}`);
    }
  }

  /** How a run stands now, by a fresh look. @throws Problem */
  look(runbook: Runbook, kept: KeptRun): Promise<LookedRun> {
    return this.#looker.look(runbook, kept);
  }

  /** What a change of a step would do now, with its gates and the phrase; undefined for another step. @throws Problem */
  planned({ work }: Step, signal: AbortSignal, backup?: string): Promise<PlannedChange> | undefined {
    return work.kind === 'change' ? planChange(this.#looker.path, work, signal, backup) : undefined;
  }

  /** How the success metrics stand now. @throws Problem */
  metrics(runbook: Runbook, standing: Standing, signal: AbortSignal): Promise<readonly MetricStanding[]> {
    return this.#looker.metrics(runbook, standing, signal);
  }

  /** As `Steps.run`. @throws Problem */
  runStep(runbook: Runbook, kept: KeptRun, id: string, options: StepOptions): Promise<RunbookEntry> {
    return this.#steps.run(runbook, kept, id, options);
  }

  /** Leaves an optional step out. @throws Problem blocked, where it is not optional */
  skip(runbook: Runbook, kept: KeptRun, id: string, said: Said, signal: AbortSignal): Promise<RunbookEntry> {
    return this.#steps.skip(runbook, kept, id, this.#masked(said), signal);
  }

  /** What stops a run now, in a line; undefined where nothing does. One that goes on is stopped by it. @throws Problem */
  async lookAtStops(runbook: Runbook, kept: KeptRun, signal: AbortSignal): Promise<string | undefined> {
    const looked = await this.look(runbook, kept);
    if (looked.record.run.state === 'running') return this.#looker.stopWhere(runbook, looked, signal);
    const held = await heldConditions(runbook, looked.record, this.#looker.ground(signal), true);
    return held.length === 0 ? undefined : heldText(held);
  }

  /** The same for what is known against a run alone, for which no check is run. @throws Problem */
  stopDoubted(runbook: Runbook, looked: LookedRun): Promise<string | undefined> {
    return looked.record.run.state === 'running'
      ? this.#looker.stopDoubted(runbook, looked)
      : Promise.resolve(undefined);
  }

  /** A person stops the run. @param condition one of the runbook's, undefined for any other reason @throws Problem */
  stop(runbook: Runbook, kept: KeptRun, condition: string | undefined, said: Said): Promise<void> {
    return this.#words.stop(runbook, kept, condition, this.#masked(said));
  }

  /** A person's signed word that a stopped run may go on. @throws Problem blocked, where nothing is stopped */
  decide(runbook: Runbook, kept: KeptRun, said: Said, signal: AbortSignal): Promise<RunbookRecord> {
    return this.#words.decide(runbook, kept, this.#masked(said), signal);
  }

  /** Ends a run before its end. @throws Problem */
  abort(kept: KeptRun, said: Said): Promise<RunbookRecord> {
    return this.#words.abort(kept, this.#masked(said));
  }

  /** Signs for a role, when every step is done; the last one finishes the run. @throws Problem blocked, with what is missing */
  sign(runbook: Runbook, kept: KeptRun, role: string, signed: Signed, signal: AbortSignal): Promise<RunbookRecord> {
    const { mask } = this.#looker;
    const { name, statement, reason } = signed;
    const masked = {
      name: name && mask(name),
      statement: statement && mask(statement),
      reason: reason && mask(reason),
    };
    return this.#words.sign(runbook, kept, role, masked, signal);
  }

  /** What a person says, without the secrets in it: it is kept in the tables and on record. */
  #masked({ name, reason }: Said): Said {
    const { mask } = this.#looker;
    return { name: name && mask(name), reason: mask(reason) };
  }
}
