import { sql } from 'kysely';
import type { Audit } from '../audit/audit.ts';
import type { CheckResult } from '../checks/check.ts';
import { maskOf } from '../config/mask.ts';
import { stateTable } from '../data/state/tables.ts';
import { openWriting, type WritingSession } from '../data/writing.ts';
import { counted } from '../model/format.ts';
import { keysOf } from '../model/keys.ts';
import { Problem } from '../model/problem.ts';
import { NO_COUNTS, type Run, type RunCounts } from '../model/run.ts';
import { Batches, type BatchesOutcome } from './batches.ts';
import type { Change, ChangeGround, ChangeKind, Telling } from './change.ts';
import { fingerprintFor } from './fingerprint.ts';
import { BLOCKING, ownChecksOf, runNamed } from './gates.ts';
import { Halted, HeldRun, type HoldHost } from './held-run.ts';
import { OpenRunbooks, stopOf } from './open-runbooks.ts';
import { BATCH_MS, LARGEST, LARGEST_ALONE } from './pace.ts';
import { isKind, patiently } from './patience.ts';
import { type Advice, throttleOf } from './throttle.ts';

/** Milliseconds between two renewals of the lease while checks run. */
const RENEW_MS = 5_000;

/** Milliseconds to leave to others at most: a batch that took so long waited itself, and whoever waits for it tries each 100. */
const LONGEST_REST_MS = 1_000;

/** How a run ended, or why it stands still. */
export interface RunEnd {
  readonly run: Run;
  /** Results of the checks after it that did not pass. */
  readonly failed: readonly CheckResult[];
}

/** All that a run is executed with. */
export interface Execution {
  readonly session: WritingSession;
  /** Under its token. */
  readonly run: Run;
  readonly kind: ChangeKind;
  readonly change: Change;
  readonly ground: ChangeGround;
  readonly audit: Audit;
  readonly leave: AbortSignal;
  readonly onProgress: ((run: Run) => void | Promise<void>) | undefined;
}

const GO: Advice = { kind: 'go' };

/** The stop conditions of a run, beside those that its batches find by themselves. */
async function stopConditions({ session: first, kind, ground, leave }: Execution): Promise<HoldHost['stopCondition']> {
  const shapeNow = () => (kind.alters ? Promise.resolve('') : fingerprintFor(kind, ground));
  const shape = await patiently(shapeNow, leave);
  const stops = await ownChecksOf(ground, 'monitor', ['stop']);
  const { database, context, options } = ground;
  const runbooks = new OpenRunbooks(database, context);
  return async (session) => {
    const stopped = stopOf(await runbooks.read(options));
    if (stopped !== undefined) return stopped;
    if (session.instance !== first.instance) {
      return `another server took over: ${session.instance}, before ${first.instance}`;
    }
    if ((await shapeNow()) !== shape) return 'the table was altered meanwhile';
    const broken = (await runNamed(ground, stops)).find(({ verdict }) => verdict === 'fail');
    return broken && `the check ${broken.check.id} fails`;
  };
}

/** Does some work while the lease is renewed. */
async function whileHeld<Answer>(held: HeldRun, work: () => Promise<Answer>): Promise<Answer> {
  let failed: unknown;
  const timer = setInterval(() => {
    held.renew().catch((error: unknown) => {
      failed ??= error;
    });
  }, RENEW_MS);
  try {
    const answer = await work();
    if (failed !== undefined) throw failed;
    return answer;
  } finally {
    clearInterval(timer);
  }
}

/** Stretches of rows are read within the time of any statement, plans and checks may take theirs. */
const reading = (ground: ChangeGround): ChangeGround => ({ ...ground, options: { lane: 'change' } });

/** What becomes of a run of which somebody asked something, or whose process has to leave. */
const asked = ({ run }: HeldRun): BatchesOutcome => ({ kind: run.request === 'cancel' ? 'cancelled' : 'paused' });

