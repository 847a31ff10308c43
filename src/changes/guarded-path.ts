import type { Audit } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/event.ts';
import { operatorOf } from '../audit/operator.ts';
import type { Context } from '../config/context.ts';
import { type Mask, maskOf } from '../config/mask.ts';
import type { Database } from '../data/database.ts';
import { asideRows } from '../data/state/aside.ts';
import { Leases } from '../data/state/lease.ts';
import { asideLines } from '../data/state/ledger.ts';
import { outcomesOfRun } from '../data/state/outcomes.ts';
import { Runs } from '../data/state/runs.ts';
import { createStateTables, ifThere } from '../data/state/tables.ts';
import { loadWriting, openWriting, type WritingSession } from '../data/writing.ts';
import { Problem } from '../model/problem.ts';
import type { Outcome } from '../model/review.ts';
import { isOpen, type Run, type RunRequest } from '../model/run.ts';
import { allGates } from './all-gates.ts';
import { type BackupProof, proveBackup } from './backup.ts';
import type { Change, ChangeGround, ChangeKind, Gate, Parameters } from './change.ts';
import { assertConfirmed, type Confirmation } from './confirm.ts';
import { execute, type RunEnd } from './execute.ts';
import { type RunsPlace, runsOf } from './gates.ts';
import { assertPlace, groundOf, keyFor, OtherGround, runsPlace } from './ground.ts';
import { keepHeapTight } from './heap.ts';
import { WAITING } from './held-run.ts';
import { changeNamed } from './list.ts';
import { OpenRunbooks, STOP_REMEDY, stopOf } from './open-runbooks.ts';
import { FIRST_SIZE } from './pace.ts';
import { asAgreed, isIdle, type Plan, planOf } from './plan.ts';
import { Blocked, Drift } from './refusals.ts';
import { parametersOf } from './takes.ts';

/** Milliseconds that somebody else's transaction is waited for: twice what the server lets an idle one hold its locks. */
const BUSY_MS = 20_000;

/** Milliseconds of such a wait after which it is said. */
const SILENT_MS = 1_000;

/** What became of rows of the review queue for which an action did not do what was meant. */
const NOT_DONE: readonly Outcome[] = ['failed', 'unknown', 'unwritten', 'refused'];

/** What a change would do, and whether it may. */
export interface Look {
  readonly plan: Plan;
  readonly gates: readonly Gate[];
}

export interface RunOptions {
  /** Aborted when this process has to leave: the run then pauses at the end of a batch. */
  readonly leave: AbortSignal;
  readonly onProgress?: ((run: Run) => void | Promise<void>) | undefined;
  /** Takes the lease from whoever holds it. */
  readonly takeOver?: boolean;
  /** Told the plan where there is nothing to do. */
  readonly onIdle?: ((plan: Plan) => void) | undefined;
}

/** Who holds a lease, in words that tell two consoles apart. */
const holderOf = (databaseUser: string | undefined): string => {
  const { user, sudoUser, host, pid } = operatorOf(databaseUser);
  return `${sudoUser === undefined ? user : `${sudoUser} as ${user}`}@${host} (process ${pid})`;
};

/**
 * The one way in which a database is changed: plan, gates, confirm, execute, verify, record. Reading happens by the
 * database's reading sessions; a writing one is opened here, and only while a change is under way.
 */
export class GuardedPath {
  readonly #context: Context;
  readonly #database: Database;
  readonly #audit: Audit;
  readonly #kinds: readonly ChangeKind[];
  /** What takes secrets out of what people say: it is kept in the tables and on record. */
  readonly #mask: Mask;

  /** @param kinds the changes that there are */
  constructor(context: Context, database: Database, audit: Audit, kinds: readonly ChangeKind[]) {
    this.#context = context;
    this.#database = database;
    this.#audit = audit;
    this.#kinds = kinds;
    this.#mask = maskOf(context);
  }

  get kinds(): readonly ChangeKind[] {
    return this.#kinds;
  }