/**
 * Does what a change does beside its batches, and counts it.
 * @returns false when somebody asked something of the run meanwhile, or this process has to leave
 */
async function apart(held: HeldRun, work: (session: WritingSession) => ReturnType<NonNullable<Change['prepare']>>) {
  const done = await held.insist(work);
  if (done?.answer !== undefined) await held.step({ counts: { ...held.run.counts, ...done.answer } });
  return done !== undefined;
}

/** Prepares, works in batches and finishes; the run is still running when that is over. */
async function work(execution: Execution, held: HeldRun): Promise<BatchesOutcome> {
  const { change, ground, leave } = execution;
  if (!(await apart(held, async (session) => change.prepare?.(session, ground)))) return asked(held);
  const batches = await held.insist(async () => change.work?.(reading(ground), held.run));
  if (batches === undefined) return asked(held);
  if (batches.answer !== undefined) {
    const throttle = throttleOf(ground.database, ground.context);
    const { manners } = ground.writing;
    const inTheWay = change.throttled && (manners.locksAll || batches.answer.nobodyWaits !== true);
    const outcome = await new Batches(held, batches.answer, {
      advise: (lastMs) => (change.throttled ? throttle.advise(lastMs) : Promise.resolve(GO)),
      polite: change.throttled,
      largest: change.throttled || manners.locksAll ? LARGEST : LARGEST_ALONE,
      batchMs: inTheWay ? manners.batchMs : BATCH_MS,
      rest: (ms) => (inTheWay ? Math.min(ms * manners.restShare, LONGEST_REST_MS) : 0),
      batchSize: change.batchSize,
      leave,
    }).execute();
    if (outcome.kind !== 'over') return outcome;
    const { answer: work } = batches;
    const recorded = await held.insist(() => work.recorded(held.run, ground.options));
    if (recorded === undefined) return asked(held);
    if (recorded.answer !== held.run.counts.changed) {
      const reason = `${counted(recorded.answer, 'line is', 'lines are')} on record for ${counted(held.run.counts.changed, 'change')}`;
      return { kind: 'halted', reason };
    }
  }
  if ((await held.insist(async () => change.assertDone?.(ground, held.run))) === undefined) return asked(held);
  const finished = await apart(held, async (session) =>
    change.finish?.(session, ground, held.run, telling(execution, held)),
  );
  return finished ? { kind: 'over' } : asked(held);
}

/** What a change says on record while it is under way. */
const telling = ({ audit, kind }: Execution, held: HeldRun): Telling => ({
  record: (details) =>
    audit.record(held.session, {
      event: 'export',
      change: kind.id,
      run: held.run.id,
      digest: held.run.digest,
      details,
    }),
  meanwhile: (work) => whileHeld(held, work),
});

async function verify({ kind, ground, leave }: Execution, held: HeldRun): Promise<readonly CheckResult[]> {
  const ids = [...kind.after, ...(kind.tier === 'typed' ? await ownChecksOf(ground, 'post', BLOCKING) : [])];
  const results = await whileHeld(held, async () => {
    const first = await runNamed(ground, ids);
    if (first.every(({ verdict }) => verdict !== 'could-not-tell')) return first;
    // The database may have been away for a moment.
    await patiently(() => ground.database.query(sql`SELECT 1 AS one`, ground.options), leave);
    return runNamed(ground, ids);
  });
  return results.filter(({ verdict }) => verdict === 'fail' || verdict === 'could-not-tell');
}

const actual = (counts: RunCounts): Readonly<Record<string, number>> =>
  Object.fromEntries(keysOf(NO_COUNTS).flatMap((name) => (counts[name] > 0 ? [[name, counts[name]]] : [])));