  /**
   * The changes that have a place in this database: the tables that they are about, or begin with, are there.
   * @throws Problem
   */
  async kindsHere(signal?: AbortSignal): Promise<readonly ChangeKind[]> {
    const ground = new OtherGround(this.#place(signal), await loadWriting(this.#context.target.engine));
    const strays = new Map<ChangeKind['strayIn'], Promise<string | undefined>>();
    const here = await Promise.all(
      this.#kinds.map(async (kind) => {
        const stray = strays.get(kind.strayIn) ?? Promise.resolve(kind.strayIn?.(ground));
        strays.set(kind.strayIn, stray);
        return (await stray) === undefined ? [kind] : [];
      }),
    );
    return here.flat();
  }

  /**
   * What a change would do and how its gates stand; nothing is written.
   * @param backup the path of a dump that the operator names
   * @throws Problem
   */
  async look(id: string, parameters: Parameters, signal?: AbortSignal, backup?: string): Promise<Look> {
    const kind = changeNamed(this.#kinds, id);
    const change = kind.with(parameters);
    const ground = await groundOf(kind, this.#place(signal));
    await assertPlace(kind, ground);
    const plan = await planOf(kind, change, ground);
    return { plan, gates: await allGates(kind, change, ground, this.#audit, { plan, backup }) };
  }

  /**
   * Proves that there is a backup that is fresh and has every change that was made from here, making one where the config or the
   * engine says how; the database is only read.
   * @param given the path of a dump that the operator names
   * @throws Problem blocked, where there is none; config, when the command fails
   */
  async backup(given: string | undefined, signal: AbortSignal): Promise<BackupProof> {
    const changed = (await this.runs(signal)).filter(({ counts }) => counts.changed > 0);
    const since = Math.max(0, ...changed.map(({ updatedAt }) => updatedAt));
    return proveBackup(this.#context, await loadWriting(this.#context.target.engine), given, signal, since);
  }

  /** The newest runs, newest first. */
  async runs(signal?: AbortSignal): Promise<readonly Run[]> {
    return runsOf(this.#place(signal));
  }

  /** Rows that a run did not do as was meant, with why; at most so many. */
  async aside(
    run: Pick<Run, 'id' | 'counts' | 'change'>,
    limit: number,
    signal?: AbortSignal,
  ): ReturnType<typeof asideLines> {
    const { database, context, options } = this.#place(signal);
    const { aside, left, failed } = run.counts;
    if (aside + left + failed === 0) return [];
    if (this.#kinds.some(({ id, tables }) => id === run.change && tables !== undefined)) {
      return ifThere(asideRows(database, context.table, run.id, limit, options));
    }
    if (!this.#kinds.some(({ id, chosen }) => id === run.change && chosen)) {
      return ifThere(asideLines(database, context.table, run.id, limit, options));
    }
    const appointments = database.seenAppointments ?? (await database.appointments(options));
    const stretch = { limit, outcomes: NOT_DONE };
    const lines = await ifThere(outcomesOfRun(database, appointments, run.id, stretch, options));
    return lines.map(({ pk, outcome, detail }) => ({ pk, reason: `${outcome}: ${detail ?? ''}` }));
  }

  /**
   * Runs what a plan says, if it still is what the database says, every gate is green and it is confirmed.
   * @param wanted a plan that somebody has looked at, or a change as it is planned now
   * @returns how it ended; undefined when there was nothing to do
   * @throws Problem blocked: Drift, Blocked, or the confirmation; and those of the connection
   */
  async run(
    wanted: Plan | Pick<Plan, 'change' | 'parameters'>,
    { phrase, reason }: Confirmation,
    options: RunOptions & { readonly backup?: string | undefined },
  ): Promise<RunEnd | undefined> {
    const kind = changeNamed(this.#kinds, wanted.change);
    const change = kind.with(wanted.parameters);
    const confirmation = { phrase, reason: reason && this.#mask(reason) };
    await keepHeapTight();
    const ground = await groundOf(kind, this.#place());
    await assertPlace(kind, ground);
    const now = await planOf(kind, change, ground);
    const fresh = 'digest' in wanted ? await asAgreed(wanted, now) : now;
    if (fresh === undefined) throw new Drift(now);
    if (isIdle(fresh, change)) {
      options.onIdle?.(fresh);
      return undefined;
    }
    const gates = await allGates(kind, change, ground, this.#audit, { plan: fresh, backup: options.backup });
    const closed = gates.filter(({ state }) => state === 'red');
    if (closed.length > 0) throw new Blocked(closed);
    // By what the database says, not by what a file says of it; who waits for somebody else hears that first.
    assertConfirmed(kind, fresh, confirmation);
    const proof = kind.needsBackup
      ? await proveBackup(this.#context, ground.writing, options.backup, options.leave)
      : undefined;
    if (options.leave.aborted) throw new Problem('cancelled', 'nothing was begun', 'begin again');
    return this.#writing(async (session) => {
      const state = [ground.dialect, this.#context.table] as const;
      await createStateTables(session, ...state, ground.writing.stateTypes, keyFor(kind, ground));
      const token = await this.#take(session, ground, false);
      const runs = new Runs(session, ...state);
      const id = await this.#orRelease(session, ground, token, async () => {
        const added = await runs.add(
          {
            change: kind.id,
            digest: fresh.digest,
            parameters: JSON.stringify(fresh.parameters),
            planned: fresh.rows,
            total: fresh.total,
            operator: holderOf(session.server.user),
            ticket: confirmation.reason,
            batchSize: change.batchSize ?? FIRST_SIZE,
          },
          token,
        );
        await new Leases(session, ...state).holdFor(token, added);
        await this.#announce(session, runs, { id: added, token }, intentOf(fresh, added, confirmation, proof));
        return added;
      });
      const run = await runs.read(id);
      if (run === undefined) throw new Error(`run ${id} is not there`);
      return this.#execute(session, run, kind, change, ground, options);
    });
  }

  /**
   * Goes on with a run that was paused, halted or interrupted.
   * @param id the newest one by default
   * @param decision why it may go on after it halted
   */
  async resume(
    id: number | undefined,
    options: RunOptions & { readonly decision?: string | undefined },
  ): Promise<RunEnd> {
    await keepHeapTight();
    const found = await this.#openRun(id);
    const { options: looking } = this.#place();
    const stop = stopOf(await new OpenRunbooks(this.#database, this.#context).read(looking));
    if (stop !== undefined) throw new Problem('blocked', stop, STOP_REMEDY);
    const kind = changeNamed(this.#kinds, found.change);
    const ground = await groundOf(kind, this.#place());
    const change = kind.with(parametersOf(found));
    return this.#writing(async (session) => {
      const state = [ground.dialect, this.#context.table] as const;
      const waits = () => void options.onProgress?.({ ...found, reason: WAITING });
      const token = await this.#take(session, ground, options.takeOver === true, waits);
      const runs = new Runs(session, ...state);
      const run = await this.#orRelease(session, ground, token, async () => {
        if (!(await again(() => runs.take(found.id, token), waits))) throw this.#ended(found.id);
        await new Leases(session, ...state).holdFor(token, found.id);
        const taken = await runs.read(found.id);
        if (taken === undefined) throw this.#ended(found.id);
        await this.#announce(session, runs, taken, {
          event: options.takeOver === true ? 'take-over' : 'resume',
          change: taken.change,
          run: taken.id,
          digest: taken.digest,
          ...(options.decision !== undefined && { reason: this.#mask(options.decision) }),
          details: { was: found.state, because: found.reason ?? null },
        });
        return taken;
      });
      return this.#execute(session, run, kind, change, ground, options);
    });
  }

  /**
   * Asks a run to pause or to end. Who holds it does so at the next batch; one that nobody holds is settled here.
   * @returns the run as it was asked
   */
  async ask(id: number | undefined, request: RunRequest): Promise<Run> {
    const { dialect, context } = this.#place();
    const found = await this.#openRun(id);
    return this.#writing(async (session) => {
      const state = [dialect, context.table] as const;
      const [runs, leases] = [new Runs(session, ...state), new Leases(session, ...state)];
      const event: AuditEvent = { event: request, change: found.change, run: found.id, digest: found.digest };
      await this.#audit.record(session, event);
      const token = await leases.take(holderOf(session.server.user), false);
      if (token === undefined) {
        await again(() => runs.request(found.id, request));
        return found;
      }
      try {
        if (!(await again(() => runs.take(found.id, token)))) throw this.#ended(found.id);
        await runs.settle({ id: found.id, token }, request === 'cancel' ? 'cancelled' : 'paused', undefined);
        return found;
      } finally {
        await leases.release(token);
      }
    });
  }

  /** Says yes to a plan that another operator wants to run. */
  async approve(plan: Plan): Promise<void> {
    const kind = changeNamed(this.#kinds, plan.change);
    const ground = await groundOf(kind, this.#place());
    const { table } = this.#context;
    await this.#writing(async (session) => {
      await createStateTables(session, ground.dialect, table, ground.writing.stateTypes, keyFor(kind, ground));
      await this.#audit.record(session, { event: 'approve', change: plan.change, digest: plan.digest });
    });
  }

  #place(signal?: AbortSignal): RunsPlace {
    return runsPlace(this.#context, this.#database, signal);
  }

  /** A session that writes, for as long as some work takes. */
  async #writing<Answer>(work: (session: WritingSession) => Promise<Answer>): Promise<Answer> {
    if (this.#context.access !== 'operate') {
      const remedy = `set contexts.${this.#context.name}.access to "operate" in the config`;
      throw new Problem('blocked', 'this context only reads', remedy);
    }
    const session = await openWriting(this.#context);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  async #take(
    session: WritingSession,
    { dialect, context }: ChangeGround,
    force: boolean,
    waits?: () => void,
  ): Promise<number> {
    const leases = new Leases(session, dialect, context.table);
    const token = await again(() => leases.take(holderOf(session.server.user), force), waits);
    if (token !== undefined) return token;
    const lease = await leases.read();
    throw new Problem(
      'blocked',
      `${lease?.holder ?? 'somebody else'} is changing this database`,
      'wait for it, or take it over: apptop change resume --take-over',
    );
  }

  /** What comes before the first batch; where it fails the lease is nobody's any more. */
  async #orRelease<Answer>(
    session: WritingSession,
    { dialect, context }: ChangeGround,
    token: number,
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    try {
      return await work();
    } catch (error) {
      await new Leases(session, dialect, context.table).release(token).catch((failure: unknown) => {
        // It runs out by itself.
        if (!(failure instanceof Problem)) throw failure;
      });
      throw error;
    }
  }

  /** What can't be recorded does not run. */
  async #announce(
    session: WritingSession,
    runs: Runs,
    run: Pick<Run, 'id' | 'token'>,
    event: AuditEvent,
  ): Promise<void> {
    try {
      await this.#audit.record(session, event);
    } catch (error) {
      if (event.event === 'intent') await runs.settle(run, 'cancelled', 'its intent could not be recorded');
      else await runs.settle(run, 'paused', 'going on could not be recorded');
      throw error;
    }
  }

  async #openRun(id: number | undefined): Promise<Run> {
    const runs = await runsOf(this.#place()).catch(async (error: unknown) => {
      if (!(error instanceof Problem && error.kind === 'refused')) throw error;
      // A SQLite writer that was killed may have left a journal that no reader can undo; opening the file to write does.
      await this.#writing(() => Promise.resolve());
      return runsOf(this.#place());
    });
    const run = runs.find((candidate) => (id === undefined ? isOpen(candidate.state) : candidate.id === id));
    if (run === undefined) {
      const what = id === undefined ? 'no run is under way' : `there is no run ${id}`;
      throw new Problem('blocked', what, 'apptop change status shows the runs');
    }
    if (!isOpen(run.state)) throw this.#ended(run.id);
    return run;
  }

  #ended = (id: number): Problem =>
    new Problem('blocked', `run ${id} has ended`, 'plan the change anew, or roll it back');

  #execute(
    session: WritingSession,
    run: Run,
    kind: ChangeKind,
    change: Change,
    ground: ChangeGround,
    { leave, onProgress }: RunOptions,
  ): Promise<RunEnd> {
    return execute({ session, run, kind, change, ground, audit: this.#audit, leave, onProgress });
  }
}

/**
 * Waits out the transaction of a holder that is gone: the server ends it.
 * @param waits told once, when that takes a while
 */
async function again<Answer>(work: () => Promise<Answer>, waits?: () => void): Promise<Answer> {
  const deadline = performance.now() + BUSY_MS;
  const timer = waits && setTimeout(waits, SILENT_MS);
  try {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Problem && error.kind === 'busy') || performance.now() > deadline) throw error;
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

const intentOf = (plan: Plan, run: number, { reason }: Confirmation, proof: BackupProof | undefined): AuditEvent => ({
  event: 'intent',
  change: plan.change,
  run,
  digest: plan.digest,
  reason,
  sql: plan.sql,
  counts: { planned: plan.counts },
  details: {
    ...(proof !== undefined && { backup: proof.file, backupBytes: proof.bytes, backupSha256: proof.sha256 }),
    ...(typeof plan.parameters['tolerate'] === 'number' && { tolerate: plan.parameters['tolerate'] }),
  },
});