/** Records how it ended; where the database is away the local file has to do. */
async function record(
  { audit, kind }: Execution,
  held: HeldRun,
  event: 'outcome' | 'halt' | 'pause',
  reason: string | undefined = held.run.reason,
): Promise<void> {
  const { run } = held;
  const outcome = reason === undefined ? run.state : `${run.state}: ${reason}`;
  const counts = { actual: actual(run.counts) };
  try {
    await audit.record(held.session, { event, change: kind.id, run: run.id, digest: run.digest, counts, outcome });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
}

/** The runbook that was stopped, and asked the run to stand still with it at the end of its batch. */
async function stopNow({ ground: { database, context, options }, leave }: Execution): Promise<string | undefined> {
  return stopOf(await patiently(() => new OpenRunbooks(database, context).read(options), leave));
}

/**
 * Has the server look at the tables that the run has filled. After three moves of 60,000 rows and their rollbacks PostgreSQL
 * takes 79 s for the next rollback without it and 9 s with it; looking at 780,000 lines takes 0.3 s.
 */
async function analyzed({ ground }: Execution, { run, session }: HeldRun): Promise<void> {
  if (run.counts.changed === 0) return;
  const { table } = ground.context;
  try {
    await ground.writing.analyze?.(session, [stateTable(table, 'apptop_ledger'), stateTable(table, 'apptop_outcome')]);
  } catch (error) {
    // The run is over whatever becomes of this; the server does it by itself later.
    if (!(error instanceof Problem)) throw error;
  }
}

/** Puts an outcome into the database and on record. */
async function settle(execution: Execution, held: HeldRun, outcome: BatchesOutcome): Promise<RunEnd> {
  await analyzed(execution, held);
  if (outcome.kind !== 'over') {
    const stopped = outcome.kind === 'paused' && held.run.request === 'pause' ? await stopNow(execution) : undefined;
    const kind = stopped === undefined ? outcome.kind : 'halted';
    // A program that failed may have printed anything.
    const reason = outcome.kind === 'halted' ? maskOf(execution.ground.context)(outcome.reason) : stopped;
    await held.settle(kind, reason);
    const event = { paused: 'pause', cancelled: 'outcome', halted: 'halt' } as const;
    await record(execution, held, event[kind]);
    return { run: held.run, failed: [] };
  }
  const failed = await verify(execution, held);
  const broken = failed.find(({ verdict }) => verdict === 'fail');
  const first = broken ?? failed[0];
  const reason = first && `${first.check.id}: ${first.note ?? counted(first.violations, 'violation')}`;
  // What could not be told speaks for or against nothing.
  await held.settle(broken === undefined ? 'done' : 'failed', reason);
  await record(execution, held, 'outcome');
  return { run: held.run, failed };
}

/** Brings a run to its end, or to where it stands still. */
async function end(execution: Execution, held: HeldRun): Promise<RunEnd> {
  try {
    return await settle(execution, held, await work(execution, held));
  } catch (error) {
    if (error instanceof Halted) return await settle(execution, held, { kind: 'halted', reason: error.message });
    // A statement that no batch can be made of, a full disk: what was done stays done, and a person decides.
    if (isKind(error, 'full', 'sql', 'refused', 'missing', 'duplicate')) {
      return await settle(execution, held, { kind: 'halted', reason: error.message });
    }
    throw error;
  }
}

/**
 * Executes a run that is held, verifies what it left behind and records how it ended.
 * @throws Problem blocked, when somebody took it over; lost, when the database stays away, full, when it can't even be told why: it can be resumed then
 */
export async function execute(execution: Execution): Promise<RunEnd> {
  const { ground, session, run, leave, onProgress } = execution;
  const host: HoldHost = {
    dialect: ground.dialect,
    appointments: ground.context.table,
    open: () => openWriting(ground.context),
    stopCondition: await stopConditions(execution),
    leave,
    onProgress,
  };
  const held = new HeldRun(host, session, run);
  try {
    return await end(execution, held);
  } catch (error) {
    // The run can't be told why it stands still.
    if (isKind(error, 'full', 'lost', 'unreachable')) await record(execution, held, 'halt', error.message);
    throw error;
  } finally {
    await held.letGo();
  }
}
